//! Since when a stream has told nothing usable.

use std::time::Duration;

use jiff::Timestamp;

use super::words::untold;
use super::{ALERTS, ERRORS, RESOURCES, SLOW, Triggers, span};
use crate::model::phrase::Phrase;
use crate::model::policy::ServicePolicy;
use crate::model::reading::{Measure, Reading};
use crate::model::reason::Reason;

/// Readings that do not come at all for so long are as good as blind.
const SILENT: Duration = Duration::from_mins(1);

/// Whether a stream tells anything.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Freshness {
    /// The newest reading of any kind.
    pub(super) heard: Option<Timestamp>,
    blind: Option<(Timestamp, String)>,
}

impl Freshness {
    pub(super) fn hear(&mut self, reading: &Reading) {
        self.heard = Some(reading.at);
        match &reading.measure {
            Measure::Blind(why) | Measure::Absent(why) => {
                let since = self.blind.take().map_or(reading.at, |(since, _)| since);
                self.blind = Some((since, why.clone()));
            }
            Measure::Requests(_)
            | Measure::Durations(_)
            | Measure::Value(_)
            | Measure::Again(_)
            | Measure::Use(_)
            | Measure::Alerts(_) => self.blind = None,
        }
    }

    /// Since when nothing usable came, and why.
    pub(super) fn blind(&self, now: Timestamp, interval: Duration) -> Option<(Timestamp, String)> {
        if self.blind.is_some() {
            return self.blind.clone();
        }
        let heard = self.heard?;
        let patience = interval.saturating_mul(3).max(SILENT);
        (span(heard, now) > patience).then(|| (heard, "nothing was measured any more".to_owned()))
    }
}

impl Triggers {
    /// Measurements that have told nothing for so long that people should know.
    pub(in crate::decide) fn untold(&self, now: Timestamp, policy: &ServicePolicy) -> Vec<Phrase> {
        let long = |since: Timestamp| span(since, now) >= policy.blind_after;
        let blind = self.all_blind(now, policy).into_iter().filter(|(since, ..)| long(*since));
        blind.map(|(since, what, why)| untold(Phrase::words(&what), span(since, now), &why)).collect()
    }

    /// The stream that has been blind longest, since when, and why.
    pub(in crate::decide) fn blind(
        &self,
        now: Timestamp,
        policy: &ServicePolicy,
    ) -> Option<(Timestamp, Reason)> {
        let (since, check, seen) =
            self.all_blind(now, policy).into_iter().min_by_key(|(since, ..)| *since)?;
        Some((since, Reason::Blind { check, lasted: span(since, now), seen }))
    }

    fn all_blind(&self, now: Timestamp, policy: &ServicePolicy) -> Vec<(Timestamp, String, String)> {
        let triggers = &policy.triggers;
        let mut blind = Vec::new();
        let mut look = |name: &str, seen: Option<(Timestamp, String)>| {
            blind.extend(seen.map(|(since, why)| (since, name.to_owned(), why)));
        };
        if triggers.error_rate.is_some() {
            look(ERRORS, self.errors.rate.blind(now, policy));
        }
        if triggers.latency.is_some() {
            look(SLOW, self.latency.rate.blind(now, policy));
        }
        if triggers.resources.is_some() {
            look(RESOURCES, self.resources.blind(now, policy));
        }
        if triggers.alerts.is_some() {
            look(ALERTS, self.alerts.blind(now, policy));
        }
        for name in triggers.business.keys() {
            look(name, self.business.get(name).and_then(|business| business.blind(now, policy)));
        }
        blind
    }
}
