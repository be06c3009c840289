//! A trigger that has passed its limit.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use crate::model::seconds;

use crate::model::phrase::Phrase;
use crate::model::reading::Source;

/// A trigger that has passed its limit, with the numbers that say so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Breach {
    /// The trigger: `error-rate`, `latency-p95`, `resources`, or a business metric's name.
    pub trigger: String,
    /// By which rule.
    pub rule: Rule,
    /// What was measured.
    pub value: f64,
    /// What it is held against.
    pub limit: f64,
    /// What both are in.
    pub unit: Unit,
    /// Out of how many requests or readings.
    pub samples: u64,
    /// How many of them were bad, where they are counted.
    pub bad: u64,
    /// Over how long.
    #[serde(with = "seconds")]
    pub over: Duration,
    /// By what.
    pub source: Source,
    /// The same before the release, where it is known.
    pub before: Option<f64>,
    /// The most that the evidence tolerates, where evidence speaks.
    pub tolerated: Option<f64>,
    /// Natural logarithm of the odds against a release that is no worse than tolerated.
    pub log_odds: Option<f64>,
    /// The resource, the mount or whatever else has to be named.
    pub of: Option<String>,
    /// How a business metric differs from its own past, where it is held against that.
    pub unusual: Option<Unusual>,
}

/// How a business metric differs from its own past.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Unusual {
    /// On how many of the last six days it rests what is expected.
    pub days: usize,
    /// On how many of the last four weeks.
    pub weeks: usize,
    /// By how much it has changed; nothing where nothing was expected.
    pub change: Option<Change>,
    /// At most so many of the releases that were imagined on its past looked as unusual.
    pub reached: usize,
    /// So many were imagined.
    pub placebos: usize,
}

impl Unusual {
    /// What was measured beside what was expected; how rare that is, where it is `found` to speak against a release.
    pub fn phrase(
        &self,
        name: &str,
        (measured, expected): (f64, f64),
        over: Duration,
        found: bool,
    ) -> Phrase {
        let (of_expected, of_range) = match self.change {
            Some(Change::OfExpected(part)) => (Some(part), None),
            Some(Change::OfRange(part)) => (None, Some(part.abs())),
            None => (None, None),
        };
        // Nobody reads tenths of such a percentage.
        let whole = |part: f64| (part * 100.0).round() / 100.0;
        Phrase::new("breach.unusual")
            .text("name", name)
            .number("value", measured)
            .number("limit", expected)
            .time("over", over)
            .count("days", self.days as u64)
            .count("weeks", self.weeks as u64)
            .flag("more", of_expected.is_some_and(|part| part > 0.0))
            .ratio("change", of_expected.map(whole))
            .ratio("of_range", of_range.map(whole))
            .count("reached", self.reached as u64)
            .count("placebos", self.placebos as u64)
            .flag("found", found)
    }
}

/// By how much something has changed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// By this part of what was expected.
    OfExpected(f64),
    /// By this part of its usual range: percent of something near 0 mean nothing.
    OfRange(f64),
}

impl Change {
    /// As a ratio.
    pub fn part(self) -> f64 {
        match self {
            Self::OfExpected(part) | Self::OfRange(part) => part,
        }
    }
}

/// The rule by which a trigger has passed its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", const_into_str)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// The limit as it is written.
    Limit,
    /// Evidence that the true value lies beyond the limit.
    Evidence,
    /// Worse than before the release, though under the limit.
    Relative,
    /// New replicas are worse than old ones that run beside them.
    SideBySide,
    /// Beyond what the metric's own past lets expect.
    Anomaly,
    /// The limit of a rule that is watched always.
    Standing,
}

/// What a value is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, EnumString)]
#[strum(serialize_all = "kebab-case", const_into_str)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// 0 to 1.
    Ratio,
    /// Seconds.
    Seconds,
    /// Whatever the operator's query gives.
    Plain,
    /// How often in a row.
    Failures,
}
