//! Moments of the past taken for releases, to learn what is usual.

use super::forecast::{BEFORE, DAY, Past, WEEK};
use super::{Kind, Running, Season, Seen, Sums, WINDOWS};
use crate::stats::bisect;
use crate::stats::robust::mad;

/// So many are tried, spread over the past.
const PLACEBOS: usize = 300;
/// They are at least so many minutes apart: nearer ones tell nothing new.
const APART: usize = 5;
/// A metric may fail so many good releases, in percent.
const PASSING: usize = 3;
/// With fewer, the threshold would be beyond the highest of them.
const PLACEBOS_MIN: usize = 33;
/// However quiet the past was.
const THRESHOLD_MIN: f64 = 3.0;

/// How much windows of one length vary.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scale {
    /// Minutes.
    pub(super) window: usize,
    /// τ of counts, else the standard deviation of mean residuals.
    pub(super) spread: f64,
}

/// What the placebos say.
pub(super) struct Calibration {
    pub(super) threshold: f64,
    pub(super) placebos: usize,
    /// The effect in the most unusual one.
    pub(super) worst: f64,
}

/// What was measured after each placebo, and what had been forecast.
pub(super) struct Placebos {
    minutes: usize,
    each: Vec<Running>,
}

/// The shortest history from which a watch of so many minutes can be judged.
pub(super) fn needed(minutes: usize) -> usize {
    DAY + BEFORE + minutes + (PLACEBOS_MIN - 1) * APART
}

impl Placebos {
    pub(super) fn of(past: &Past, minutes: usize) -> Self {
        // A placebo should know a week as the release does.
        let first = if past.len() >= 2 * WEEK { WEEK } else { DAY } + BEFORE;
        let last = past.len() - minutes;
        let apart = ((last - first) / PLACEBOS).max(APART);
        let releases = (first..=last).rev().step_by(apart).take(PLACEBOS);
        let each = releases.map(|at| Running::of(past.minutes(at, minutes), &past.forecast(at, minutes)));
        Self { minutes, each: each.collect() }
    }

    /// For each window that the watch is long enough for.
    pub(super) fn scales(&self, kind: Kind) -> Vec<Scale> {
        let windows = WINDOWS.into_iter().filter(|window| *window <= self.minutes);
        windows.map(|window| Scale { window, spread: self.spread(kind, window) }).collect()
    }

    /// Robust, of windows that do not overlap.
    fn spread(&self, kind: Kind, window: usize) -> f64 {
        let ends = || (window..=self.minutes).step_by(window);
        let windows =
            self.each.iter().flat_map(|placebo| ends().map(|now| placebo.window(now - window, now)));
        let sums: Vec<Sums> = windows.flatten().collect();
        let varies = |spread: f64| {
            mad(&sums.iter().map(|sums| kind.z(sums, spread)).collect::<Vec<_>>()).unwrap_or_default()
        };
        match kind {
            // The τ that makes a window's standard deviation 1, between 0.001 and 10.
            Kind::Count => {
                let tau = |part: f64| 1e-3 * 1e4_f64.powf(part);
                tau(bisect(1e-3, |part| varies(tau(part)) > 1.0))
            }
            // Rounding is no change, even of a metric that never moved.
            Kind::Log | Kind::Linear => {
                let size = sums.iter().map(|sums| (sums.expected / sums.minutes as f64).abs()).sum::<f64>();
                varies(1.0).max(1e-9 * (1.0 + size / sums.len().max(1) as f64))
            }
        }
    }

    /// The threshold that at most `PASSING` of a hundred releases like these reach, if there are enough of them.
    pub(super) fn calibrate(&self, season: &Season) -> Option<Calibration> {
        let worst = |placebo: &Running| -> Option<Seen> {
            let looks = (1..=self.minutes).filter_map(|now| season.look(placebo, now));
            looks.max_by(|one, other| one.z.total_cmp(&other.z))
        };
        let mut worst: Vec<Seen> = self.each.iter().filter_map(worst).collect();
        worst.sort_by(|one, other| one.z.total_cmp(&other.z));
        let placebos = worst.len();
        if placebos < PLACEBOS_MIN {
            return None;
        }
        let rank = (placebos + 1) * PASSING / 100;
        let threshold = worst[placebos - rank].z.max(THRESHOLD_MIN);
        Some(Calibration { threshold, placebos, worst: worst[placebos - 1].effect })
    }
}
