//! What a `POST` says.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// `POST …/release`
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
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
    /// It mends what another release broke.
    pub hotfix: bool,
    /// Why it is released although its checklist is not complete or the service is frozen.
    pub overrides: Option<String>,
    /// Why it cannot be taken back.
    pub irreversible: Option<String>,
}

/// `POST …/accept`
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AcceptBody {
    /// Why.
    pub reason: Option<String>,
    /// Although something fails.
    pub force: bool,
}

/// `POST …/rollback`, `POST …/plan`
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RollbackBody {
    /// A version or a release.
    pub to: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// What is left is bad, whatever the triggers say.
    pub known_bad: bool,
}

/// `POST …/hold`
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HoldBody {
    /// For how long.
    pub seconds: Option<f64>,
    /// Why.
    pub reason: Option<String>,
}

/// `POST …/ack`
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AckBody {
    /// Who.
    pub by: Option<String>,
}

/// `POST …/test-result`
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TestResultBody {
    /// The address within the channel; empty where it has but one.
    pub address: String,
    /// What was seen instead of a confirmation.
    pub failed: Option<String>,
}

/// `POST /v1/releases/…/note`
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NoteBody {
    /// What is said.
    pub text: String,
    /// Who says so.
    pub by: Option<String>,
}

/// `POST /v1/releases/…/follow-up`
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FollowUpBody {
    /// What is to be done.
    pub text: String,
    /// Who does it.
    pub owner: Option<String>,
    /// Until when.
    pub due: Option<Date>,
    /// It is done.
    pub done: bool,
    /// Who says so.
    pub by: Option<String>,
}
