//! Learning what a business metric's own past lets expect, when a watch begins.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::config::{Measured, Query, Service};
use crate::model::event::{Event, ServiceEvent};
use crate::model::past::{Learnt, Unjudged};
use crate::model::policy::Anomaly;
use crate::model::reading::Stream;
use crate::probe::prometheus::{Server, Servers};

/// A Prometheus that does not answer is asked again after this, for as long as a watch is judged by it.
const AGAIN: Duration = Duration::from_secs(30);

/// Learns for one watch at a time, the newest first: a month of minutes takes a moment of a processor. What waits is one
/// watch of each service at most.
#[derive(Clone, Default)]
pub(super) struct Learner {
    waiting: Arc<Mutex<Vec<Watch>>>,
    wake: Arc<Notify>,
}

/// A watch whose metrics' pasts are asked for.
#[derive(Clone)]
pub(super) struct Watch {
    pub(super) name: String,
    pub(super) service: Arc<Service>,
    pub(super) servers: Servers,
    /// The past ends where it began.
    pub(super) until: Timestamp,
    pub(super) stop: CancellationToken,
}

/// The past of one metric.
struct Past {
    measured: Measured,
    metric: String,
    query: String,
    history: Duration,
    anomaly: Anomaly,
}

impl Learner {
    /// The newest is learnt first, and takes the place of an older watch of the same service.
    pub(super) fn ask(&self, watch: Watch) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|other| other.name != watch.name);
        waiting.push(watch);
        drop(waiting);
        self.wake.notify_one();
    }

    /// Runs until it is dropped, which may happen at any await.
    pub(super) async fn run(self, clock: Clock, inbox: mpsc::Sender<Event>, tasks: TaskTracker) {
        loop {
            let next = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(watch) = next else {
                self.wake.notified().await;
                continue;
            };
            let learnt = watch.stop.run_until_cancelled(watch.learn(&inbox)).await;
            if learnt == Some(false) && watch.goes_on(clock.now()) {
                let (learner, stop) = (self.clone(), watch.stop.clone());
                let again = async move {
                    tokio::time::sleep(AGAIN).await;
                    learner.ask(watch);
                };
                tasks.spawn(async move { stop.run_until_cancelled(again).await });
            }
        }
    }
}

impl Watch {
    /// Learns every metric that is judged by its past, and says what came of it. Whether Prometheus answered.
    async fn learn(&self, inbox: &mpsc::Sender<Event>) -> bool {
        let mut answered = true;
        for past in pasts(&self.service) {
            let metric = past.metric.clone();
            let learnt = match self.servers.of(&past.measured) {
                Some(server) => match past.ask(server, self.until).await {
                    Ok(history) => past.learn(history, self.service.policy.window).await,
                    Err((why, away)) => {
                        answered &= !away;
                        Err(Unjudged::Unknown(why))
                    }
                },
                None => Err(Unjudged::Unknown("no Prometheus is configured that knows its past".to_owned())),
            };
            let what = ServiceEvent::Expected { metric, until: self.until, learnt };
            if inbox.send(Event::Service { service: self.name.clone(), what }).await.is_err() {
                break;
            }
        }
        answered
    }

    fn goes_on(&self, now: Timestamp) -> bool {
        self.until.checked_add(self.service.policy.window).is_ok_and(|ends| now < ends)
    }
}

fn pasts(service: &Service) -> Vec<Past> {
    let past = |measured: &Measured| {
        let (Stream::Business(metric), Query::Seasonal { query, history }) =
            (&measured.stream, &measured.query)
        else {
            return None;
        };
        let anomaly = service.policy.triggers.business.get(metric)?.anomaly.clone()?;
        let (metric, query, history) = (metric.clone(), query.clone(), *history);
        Some(Past { measured: measured.clone(), metric, query, history, anomaly })
    };
    service.measured.iter().filter_map(past).collect()
}

impl Past {
    /// Why it is not known, and whether Prometheus could not be asked at all.
    async fn ask(&self, server: &Server, until: Timestamp) -> Result<Vec<f64>, (String, bool)> {
        let from = until.checked_sub(self.history).unwrap_or(Timestamp::MIN);
        let history = server.history(&self.query, from, until).await;
        history.map_err(|fault| (format!("its past cannot be told: {fault}"), fault.away))
    }

    /// Beside the loop, which must not wait for it.
    async fn learn(&self, history: Vec<f64>, window: Duration) -> Learnt {
        let anomaly = self.anomaly.clone();
        let learnt = tokio::task::spawn_blocking(move || anomaly.learn(&history, window));
        let learnt = learnt.await.map_err(|error| Unjudged::Unknown(error.to_string()))?;
        learnt.map_err(Unjudged::Past)
    }
}
