//! golive itself: its core, fed with what the shell would have told it.

use std::collections::BTreeMap;
use std::time::Duration;

use ::golive::decide::State;
use ::golive::decide::action::{Action, Effect};
use ::golive::model::event::{Event, ServiceEvent};
use ::golive::model::facts::Facts;
use ::golive::model::policy::{
    Autonomy, ErrorRate, Latency, Level, OnEnvironment, Otherwise, Policy, Ppm, Quarantine, Resources,
    ServicePolicy, Triggers, Windows,
};
use ::golive::model::reading::{Bucket, Counts, Durations, Measure, Reading, Requests, Source, Stream, Use};
use ::golive::model::release::{Origin, Release};
use ::golive::model::running::{Identity, Running};
use ::golive::model::sample::{Outcome, Sample};
use ::golive::model::step::Step;
use jiff::Timestamp;

use crate::Rule;
use crate::prometheus::Prometheus;
use crate::scenario::Kin;
use crate::trace::{AFTER, BEFORE, EDGES, HEALTH_TICK, Scrape, TICK, Trace};

/// The service that is released, and another one that is not.
const SHOP: &str = "shop";
const OTHER: &str = "other";
const CHECK: &str = "web";

/// golive with these settings.
pub(crate) struct Golive {
    pub(crate) level: Level,
    /// What it may do about a release that is worse than before, yet under the limits.
    pub(crate) relative: Autonomy,
    /// What it may do about health that fails every other time.
    pub(crate) flapping: Autonomy,
    pub(crate) on_environment: OnEnvironment,
}

impl Rule for Golive {
    fn name(&self) -> String {
        let level = match self.level {
            Level::Literal => "literal",
            Level::Default => "default",
            Level::Certain => "certain",
        };
        let may = |what: &str, autonomy| match autonomy {
            Autonomy::Auto => format!(", {what} auto"),
            Autonomy::Off | Autonomy::Shadow | Autonomy::Ask => String::new(),
        };
        let hold = match self.on_environment {
            OnEnvironment::Hold => "",
            OnEnvironment::Rollback => ", no hold",
        };
        format!("golive {level}{}{}{hold}", may("relative", self.relative), may("flapping", self.flapping))
    }

    fn judge(&self, trace: &Trace, _: &Prometheus) -> Option<f64> {
        let mut watched = Watched::new(self.policy_among(trace), trace);
        watched.tell(-HOUR, SHOP, ServiceEvent::Seen(Some(running("1"))));
        watched.tell(-HOUR, OTHER, ServiceEvent::Seen(Some(running("1"))));
        watched.sample(-HOUR, OTHER, true);
        for name in names(trace) {
            watched.tell(-HOUR, &name, ServiceEvent::Seen(Some(running("1"))));
        }
        (0..BEFORE * LOOKS).for_each(|look| watched.usual(look));
        // What is scraped at 0 s has happened in the 15 s before.
        watched.tell(-TICK, SHOP, ServiceEvent::Seen(Some(running("2"))));
        (0..AFTER * LOOKS).find_map(|look| watched.live(look))
    }
}

/// Health is known so often in a tick.
const LOOKS: usize = 3;
/// Seconds before the release at which golive begins to look.
const HOUR: f64 = (BEFORE + 1) as f64 * TICK;

/// Other services beside the two that there always are.
fn names(trace: &Trace) -> Vec<String> {
    (0..trace.others.len()).map(|at| format!("other-{at}")).collect()
}

impl Golive {
    /// With the others of this trace, and the host where it is part of it.
    fn policy_among(&self, trace: &Trace) -> Policy {
        let mut policy = self.policy();
        let plain = policy.services[OTHER].clone();
        for (name, other) in names(trace).into_iter().zip(&trace.others) {
            let mut service = plain.clone();
            match other.kin {
                Kin::Nothing => {}
                Kin::Calls => service.needs.push(SHOP.to_owned()),
                Kin::Needed => {
                    policy.services.entry(SHOP.to_owned()).and_modify(|shop| shop.needs.push(name.clone()));
                }
            }
            policy.services.insert(name, service);
        }
        let resources = trace.busy.is_some().then(|| Resources {
            above: Ppm(900_000),
            lasts: Duration::from_mins(2),
            of: vec!["cpu".to_owned()],
            attribute: true,
            autonomy: Autonomy::Auto,
        });
        policy.services.entry(SHOP.to_owned()).and_modify(|shop| shop.triggers.resources = resources);
        policy
    }

