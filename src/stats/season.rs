//! A metric against its own past: did it move more since the release than on other days at this time?
//!
//! How much a move means is learnt from placebos: moments of the metric's own past that are taken for releases. So a
//! wrong season, autocorrelation and heavy tails only make the threshold higher.

mod forecast;
mod placebo;

use forecast::Past;
use placebo::{Placebos, Scale};

/// Windows of newest minutes that are looked at.
const WINDOWS: [usize; 5] = [3, 5, 10, 20, 30];
/// Less of a window present, in percent, says nothing.
const PRESENT_MIN: usize = 60;
/// Later minutes would be forecast from minutes that are not over.
const WATCH_MAX: usize = forecast::DAY - forecast::SMOOTHED;

/// What kind of number the metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// So many in a minute: orders. Its noise shrinks as it grows; effects are relative.
    Count,
    /// Positive, and multiplied by what goes wrong: a lag. Effects are relative; what is not positive is missing.
    Log,
    /// Anything else: an accuracy, a gauge. Effects are absolute.
    Linear,
}

/// The way in which a change is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// More than expected.
    Up,
    /// Less than expected.
    Down,
    /// Either.
    Both,
}

/// Why there is nothing to judge by yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Learning {
    /// The history is too short.
    Short {
        /// Its minutes.
        minutes: usize,
        /// So many are needed.
        needed: usize,
    },
    /// It has too many gaps to try placebos on.
    Gaps,
    /// Nothing is known of the hour before the release, or of the same hour on other days.
    NoLevel,
}

/// What is expected of the minutes after a release. It has a number for each of them, and nothing of the history.
#[derive(Debug, Clone, PartialEq)]
pub struct Season {
    kind: Kind,
    direction: Direction,
    /// By minute since the release.
    forecast: Vec<Option<f64>>,
    /// By window.
    scales: Vec<Scale>,
    threshold: f64,
    placebos: usize,
    worst: f64,
}

/// What a look has found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// How unusual it is in the bad direction, in the window where it is most so.
    pub z: f64,
    /// What `z` reached in few of the placebos.
    pub threshold: f64,
    /// By how much it differs from the expected: a fraction, or absolute if the metric is linear.
    pub effect: f64,
    /// Expected in the window: a sum of counts, else a mean.
    pub expected: f64,
    /// Measured in the window, likewise.
    pub measured: f64,
    /// The window's length; 0 while too little is known to say anything.
    pub minutes: usize,
}

impl Season {
    /// From one value a minute, NaN where there is none, oldest first, the last one right before the release.
    pub fn learn(
        history: &[f64],
        kind: Kind,
        direction: Direction,
        watch_minutes: usize,
    ) -> Result<Self, Learning> {
        let minutes = watch_minutes.clamp(WINDOWS[0], WATCH_MAX);
        let needed = placebo::needed(minutes);
        if history.len() < needed {
            return Err(Learning::Short { minutes: history.len(), needed });
        }
        let past = Past::new(history, kind);
        let forecast = past.forecast(history.len(), minutes);
        if forecast.iter().all(Option::is_none) {
            return Err(Learning::NoLevel);
        }
        let placebos = Placebos::of(&past, minutes);
        let scales = placebos.scales(kind);
        let season = Self { kind, direction, forecast, scales, threshold: 0.0, placebos: 0, worst: 0.0 };
        let calibration = placebos.calibrate(&season).ok_or(Learning::Gaps)?;
        Ok(Self {
            threshold: calibration.threshold,
            placebos: calibration.placebos,
            worst: calibration.worst,
            ..season
        })
    }

    /// Of one value a minute since the release, NaN where there is none, oldest first.
    pub fn judge(&self, newest: &[f64]) -> Seen {
        let measured: Vec<Option<f64>> = newest.iter().map(|value| self.kind.scaled(*value)).collect();
        let silent =
            Seen { z: 0.0, threshold: self.threshold, effect: 0.0, expected: 0.0, measured: 0.0, minutes: 0 };
        let running = Running::of(&measured, &self.forecast);
        self.look(&running, measured.len()).map_or(silent, |seen| Seen { threshold: self.threshold, ..seen })
    }

