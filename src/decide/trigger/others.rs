//! What a service that nobody releases shows to those that are released.

use jiff::Timestamp;

use super::errors::Errors;
use super::latency::{Latency, slow};
use super::{Triggers, proof};
use crate::decide::trigger::share::TestParameters;
use crate::model::beside::{Norm, Tick, Usual};
use crate::model::facts::Before;
use crate::model::policy::ServicePolicy;
use crate::model::reading::Stream;

/// Where nothing is counted, nothing is tolerated that could be passed.
const UNCOUNTED: Norm = Norm { tolerated: 0.9, dispersion: 1.0, beyond: false };

impl Triggers {
    /// The newest minutes of its requests, bad ones among all.
    pub(in crate::decide) fn ticks(&self, stream: &Stream, policy: &ServicePolicy) -> Vec<Tick> {
        match stream {
            Stream::Errors => {
                let pieces = self.errors.rate.window.pieces();
                pieces.map(|(from, to, counts)| Tick { from, to, counts: *counts }).collect()
            }
            Stream::Latency => {
                let Some(limits) = &policy.triggers.latency else { return Vec::new() };
                let edge = limits.above.as_secs_f64();
                let pieces = self.latency.rate.window.pieces();
                pieces.map(|(from, to, all)| Tick { from, to, counts: slow(all, edge) }).collect()
            }
            Stream::Resources | Stream::Business(_) | Stream::Alerts => Vec::new(),
        }
    }

    /// What is normal for it.
    pub(in crate::decide) fn usual(&self, now: Timestamp, policy: &ServicePolicy) -> Usual {
        let triggers = &policy.triggers;
        let errors = triggers.error_rate.as_ref().map_or(UNCOUNTED, |limits| {
            let before = self.errors.before(now);
            norm(before.as_ref(), &Errors::against(policy, limits), limits.min_requests)
        });
        let slow = triggers.latency.as_ref().map_or(UNCOUNTED, |limits| {
            let (before, _) = self.latency.before(now, limits);
            norm(before.as_ref(), &Latency::against(policy), limits.min_requests)
        });
        Usual { errors, slow }
    }

    /// Whether something goes wrong at the moment, little as it may be.
    pub(in crate::decide) fn uneasy(&self) -> bool {
        self.errors.trouble().is_some() || self.latency.trouble().is_some()
    }
}

fn norm(before: Option<&Before>, against: &TestParameters, least: u64) -> Norm {
    let Some(before) = before else { return Norm { tolerated: against.limit, ..UNCOUNTED } };
    let tolerated = before.tolerated(against.floor).min(against.limit);
    let beyond = before.lately.total >= least && proof::ratio(before.lately) > against.limit;
    Norm { tolerated, dispersion: before.dispersion, beyond }
}
