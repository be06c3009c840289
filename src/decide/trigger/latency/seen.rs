//! What a histogram says of its 95th percentile, and in words.

use std::time::Duration;

use super::{IN_A_ROW, Limits, P95, TAIL};
use crate::decide::reading::{Bucket, Counts};
use crate::decide::reason::{Breach, Rule};
use crate::decide::trigger::proof::ratio;
use crate::decide::trigger::words::{by, odds, percent, time};
use crate::stats::histogram::{Histogram, Quantile};

/// What a histogram says of the limit.
pub(super) struct Seen {
    pub(super) p95: Option<Quantile>,
    /// A bucket ends at the limit.
    pub(super) exact: bool,
    /// Interpolated, and too close to the limit to say.
    pub(super) close: bool,
    pub(super) beyond: bool,
}

impl Seen {
    pub(super) fn of(histogram: &Histogram, limits: &Limits) -> Self {
        let limit = limits.above.as_secs_f64();
        let p95 = histogram.quantile(P95);
        let exact = histogram.cumulative_at(limit).is_some();
        let close = !exact && p95.as_ref().is_some_and(|p95| p95.undecided(limit));
        let beyond = if exact {
            let counts = slow(histogram, limit);
            TAIL.exceeded(counts.bad, counts.total)
        } else {
            !close && p95.as_ref().is_some_and(|p95| p95.value > limit)
        };
        Self { p95, exact, close, beyond }
    }
}

/// Requests slower than an edge; where no bucket ends there, than the next edge above it.
pub(in crate::decide::trigger) fn slow(histogram: &Histogram, edge: f64) -> Counts {
    let total = histogram.count();
    let edge = edge_from(histogram, edge).unwrap_or(f64::INFINITY);
    Counts { bad: histogram.slower_than(edge).unwrap_or_default(), total }
}

/// The lowest edge that is no lower than this.
pub(super) fn edge_from(histogram: &Histogram, least: f64) -> Option<f64> {
    histogram.edges().find(|edge| *edge >= least)
}

pub(super) fn histogram(buckets: &[Bucket]) -> Histogram {
    Histogram::new(buckets.iter().map(|bucket| (bucket.le, bucket.count)))
}

pub(super) fn time_of(seconds: f64) -> String {
    time(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

/// Beyond the last edge nothing is known.
pub(super) fn p95_of(p95: &Quantile) -> String {
    if p95.open() { format!("over {}", time_of(p95.lower)) } else { time_of(p95.value) }
}

/// What was found, with its numbers.
pub(in crate::decide::trigger) fn sentence(breach: &Breach) -> String {
    let limit = time_of(breach.limit);
    let counts = Counts { bad: breach.bad, total: breach.samples };
    let mut text = if breach.bad == 0 && breach.rule == Rule::Limit {
        format!("P95 was {}, {IN_A_ROW} times in a row (limit {limit})", time_of(breach.value))
    } else if breach.rule == Rule::Relative {
        format!("P95 is {} (limit {limit})", time_of(breach.value))
    } else {
        let share = percent(ratio(counts));
        let value = time_of(breach.value);
        format!("{share} of {} requests took longer than {limit} (limit 5 %), P95 is {value}", counts.total)
    };
    text += by(breach.source);
    if let Some(before) = breach.before {
        text += &format!("; before the release P95 was {}", time_of(before));
    }
    if let (Some(tolerated), Some(log)) = (breach.tolerated, breach.log_odds) {
        let edge = breach.of.clone().unwrap_or(limit);
        let tolerated = percent(tolerated);
        text += &format!("; with the tolerated {tolerated} slower than {edge}, {}", odds(log));
    }
    text
}
