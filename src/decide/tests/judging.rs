//! The triggers beside health, through the whole core: limits to the last request, evidence, blame and autonomy.

use std::collections::BTreeMap;
use std::time::Duration;

use super::fixture::{API, World, happening, later, policy, running, sample, secs, service_policy};
use crate::decide::action::{Action, Persist};
use crate::model::event::{Event, ServiceEvent};
use crate::model::facts::Phase;
use crate::model::notice::News;
use crate::model::policy::{
    Autonomy, Business, ErrorRate, Latency, Level, OnEnvironment, Ppm, Resources, ServicePolicy, Triggers,
};
use crate::model::reading::{Bucket, Counts, Durations, Measure, Reading, Requests, Source, Stream, Use};
use crate::model::sample::Outcome;
use crate::model::verdict::{Call, Verdict};

mod absent;
mod alerts;
mod anomaly;
mod autonomy;
mod beside;
mod blame;
mod blind;
mod crashes;
mod gone;
mod habit;
mod host;
mod late;
mod limits;
mod onset;

/// Errors above 5 %, P95 above 2 s, and CPU or memory above 90 % for 30 s.
fn triggers() -> Triggers {
    let (over, source) = (secs(60), Source::Prometheus);
    Triggers {
        relative: Autonomy::Ask,
        error_rate: Some(ErrorRate {
            above: Ppm(50_000),
            over,
            min_requests: 100,
            source,
            autonomy: Autonomy::Auto,
        }),
        latency: Some(Latency { above: secs(2), over, min_requests: 200, source, autonomy: Autonomy::Auto }),
        resources: Some(Resources {
            above: Ppm(900_000),
            lasts: secs(120),
            of: vec!["cpu".to_owned(), "memory".to_owned()],
            attribute: true,
            autonomy: Autonomy::Auto,
        }),
        ..Triggers::none()
    }
}

/// One service on one host, every five seconds.
#[derive(Clone)]
struct Case {
    world: World,
    told: Vec<News>,
    filed: String,
}

impl Case {
    fn new(change: impl FnOnce(&mut ServicePolicy)) -> Self {
        let mut service = ServicePolicy { grace: Duration::ZERO, triggers: triggers(), ..service_policy() };
        change(&mut service);
        let mut case = Self { world: World::new(service), told: Vec::new(), filed: String::new() };
        case.happens(ServiceEvent::Seen(Some(running("v1", "c-v1"))));
        for _ in 0..3 {
            case.tick(Vec::new());
        }
        assert_eq!(case.world.facts().accepted.len(), 1);
        case
    }

    /// With an hour of normal traffic before v2 comes: 600 requests a minute, 1 in 600 failing, all fast.
    fn released(change: impl FnOnce(&mut ServicePolicy)) -> Self {
        let mut case = Self::new(change);
        for tick in 0..60 * 12 {
            case.tick(vec![errors(u64::from(tick % 12 == 0), 50), fast(50), host(0.3, 0.1)]);
        }
        case.deploy("v2");
        case
    }

    fn deploy(&mut self, version: &str) {
        self.happens(ServiceEvent::Seen(Some(running(version, &format!("c-{version}")))));
        assert_eq!(self.phase(), "watching");
    }

    fn happens(&mut self, what: ServiceEvent) -> Vec<Action> {
        self.steps(&happening(what))
    }

    fn steps(&mut self, event: &Event) -> Vec<Action> {
        let actions = self.world.step(event);
        for action in &actions {
            if let Action::Tell { notice, .. } = action {
                self.told.push(notice.news.clone());
            }
            if let Action::Persist(Persist::File { reason, .. }) = action {
                self.filed = reason.as_ref().map(super::told::why).unwrap_or_default();
            }
        }
        actions
    }

    /// Five seconds: the health check passes, and these are measured.
    fn tick(&mut self, mut measures: Vec<(Stream, Measure)>) {
        self.world.now = later(self.world.now, secs(5));
        let at = self.world.now;
        if !measures.is_empty() && !measures.iter().any(|(stream, _)| *stream == Stream::Resources) {
            measures.push(host(0.3, 0.1));
        }
        for (stream, measure) in measures {
            self.happens(ServiceEvent::Measured(Reading { stream, source: Source::Prometheus, at, measure }));
        }
        self.happens(ServiceEvent::Sampled(sample("web", at, Outcome::Ok)));
        self.steps(&Event::Due);
    }

    fn ticks(&mut self, times: u32, measures: &[(Stream, Measure)]) {
        for _ in 0..times {
            self.tick(measures.to_vec());
        }
    }

    fn phase(&self) -> &'static str {
        self.world.facts().phase.into_str()
    }

    fn verdict(&self, trigger: &str) -> Verdict {
        let view = self.world.state.view();
        let found = view.services[0].triggers.iter().find(|shown| shown.name == trigger);
        found.expect("the trigger is shown").verdict.clone()
    }

    /// Why the newest release was filed as it was.
    fn filed(&self) -> String {
        self.filed.clone()
    }

    fn why(&self) -> String {
        match &self.world.facts().phase {
            Phase::RollingBack(rollback) => super::told::why(&rollback.reason),
            Phase::Held { why, .. } | Phase::NeedsPerson { why } => super::told::why(why),
            Phase::Idle | Phase::Watching(_) | Phase::Verifying(_) => String::new(),
        }
    }
}

fn errors(bad: u64, total: u64) -> (Stream, Measure) {
    let seen = Counts { bad, total };
    (Stream::Errors, Measure::Requests(Requests { seen, ..Requests::default() }))
}

/// So many requests, of which so many take three seconds and the rest 100 ms.
fn slow(bad: u64, total: u64) -> (Stream, Measure) {
    let fast = total - bad;
    let counts = [(0.05, 0), (0.25, fast), (1.0, fast), (2.0, fast), (5.0, total), (f64::INFINITY, total)];
    let seen = counts.map(|(le, count)| Bucket { le, count }).to_vec();
    (Stream::Latency, Measure::Durations(Durations { seen, newborn: Vec::new() }))
}

fn fast(total: u64) -> (Stream, Measure) {
    slow(0, total)
}

fn host(cpu: f64, own: f64) -> (Stream, Measure) {
    let of = |value: f64| BTreeMap::from([("cpu".to_owned(), value)]);
    (Stream::Resources, Measure::Use(Use { host: of(cpu), own: of(own), pressure: BTreeMap::new() }))
}

fn blind(stream: Stream) -> (Stream, Measure) {
    (stream, Measure::Blind("HTTP 503 from Prometheus".to_owned()))
}

fn orders(value: f64) -> (Stream, Measure) {
    (Stream::Business("orders".to_owned()), Measure::Value(value))
}

/// Another service beside it that nobody releases.
fn with_neighbour(case: &mut Case) {
    let mut all = policy(service_policy());
    all.services = case.world.policy.services.clone();
    all.services.insert("other".to_owned(), ServicePolicy { triggers: triggers(), ..service_policy() });
    case.world.policy = all;
    case.world.reload();
    let other = |what| Event::Service { service: "other".to_owned(), what };
    case.world.step(&other(ServiceEvent::Seen(Some(running("o1", "c-o1")))));
    case.world.step(&other(ServiceEvent::Sampled(sample("web", case.world.now, Outcome::Ok))));
    assert!(case.world.policy.services.contains_key(API));
}

/// A verdict's sentence.
fn sentence(verdict: &Verdict) -> String {
    super::told::sentence(&verdict.why)
}
