//! A metric against its own past: did it move more since a release than on other days at this time?
//!
//! A change is measured in three views of the same metric, each on a scale of its own. What is unusual is learnt from
//! placebos: moments of the metric's own past that are taken for releases. So a wrong season, autocorrelation and heavy
//! tails only raise the limits, and nothing has to be known of what kind of number the metric is.

use serde::{Deserialize, Serialize};

mod calibrate;
mod course;
mod facts;
mod forecast;
mod view;
#[cfg(test)]
pub(super) use forecast::weighted_median;

use course::{Bad, Course};
use forecast::Past;

pub use facts::Facts;
pub use view::View;

/// Minutes.
const DAY: usize = 24 * 60;
const WEEK: usize = 7 * DAY;

/// Windows of newest minutes that are looked at.
const WINDOWS: [usize; 5] = [3, 5, 10, 20, 30];
/// Two looks at the shortest of them; a shorter watch cannot be judged.
const WATCH_MIN: usize = WINDOWS[0] + 1;
/// Later minutes would be forecast from minutes that are not over.
const WATCH_MAX: usize = DAY - forecast::BESIDE - 1;

/// The way in which a change is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Less than expected.
    Drop,
    /// More than expected.
    Rise,
    /// Either.
    Both,
}

/// Why a metric cannot be judged by its past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Learning {
    /// The watch is too short.
    Watch {
        /// So many minutes are needed.
        needed: usize,
    },
    /// The past is too short.
    Short {
        /// Its minutes, from the first known one on.
        minutes: usize,
        /// So many are needed.
        needed: usize,
    },
    /// It has too many gaps to try placebos on.
    Gaps,
    /// Nothing is known of the hour before the release, or of the same hour on other days.
    NoLevel,
    /// It was always 0, so nothing is known of its size.
    AlwaysZero,
    /// It is usually 0, and what is usually nothing cannot be missing.
    UsuallyZero,
}

/// What is expected of the minutes after a release, and what is unusual in them. It holds nothing of the past itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Season {
    /// The change that is bad.
    pub direction: Direction,
    /// The smallest change that counts, as a fraction of what was expected.
    pub least: f64,
    /// Of the whole known past.
    pub facts: Facts,
    /// What each view expects and tolerates.
    pub lenses: Vec<Lens>,
    /// By how many times its limit a view has to be passed, so that looking at several of them is priced in.
    pub joint: f64,
    /// On how many imagined releases all of this was calibrated.
    pub placebos: usize,
    /// The length of the known past.
    pub minutes: usize,
}

/// What is learnt of the metric in one view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Lens {
    /// Which.
    pub view: View,
    /// What is expected, on the view's scale, by minute since the release.
    pub expected: Vec<Option<f64>>,
    /// On how many of the last six days this rests, and on how many of the last four weeks.
    pub days: usize,
    /// The same days of the week before.
    pub weeks: usize,
    /// How much windows differ from what is expected of them.
    pub spreads: Vec<Spread>,
    /// How unusual two minutes in a row were in few of the placebos.
    pub limit: f64,
}

/// How much windows of one length vary.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Spread {
    /// Minutes.
    pub window: usize,
    /// A robust standard deviation, on the view's scale.
    pub deviation: f64,
}

/// What a look has found: in the view and the window in which it is most unusual.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// How many times the limit two minutes in a row have both reached.
    pub times: f64,
    /// The window's length.
    pub minutes: usize,
    /// Measured in it, on average.
    pub measured: f64,
    /// Expected in it, likewise.
    pub expected: f64,
    /// On how many of the last six days this rests, and on how many of the last four weeks.
    pub days: usize,
    /// The same days of the week before.
    pub weeks: usize,
}

impl Season {
    /// From one value a minute, NaN where there is none, oldest first, the last one right before the release; for a
    /// watch of so many minutes.
    pub fn learn(past: &[f64], minutes: usize, direction: Direction, least: f64) -> Result<Self, Learning> {
        if minutes < WATCH_MIN {
            return Err(Learning::Watch { needed: WATCH_MIN });
        }
        let minutes = Self::watchable(minutes);
        // The answer for a time in which the metric was not yet there is padded.
        let known = past.iter().position(|value| value.is_finite()).map_or(&[][..], |first| &past[first..]);
        let needed = calibrate::needed(minutes);
        if known.len() < needed {
            return Err(Learning::Short { minutes: known.len(), needed });
        }
        let facts = Facts::of(known);
        if known.iter().all(|value| *value == 0.0 || !value.is_finite()) {
            return Err(Learning::AlwaysZero);
        }
        if facts.empty && direction == Direction::Drop {
            return Err(Learning::UsuallyZero);
        }
        let bad = Bad { facts, direction, least };
        let pasts: Vec<Past> = View::of(&facts).iter().map(|view| Past::new(known, *view, &facts)).collect();
        let calibrated = calibrate::all(&pasts, minutes, bad).ok_or(Learning::Gaps)?;
        let lenses = pasts.iter().zip(calibrated.views).map(|(past, one)| {
            let lags = past.lags(known.len());
            let weeks = lags.iter().filter(|lag| lag.is_weekly()).count();
            Lens {
                view: past.view,
                expected: past.forecast(known.len(), minutes, &lags),
                days: lags.len() - weeks,
                weeks,
                spreads: one.spreads,
                limit: one.limit,
            }
        });
        let lenses: Vec<Lens> = lenses.collect();
        if lenses.iter().all(|lens| lens.expected.iter().all(Option::is_none)) {
            return Err(Learning::NoLevel);
        }
        let (joint, placebos) = (calibrated.joint, calibrated.placebos);
        Ok(Self { direction, least, facts, lenses, joint, placebos, minutes: known.len() })
    }

    /// How many minutes of so long a watch can be judged.
    pub fn watchable(minutes: usize) -> usize {
        minutes.min(WATCH_MAX)
    }

    /// How many minutes of a watch are judged.
    pub fn watched(&self) -> usize {
        self.lenses.first().map_or(0, |lens| lens.expected.len())
    }

    /// At most so many of the placebos were as unusual as what is told.
    pub fn reached(&self) -> usize {
        calibrate::rank(self.placebos)
    }

    /// Of one value a minute since the release, NaN where there is none, oldest first; nothing while no window is
    /// known well enough. Minutes beyond those that are judged change nothing.
    pub fn judge(&self, measured: &[f64]) -> Option<Seen> {
        let bad = Bad { facts: self.facts, direction: self.direction, least: self.least };
        let measured = &measured[..measured.len().min(self.watched())];
        let mut most: Option<Seen> = None;
        for lens in &self.lenses {
            let scaled: Vec<f64> =
                measured.iter().map(|value| lens.view.scaled(*value, &self.facts)).collect();
            let course = Course::new(lens.view, &scaled, &lens.expected, &lens.spreads);
            let Some((spread, window)) = course.told(measured.len(), &bad) else { continue };
            let times = course.twice(measured.len(), &bad) / lens.limit / self.joint;
            if most.is_none_or(|most| times > most.times) {
                most = Some(Seen {
                    times,
                    minutes: spread.window,
                    measured: lens.view.natural(window.measured, &self.facts),
                    expected: lens.view.natural(window.expected, &self.facts),
                    days: lens.days,
                    weeks: lens.weeks,
                });
            }
        }
        most
    }
}

impl Seen {
    /// Whether so unusual a change is held against a release.
    pub fn fires(&self) -> bool {
        self.times >= 1.0
    }
}
