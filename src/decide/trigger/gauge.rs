//! One number that the source has computed already: held against a limit, reading by reading.

use std::time::Duration;

use jiff::Timestamp;

use super::span;

/// So many readings in a row, where nothing is said about how long (judgement §2.4).
pub(super) const IN_A_ROW: u32 = 3;

/// Readings further apart are no run.
const GAP: u32 = 3;
const GAP_AT_LEAST: Duration = Duration::from_secs(30);

/// How long a value has been beyond its limit.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Gauge {
    pub(super) last: Option<(Timestamp, f64)>,
    beyond: Option<(Timestamp, u32)>,
    within: u32,
    pub(super) readings: u64,
}

impl Gauge {
    pub(super) fn read(&mut self, at: Timestamp, value: f64, beyond: bool, interval: Duration) {
        let gap = interval.saturating_mul(GAP).max(GAP_AT_LEAST);
        if self.last.is_some_and(|(last, _)| span(last, at) > gap) {
            self.beyond = None;
            self.within = 0;
        }
        self.last = Some((at, value));
        self.readings += 1;
        if beyond {
            let (since, times) = self.beyond.unwrap_or((at, 0));
            self.beyond = Some((since, times.saturating_add(1)));
            self.within = 0;
        } else {
            self.beyond = None;
            self.within = self.within.saturating_add(1);
        }
    }

    /// Beyond its limit in every reading of so long, and in at least three.
    pub(super) fn beyond_for(&self, lasts: Duration) -> Option<Duration> {
        let (last, _) = self.last?;
        let (since, times) = self.beyond?;
        let lasted = span(since, last);
        (times >= IN_A_ROW && lasted >= lasts).then_some(lasted)
    }

    pub(super) fn is_beyond(&self) -> bool {
        self.beyond.is_some()
    }

    pub(super) fn within(&self) -> bool {
        self.within > 0
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
