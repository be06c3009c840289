//! What a histogram says of its 95th percentile.

use std::time::Duration;

use super::{Limits, P95, TAIL};
use crate::decide::trigger::proof::ratio;
use crate::decide::trigger::run::IN_A_ROW;
use crate::decide::trigger::words::{by, odds};
use crate::model::phrase::Phrase;
use crate::model::reading::{Bucket, Counts};
use crate::model::reason::{Breach, Rule};
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

pub(super) fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

/// What was found, with its numbers.
pub(super) fn sentence(breach: &Breach) -> Phrase {
    let counts = Counts { bad: breach.bad, total: breach.samples };
    let in_a_row = breach.bad == 0 && breach.rule == Rule::Limit;
    let share = (!in_a_row && breach.rule != Rule::Relative).then(|| ratio(counts));
    let log = breach.log_odds.filter(|_| breach.tolerated.is_some());
    Phrase::new("verdict.latency-found")
        .count("in_a_row", in_a_row.then_some(u64::from(IN_A_ROW)))
        .ratio("share", share)
        .count("samples", breach.samples)
        .time("value", seconds(breach.value))
        .time("limit", seconds(breach.limit))
        .part("by", by(breach.source))
        .time("before", breach.before.map(seconds))
        .ratio("tolerated", breach.tolerated.filter(|_| log.is_some()))
        .text("edge", breach.of.as_deref().unwrap_or_default())
        .part("odds", log.map(odds))
}
