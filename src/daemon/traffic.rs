//! What golive asks of a release itself while it is watched (`watch.traffic`): so that one that nobody else calls can be judged. Where
//! nothing else counts the service's requests, these are what is counted.
//!
//! Whether to ask follows from the state after each event and is no order of its own: whatever ends a watch ends it too, and a golive
//! that begins in the middle of one goes on.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};

use crate::clock::{Clock, Ticker};
use crate::config::{Service, Traffic};
use crate::load::{Spec, Steady, Stretch};
use crate::model::event::{Event, ServiceEvent};
use crate::model::reading::{Durations, EDGES, Measure, Reading, Requests, Source, Stream};
use crate::probe::{Tools, place};
use crate::text::english;

/// A generator that is later than this measures itself.
const LATE: Duration = Duration::from_millis(100);
/// Nor may it be later than this part of the limit.
const LATE_PART: u32 = 10;
/// From when on it may be asked; nothing while no release is watched here.
pub(super) type Gate = watch::Sender<Option<Timestamp>>;

/// Where it may go, or why nowhere.
type Aim = Result<Vec<IpAddr>, String>;

/// The asking of one service.
pub(super) struct Asking {
    name: String,
    service: Arc<Service>,
    traffic: Traffic,
    tools: Tools,
    clock: Clock,
    inbox: mpsc::Sender<Event>,
    beside: PathBuf,
    gate: watch::Receiver<Option<Timestamp>>,
    steady: Option<Steady>,
    /// Why nothing is asked although it should be.
    fault: Option<String>,
}

impl Asking {
    /// Of a service that is to be asked, as one future that ends when nobody listens any more; and what lets it ask.
    pub(super) fn of(
        (name, service, tools): (&str, &Arc<Service>, &Tools),
        state_dir: &Path,
        (clock, inbox): (Clock, &mpsc::Sender<Event>),
    ) -> Option<(Gate, impl Future<Output = ()> + Send + 'static)> {
        let (open, gate) = watch::channel(None);
        let asking = Self {
            name: name.to_owned(),
            service: Arc::clone(service),
            traffic: service.traffic.clone()?,
            tools: tools.clone(),
            clock,
            inbox: inbox.clone(),
            beside: state_dir.to_owned(),
            gate,
            steady: None,
            fault: None,
        };
        Some((open, asking.ask().map(|_| ())))
    }

    async fn ask(self) -> Option<()> {
        let (found, aim) = watch::channel(None);
        // Resolving names takes its time, and asking cannot wait for it.
        let aiming = Self::aiming(
            (self.traffic.clone(), Arc::clone(&self.service), self.tools.clone()),
            self.gate.clone(),
            found,
        );
        tokio::select! {
            ended = aiming => ended,
            ended = self.go_on(aim) => ended,
        }
    }

    /// Looks where the requests may go, again and again while there are any: a container that is started anew has another address.
    async fn aiming(
        (traffic, service, tools): (Traffic, Arc<Service>, Tools),
        mut gate: watch::Receiver<Option<Timestamp>>,
        found: watch::Sender<Option<Aim>>,
    ) -> Option<()> {
        loop {
            gate.wait_for(Option::is_some).await.ok()?;
            let aimed = tools.aimed(&traffic.url, &service.runtime, traffic.allow.as_deref()).await;
            let aimed = aimed.map_err(|why| english().sentence(&why));
            found.send_if_modified(|known| {
                let new = known.as_ref() != Some(&aimed);
                *known = Some(aimed);
                new
            });
            tokio::time::sleep(service.policy.interval).await;
        }
    }

    async fn go_on(mut self, mut aim: watch::Receiver<Option<Aim>>) -> Option<()> {
        let interval = self.service.policy.interval;
        let mut turn = Ticker::new(self.clock, interval, (&self.name, "traffic")).with_pause(interval / 2);
        let mut gate = self.gate.clone();
        loop {
            let from = *gate.borrow_and_update();
            let aimed = aim.borrow_and_update().clone();
            let now = self.clock.now();
            self.stand(from.filter(|from| *from <= now), aimed);
            let opens = self.clock.instant(from.unwrap_or(now));
            tokio::select! {
                changed = gate.changed() => changed.ok()?,
                changed = aim.changed() => changed.ok()?,
                () = tokio::time::sleep_until(opens.into()), if from.is_some_and(|from| from > now) => {}
                () = turn.wait() => {
                    for reading in self.readings(from.is_some_and(|from| from <= now)) {
                        let what = ServiceEvent::Measured(reading);
                        self.inbox.send(Event::Service { service: self.name.clone(), what }).await.ok()?;
                    }
                    turn.done();
                }
                () = asked(&mut self.steady) => {}
            }
        }
    }

    /// Begins or ends asking, or asks elsewhere.
    fn stand(&mut self, open: Option<Timestamp>, aimed: Option<Aim>) {
        self.fault = None;
        let (Some(_), Some(aimed)) = (open, aimed) else {
            self.steady = None;
            return;
        };
        let (edges, patience) = (self.edges(), self.patience());
        let stood = aimed.and_then(|addresses| {
            let spec = Spec::steady(&self.traffic, addresses, &self.beside);
            match &mut self.steady {
                Some(steady) => steady.aim(&spec),
                none => {
                    *none = Some(Steady::new(spec, &edges, patience, &self.clock)?);
                    Ok(())
                }
            }
        });
        if let Err(why) = stood {
            self.steady = None;
            self.fault = Some(why);
        }
    }

    fn limit(&self) -> Option<Duration> {
        self.service.policy.triggers.latency.as_ref().map(|limits| limits.above)
    }

    /// One of them is the limit, so that nothing has to be guessed there.
    fn edges(&self) -> Vec<f64> {
        let mut edges = EDGES.to_vec();
        edges.extend(self.limit().map(|limit| limit.as_secs_f64()));
        edges.sort_by(f64::total_cmp);
        edges.dedup();
        edges
    }

    fn patience(&self) -> Duration {
        self.limit().map_or(LATE, |limit| LATE.min(limit / LATE_PART))
    }

    /// What has ended since the last time. Where nothing was to be asked, that is the truth and no blindness.
    fn readings(&mut self, open: bool) -> Vec<Reading> {
        let stretch = match &mut self.steady {
            Some(steady) => steady.take(),
            None => Stretch::new(&self.edges()),
        };
        let blind = stretch.blind().or_else(|| self.fault.clone().filter(|_| open));
        let at = self.clock.now();
        let reading = |stream: Stream| {
            let measure = match &blind {
                Some(why) => Measure::Blind(format!("{}: {why}", place(&self.traffic.url))),
                None if stream == Stream::Errors => {
                    Measure::Requests(Requests { seen: stretch.counts, ..Requests::default() })
                }
                None => Measure::Durations(Durations { seen: stretch.took.clone(), newborn: Vec::new() }),
            };
            Reading { stream, source: Source::Traffic, at, measure }
        };
        self.service.policy.triggers.fed_by(Source::Traffic).into_iter().map(reading).collect()
    }
}

async fn asked(steady: &mut Option<Steady>) {
    match steady {
        Some(steady) => steady.go_on().await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
