//! What was like before a release.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::reading::Counts;
use crate::stats::evidence::Baseline;

/// How much of a host's resource was used before a release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct HostBefore {
    /// By the host, in the middle of the last ten minutes.
    pub host: f64,
    /// The part of the service's own containers in it.
    pub own: f64,
    /// Since when it was beyond its limit, if it was when the release came.
    pub short_since: Option<Timestamp>,
}

/// What requests were like in the hour before a release: bad ones, as one trigger counts them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Before {
    /// In the hour.
    pub counts: Counts,
    /// With near certainty (judgement §2.2: half of one in a thousand) the true share was no more than this.
    pub upper: f64,
    /// How much more unevenly they came than by chance; 1 when they did not.
    pub dispersion: f64,
    /// In the last ten minutes.
    pub lately: Counts,
    /// Bad are those that took longer than this many seconds.
    pub edge: Option<f64>,
    /// The 95th percentile of the hour, in seconds.
    pub p95: Option<f64>,
}

impl Before {
    /// What is tolerated of a release by its past alone.
    pub fn tolerated(&self, floor: f64) -> f64 {
        let Counts { bad, total } = self.counts;
        Baseline { bad, total, upper: self.upper, dispersion: self.dispersion }.tolerated(floor)
    }
}
