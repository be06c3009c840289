//! What became of a release.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::reason::Reason;
use super::release::{Release, ReleaseState};

/// What became of a release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Decision {
    /// Its id.
    pub release: String,
    /// Its version.
    pub version: String,
    /// What it is now.
    pub state: ReleaseState,
    /// When that was decided.
    pub at: Timestamp,
    /// Why, where there is more to say than that.
    pub why: Option<Reason>,
}

impl Decision {
    /// One about that release.
    pub fn of(release: &Release, state: ReleaseState, at: Timestamp, why: Option<Reason>) -> Self {
        Self { release: release.id.clone(), version: release.version.clone(), state, at, why }
    }
}
