//! New replicas beside old ones: load and surroundings are the same, so that nothing else tells better whose fault it is.

use super::errors::{Errors, FLOOR};
use super::proof::ratio;
use super::span;
use crate::model::policy::ErrorRate;
use crate::model::reading::Counts;
use crate::model::reason::{Breach, Rule};
use crate::stats;

/// Odds at which new replicas are worse than old ones beside them: `1 / ALPHA`.
const NEW_WORSE: f64 = 1000.0;

/// Odds at which the old ones are worse, so that it is not the release.
const OLD_WORSE: f64 = 20.0;

impl Errors {
    /// Requests of this version, and of all others that serve at the same time.
    fn arms(&self, version: &str) -> Option<(Counts, Counts)> {
        let new = *self.versions.get(version)?;
        let mut old = Counts::default();
        for counts in self.versions.iter().filter(|(other, _)| *other != version).map(|(_, counts)| counts) {
            old += *counts;
        }
        (old.total > 0 && new.total > 0).then_some((new, old))
    }

    /// New replicas fail more often than old ones.
    pub(super) fn side_by_side(&self, limits: &ErrorRate, version: &str) -> Option<Breach> {
        let (new, old) = self.arms(version)?;
        if ratio(new) <= ratio(old).max(FLOOR) {
            return None;
        }
        let log_odds = stats::two_arm(new.bad, old.bad, part(new, old));
        let over =
            self.versions_since.zip(self.rate.freshness.heard).map(|(since, heard)| span(since, heard));
        (log_odds >= NEW_WORSE.ln()).then(|| Breach {
            value: ratio(new),
            limit: ratio(old),
            samples: new.total,
            bad: new.bad,
            over: over.unwrap_or_default(),
            before: Some(ratio(old)),
            log_odds: Some(log_odds),
            ..self.breach(Rule::SideBySide, limits)
        })
    }

    /// Old replicas fail more often than new ones.
    pub(super) fn old_too(&self, version: &str) -> bool {
        let Some((new, old)) = self.arms(version) else { return false };
        let worse = ratio(old) > ratio(new).max(FLOOR);
        worse && stats::two_arm(old.bad, new.bad, part(old, new)) >= OLD_WORSE.ln()
    }
}

/// Of all requests, those of one side.
fn part(one: Counts, other: Counts) -> f64 {
    one.total as f64 / (one.total + other.total) as f64
}
