//! The steps of a rollback, and how one can fail.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use super::seconds;

/// The named steps of a rollback, in order. Each is safe to do twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", const_into_str)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Check that the target can be created and nobody else is deploying.
    Prepare,
    /// Save the bad release's logs, inspect and exit code.
    Forensics,
    /// Run the `before` hook.
    Before,
    /// Create the successor from the good record, under a temporary name.
    Create,
    /// Take the bad container's restart policy away, so that the engine cannot bring it back.
    DisableRestart,
    /// Stop the bad container.
    Stop,
    /// Rename the bad container out of the way.
    RenameOld,
    /// Give the successor the service's name.
    RenameNew,
    /// Start the successor.
    Start,
    /// Make containers that live in the bad one anew, in the successor.
    RecreateDependents,
    /// Run the operator's rollback command (command runtime only).
    Command,
    /// Give a Swarm's services the specifications of the good record (swarm only).
    Update,
    /// Wait until the Swarm runs what it was told to (swarm only).
    Converge,
    /// Run the operator's `verify` command, once the restored version has passed its checks.
    Verify,
    /// Remove the bad container, after the successor was verified; in a Compose project as soon as it has started.
    CleanUp,
    /// Run the `after` hook.
    After,
    /// Put the bad release back, because the rollback could not be finished.
    Undo,
    /// Remove the successor, because somebody else has deployed meanwhile.
    Yield,
}

/// A step that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PastStep {
    /// Which.
    pub step: Step,
    /// How long it took, with every attempt.
    #[serde(with = "seconds")]
    pub took: Duration,
    /// It does not hold, and the rollback went on without it.
    pub failed: bool,
}

/// A failed step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Fault {
    /// Whether and when trying again makes sense.
    pub kind: FaultKind,
    /// What failed and what was seen, readable after "failed to".
    pub text: String,
}

/// Whether and when trying a step again makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The engine does not answer: wait for it.
    Unreachable,
    /// The engine's answer was lost, or was none: nobody knows whether it was done, so look again.
    Lost,
    /// May go by itself (a port not yet free): try again a few times.
    Transient,
    /// Trying again cannot help.
    Refused,
    /// Somebody else is deploying: give way.
    Foreign,
    /// It is on its way, and whoever does it takes their time: look again.
    Pending,
    /// The `before` hook says that the release cannot be taken back; the text is why.
    Irreversible,
}
