//! What a metric would have done without a release: what it did at the same time of other days, matched to today.

use super::{DAY, Facts, View, WEEK};
use crate::stats::robust::median_of;

/// A minute of another day is taken with so many on each side.
pub(super) const BESIDE: usize = 7;
/// So many of these 15 have to be known.
const BESIDE_MIN: usize = 8;

/// Other days, in minutes ago, and how much each counts: the same day of the week doubly.
const LAGS: [(usize, f64); 10] = [
    (DAY, 1.0),
    (2 * DAY, 1.0),
    (3 * DAY, 1.0),
    (4 * DAY, 1.0),
    (5 * DAY, 1.0),
    (6 * DAY, 1.0),
    (WEEK, 2.0),
    (2 * WEEK, 2.0),
    (3 * WEEK, 2.0),
    (4 * WEEK, 2.0),
];

/// A past, by minute, on a view's scale; NaN where nothing is known.
pub(super) struct Past {
    pub(super) view: View,
    values: Vec<f64>,
    /// Each minute together with those beside it.
    profile: Vec<f64>,
}

/// Another day, matched with today.
pub(super) struct Lag {
    minutes: usize,
    weight: f64,
    /// A factor in the root view, else a difference.
    today: f64,
}

impl Lag {
    pub(super) fn is_weekly(&self) -> bool {
        self.minutes >= WEEK
    }
}

impl Past {
    pub(super) fn new(past: &[f64], view: View, facts: &Facts) -> Self {
        let values: Vec<f64> = past.iter().map(|value| view.scaled(*value, facts)).collect();
        let profile = match view {
            View::Level | View::Ratio => medians(&values),
            View::Root => means(&values),
        };
        Self { view, values, profile }
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    pub(super) fn minutes(&self, from: usize, count: usize) -> &[f64] {
        &self.values[from..from + count]
    }

    /// The days that a release at this minute can be compared with.
    pub(super) fn lags(&self, release: usize) -> Vec<Lag> {
        let reachable = LAGS.iter().filter(|lag| release >= lag.0 + self.view.matched() + BESIDE);
        let matched = reachable.filter_map(|&(minutes, weight)| {
            Some(Lag { minutes, weight, today: self.today(release, minutes)? })
        });
        matched.collect()
    }

    /// For the minutes from `release` on, from those before it alone.
    pub(super) fn forecast(&self, release: usize, minutes: usize, lags: &[Lag]) -> Vec<Option<f64>> {
        let mut days = Vec::with_capacity(LAGS.len());
        let minute = |at: usize| {
            days.clear();
            days.extend(lags.iter().filter_map(|lag| {
                let then = self.profile[release - lag.minutes + at];
                let now = match self.view {
                    View::Root => then * lag.today,
                    View::Level | View::Ratio => then + lag.today,
                };
                (!now.is_nan()).then_some((now, lag.weight))
            }));
            weighted_median(&mut days)
        };
        (0..minutes).map(minute).collect()
    }

    /// How the minutes before the release compare with the same ones `lag` minutes earlier.
    fn today(&self, release: usize, lag: usize) -> Option<f64> {
        let matched = self.view.matched();
        let now = self.minutes(release - matched, matched);
        let then = self.minutes(release - matched - lag, matched);
        let pairs = now.iter().zip(then).filter(|(now, then)| !now.is_nan() && !then.is_nan());
        let pairs: Vec<(f64, f64)> = pairs.map(|(now, then)| (*now, *then)).collect();
        if 2 * pairs.len() < matched {
            return None;
        }
        match self.view {
            View::Root => {
                let now: f64 = pairs.iter().map(|pair| pair.0).sum();
                let then: f64 = pairs.iter().map(|pair| pair.1).sum();
                // Two hours without anything are alike; nothing can be scaled up from nothing.
                if then > 0.0 { Some(now / then) } else { (now <= 0.0).then_some(1.0) }
            }
            View::Level | View::Ratio => {
                median_of(&mut pairs.iter().map(|pair| pair.0 - pair.1).collect::<Vec<_>>())
            }
        }
    }
}

/// The minutes beside each, itself among them.
fn beside(values: &[f64], at: usize) -> &[f64] {
    &values[at.saturating_sub(BESIDE)..(at + BESIDE + 1).min(values.len())]
}

fn means(values: &[f64]) -> Vec<f64> {
    let mean = |at: usize| {
        let known = beside(values, at).iter().filter(|value| !value.is_nan());
        let (count, sum) = known.fold((0, 0.0), |(count, sum), value| (count + 1, sum + value));
        if count >= BESIDE_MIN { sum / count as f64 } else { f64::NAN }
    };
    (0..values.len()).map(mean).collect()
}

/// By keeping those beside in order from one minute to the next.
fn medians(values: &[f64]) -> Vec<f64> {
    let mut sorted: Vec<f64> = Vec::with_capacity(2 * BESIDE + 2);
    let place = |sorted: &[f64], value: f64| sorted.partition_point(|other| *other < value);
    let known = |at: Option<usize>| at.and_then(|at| values.get(at)).copied().filter(|value| !value.is_nan());
    for value in (0..BESIDE).filter_map(|at| known(Some(at))) {
        sorted.insert(place(&sorted, value), value);
    }
    let median = |at: usize| {
        if let Some(comes) = known(Some(at + BESIDE)) {
            sorted.insert(place(&sorted, comes), comes);
        }
        if let Some(goes) = known(at.checked_sub(BESIDE + 1)) {
            sorted.remove(place(&sorted, goes));
        }
        let half = sorted.len() / 2;
        match sorted.len() {
            few if few < BESIDE_MIN => f64::NAN,
            odd if !odd.is_multiple_of(2) => sorted[half],
            _ => f64::midpoint(sorted[half - 1], sorted[half]),
        }
    };
    (0..values.len()).map(median).collect()
}

/// The value with half of the weight on each side.
pub(in crate::stats) fn weighted_median(values: &mut [(f64, f64)]) -> Option<f64> {
    values.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
    let half = values.iter().map(|value| value.1).sum::<f64>() / 2.0;
    let mut below = 0.0;
    for (at, &(value, weight)) in values.iter().enumerate() {
        below += weight;
        if below > half {
            return Some(value);
        }
        if below >= half {
            let next = values.get(at + 1).map_or(value, |next| next.0);
            return Some(f64::midpoint(value, next));
        }
    }
    None
}
