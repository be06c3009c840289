//! What can be measured of a service, whoever measures it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use crate::model::sample::{Outcome, Sample};

/// Edges for golive's own measurements, in seconds.
pub const EDGES: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, f64::INFINITY];

/// One measurement. Whoever makes it never judges it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Reading {
    /// What was measured.
    pub stream: Stream,
    /// By what.
    pub source: Source,
    /// When.
    pub at: Timestamp,
    /// What it gave.
    pub measure: Measure,
}

/// What is measured: one trigger's food.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stream {
    /// Requests, and how many of them failed (guide G4.2).
    Errors,
    /// Requests by their duration (guide G4.3).
    Latency,
    /// The host, and the release's part in it (guide G4.4).
    Resources,
    /// A business metric, by its name in the configuration (guide G4.5).
    Business(String),
    /// The team's own alerting rules.
    Alerts,
}

/// What measures. Every sentence about a measurement names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", const_into_str)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Prometheus answered a query.
    Prometheus,
    /// The service's own exposition was scraped.
    Exposition,
    /// golive's own health checks by `url`: how many failed, and how long they took.
    Probes,
    /// golive's own requests, which it sends while a release is watched.
    Traffic,
    /// The host's kernel.
    Host,
}

/// What a measurement gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Requests since the measurement before.
    Requests(Requests),
    /// Requests since the measurement before, by duration.
    Durations(Durations),
    /// One number, as the source has computed it.
    Value(f64),
    /// The number of the reading before, looked at again: the source has nothing newer.
    Again(f64),
    /// How much of the host is used.
    Use(Use),
    /// The names of the alerts that fire.
    Alerts(BTreeSet<String>),
    /// Nothing usable; why.
    Blind(String),
    /// What was asked can be read and has nothing that tells of it; why. It is no measure of the service then.
    Absent(String),
}

/// Some requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Counts {
    /// Those that failed.
    pub bad: u64,
    /// All of them.
    pub total: u64,
}

/// Requests since the measurement before, from counters whose resets are taken out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Requests {
    /// Of series that were there before.
    pub seen: Counts,
    /// The first values of series that were not: theirs in full if their process is younger than the measurement
    /// before, else from an unknown time.
    pub newborn: Counts,
    /// By version, where the series carry one: old and new replicas side by side.
    pub versions: BTreeMap<String, Counts>,
}

/// Requests since the measurement before, by duration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Durations {
    /// Of series that were there before.
    pub seen: Vec<Bucket>,
    /// The first values of series that were not.
    pub newborn: Vec<Bucket>,
}

/// A classic histogram's bucket.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Bucket {
    /// Upper edge in seconds, inclusive; infinite for the last.
    #[serde(with = "edge")]
    pub le: f64,
    /// Requests that took at most so long: cumulative.
    pub count: u64,
}

/// How much of the host is used, and by whom. All are fractions of what the host has.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Use {
    /// By resource: `cpu`, `memory`, `load`, `disk /var`, `inodes /var`.
    pub host: BTreeMap<String, f64>,
    /// The part that the service's own containers use, where it can be told.
    pub own: BTreeMap<String, f64>,
    /// The share of time in which something waited for a resource (`cpu`, `memory`, `io`: PSI `some avg10`).
    pub pressure: BTreeMap<String, f64>,
}

impl Reading {
    /// A health check as a measurement of the service's own requests; nothing when it could not be made. One that
    /// failed says nothing of how long an answer takes.
    pub fn of_probe(stream: Stream, sample: &Sample) -> Option<Self> {
        let failed = match sample.outcome {
            Outcome::Ok => false,
            Outcome::Failed(_) => true,
            Outcome::Blind(_) => return None,
        };
        let measure = match stream {
            Stream::Errors => {
                let seen = Counts { bad: u64::from(failed), total: 1 };
                Measure::Requests(Requests { seen, ..Requests::default() })
            }
            Stream::Latency if !failed => {
                let took = sample.took.as_secs_f64();
                let bucket = |le: f64| Bucket { le, count: u64::from(took <= le) };
                Measure::Durations(Durations { seen: EDGES.map(bucket).to_vec(), newborn: Vec::new() })
            }
            Stream::Latency | Stream::Resources | Stream::Business(_) | Stream::Alerts => return None,
        };
        let at = sample.began.checked_add(sample.took).unwrap_or(sample.began);
        Some(Self { stream, source: Source::Probes, at, measure })
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.bad = self.bad.saturating_add(more.bad);
        self.total = self.total.saturating_add(more.total);
    }
}

impl std::ops::SubAssign for Counts {
    fn sub_assign(&mut self, less: Self) {
        self.bad = self.bad.saturating_sub(less.bad);
        self.total = self.total.saturating_sub(less.total);
    }
}

impl Stream {
    /// The trigger's name in JSON and on the terminal.
    pub fn trigger(&self) -> &str {
        match self {
            Self::Errors => "error-rate",
            Self::Latency => "latency-p95",
            Self::Resources => "resources",
            Self::Business(name) => name,
            Self::Alerts => "alerts",
        }
    }
}

/// JSON knows no infinity: the last bucket's edge is null.
mod edge {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands fields over by reference")]
    pub(super) fn serialize<S: Serializer>(edge: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        edge.is_finite().then_some(*edge).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        Ok(Option::<f64>::deserialize(deserializer)?.unwrap_or(f64::INFINITY))
    }
}
