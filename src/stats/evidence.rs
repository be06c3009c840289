//! Evidence that grows with each request, and may be looked at as often as one likes.
//!
//! The evidence is a wager against "no tick's failure rate is above `p0`": by Ville's inequality its value ever passes
//! 1/α with a chance of at most α, however the rate moves below `p0` and however many looks are taken. A share of the
//! stake is put anew on each tick, so that what begins late is found as well.

use super::bound::clopper_pearson_upper;
use super::dispersion;

/// Failure rates that are wagered on, as multiples of the tolerated odds.
const ODDS: [f64; 8] = [1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0, 1000.0];
/// The share of the stake on "bad since the release"; the rest is spread over the later ticks.
const FIRST: f64 = 0.5;
/// ln 10¹⁵⁰: a wager that won so much is certain, and comes down again within reason.
const LOG_MAX: f64 = 345.0;

/// A release may be so bad even if what ran before was perfect.
const FLOOR: f64 = 0.01;
/// A release may be so much worse than the worst plausible baseline.
const RATIO: f64 = 1.5;
/// No failure rate above this is tolerated, however bad it was before.
const TOLERATED_MAX: f64 = 0.9;

/// Evidence that failures are more frequent than tolerated. Its size is fixed.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    dispersion: f64,
    /// Ticks over which the stake is spread.
    planned: u32,
    ticks: u32,
    wagers: [Wager; ODDS.len()],
}

/// The stake on one failure rate.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Wager {
    /// What a failed request multiplies it by, as a logarithm, and what a good one does.
    bad: f64,
    good: f64,
    /// The logarithm of what it is worth.
    log: f64,
}

impl Evidence {
    /// Against "at most `p0` of the requests fail", over a watch of `ticks`. Counts are divided by `dispersion`.
    pub fn new(p0: f64, dispersion: f64, ticks: u32) -> Self {
        let p0 = p0.clamp(1e-9, 1.0 - 1e-9);
        let odds = p0 / (1.0 - p0);
        let wagers = ODDS.map(|times| {
            let rate = odds * times / (1.0 + odds * times);
            Wager { bad: (rate / p0).ln(), good: (-rate).ln_1p() - (-p0).ln_1p(), log: f64::NEG_INFINITY }
        });
        Self { dispersion: dispersion.max(1.0), planned: ticks.max(1), ticks: 0, wagers }
    }

    /// One tick's requests, which may be none. Beyond the planned ticks nothing new is staked.
    pub fn push(&mut self, bad: u64, total: u64) {
        let stake = self.stake().ln();
        let good = total.saturating_sub(bad) as f64 / self.dispersion;
        let bad = bad.min(total) as f64 / self.dispersion;
        for wager in &mut self.wagers {
            let won = bad * wager.bad + good * wager.good;
            wager.log = (log_sum(wager.log, stake) + won).min(LOG_MAX);
        }
        self.ticks = self.ticks.saturating_add(1);
    }

    /// The logarithm of the evidence: 0 at the beginning, ln 1000 for odds of a thousand to one.
    pub fn log_e(&self) -> f64 {
        let mean = self.wagers.iter().fold(f64::NEG_INFINITY, |sum, wager| log_sum(sum, wager.log))
            - (ODDS.len() as f64).ln();
        log_sum(mean, self.unspent().ln())
    }

    /// What is staked on the next tick.
    fn stake(&self) -> f64 {
        match (self.ticks, self.planned) {
            (0, 1) => 1.0,
            (0, _) => FIRST,
            (tick, planned) if tick < planned => (1.0 - FIRST) / f64::from(planned - 1),
            _ => 0.0,
        }
    }

    /// What is left for later ticks.
    fn unspent(&self) -> f64 {
        match (self.ticks, self.planned) {
            (0, _) => 1.0,
            (ticks, planned) if ticks < planned => {
                (1.0 - FIRST) * f64::from(planned - ticks) / f64::from(planned - 1)
            }
            _ => 0.0,
        }
    }
}

/// ln(eᵃ + eᵇ).
fn log_sum(a: f64, b: f64) -> f64 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    if low == f64::NEG_INFINITY { high } else { high + (low - high).exp().ln_1p() }
}

/// What was so before the release.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Baseline {
    /// Requests that failed.
    pub bad: u64,
    /// All requests.
    pub total: u64,
    /// The failure rate is at most so high.
    pub upper: f64,
    /// How much wider than by chance the failures vary.
    pub dispersion: f64,
}

impl Baseline {
    /// From blocks of (failed, all) requests, a minute each; its upper bound is wrong with a chance of at most `alpha`.
    /// There is none without requests.
    pub fn of(blocks: &[(u64, u64)], alpha: f64) -> Option<Self> {
        let sum = |(bad, total): (u64, u64), block: &(u64, u64)| {
            (bad.saturating_add(block.0.min(block.1)), total.saturating_add(block.1))
        };
        let (bad, total) = blocks.iter().fold((0, 0), sum);
        if total == 0 {
            return None;
        }
        let dispersion = dispersion(blocks);
        let upper = clopper_pearson_upper(bad as f64 / dispersion, total as f64 / dispersion, alpha);
        Some(Self { bad, total, upper, dispersion })
    }

    /// What a release may be by its past alone: half as bad again as that, or `floor`.
    pub fn tolerated(&self, floor: f64) -> f64 {
        (RATIO * self.upper).max(floor).min(TOLERATED_MAX)
    }
}

/// The failure rate that is tolerated: `limit`, or less where what was before was `relative`ly better.
pub fn null(limit: f64, baseline: Option<Baseline>, relative: bool) -> f64 {
    baseline.filter(|_| relative).map_or(limit, |baseline| baseline.tolerated(FLOOR).min(limit))
}