    /// What rules.toml gives with one health check and Prometheus, in a watch of half an hour.
    fn policy(&self) -> Policy {
        let service = ServicePolicy {
            autonomy: Autonomy::Auto,
            checklist: golive::model::checklist::Wanted::default(),
            window: Duration::from_mins(30),
            grace: Duration::from_secs(30),
            deploy_within: Duration::from_mins(10),
            interval: Duration::from_secs(10),
            blind_after: Duration::from_mins(1),
            acceptance: None,
            drill: None,
            on_blind: Otherwise::Hold,
            checks: vec![CHECK.to_owned()],
            failures: 3,
            health_autonomy: Autonomy::Auto,
            requests: Vec::new(),
            dependencies: Vec::new(),
            needs: Vec::new(),
            triggers: Triggers {
                level: self.level,
                relative: self.relative,
                flapping: self.flapping,
                crash_loop: Autonomy::Auto,
                on_environment: self.on_environment,
                error_rate: Some(ErrorRate {
                    above: Ppm(50_000),
                    over: Duration::from_mins(1),
                    min_requests: 100,
                    source: Source::Prometheus,
                    autonomy: Autonomy::Auto,
                }),
                latency: Some(Latency {
                    above: Duration::from_secs(2),
                    over: Duration::from_mins(1),
                    min_requests: 200,
                    source: Source::Prometheus,
                    autonomy: Autonomy::Auto,
                }),
                ..Triggers::none()
            },
            ask_within: None,
            ask_otherwise: Otherwise::Hold,
            verify: Duration::from_secs(30),
            keep: 3,
            per_day: 3,
            veto: Duration::ZERO,
            quarantine: Quarantine::Watch,
            maintenance: Windows::default(),
            freeze: Windows::default(),
            shared: false,
            steps: vec![Step::Prepare],
            finish: Vec::new(),
            step_within: Duration::from_mins(5),
        };
        let services = [(SHOP.to_owned(), service.clone()), (OTHER.to_owned(), service)];
        Policy { services: services.into(), ..Policy::default() }
    }
}

/// What a step costs, with a release watched beside nothing.
pub(crate) fn steps() {
    let settings = Golive {
        level: Level::Default,
        relative: Autonomy::Auto,
        flapping: Autonomy::Ask,
        on_environment: OnEnvironment::Hold,
    };
    let service = settings.policy().services.remove(SHOP).expect("it is one of the two");
    let seen = |version| {
        let what = ServiceEvent::Seen(Some(running(version)));
        Event::Service { service: SHOP.to_owned(), what }
    };
    crate::step::measure(service, [seen("1"), seen("2")]);
}

/// The core on one trace.
struct Watched<'trace> {
    trace: &'trace Trace,
    state: State,
    /// The newest scrape of each replica.
    last: Vec<Option<Scrape>>,
    /// When it first wanted to roll back.
    fired: Option<f64>,
}

impl<'trace> Watched<'trace> {
    fn new(policy: Policy, trace: &'trace Trace) -> Self {
        let facts = policy.services.keys().map(|service| (service.clone(), accepted(service))).collect();
        let mut state = State::new(policy, facts, moment(-HOUR));
        state.step(moment(-HOUR), &Event::Started);
        Self { trace, state, last: vec![None; trace.replicas.len()], fired: None }
    }

    /// Five seconds before the release.
    fn usual(&mut self, look: usize) {
        let at = look as f64 * HEALTH_TICK - BEFORE as f64 * TICK;
        if look.is_multiple_of(LOOKS) {
            self.measure(look / LOOKS);
        }
        if look.is_multiple_of(2) {
            self.look_around(at, look);
        }
        if look.is_multiple_of(2) && at < -TICK {
            self.sample(at, SHOP, !self.trace.unhealthy_before[look]);
        }
    }

    /// Five seconds. When it is to be taken back, the seconds since the release.
    fn live(&mut self, look: usize) -> Option<f64> {
        let at = look as f64 * HEALTH_TICK;
        while let Some(due) = self.state.next_deadline().filter(|due| *due < moment(at)) {
            self.step(due.duration_since(moment(0.0)).as_secs_f64(), &Event::Due);
            if self.fired.is_some() {
                return self.fired;
            }
        }
        if self.trace.scenario.crash && look == self.trace.scenario.onset * LOOKS {
            let instance = running("2").instance;
            self.tell(at, SHOP, ServiceEvent::Died { instance, asked: false, exit: Some(1), oom: false });
            self.tell(at, SHOP, ServiceEvent::Seen(Some(Running { alive: false, ..running("2") })));
        }
        if look.is_multiple_of(LOOKS) {
            self.measure(BEFORE + look / LOOKS);
        }
        if look.is_multiple_of(2) {
            self.look_around(at, BEFORE * LOOKS + look);
            self.look(at);
        }
        self.fired
    }

