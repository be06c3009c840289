//! Moments of the past taken for releases, to learn what is usual. Exactly what fires is calibrated, and nothing else:
//! two minutes in a row, a change that is worth it, and the choice of the view are all inside.

use super::course::{Bad, Course};
use super::forecast::{BESIDE, Past};
use super::{DAY, Facts, Spread, View, WEEK, WINDOWS};
use crate::stats::robust::{mad, median};

/// So many placebos are tried, spread over the past.
const PLACEBOS: usize = 300;
/// They are at least so many minutes apart: nearer ones tell nothing new.
const APART: usize = 5;
/// With fewer, a limit would be beyond the highest of them.
const PLACEBOS_MIN: usize = 33;
/// So many of a hundred placebos reach a limit. Real releases begin in calmer minutes than placebos do.
const PASSING: usize = 2;
/// Of fewer that tell something each, nobody can say what two of a hundred reach.
const ENOUGH: f64 = 50.0;
/// However quiet the past was.
const LIMIT_MIN: f64 = 3.0;
/// Minutes that are needed before another day's release.
const BEFORE: usize = 60 + BESIDE;
/// Rounding is no change, even of a metric that never moved.
const ROUNDING: f64 = 1e-9;

/// What the placebos say.
pub(super) struct Calibrated {
    pub(super) views: Vec<OfView>,
    pub(super) joint: f64,
    pub(super) placebos: usize,
}

/// What they say of one view.
pub(super) struct OfView {
    pub(super) spreads: Vec<Spread>,
    pub(super) limit: f64,
}

/// The shortest past from which a watch of so many minutes can be judged.
pub(super) fn needed(minutes: usize) -> usize {
    DAY + BEFORE + minutes + (PLACEBOS_MIN - 1) * APART
}

/// So many of the placebos reach a limit.
pub(super) fn rank(placebos: usize) -> usize {
    ((placebos + 1) * PASSING / 100).max(1)
}

/// Of all views together; `None` when too few placebos can be looked at at all.
pub(super) fn all(pasts: &[Past], minutes: usize, bad: Bad) -> Option<Calibrated> {
    let releases = releases(pasts.first()?.len(), minutes);
    let mut known = vec![false; releases.len()];
    let mut highest: Vec<Vec<f64>> = Vec::new();
    let mut spread = Vec::new();
    for past in pasts {
        let each = releases.iter().map(|at| past.forecast(*at, minutes, &past.lags(*at)));
        let expected: Vec<Vec<Option<f64>>> = each.collect();
        let spreads = spreads(past, &releases, &expected, &bad.facts);
        let courses = releases
            .iter()
            .zip(&expected)
            .map(|(at, expected)| Course::new(past.view, past.minutes(*at, minutes), expected, &spreads));
        let most = courses.zip(&mut known).map(|(course, known)| {
            *known |= (1..=minutes).any(|now| course.told(now, &bad).is_some());
            course.most(&bad)
        });
        highest.push(most.collect());
        spread.push(spreads);
    }
    // What nothing is known of would only seem usual.
    for most in &mut highest {
        let mut known = known.iter();
        most.retain(|_| known.next().copied().unwrap_or_default());
    }
    let placebos = highest.first()?.len();
    if placebos < PLACEBOS_MIN {
        return None;
    }
    let limits: Vec<f64> = highest.iter().map(|most| limit(most, LIMIT_MIN)).collect();
    let times = |placebo: usize| {
        highest.iter().zip(&limits).map(|(most, limit)| most[placebo] / limit).fold(0.0, f64::max)
    };
    let joint = limit(&(0..placebos).map(times).collect::<Vec<_>>(), 1.0);
    let apart = releases.windows(2).map(|pair| pair[0] - pair[1]).next().unwrap_or(minutes);
    let joint = joint * further(placebos as f64 * (apart as f64 / minutes as f64).min(1.0));
    let views = spread.into_iter().zip(limits).map(|(spreads, limit)| OfView { spreads, limit });
    Some(Calibrated { views: views.collect(), joint, placebos })
}

/// The minutes that are taken for releases, the newest first.
fn releases(length: usize, minutes: usize) -> Vec<usize> {
    // A placebo should know a week as the release does.
    let first = if length >= 2 * WEEK { WEEK } else { DAY } + BEFORE;
    let last = length - minutes;
    let apart = ((last - first) / PLACEBOS).max(APART);
    (first..=last).rev().step_by(apart).take(PLACEBOS).collect()
}

/// What few of them have reached.
fn limit(highest: &[f64], least: f64) -> f64 {
    let mut sorted = highest.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted[sorted.len() - rank(sorted.len())].max(least)
}

/// By how much the highest of so few placebos is too low. Watches that overlap are hardly more than one; the highest of
/// `n` normal numbers grows about as the root of `2 ln n` does.
fn further(placebos: f64) -> f64 {
    (ENOUGH.ln() / placebos.max(2.0).ln()).sqrt().max(1.0)
}

/// By window that the watch is long enough for: robust, of windows that do not overlap.
fn spreads(past: &Past, releases: &[usize], expected: &[Vec<Option<f64>>], facts: &Facts) -> Vec<Spread> {
    let minutes = expected.first().map_or(0, Vec::len);
    let courses = releases
        .iter()
        .zip(expected)
        .map(|(at, expected)| Course::new(past.view, past.minutes(*at, minutes), expected, &[]));
    let courses: Vec<Course<'_>> = courses.collect();
    let all: Vec<f64> = expected.iter().flatten().flatten().copied().collect();
    let size = median(&all.iter().map(|value| value.abs()).collect::<Vec<_>>()).unwrap_or_default();
    let typical = median(&all).unwrap_or_default();
    let spread = |window: usize| {
        let ends = || (window..=minutes).step_by(window);
        let windows = courses.iter().flat_map(|course| ends().filter_map(|now| course.window(now, window)));
        let distances: Vec<f64> = windows.map(|window| past.view.distance(&window)).collect();
        let deviation = mad(&distances).unwrap_or(f64::MAX);
        Spread { window, deviation: deviation.max(one_step(past.view, window, facts, (size, typical))) }
    };
    WINDOWS.into_iter().filter(|window| *window <= minutes).map(spread).collect()
}

/// One step in a window is no anomaly: a single event more or less.
fn one_step(view: View, window: usize, facts: &Facts, (size, typical): (f64, f64)) -> f64 {
    let length = window as f64;
    let step = facts.step / length + ROUNDING * size;
    let least = match view {
        View::Level => step,
        View::Root if size > 0.0 => step * 0.5 / size.sqrt(),
        View::Root => step,
        View::Ratio => (facts.step / typical.exp()).ln_1p() / length + ROUNDING,
    };
    least.max(f64::MIN_POSITIVE)
}
