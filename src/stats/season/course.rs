//! How unusual a metric is, minute by minute, in one view.

use super::{Direction, Facts, Spread, View};

/// Less of a window known, in percent, says nothing.
const PRESENT_MIN: usize = 60;
/// A metric that keeps within a small part of its level need not move by more than so many of its usual ranges.
const RANGES: f64 = 2.0;

/// Which change is bad.
#[derive(Clone, Copy)]
pub(super) struct Bad {
    pub(super) facts: Facts,
    pub(super) direction: Direction,
    pub(super) least: f64,
}

/// A window: what was measured and what was expected on average in the minutes of which both are known.
#[derive(Clone, Copy)]
pub(super) struct Window {
    pub(super) measured: f64,
    pub(super) expected: f64,
    known: usize,
}

/// Measured minutes beside what was expected of them.
pub(super) struct Course<'a> {
    view: View,
    spreads: &'a [Spread],
    /// The sums since the beginning, by minute.
    sums: Vec<Sums>,
}

#[derive(Clone, Copy, Default)]
struct Sums {
    measured: f64,
    expected: f64,
    known: usize,
}

impl<'a> Course<'a> {
    pub(super) fn new(view: View, measured: &[f64], expected: &[Option<f64>], spreads: &'a [Spread]) -> Self {
        let mut sums = Sums::default();
        let minutes = measured.iter().zip(expected).map(|(measured, expected)| {
            if let Some(expected) = expected.filter(|_| !measured.is_nan()) {
                sums.measured += measured;
                sums.expected += expected;
                sums.known += 1;
            }
            sums
        });
        Self { view, spreads, sums: [Sums::default()].into_iter().chain(minutes).collect() }
    }

    /// The newest `length` minutes at a minute, if enough of them is known.
    pub(super) fn window(&self, now: usize, length: usize) -> Option<Window> {
        let (before, after) = (self.sums.get(now.checked_sub(length)?)?, self.sums.get(now)?);
        let known = after.known - before.known;
        (known * 100 >= length * PRESENT_MIN).then(|| Window {
            measured: (after.measured - before.measured) / known as f64,
            expected: (after.expected - before.expected) / known as f64,
            known,
        })
    }

    /// What two minutes in a row have both reached, in spreads.
    pub(super) fn twice(&self, now: usize, bad: &Bad) -> f64 {
        if now < 2 { 0.0 } else { self.unusual(now, bad).min(self.unusual(now - 1, bad)) }
    }

    /// The most of that in any two minutes.
    pub(super) fn most(&self, bad: &Bad) -> f64 {
        let minutes: Vec<f64> = (1..self.sums.len()).map(|now| self.unusual(now, bad)).collect();
        minutes.windows(2).map(|pair| pair[0].min(pair[1])).fold(0.0, f64::max)
    }

    /// The window that speaks loudest; the longest one where none says anything.
    pub(super) fn told(&self, now: usize, bad: &Bad) -> Option<(Spread, Window)> {
        let known =
            self.spreads.iter().filter_map(|spread| Some((*spread, self.window(now, spread.window)?)));
        known.max_by(|one, other| {
            let z = |(spread, window): &(Spread, Window)| bad.z(self.view, window, *spread);
            z(one).total_cmp(&z(other)).then(one.0.window.cmp(&other.0.window))
        })
    }

    /// How unusual the most unusual window is that ends at a minute.
    fn unusual(&self, now: usize, bad: &Bad) -> f64 {
        let z = |spread: &Spread| Some(bad.z(self.view, &self.window(now, spread.window)?, *spread));
        self.spreads.iter().filter_map(z).fold(0.0, f64::max)
    }
}

impl Bad {
    /// By how many spreads a window differs in the bad direction, if that is worth a rollback; else 0.
    fn z(&self, view: View, window: &Window, spread: Spread) -> f64 {
        let distance = view.distance(window);
        let worth = match view {
            View::Level | View::Root => self.worth(window),
            View::Ratio => distance.abs() >= self.least_ratio(distance),
        };
        if worth { (self.directed(distance) / spread.deviation).max(0.0) } else { 0.0 }
    }

    /// How far in the bad direction. What is usually nothing cannot be missing.
    fn directed(&self, distance: f64) -> f64 {
        match (self.direction, self.facts.empty) {
            (Direction::Drop, true) => 0.0,
            (Direction::Drop, false) => -distance,
            (Direction::Rise, _) | (Direction::Both, true) => distance,
            (Direction::Both, false) => distance.abs(),
        }
    }

    /// Whether the mean difference of a window is large enough, and more than one step in all.
    fn worth(&self, window: &Window) -> bool {
        let Facts { signed, usual, step, .. } = self.facts;
        let difference = (window.measured - window.expected).abs();
        let relative = self.least * window.expected.abs();
        let need = match () {
            () if signed => self.least * usual,
            () if usual > 0.0 => relative.min(RANGES * usual),
            () => relative,
        };
        difference >= need && difference * window.known as f64 >= step
    }

    fn least_ratio(&self, distance: f64) -> f64 {
        if distance < 0.0 { -(-self.least.min(0.99)).ln_1p() } else { self.least.ln_1p() }
    }
}