    /// What is scraped in a tick: of the other service too.
    fn measure(&mut self, tick: usize) {
        let at = (tick as f64 - BEFORE as f64) * TICK;
        let (bad, total) = self.trace.control[tick];
        self.read(at, OTHER, Stream::Errors, requests(bad, total));
        for (name, other) in names(self.trace).iter().zip(&self.trace.others) {
            let (bad, total) = other.requests[tick];
            self.read(at, name, Stream::Errors, requests(bad, total));
        }
        if let Some(busy) = &self.trace.busy {
            let of = |value: f64| BTreeMap::from([("cpu".to_owned(), value)]);
            let used = Use { host: of(busy[tick]), own: of(0.1), pressure: BTreeMap::new() };
            self.read(at, SHOP, Stream::Resources, Measure::Use(used));
        }
        let mut seen = Scrape { requests: 0, errors: 0, latency: [0; EDGES.len()] };
        let mut scraped = false;
        for (replica, last) in self.trace.replicas.iter().zip(&mut self.last) {
            let Some(now) = replica[tick] else { continue };
            scraped = true;
            if let Some(before) = last.replace(now) {
                seen.grow(&before, &now);
            }
        }
        let (errors, latency) = if scraped {
            let buckets = EDGES.iter().zip(seen.latency).map(|(le, count)| Bucket { le: *le, count });
            let durations = Durations { seen: buckets.collect(), newborn: Vec::new() };
            (requests(seen.errors, seen.requests), Measure::Durations(durations))
        } else {
            let blind = || Measure::Blind("no target answers".to_owned());
            (blind(), blind())
        };
        self.read(at, SHOP, Stream::Errors, errors);
        self.read(at, SHOP, Stream::Latency, latency);
    }

    fn read(&mut self, at: f64, service: &str, stream: Stream, measure: Measure) {
        let reading = Reading { stream, source: Source::Prometheus, at: moment(at), measure };
        self.tell(at, service, ServiceEvent::Measured(reading));
    }

    /// Health checks of the others.
    fn look_around(&mut self, at: f64, look: usize) {
        for (name, other) in names(self.trace).iter().zip(&self.trace.others) {
            self.sample(at, name, !other.unhealthy[look]);
        }
    }

    /// A health check of the released service.
    fn look(&mut self, at: f64) {
        let known = (1_u32..).zip(&self.trace.unhealthy);
        let now = known.take_while(|(next, _)| f64::from(next - 1) * HEALTH_TICK <= at).last();
        self.sample(at, SHOP, now.is_some_and(|(_, unhealthy)| !unhealthy));
    }

    fn sample(&mut self, at: f64, service: &str, healthy: bool) {
        let outcome = if healthy { Outcome::Ok } else { Outcome::Failed("it does not answer".to_owned()) };
        let sample = Sample { check: CHECK.to_owned(), began: moment(at), took: Duration::ZERO, outcome };
        self.tell(at, service, ServiceEvent::Sampled(sample));
    }

    fn tell(&mut self, at: f64, service: &str, what: ServiceEvent) {
        self.step(at, &Event::Service { service: service.to_owned(), what });
    }

    fn step(&mut self, at: f64, event: &Event) {
        if let Some(beside) = self.state.beside(moment(at), event) {
            self.take(at, &beside);
        }
        self.take(at, event);
    }

    fn take(&mut self, at: f64, event: &Event) {
        for action in self.state.step(moment(at), event) {
            if let Action::Effect(Effect::Step { .. }) = &action {
                self.fired = self.fired.or(Some(at));
            }
            if let Action::Effect(Effect::ProbeNow { service }) = action
                && service == SHOP
            {
                self.look(at);
            }
        }
    }
}

impl Scrape {
    /// Adds what was counted between two scrapes.
    fn grow(&mut self, before: &Self, now: &Self) {
        let grown = |before: u64, now: u64| if now < before { now } else { now - before };
        self.requests += grown(before.requests, now.requests);
        self.errors += grown(before.errors, now.errors);
        for (sum, (before, now)) in self.latency.iter_mut().zip(before.latency.iter().zip(now.latency)) {
            *sum += grown(*before, now);
        }
    }
}

fn requests(bad: u64, total: u64) -> Measure {
    Measure::Requests(Requests { seen: Counts { bad, total }, ..Requests::default() })
}

fn running(version: &str) -> Running {
    Running {
        instance: format!("container-{version}"),
        identity: Identity { image: format!("sha256:{version}"), spec: String::new() },
        version: version.to_owned(),
        alive: true,
        started: None,
        restarts: 0,
        irreversible: None,
        given_up: None,
        rolling_out: false,
        stuck: None,
        halted: None,
        about: None,
        members: Vec::new(),
        settling: false,
        absent: Vec::new(),
        left: Vec::new(),
    }
}

/// Version 1 was released long ago.
fn accepted(service: &str) -> Facts {
    let release = Release {
        id: format!("{service}-1"),
        service: service.to_owned(),
        version: "1".to_owned(),
        running: Some(running("1")),
        began: moment(-10.0 * HOUR),
        origin: Origin::Adopted,
        announcement: None,
        checklist: None,
        roster: golive::model::roster::Roster::new(),
    };
    Facts { known: Some(running("1").identity), accepted: vec![release], ..Facts::default() }
}

/// Seconds after the release, as a time.
fn moment(seconds: f64) -> Timestamp {
    let release = Timestamp::constant(1_800_000_000, 0);
    release.saturating_add(jiff::SignedDuration::from_secs_f64(seconds)).unwrap_or(release)
}
