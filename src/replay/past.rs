//! Placebo watches over the past: what today's rules would have done, had there been a release every window.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

use super::{Decided, Replay, longest};
use crate::model::event::ServiceEvent;
use crate::model::past::{Learnt, Unjudged};
use crate::model::policy::{Anomaly, ServicePolicy};
use crate::model::reading::Reading;
use crate::model::release::{Origin, Release};
use crate::model::running::{Identity, Running};
use crate::model::sample::{Outcome, Sample};

/// Each watch knows the hour before it.
pub const BEFORE: Duration = Duration::from_hours(1);

/// Readings of all streams, oldest first, from an hour before the watch at hand on. Holds no more than that and what
/// was fetched at once.
#[derive(Debug, Default)]
pub struct Tape {
    readings: VecDeque<Reading>,
    /// Metrics that are judged by their own past.
    pasts: BTreeMap<String, Past>,
}

/// All that is known of a metric, by minute.
#[derive(Debug)]
struct Past {
    /// So much of it is looked at when a watch begins.
    history: Duration,
    from: Timestamp,
    values: Vec<f64>,
}

/// What one placebo watch came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Placebo {
    /// When it would have begun.
    pub began: Timestamp,
    /// How it would have ended: the decisions after its beginning, in order.
    pub decided: Vec<Decided>,
}

impl Tape {
    /// Adds a piece of one stream; pieces of several streams overlap in time.
    pub fn add(&mut self, piece: Vec<Reading>) {
        self.readings.extend(piece);
        self.readings.make_contiguous().sort_by_key(|reading| reading.at);
    }

    /// What lies before is not needed any more.
    pub fn drop_before(&mut self, at: Timestamp) {
        while self.readings.front().is_some_and(|reading| reading.at < at) {
            self.readings.pop_front();
        }
    }

    /// One value a minute of a metric from a moment on, of which so much is looked at when a watch begins.
    pub fn know(&mut self, metric: &str, history: Duration, from: Timestamp, values: Vec<f64>) {
        self.pasts.insert(metric.to_owned(), Past { history, from, values });
    }

    /// A release at this moment under these rules, with what is known up to a moment. Health is not in Prometheus: it
    /// counts as passing.
    pub fn watch(
        &self,
        service: &str,
        policy: &ServicePolicy,
        began: Timestamp,
        known: Timestamp,
    ) -> Placebo {
        let first = began.checked_sub(BEFORE).unwrap_or(Timestamp::MIN);
        let ends = began.checked_add(longest(policy)).unwrap_or(Timestamp::MAX).min(known);
        let mut replay = Replay::new(service, policy.clone(), vec![accepted(service, first)], first);
        replay.feed(first, &ServiceEvent::Seen(Some(running("before"))));
        let mut released = false;
        let mut healthy = first;
        for reading in self.readings.iter().filter(|reading| reading.at >= first && reading.at <= ends) {
            if !released && reading.at > began {
                replay.feed(began, &ServiceEvent::Seen(Some(running("placebo"))));
                for (metric, learnt) in self.learnt(policy, began) {
                    replay.feed(began, &ServiceEvent::Expected { metric, until: began, learnt });
                }
                released = true;
            }
            if reading.at > healthy {
                healthy = reading.at;
                passes(&mut replay, policy, healthy);
            }
            replay.feed(reading.at, &ServiceEvent::Measured(reading.clone()));
            if released && ended(replay.decided()) {
                break;
            }
        }
        // What comes after the decision was not looked at, and would seem blind.
        if !ended(replay.decided()) {
            // A deadline at the very end is met.
            replay.until(ends.checked_add(Duration::from_nanos(1)).unwrap_or(ends));
        }
        let decided = replay.decided().iter().filter(|one| one.at >= began && one.what != "watching");
        Placebo { began, decided: decided.cloned().collect() }
    }

    /// What a watch that begins then would have learnt.
    fn learnt<'a>(
        &'a self,
        policy: &'a ServicePolicy,
        began: Timestamp,
    ) -> impl Iterator<Item = (String, Learnt)> + 'a {
        policy.triggers.business.iter().filter_map(move |(metric, business)| {
            let (past, anomaly) = (self.pasts.get(metric)?, business.anomaly.as_ref()?);
            Some((metric.clone(), past.learn(anomaly, policy.window, began)))
        })
    }
}

impl Past {
    fn learn(&self, anomaly: &Anomaly, window: Duration, began: Timestamp) -> Learnt {
        let minutes = |time: Duration| usize::try_from(time.as_secs() / 60).unwrap_or(usize::MAX);
        let since = Duration::try_from(began.duration_since(self.from)).unwrap_or_default();
        let before = &self.values[..self.values.len().min(minutes(since) + 1)];
        let history = before.len().saturating_sub(minutes(self.history) + 1);
        anomaly.learn(&before[history..], window).map_err(Unjudged::Past)
    }
}

impl Placebo {
    /// In one word: the state that the release would have come to first.
    pub fn outcome(&self) -> &'static str {
        let states = ["rolling-back", "held", "accepted"];
        let found = self.decided.iter().find(|one| states.contains(&one.what));
        match found {
            Some(Decided { what: "accepted", why: Some(_), .. }) => "accepted, unproved",
            Some(one) => one.what,
            None => "undecided",
        }
    }
}

fn ended(decided: &[Decided]) -> bool {
    decided.iter().any(|one| matches!(one.what, "rolling-back" | "held" | "accepted" | "rollback-failed"))
}

fn passes(replay: &mut Replay, policy: &ServicePolicy, at: Timestamp) {
    for check in &policy.checks {
        let sample =
            Sample { check: check.clone(), began: at, took: Duration::from_millis(1), outcome: Outcome::Ok };
        replay.feed(at, &ServiceEvent::Sampled(sample));
    }
}

pub(super) fn running(version: &str) -> Running {
    Running {
        instance: version.to_owned(),
        identity: Identity { image: version.to_owned(), spec: String::new() },
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

pub(super) fn accepted(service: &str, began: Timestamp) -> Release {
    Release {
        id: format!("{service}-before"),
        service: service.to_owned(),
        version: "before".to_owned(),
        running: Some(running("before")),
        began,
        origin: Origin::Adopted,
        announcement: None,
        checklist: None,
        roster: BTreeMap::new(),
    }
}
