//! The triggers' limits (contract §2 `trigger` and `business`).

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::seconds;

use crate::model::policy::Autonomy;
use crate::model::reading::{Source, Stream};
use crate::stats::season::{self, Learning, Season};

/// A ratio in parts per million, so that a limit is compared exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ppm(pub u32);

impl Ppm {
    /// As a number from 0 to 1.
    pub fn ratio(self) -> f64 {
        f64::from(self.0) / 1e6
    }

    /// Whether `bad` of `total` are strictly more than this.
    pub fn exceeded(self, bad: u64, total: u64) -> bool {
        u128::from(bad) * 1_000_000 > u128::from(total) * u128::from(self.0)
    }
}

/// What the triggers other than health are held against. What is `None` is switched off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Triggers {
    /// How sure golive has to be.
    pub level: Level,
    /// What golive may do when the release is worse than before, yet under the limits.
    pub relative: Autonomy,
    /// What it may do when at least half of the last ten health checks failed, though never three in a row.
    pub flapping: Autonomy,
    /// What it may do when the container ends again and again.
    pub crash_loop: Autonomy,
    /// What becomes of a failure that is not this release's fault.
    pub on_environment: OnEnvironment,
    /// Guide G4.2.
    pub error_rate: Option<ErrorRate>,
    /// Guide G4.3.
    pub latency: Option<Latency>,
    /// Guide G4.4.
    pub resources: Option<Resources>,
    /// Guide G4.5, by name.
    pub business: BTreeMap<String, Business>,
    /// The team's own alerting rules.
    pub alerts: Option<Alerts>,
}

/// How sure golive has to be (contract §2 `level`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The limits as they are written, and nothing else.
    Literal,
    /// Those, or evidence that the true value lies beyond the limit.
    Default,
    /// Those with 20:1 evidence, or the evidence alone.
    Certain,
}

/// What becomes of a failure that is not this release's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnEnvironment {
    /// Tell a person and go on watching.
    Hold,
    /// Roll back all the same.
    Rollback,
}

/// The share of requests that fail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ErrorRate {
    /// More than this fails the release.
    pub above: Ppm,
    /// Over at least so long.
    #[serde(with = "seconds")]
    pub over: Duration,
    /// Of at least so many requests.
    pub min_requests: u64,
    /// Who counts them.
    pub source: Source,
    /// What golive may do by itself.
    pub autonomy: Autonomy,
}

/// The time in which 95 % of requests are answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Latency {
    /// More than this fails the release.
    #[serde(with = "seconds")]
    pub above: Duration,
    /// Over at least so long.
    #[serde(with = "seconds")]
    pub over: Duration,
    /// Of at least so many requests.
    pub min_requests: u64,
    /// Who measures them.
    pub source: Source,
    /// What golive may do by itself.
    pub autonomy: Autonomy,
}

/// How much of the host is used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Resources {
    /// More than this fails the release.
    pub above: Ppm,
    /// In every reading of so long.
    #[serde(with = "seconds")]
    pub lasts: Duration,
    /// `cpu`, `memory`, `disk`, `inodes`, `load`.
    pub of: Vec<String>,
    /// Only what the release itself causes is held against it.
    pub attribute: bool,
    /// What golive may do by itself.
    pub autonomy: Autonomy,
}

impl Resources {
    /// Whether this one of the host's is looked at: `disk /var` is a `disk`.
    pub fn is_of(&self, resource: &str) -> bool {
        self.of.iter().any(|of| resource.split(' ').next() == Some(of))
    }
}

/// The team's own alerting rules: one that fires and did not before the release speaks against it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Alerts {
    /// In every reading of so long.
    #[serde(with = "seconds")]
    pub lasts: Duration,
    /// What golive may do by itself.
    pub autonomy: Autonomy,
}

/// A business metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Business {
    /// Less than this fails the release.
    pub below: Option<f64>,
    /// More than this fails the release.
    pub above: Option<f64>,
    /// In every reading of so long.
    #[serde(with = "seconds")]
    pub lasts: Duration,
    /// Who measures it.
    pub source: Source,
    /// What golive may do by itself when a fixed limit is passed.
    pub autonomy: Autonomy,
    /// Against its own past.
    pub anomaly: Option<Anomaly>,
}

/// A business metric against its own past.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Anomaly {
    /// The way in which a change is bad.
    pub direction: Direction,
    /// The smallest change worth a rollback, as a fraction of what was expected.
    pub least: f64,
    /// What golive may do by itself.
    pub autonomy: Autonomy,
}

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

impl From<Direction> for season::Direction {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Drop => Self::Drop,
            Direction::Rise => Self::Rise,
            Direction::Both => Self::Both,
        }
    }
}

impl Anomaly {
    /// What the past before a release lets expect of a watch: one value a minute, NaN where there is none, oldest
    /// first.
    pub fn learn(&self, past: &[f64], window: Duration) -> Result<Box<Season>, Learning> {
        Season::learn(past, minutes(window), self.direction.into(), self.least).map(Box::new)
    }

    /// Whether that was learnt for this rule, and for such a watch.
    pub fn is_of(&self, season: &Season, window: Duration) -> bool {
        let same =
            season.direction == self.direction.into() && season.least.to_bits() == self.least.to_bits();
        same && season.watched() == Season::watchable(minutes(window))
    }
}

fn minutes(window: Duration) -> usize {
    usize::try_from(window.as_secs() / 60).unwrap_or(usize::MAX)
}

impl Triggers {
    /// What that source measures, of requests.
    pub fn fed_by(&self, source: Source) -> Vec<Stream> {
        let errors = self.error_rate.as_ref().map(|limits| (Stream::Errors, limits.source));
        let latency = self.latency.as_ref().map(|limits| (Stream::Latency, limits.source));
        let all = [errors, latency].into_iter().flatten();
        all.filter(|(_, its)| *its == source).map(|(stream, _)| stream).collect()
    }

    /// Nothing but health is judged.
    pub fn none() -> Self {
        Self {
            level: Level::Default,
            relative: Autonomy::Off,
            flapping: Autonomy::Off,
            crash_loop: Autonomy::Off,
            on_environment: OnEnvironment::Hold,
            error_rate: None,
            latency: None,
            resources: None,
            business: BTreeMap::new(),
            alerts: None,
        }
    }
}
