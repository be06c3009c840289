//! One number that the source has computed already: held against a limit, reading by reading.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use super::run::{IN_A_ROW, Run};
use super::span;

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
    beyond: Run,
    within: Run,
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
        self.last = Some((at, value));
        self.readings += 1;
        self.remember(at, value);
        let worse = self.before.is_some_and(|before| value > WORSE * before);
        self.worse = if worse { self.worse.saturating_add(1) } else { 0 };
        let (goes_on, ends) =
            if beyond { (&mut self.beyond, &mut self.within) } else { (&mut self.within, &mut self.beyond) };
        *ends = Run::default();
        goes_on.count(at, gap(interval));
    }

    /// The last number was looked at again: it stands for longer, and counts once. One that is older than the release
    /// says nothing of it.
    pub(super) fn again(&mut self, at: Timestamp, interval: Duration) {
        for run in [&mut self.beyond, &mut self.within] {
            run.stands(at, gap(interval));
        }
        if let Some((last, _)) = &mut self.last {
            *last = at;
        }
    }

    /// Beyond its limit in every reading of so long, and in at least three.
    pub(super) fn beyond_for(&self, lasts: Duration) -> Option<Duration> {
        self.beyond.lasted().filter(|lasted| *lasted >= lasts)
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
        self.since()?;
        self.highest.iter().map(|(_, value)| *value).max_by(f64::total_cmp)
    }

    /// What ran since then was the release already: what was read from then on was not so before.
    pub(super) fn forget_since(&mut self, started: Timestamp) {
        if self.since().is_some_and(|since| since >= started) {
            self.beyond = Run::default();
        }
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
        self.beyond.since()
    }

    /// Whether it was beyond it in every reading that there was.
    pub(super) fn is_from_the_first(&self) -> bool {
        self.is_beyond() && u64::from(self.beyond.times()) == self.readings
    }

    pub(super) fn is_beyond(&self) -> bool {
        self.beyond.since().is_some()
    }

    pub(super) fn within(&self) -> bool {
        self.within.since().is_some()
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// Readings further apart are no run.
fn gap(interval: Duration) -> Duration {
    interval.saturating_mul(GAP).max(GAP_AT_LEAST)
}