    /// How many placebos it was calibrated on.
    pub fn placebos(&self) -> usize {
        self.placebos
    }

    /// The effect in the most unusual placebo.
    pub fn worst_placebo(&self) -> f64 {
        self.worst
    }

    /// The most unusual of the windows that end now.
    fn look(&self, running: &Running, now: usize) -> Option<Seen> {
        let windows = self.scales.iter().filter(|scale| scale.window <= now);
        let seen = windows.filter_map(|scale| {
            let sums = running.window(now - scale.window, now)?;
            Some(self.kind.seen(&sums, scale, self.direction))
        });
        seen.max_by(|one, other| one.z.total_cmp(&other.z))
    }
}

/// A window: what was measured, and what was expected in the same minutes.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    measured: f64,
    expected: f64,
    minutes: usize,
}

/// The sums of all minutes since the beginning, by minute.
struct Running(Vec<Sums>);

impl Running {
    fn of(measured: &[Option<f64>], forecast: &[Option<f64>]) -> Self {
        let mut sums = Sums::default();
        let minutes = measured.iter().zip(forecast).map(|minute| {
            if let (Some(measured), Some(expected)) = minute {
                sums.measured += measured;
                sums.expected += expected;
                sums.minutes += 1;
            }
            sums
        });
        Self([Sums::default()].into_iter().chain(minutes).collect())
    }

    /// If enough of it is there.
    fn window(&self, from: usize, to: usize) -> Option<Sums> {
        let (before, after) = (self.0.get(from)?, self.0.get(to)?);
        let minutes = after.minutes - before.minutes;
        (minutes * 100 >= (to - from) * PRESENT_MIN).then_some(Sums {
            measured: after.measured - before.measured,
            expected: after.expected - before.expected,
            minutes,
        })
    }
}

impl Sums {
    /// How far a minute is from its forecast on average.
    fn mean_residual(&self) -> f64 {
        (self.measured - self.expected) / self.minutes as f64
    }
}

impl Kind {
    /// The scale on which changes add up, if the value is one.
    fn scaled(self, value: f64) -> Option<f64> {
        let scaled = match self {
            Self::Count => value.max(0.0),
            Self::Log => value.ln(),
            Self::Linear => value,
        };
        (scaled.is_finite() && !value.is_nan()).then_some(scaled)
    }

    /// By how many standard deviations a window differs.
    fn z(self, sums: &Sums, spread: f64) -> f64 {
        match self {
            Self::Count => stabilised(sums.measured, spread) - stabilised(sums.expected, spread),
            Self::Log | Self::Linear => sums.mean_residual() / spread,
        }
    }

    fn seen(self, sums: &Sums, scale: &Scale, direction: Direction) -> Seen {
        let z = self.z(sums, scale.spread);
        let z = match direction {
            Direction::Up => z,
            Direction::Down => -z,
            Direction::Both => z.abs(),
        };
        let minutes = sums.minutes as f64;
        let (expected, measured) = (sums.expected / minutes, sums.measured / minutes);
        let (effect, expected, measured) = match self {
            Self::Count => (sums.measured / sums.expected.max(1e-9) - 1.0, sums.expected, sums.measured),
            Self::Log => (sums.mean_residual().exp_m1(), expected.exp(), measured.exp()),
            Self::Linear => (sums.mean_residual(), expected, measured),
        };
        Seen { z, threshold: 0.0, effect, expected, measured, minutes: scale.window }
    }
}

/// A count whose variance is x + τ²x², on a scale where its variance is 1.
pub(super) fn stabilised(count: f64, tau: f64) -> f64 {
    2.0 / tau * (tau * (count + 0.375).sqrt()).asinh()
}
