//! What is asked over the control socket.

use serde::{Deserialize, Serialize};

/// `?service=`
#[derive(Debug, Deserialize)]
pub struct StatusQuery {
    /// Only this one.
    pub service: Option<String>,
}

/// `?release=&timeout=`
#[derive(Debug, Deserialize)]
pub struct OutcomeQuery {
    /// This release; the one at hand, else the last, when absent.
    pub release: Option<String>,
    /// Seconds to wait for a decision.
    pub timeout: Option<u64>,
}

/// `POST …/release`
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ReleaseBody {
    /// The version.
    pub version: String,
    /// The person responsible.
    pub by: Option<String>,
    /// Participants.
    pub with: Vec<String>,
    /// New features.
    pub features: Vec<String>,
    /// Improvements.
    pub improvements: Vec<String>,
    /// Fixes.
    pub fixes: Vec<String>,
    /// Configuration changes.
    pub config_changes: Vec<String>,
    /// Why it cannot be taken back.
    pub irreversible: Option<String>,
}

/// `POST …/rollback`, `POST …/plan`
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RollbackBody {
    /// A version or a release.
    pub to: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// `POST …/hold`
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HoldBody {
    /// For how long.
    pub seconds: Option<f64>,
    /// Why.
    pub reason: Option<String>,
}

/// `POST …/ack`
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AckBody {
    /// Who.
    pub by: Option<String>,
}
