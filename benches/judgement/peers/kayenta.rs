//! Kayenta's `NetflixACAJudge`: Mann and Whitney's test of the minutes since the release against the hour before it.

use crate::Rule;
use crate::prometheus::{Answer, Prometheus};
use crate::trace::Trace;

/// The normal quantile of its 98 % interval.
const Z: f64 = 2.326_347_874_040_840_8;
/// Of the shift's size.
const TOLERANCE: f64 = 0.25;

/// Judges two equal groups, errors and latency, and fails below a score of 75: when either is high or unknown.
pub(crate) struct Kayenta {
    /// Minutes since the release at which it is asked.
    pub(crate) at: std::ops::RangeInclusive<usize>,
    /// In steps of so many minutes.
    pub(crate) every: usize,
}

impl Rule for Kayenta {
    fn name(&self) -> String {
        format!("Kayenta, from {} min, every {} min", self.at.start(), self.every)
    }

    fn judge(&self, _: &Trace, prometheus: &Prometheus) -> Option<f64> {
        let metrics: [fn(&Answer) -> Option<f64>; 2] = [|answer| answer.error_rate, |answer| answer.p95];
        let controls = metrics.map(|metric| prometheus.before.iter().filter_map(metric).collect::<Vec<_>>());
        let mut asked = self.at.clone().step_by(self.every);
        let failing = asked.find(|minute| {
            let since = &prometheus.after[..prometheus.after.len().min(*minute)];
            metrics.iter().zip(&controls).any(|(metric, control)| {
                let seen: Vec<f64> = since.iter().filter_map(metric).collect();
                seen.is_empty() || control.is_empty() || high(&seen, control)
            })
        });
        failing.map(|minute| minute as f64 * 60.0)
    }
}

/// The interval of the shift lies above the tolerance, and so does the mean.
fn high(seen: &[f64], control: &[f64]) -> bool {
    let mut pooled = [seen, control].concat();
    pooled.sort_unstable_by(f64::total_cmp);
    let (n, m) = (seen.len() as f64, control.len() as f64);
    let ties: f64 = pooled.chunk_by(|one, other| one.total_cmp(other).is_eq()).map(cubed).sum();
    if ties >= cubed(&pooled) {
        return false;
    }
    let deviation = (n * m / 12.0 * ((n + m + 1.0) - ties / ((n + m) * (n + m - 1.0)))).sqrt();
    let mut shifts: Vec<f64> =
        seen.iter().flat_map(|seen| control.iter().map(move |control| seen - control)).collect();
    shifts.sort_unstable_by(f64::total_cmp);
    let rank = (n * m / 2.0 - 0.5 - Z * deviation).max(0.0);
    let low = shifts.iter().zip(1_u32..).find(|(_, at)| f64::from(*at) > rank.floor());
    let half = shifts.len() / 2;
    let middle = if shifts.len().is_multiple_of(2) {
        f64::midpoint(shifts[half - 1], shifts[half])
    } else {
        shifts[half]
    };
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let grown = mean(control) <= 0.0 || mean(seen) <= 0.0 || mean(seen) >= mean(control);
    grown && low.is_some_and(|(low, _)| *low > TOLERANCE * middle.abs())
}

/// What equal values take from the variance.
fn cubed(equal: &[f64]) -> f64 {
    let count = equal.len() as f64;
    count.powi(3) - count
}
