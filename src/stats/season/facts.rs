//! What can be said of a metric before it is looked at in any view.

use serde::{Deserialize, Serialize};

use crate::stats::robust::median_of;

/// What is not positive is taken for so small a part of a usual value where logarithms are taken.
const TINY: f64 = 0.02;

/// Of the whole known past.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Facts {
    /// It was below 0, so percent of it mean nothing.
    pub signed: bool,
    /// The usual range: from the 5th to the 95th percentile.
    pub usual: f64,
    /// The smallest difference between two values: 1 of counts, next to nothing of measurements, 0 if it never moved.
    pub step: f64,
    /// It is usually 0.
    pub empty: bool,
    /// What is added before a logarithm is taken.
    pub tiny: f64,
}

impl Facts {
    pub(super) fn of(past: &[f64]) -> Self {
        let mut known: Vec<f64> = past.iter().copied().filter(|value| value.is_finite()).collect();
        known.sort_unstable_by(f64::total_cmp);
        let positive = known.partition_point(|value| *value <= 0.0);
        let steps = known.windows(2).map(|pair| pair[1] - pair[0]).filter(|step| *step > 0.0);
        let step = steps.min_by(f64::total_cmp).unwrap_or_default();
        Self {
            signed: known.first().is_some_and(|lowest| *lowest < 0.0),
            usual: percentile(&known, 95) - percentile(&known, 5),
            step,
            empty: median_of(&mut known.clone()).is_some_and(|median| median == 0.0),
            tiny: median_of(&mut known[positive..]).map_or(1.0, |median| TINY * median),
        }
    }
}

/// Of sorted values, between two of them in proportion.
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let place = sorted.len().saturating_sub(1) * percent;
    let below = sorted.get(place / 100).copied().unwrap_or_default();
    let above = sorted.get(place / 100 + 1).copied().unwrap_or(below);
    below + (above - below) * (place % 100) as f64 / 100.0
}
