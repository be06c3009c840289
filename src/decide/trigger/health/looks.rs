//! Looks at checks, one by one: when the run at hand began, and what others are to know of it.

use jiff::Timestamp;

use super::{Health, Streak, failed};
use crate::model::beside::Look;
use crate::model::sample::Outcome;

impl Health {
    /// When the run of failures began that a check is in.
    pub fn failing_since(&self, check: &str) -> Option<Timestamp> {
        self.checks.get(check)?.failed_since
    }

    /// When any check failed first in the run that it is in, or in the newest samples.
    pub fn uneasy_since(&self) -> Option<Timestamp> {
        let of = |streak: &Streak| {
            let lately = streak.recent.iter().find(|sample| failed(sample)).map(|sample| sample.began);
            streak.failed_since.or(lately)
        };
        self.checks.values().filter_map(of).min()
    }

    /// The run of failures at hand from its first on, and the newest looks of each check.
    pub fn looks(&self) -> Vec<Look> {
        let mut looks = Vec::new();
        for (check, streak) in &self.checks {
            let look = |at: Timestamp, passed: bool| Look { check: check.clone(), at, passed };
            let oldest = streak.recent.front().map(|sample| sample.began);
            let first = streak.failed_since.filter(|since| oldest.is_none_or(|oldest| *since < oldest));
            looks.extend(first.map(|since| look(since, false)));
            looks.extend(streak.recent.iter().filter_map(|sample| match sample.outcome {
                Outcome::Ok => Some(look(sample.began, true)),
                Outcome::Failed(_) => Some(look(sample.began, false)),
                Outcome::Blind(_) => None,
            }));
        }
        looks
    }
}
