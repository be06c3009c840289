//! What a metric would have done without a release: what it did at the same time of other days, scaled to today.

use super::Kind;
use crate::stats::robust::median_of;

/// Minutes.
pub(super) const DAY: usize = 24 * 60;
pub(super) const WEEK: usize = 7 * DAY;
/// Today is compared with another day by the minutes before the release.
const LEVEL: usize = 60;
/// So many pairs of them are needed.
const LEVEL_MIN: usize = 30;
/// A minute of another day is taken with so many on each side.
const BESIDE: usize = 7;
/// So many of these 15 are needed.
const BESIDE_MIN: usize = 8;
/// What a forecast needs of the minutes that follow another day's.
pub(super) const SMOOTHED: usize = BESIDE + 1;
/// What a forecast needs of the minutes before another day's.
pub(super) const BEFORE: usize = LEVEL + BESIDE;

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

/// A history, by minute.
pub(super) struct Past {
    kind: Kind,
    values: Vec<Option<f64>>,
    /// Each minute together with those beside it.
    profile: Vec<Option<f64>>,
}

impl Past {
    pub(super) fn new(history: &[f64], kind: Kind) -> Self {
        let values: Vec<Option<f64>> = history.iter().map(|value| kind.scaled(*value)).collect();
        let profile = (0..values.len()).map(|at| {
            let beside = &values[at.saturating_sub(BESIDE)..(at + BESIDE + 1).min(values.len())];
            smooth(beside, kind)
        });
        Self { kind, profile: profile.collect(), values }
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    pub(super) fn minutes(&self, from: usize, count: usize) -> &[Option<f64>] {
        &self.values[from..from + count]
    }

    /// For the minutes from `release` on, from those before it alone.
    pub(super) fn forecast(&self, release: usize, minutes: usize) -> Vec<Option<f64>> {
        let reachable = LAGS.iter().filter(|lag| release >= lag.0 + BEFORE);
        let matched: Vec<(usize, f64, f64)> =
            reachable.filter_map(|&(lag, weight)| Some((lag, weight, self.level(release, lag)?))).collect();
        let mut days = Vec::with_capacity(LAGS.len());
        let minute = |at: usize| {
            days.clear();
            days.extend(matched.iter().filter_map(|&(lag, weight, level)| {
                let then = self.profile[release - lag + at]?;
                let now = match self.kind {
                    Kind::Count => then * level,
                    Kind::Log | Kind::Linear => then + level,
                };
                Some((now, weight))
            }));
            weighted_median(&mut days)
        };
        (0..minutes).map(minute).collect()
    }

    /// How the hour before the release compares with the same hour `lag` minutes earlier: a ratio, or a difference.
    fn level(&self, release: usize, lag: usize) -> Option<f64> {
        let now = self.minutes(release - LEVEL, LEVEL);
        let then = self.minutes(release - LEVEL - lag, LEVEL);
        let pairs = now.iter().zip(then).filter_map(|(now, then)| Some(((*now)?, (*then)?)));
        let pairs: Vec<(f64, f64)> = pairs.collect();
        if pairs.len() < LEVEL_MIN {
            return None;
        }
        match self.kind {
            Kind::Count => {
                let now: f64 = pairs.iter().map(|pair| pair.0).sum();
                let then: f64 = pairs.iter().map(|pair| pair.1).sum();
                // Two hours without anything are alike; nothing can be scaled up from nothing.
                if now <= 0.0 && then <= 0.0 { Some(1.0) } else { (then > 0.0).then(|| now / then) }
            }
            Kind::Log | Kind::Linear => {
                median_of(&mut pairs.iter().map(|pair| pair.0 - pair.1).collect::<Vec<_>>())
            }
        }
    }
}

/// The mean of counts, so that rare ones are not lost; else the median.
fn smooth(beside: &[Option<f64>], kind: Kind) -> Option<f64> {
    let mut held = [0.0; 2 * BESIDE + 1];
    let mut present = 0;
    for value in beside.iter().flatten() {
        held[present] = *value;
        present += 1;
    }
    let held = &mut held[..present];
    if present < BESIDE_MIN {
        return None;
    }
    match kind {
        Kind::Count => Some(held.iter().sum::<f64>() / present as f64),
        Kind::Log | Kind::Linear => median_of(held),
    }
}

/// The value with half of the weight on each side.
fn weighted_median(values: &mut [(f64, f64)]) -> Option<f64> {
    values.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
    let half = values.iter().map(|value| value.1).sum::<f64>() / 2.0;
    let mut below = 0.0;
    for (at, &(value, weight)) in values.iter().enumerate() {
        below += weight;
        if below > half {
            return Some(value);
        }
        if below >= half {
            return values.get(at + 1).map(|next| f64::midpoint(value, next.0));
        }
    }
    None
}
