//! A release, from when it is noticed or announced to its end.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::checklist::{Person, Taken};
use super::roster::Roster;
use super::running::Running;

/// One version of a service that was or is to be live.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Release {
    /// Unique on this host, and sorts by time.
    pub id: String,
    /// The service.
    pub service: String,
    /// The version as a person would name it.
    pub version: String,
    /// What runs; not known while it is only announced.
    pub running: Option<Running>,
    /// When it was first seen or announced.
    pub began: Timestamp,
    /// How golive came to know of it.
    pub origin: Origin,
    /// What was said of it in advance.
    pub announcement: Option<Announcement>,
    /// Its checklist as it was when it came; none where nothing is asked.
    pub checklist: Option<Taken>,
    /// What each of its services did while all was well; empty before it is accepted.
    pub roster: Roster,
}

/// How golive came to know of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// It ran when golive first looked.
    Adopted,
    /// Another image or configuration began to run.
    Noticed,
    /// Somebody said so.
    Announced,
}

/// What has become of a release (contract §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", const_into_str)]
#[serde(rename_all = "kebab-case")]
pub enum ReleaseState {
    /// Said, not seen.
    Announced,
    /// Being watched.
    Watching,
    /// Good.
    Accepted,
    /// Being taken back.
    RollingBack,
    /// Taken back; the old version is being proved.
    Verifying,
    /// Taken back, and the old version works.
    RolledBack,
    /// Could not be taken back.
    RollbackFailed,
    /// Waits for a person.
    Held,
    /// A newer one came.
    Superseded,
    /// A person ended the watch without a judgement.
    Aborted,
}

impl ReleaseState {
    /// It is the result of a release: what comes afterwards does not change it.
    pub fn ends(self) -> bool {
        match self {
            Self::Accepted | Self::RolledBack | Self::Superseded | Self::Aborted => true,
            Self::Announced
            | Self::Watching
            | Self::Held
            | Self::RollingBack
            | Self::Verifying
            | Self::RollbackFailed => false,
        }
    }

    /// It was taken back, or should have been.
    pub fn has_failed(self) -> bool {
        match self {
            Self::RolledBack | Self::RollbackFailed => true,
            Self::Announced
            | Self::Watching
            | Self::Accepted
            | Self::RollingBack
            | Self::Verifying
            | Self::Held
            | Self::Superseded
            | Self::Aborted => false,
        }
    }
}

/// What was said of a release in advance (guide G8.1, G8.2).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Announcement {
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
    /// The person responsible as they were named, with the account that said so.
    pub said_by: Option<Person>,
    /// Why it cannot be taken back by swapping containers (a migration, say).
    pub irreversible: Option<String>,
}
