//! Evidence that a release is worse than is tolerated, gathered tick by tick.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use super::span;
use crate::model::reading::Counts;
use crate::stats::evidence::Evidence;

/// A stream fires falsely in at most one of a thousand watches; half of that pays for the bound on the baseline.
pub(super) const ALPHA: f64 = 0.001;

/// A watch has at most so many ticks, however often is measured.
const TICKS: u32 = 120;

/// One burst is no evidence: so many of the newest ticks must be bad, and the newest ones together.
const BAD_TICKS: u32 = 3;
const AMONG: u32 = 20;
const STILL: usize = 3;

/// The evidence against "no worse than `p0`".
#[derive(Debug, Clone, PartialEq)]
pub(in crate::decide) struct Proof {
    p0: f64,
    evidence: Evidence,
    /// The newest ticks, the newest in the lowest bit; set when more than `p0` was bad.
    bad: u32,
    /// The newest ticks that were not empty.
    newest: VecDeque<Counts>,
}

impl Proof {
    pub(super) fn new(p0: f64, dispersion: f64, ticks: u32) -> Self {
        Self { p0, evidence: Evidence::new(p0, dispersion, ticks), bad: 0, newest: VecDeque::new() }
    }

    pub(super) fn push(&mut self, tick: Counts) {
        self.evidence.push(tick.bad, tick.total);
        self.bad <<= 1;
        if tick.total == 0 {
            return;
        }
        self.bad |= u32::from(ratio(tick) > self.p0);
        if self.newest.len() == STILL {
            self.newest.pop_front();
        }
        self.newest.push_back(tick);
    }

    /// Beyond doubt, not one burst, and not gone away again.
    pub(super) fn fires(&self) -> bool {
        self.troubled(2.0 / ALPHA)
    }

    /// As sure as one likes, and not gone away again.
    pub(super) fn holds(&self, odds: f64) -> bool {
        self.log_odds() >= odds.ln() && self.still()
    }

    /// In trouble with these odds, in more than one burst, and not gone away again.
    pub(in crate::decide) fn troubled(&self, odds: f64) -> bool {
        self.holds(odds) && self.bad_ticks() >= BAD_TICKS
    }

    fn bad_ticks(&self) -> u32 {
        let among = (1_u32 << AMONG) - 1;
        (self.bad & among).count_ones()
    }

    pub(super) fn log_odds(&self) -> f64 {
        self.evidence.log_e()
    }

    pub(super) fn tolerated(&self) -> f64 {
        self.p0
    }

    fn still(&self) -> bool {
        let mut newest = Counts::default();
        for tick in &self.newest {
            newest += *tick;
        }
        ratio(newest) > self.p0
    }
}

/// Readings gathered into ticks of equal length, at most as many as a watch may have.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ticks {
    length: Duration,
    pub(super) count: u32,
    from: Option<Timestamp>,
}

impl Ticks {
    pub(super) fn new(window: Duration, interval: Duration) -> Self {
        let length = interval.max(window / TICKS);
        let count = window.as_nanos().checked_div(length.as_nanos()).unwrap_or(1);
        Self { length, count: u32::try_from(count).unwrap_or(TICKS).clamp(2, TICKS), from: None }
    }

    /// Whether a tick is full with what lies between these two moments. A reading that comes a little early fills it.
    pub(super) fn full(&mut self, from: Timestamp, to: Timestamp) -> bool {
        let began = *self.from.get_or_insert(from);
        let full = span(began, to) >= self.length * 9 / 10;
        if full {
            self.from = None;
        }
        full
    }
}

/// How many of them were bad, from 0 to 1; 0 of nothing.
pub(super) fn ratio(counts: Counts) -> f64 {
    if counts.total == 0 { 0.0 } else { counts.bad as f64 / counts.total as f64 }
}
