//! What is seen of others while a release is watched: what tells its own trouble from everybody's.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::seconds;

use crate::model::reading::Counts;

/// What was seen of others since they were looked at last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Beside {
    /// When.
    pub at: Timestamp,
    /// Since when the release is watched.
    pub since: Timestamp,
    /// Of each that has news.
    pub others: Vec<Other>,
}

/// What is new of another service that is watched, or of something that the service depends on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Other {
    /// Its name.
    pub name: String,
    /// What it has to do with the service that is released.
    pub kin: Kin,
    /// How often it is looked at.
    #[serde(with = "seconds")]
    pub interval: Duration,
    /// Somebody is at work on it, so that it shows nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy: Option<Busy>,
    /// What it was like before; told once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual: Option<Usual>,
    /// Its requests, of which some failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Tick>,
    /// Its requests, of which some took longer than its limit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slow: Vec<Tick>,
    /// Its checks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub looks: Vec<Look>,
}

/// Another service is being released, held, taken back or deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Busy {
    /// Since when it is watched as a release, while it is.
    pub released: Option<Timestamp>,
}

/// What another service has to do with the one that is released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kin {
    /// It depends on the release, so that it suffers from it.
    Caller,
    /// The release depends on it.
    Needed,
    /// Neither is known of the other.
    Apart,
}

/// What another service was like before the release.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Usual {
    /// Of its failing requests.
    pub errors: Norm,
    /// Of its slow ones.
    pub slow: Norm,
}

/// What one kind of bad requests was like before.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Norm {
    /// So many are tolerated of it, from 0 to 1.
    pub tolerated: f64,
    /// How much more unevenly they came than by chance.
    pub dispersion: f64,
    /// It was beyond its limit in the ten minutes before.
    pub beyond: bool,
}

/// Requests of a short time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Tick {
    /// Since this moment,
    pub from: Timestamp,
    /// and until this one.
    pub to: Timestamp,
    /// So many bad ones among all.
    pub counts: Counts,
}

/// One look at one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Look {
    /// The check.
    pub check: String,
    /// When it began.
    pub at: Timestamp,
    /// Whether it passed.
    pub passed: bool,
}
