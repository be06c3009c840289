//! One number that the source has computed already: held against a limit, reading by reading.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use super::span;

/// So many readings in a row, where nothing is said about how long (judgement §2.4).
pub(super) const IN_A_ROW: u32 = 3;

/// Readings further apart are no run.
const GAP: u32 = 3;
const GAP_AT_LEAST: Duration = Duration::from_secs(30);

/// What was so before a release is remembered for so long.
const LATELY: Duration = Duration::from_mins(10);

/// A value that is half as bad again as the worst of before is worse than it.
const WORSE: f64 = 1.5;

/// How long a value has been beyond its limit.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Gauge {
    pub(super) last: Option<(Timestamp, f64)>,
    beyond: Option<(Timestamp, u32)>,
    within: u32,
    pub(super) readings: u64,
    /// The highest value of each of the last ten minutes.
    highest: VecDeque<(Timestamp, f64)>,
    /// The worst of before the release, where it was beyond the limit then, and how often in a row it was far worse since.
    before: Option<f64>,
    worse: u32,
}

impl Gauge {
    /// Takes a number in.
    pub(super) fn read(&mut self, at: Timestamp, value: f64, beyond: bool, interval: Duration) {
        self.follow(at, interval);
        self.last = Some((at, value));
        self.readings += 1;
        self.remember(at, value);
        let worse = self.before.is_some_and(|before| value > WORSE * before);
        self.worse = if worse { self.worse.saturating_add(1) } else { 0 };
        if beyond {
            let (since, times) = self.beyond.unwrap_or((at, 0));
            self.beyond = Some((since, times.saturating_add(1)));
            self.within = 0;
        } else {
            self.beyond = None;
            self.within = self.within.saturating_add(1);
        }
    }

    /// The last number was looked at again: it stands for longer, and counts once. One that is older than the release
    /// says nothing of it.
    pub(super) fn again(&mut self, at: Timestamp, interval: Duration) {
        self.follow(at, interval);
        if let Some((last, _)) = &mut self.last {
            *last = at;
        }
    }

    /// After a gap, a run begins anew.
    fn follow(&mut self, at: Timestamp, interval: Duration) {
        let gap = interval.saturating_mul(GAP).max(GAP_AT_LEAST);
        if self.last.is_some_and(|(last, _)| span(last, at) > gap) {
            self.beyond = None;
            self.within = 0;
        }
    }

    /// Beyond its limit in every reading of so long, and in at least three.
    pub(super) fn beyond_for(&self, lasts: Duration) -> Option<Duration> {
        let (last, _) = self.last?;
        let (since, times) = self.beyond?;
        let lasted = span(since, last);
        (times >= IN_A_ROW && lasted >= lasts).then_some(lasted)
    }

    fn remember(&mut self, at: Timestamp, value: f64) {
        match self.highest.back_mut() {
            Some((began, highest)) if span(*began, at) < Duration::from_mins(1) => {
                *highest = highest.max(value)
            }
            Some(_) | None => self.highest.push_back((at, value)),
        }
        while self.highest.front().is_some_and(|(began, _)| span(*began, at) > LATELY) {
            self.highest.pop_front();
        }
    }

    /// The highest value of the last ten minutes, if it is beyond its limit now.
    pub(super) fn worst(&self) -> Option<f64> {
        self.beyond?;
        self.highest.iter().map(|(_, value)| *value).max_by(f64::total_cmp)
    }

    /// What ran since then was the release already: what was read from then on was not so before.
    pub(super) fn forget_since(&mut self, started: Timestamp) {
        self.beyond = self.beyond.filter(|(since, _)| *since < started);
        self.highest.retain(|(began, _)| *began < started);
    }

    /// A watch begins; it was beyond its limit before with this as the worst, or not.
    pub(super) fn arm(&mut self, before: Option<f64>) {
        *self = Self { before, ..Self::default() };
    }

    /// It was so before the release, and is not much worse since.
    pub(super) fn was_so(&self) -> bool {
        self.before.is_some() && self.worse < IN_A_ROW
    }

    /// Since when it is beyond its limit.
    pub(super) fn since(&self) -> Option<Timestamp> {
        self.beyond.map(|(since, _)| since)
    }

    /// Whether it was beyond it in every reading that there was.
    pub(super) fn is_from_the_first(&self) -> bool {
        self.beyond.is_some_and(|(_, times)| u64::from(times) == self.readings)
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
