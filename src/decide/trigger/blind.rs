//! Since when a stream has told nothing usable.

use std::time::Duration;

use jiff::Timestamp;

use super::span;
use crate::model::reading::{Measure, Reading};

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
            | Measure::Use(_) => self.blind = None,
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
