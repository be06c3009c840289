//! The measuring task: one per service that has something to measure, or checks of what it depends on.
//!
//! Each source keeps its own rhythm within the task, so that a slow one delays no other, and each query its own
//! deadline. The task may be dropped at any await: what it holds are connections, and where counters stood.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt as _, join_all};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use jiff::Timestamp;
use tokio::sync::{Notify, mpsc};

use crate::clock::{Clock, Ticker};
use crate::config::{EVERY, Measured, Query, Rule, Service};
use crate::model::event::{Event, ServiceEvent};
use crate::model::reading::Reading;
use crate::probe::exposition::Page;
use crate::probe::host::Host;
use crate::probe::prometheus::{Meter, Server, Servers};
use crate::probe::{Probe, Tools};

/// What is recalled before golive looked.
const RECALLED: Duration = Duration::from_hours(1);
/// One reading a minute.
const MINUTE: Duration = Duration::from_mins(1);

/// What all of a service's sources share.
#[derive(Clone)]
struct Shared {
    /// Whose; nobody's, when it is watched always.
    service: Option<String>,
    interval: Duration,
    clock: Clock,
    inbox: mpsc::Sender<Event>,
}

/// Everything that is measured of a service, as one future that ends when nobody listens any more; `None` when there
/// is nothing to measure.
pub(super) fn all(
    name: &str,
    service: &Service,
    servers: &Servers,
    tools: &Tools,
    (clock, inbox): (Clock, &mpsc::Sender<Event>),
) -> Option<impl Future<Output = ()> + Send + 'static> {
    let shared = Shared {
        service: Some(name.to_owned()),
        interval: service.policy.interval,
        clock,
        inbox: inbox.clone(),
    };
    let mut sources: Vec<BoxFuture<'static, Option<()>>> = Vec::new();
    for (server, asked) in servers.asked(service.measured.iter()) {
        let back = Arc::new(Notify::new());
        let meters = asked.iter().filter_map(Meter::new).collect();
        sources.push(shared.clone().ask(Arc::clone(&server), meters, Arc::clone(&back)).boxed());
        sources.push(shared.clone().recall(server, asked, back).boxed());
    }
    let pages = Page::all(&service.measured, tools).into_iter();
    sources.extend(pages.map(|page| shared.clone().scrape(page).boxed()));
    let hosts = service.measured.iter().filter_map(|one| Host::new(one, &service.runtime, tools));
    sources.extend(hosts.map(|host| shared.clone().host(host).boxed()));
    let dependencies = service.dependencies.iter();
    let probes = dependencies.map(|(name, check)| Probe::new(name, check, &service.runtime, tools));
    sources.extend(probes.map(|probe| shared.clone().depend(probe).boxed()));
    (!sources.is_empty()).then(|| join_all(sources).map(drop))
}

/// Everything that is watched always, in the same way.
pub(super) fn always(
    rules: &BTreeMap<String, Rule>,
    servers: &Servers,
    tools: &Tools,
    (clock, inbox): (Clock, &mpsc::Sender<Event>),
) -> impl Future<Output = ()> + Send + 'static {
    let shared = Shared { service: None, interval: EVERY, clock, inbox: inbox.clone() };
    let measured: Vec<Measured> = rules.values().map(|rule| rule.measured.clone()).collect();
    let mut sources: Vec<BoxFuture<'static, Option<()>>> = Vec::new();
    for (server, asked) in servers.asked(measured.iter()) {
        let meters = asked.iter().filter_map(Meter::new).collect();
        sources.push(shared.clone().ask(server, meters, Arc::default()).boxed());
    }
    let pages = Page::all(&measured, tools).into_iter();
    sources.extend(pages.map(|page| shared.clone().scrape(page).boxed()));
    // One reading serves every limit of the host.
    if let Some(host) = measured.iter().find(|one| one.query == Query::Host) {
        sources.push(shared.clone().host(Host::alone(host, tools)).boxed());
    }
    join_all(sources).map(drop)
}

impl Shared {
    /// All queries of a step at once; says so when Prometheus answers again.
    async fn ask(self, server: Arc<Server>, mut meters: Vec<Meter>, back: Arc<Notify>) -> Option<()> {
        let (mut turn, mut away) = (self.turn("prometheus"), true);
        loop {
            turn.wait().await;
            let mut reached = false;
            let queries = meters.iter_mut().map(|meter| meter.read(&server, &self.clock));
            let mut queries: FuturesUnordered<_> = queries.collect();
            while let Some(asked) = queries.next().await {
                reached |= asked.reached;
                if let Some(reading) = asked.reading {
                    self.send(ServiceEvent::Measured(reading)).await?;
                }
            }
            drop(queries);
            if reached && away {
                back.notify_one();
            }
            away = !reached;
            turn.done();
        }
    }

    /// The hour before, whenever Prometheus has come back; a query that fails is left out and said to be.
    async fn recall(self, server: Arc<Server>, asked: Vec<Measured>, back: Arc<Notify>) -> Option<()> {
        loop {
            back.notified().await;
            let to = self.clock.now();
            let from = to.checked_sub(RECALLED).unwrap_or(Timestamp::MIN);
            let mut readings: Vec<Reading> = Vec::new();
            for measured in &asked {
                let Some(mut past) = Meter::recall(measured, from, to, MINUTE) else { continue };
                while let Some(piece) = past.next(&server).await {
                    match piece {
                        Ok(piece) => readings.extend(piece),
                        Err(fault) => {
                            let (service, trigger) = (self.service.as_deref(), measured.stream.trigger());
                            tracing::warn!(service, trigger, "the hour before is not known: {fault}");
                            break;
                        }
                    }
                }
            }
            readings.sort_by_key(|reading| reading.at);
            if !readings.is_empty() {
                self.send(ServiceEvent::Recalled(readings)).await?;
            }
            // One that comes and goes is not asked for its past each time.
            tokio::time::sleep(MINUTE).await;
        }
    }

    async fn scrape(self, mut page: Page) -> Option<()> {
        let mut turn = self.turn("metrics");
        loop {
            turn.wait().await;
            for reading in page.read(&self.clock).await {
                self.send(ServiceEvent::Measured(reading)).await?;
            }
            turn.done();
        }
    }

    async fn host(self, mut host: Host) -> Option<()> {
        let mut turn = self.turn("host");
        loop {
            turn.wait().await;
            let reading = host.read(&self.clock).await;
            self.send(ServiceEvent::Measured(reading)).await?;
            turn.done();
        }
    }

    async fn depend(self, probe: Probe) -> Option<()> {
        let mut turn = self.turn(probe.name());
        loop {
            turn.wait().await;
            let sample = probe.observe(&self.clock).await;
            self.send(ServiceEvent::Dependency(sample)).await?;
            turn.done();
        }
    }

    /// `None` when nobody listens any more.
    async fn send(&self, what: ServiceEvent) -> Option<()> {
        let event = match (&self.service, what) {
            (Some(service), what) => Event::Service { service: service.clone(), what },
            (None, ServiceEvent::Measured(reading)) => Event::Watched(reading),
            (None, _) => return Some(()),
        };
        self.inbox.send(event).await.ok()
    }

    /// Over a few milliseconds, counters tell nothing.
    fn turn(&self, what: &str) -> Ticker {
        Ticker::new(self.clock, self.interval, (&self.service, what)).with_pause(self.interval / 2)
    }
}

#[cfg(test)]
mod tests;
