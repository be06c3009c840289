//! What a check found.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::seconds;

/// One health check's result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Sample {
    /// The check's name.
    pub check: String,
    /// When the check began.
    pub began: Timestamp,
    /// How long it took.
    #[serde(with = "seconds")]
    pub took: Duration,
    /// What it gave.
    pub outcome: Outcome,
}

/// What a health check gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The service answered as it should.
    Ok,
    /// The service did not; what was seen.
    Failed(String),
    /// The check could not be made, which says nothing about the service; why.
    Blind(String),
}
