//! Metrics that any program can make again.

use std::f64::consts::TAU;

use crate::stats::season::{Season, Seen};

pub(super) const DAY: usize = 24 * 60;
pub(super) const WATCH: usize = 10;

/// Reproducible noise in 0 to 1 in any language: 32 bits, x ← 1664525 x + 1013904223.
pub(super) fn noise(minutes: usize, seed: u32) -> Vec<f64> {
    let mut x = seed;
    let next = |_| {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(x) / 2_f64.powi(32)
    };
    (0..minutes).map(next).collect()
}

/// A metric by its noise and by a day's course around 1.
pub(super) type Metric = fn(u: f64, wave: f64) -> f64;

pub(super) const ORDERS: Metric = |u, wave| (200.0 * wave * (0.9 + 0.2 * u)).floor();
pub(super) const ACCURACY: Metric = |u, _| 0.945 + 0.01 * u;
pub(super) const FEW: Metric = |u, wave| (3.0 * wave * u * 2.0).floor();
pub(super) const SIGNED: Metric = |u, wave| 2.0 * (wave - 1.0) + 0.4 * (u - 0.5);
pub(super) const STILL: Metric = |_, _| 100.0;
pub(super) const RARE: Metric = |u, _| if u < 0.01 { 5.0 } else { 0.0 };

/// Four days of it.
pub(super) fn four_days(metric: Metric) -> Vec<f64> {
    let wave = |minute: usize| 1.0 + 0.5 * (TAU * minute as f64 / DAY as f64).sin();
    noise(4 * DAY, 7).into_iter().enumerate().map(|(minute, u)| metric(u, wave(minute))).collect()
}

/// Three days of it, and the ten minutes after.
pub(super) fn sample(metric: Metric) -> (Vec<f64>, Vec<f64>) {
    let mut past = four_days(metric);
    let after = past[3 * DAY..3 * DAY + WATCH].to_vec();
    past.truncate(3 * DAY);
    (past, after)
}

/// How unusual it is at each minute.
pub(super) fn times(season: &Season, after: &[f64]) -> Vec<f64> {
    let look = |minutes: usize| season.judge(&after[..minutes]).map_or(0.0, |seen| seen.times);
    (1..=after.len()).map(look).collect()
}

/// The most of it, and the minute at which it fires.
pub(super) fn highest(season: &Season, after: &[f64]) -> (f64, Option<usize>) {
    let times = times(season, after);
    let fires = times.iter().position(|times| *times >= 1.0).map(|at| at + 1);
    (times.into_iter().fold(0.0, f64::max), fires)
}

pub(super) fn fires(season: &Season, after: &[f64]) -> Option<usize> {
    let fires = |minutes: usize| season.judge(&after[..minutes]).is_some_and(|seen: Seen| seen.fires());
    (1..=after.len()).find(|minutes| fires(*minutes))
}
