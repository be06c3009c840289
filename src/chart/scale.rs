//! Axes: from values and times to places, and the round numbers that are written beside them.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::decide::trigger::rounded;
use crate::model::reason::Unit;

/// So many round values at least, or times at most.
const VALUES: f64 = 3.0;
const TIMES: i64 = 5;

/// Steps between round times, in seconds.
const STEPS: [i64; 12] = [5, 10, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400];

/// A range of values or of seconds, drawn from one place to another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) place: (f64, f64),
}

impl Scale {
    pub(super) fn at(&self, value: f64) -> f64 {
        let wide = self.to - self.from;
        let part = if wide > 0.0 { (value - self.from) / wide } else { 0.5 };
        self.place.0 + part.clamp(-0.5, 1.5) * (self.place.1 - self.place.0)
    }
}

/// A range that begins and ends with a round value and takes all of these in, and the step between round values.
pub(super) fn around(values: impl Iterator<Item = f64>, unit: Unit) -> (f64, f64, f64) {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values.filter(|value| value.is_finite()) {
        (low, high) = (low.min(value), high.max(value));
    }
    // Shares and durations begin at zero, and so does what is not far from it.
    let from_zero = unit != Unit::Plain || (low >= 0.0 && low < high * 0.8);
    if from_zero {
        low = low.min(0.0);
    }
    let wide = if high > low { high - low } else { high.abs().max(1e-3) };
    let step = round_step(wide * 1.08 / VALUES);
    let from = if from_zero && low >= 0.0 { 0.0 } else { (low / step).floor() * step };
    let to = ((high + wide * 0.08) / step).ceil() * step;
    (from, to.max(from + step), step)
}

/// The largest of 1, 2, 5 times a power of ten that is not above.
fn round_step(most: f64) -> f64 {
    let power = 10_f64.powf(most.log10().floor());
    [5.0, 2.0].into_iter().find(|times| times * power <= most).unwrap_or(1.0) * power
}

/// Round times within a range.
pub(super) fn times(from: Timestamp, to: Timestamp, zone: &TimeZone) -> Vec<(Timestamp, String)> {
    let lasts = to.as_second() - from.as_second();
    let step = STEPS.into_iter().find(|step| lasts / step <= TIMES).unwrap_or(28_800);
    let offset = i64::from(zone.to_offset(from).seconds());
    let first = (from.as_second() + offset).div_euclid(step) + 1;
    let all = (first..).map(|turn| turn * step - offset).take_while(|second| *second <= to.as_second());
    let form = if step < 60 { "%H:%M:%S" } else { "%H:%M" };
    all.filter_map(|second| {
        let at = Timestamp::from_second(second).ok()?;
        Some((at, at.to_zoned(zone.clone()).strftime(form).to_string()))
    })
    .collect()
}

/// A value as it is written beside an axis whose round values are `step` apart.
pub(super) fn label(value: f64, step: f64, unit: Unit) -> String {
    match unit {
        Unit::Ratio => format!("{} %", digits(value * 100.0, step * 100.0)),
        Unit::Seconds if step < 0.2 => format!("{} ms", digits(value * 1e3, step * 1e3)),
        Unit::Seconds => format!("{} s", digits(value, step)),
        Unit::Plain | Unit::Failures => match [(1e9, "G"), (1e6, "M"), (1e3, "k")]
            .iter()
            .find(|(size, _)| step >= size * 0.1)
        {
            Some((size, letter)) if value != 0.0 => format!("{}{letter}", digits(value / size, step / size)),
            Some(_) | None => digits(value, step),
        },
    }
}

/// As many digits as tell two neighbours apart, and none at the end that say nothing.
fn digits(value: f64, step: f64) -> String {
    let places = (0..6_usize).find(|places| {
        let times = step * 10_f64.powi(i32::try_from(*places).unwrap_or(0));
        (times - times.round()).abs() < 1e-6 * times.max(1.0)
    });
    let text = rounded(value, places.unwrap_or(6));
    if text == "-0" { "0".to_owned() } else { text }
}

/// Points further apart than this have nothing in between.
pub(super) fn gap(times: &[Timestamp]) -> Duration {
    let mut spans: Vec<Duration> = times
        .windows(2)
        .filter_map(|pair| Duration::try_from(pair[1].duration_since(pair[0])).ok())
        .collect();
    spans.sort_unstable();
    let usual = spans.get(spans.len() / 2).copied().unwrap_or_default();
    (usual * 6).max(Duration::from_secs(130))
}
