//! Everything that can happen to golive, as one closed enum.

use std::time::Duration;

use jiff::Timestamp;

use super::past::Learnt;
use super::reading::Reading;

mod beside;
mod running;
mod standing;

pub use beside::{Beside, Busy, Kin, Look, Norm, Other, Tick, Usual};
pub use running::{Halted, Identity, Left, Member, Running, Stage, Waits, parts};
pub use standing::{Kept, Standing};

/// One thing that happened. Whoever turns the world into events never judges them.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The daemon is up and its state is loaded; unfinished work is taken up again.
    Started,
    /// A deadline that the core asked for has come.
    Due,
    /// Something happened to one service.
    Service {
        /// The service's name in the configuration.
        service: String,
        /// What happened to it.
        what: Happening,
    },
    /// golive goes on after it stood still, alone or with the whole host.
    StoodStill {
        /// When it was last known to run.
        since: Timestamp,
    },
    /// Something was measured that is watched always: the host, or a rule's metric by the rule's name.
    Watched(Reading),
    /// The Docker Engine stopped answering.
    EngineLost {
        /// What was seen.
        why: String,
    },
    /// The Docker Engine answers again, and everything has been inspected anew.
    EngineBack,
    /// The managers of the Swarm agree on nothing, as far as can be seen from here: nobody knows who acts.
    SwarmLost {
        /// What was seen.
        why: String,
    },
    /// They do again.
    SwarmBack,
    /// This golive acts in the Swarm from now on, because the one that did is not heard of.
    TookOver {
        /// The manager where that one is.
        from: String,
    },
    /// A new configuration is in force.
    ConfigReloaded,
    /// A new configuration was refused; the old one stays in force.
    ConfigRejected {
        /// The first mistake, in one line.
        why: String,
    },
    /// The state directory cannot be written.
    StoreLost {
        /// What the operating system said.
        why: String,
    },
    /// The state directory can be written again.
    StoreBack,
    /// Something that was stored is damaged, or not there any more.
    StateLost {
        /// What, and what was seen of it.
        why: String,
    },
    /// A provider confirmed a notice.
    Told {
        /// Where.
        to: Address,
        /// The notice's id.
        notice: String,
    },
    /// A provider did not confirm a notice.
    NotTold {
        /// Where.
        to: Address,
        /// The notice's id.
        notice: String,
        /// What was seen, readable after "failed to".
        why: String,
        /// It is not tried again.
        given_up: bool,
    },
    /// A person has taken an incident on.
    Acknowledged {
        /// The incident's id.
        incident: String,
        /// Who.
        by: String,
    },
}

impl Event {
    /// The service that it happened to; `None` for what concerns golive or all of them.
    pub fn service(&self) -> Option<&str> {
        match self {
            Self::Service { service, .. } => Some(service),
            Self::Started
            | Self::Due
            | Self::StoodStill { .. }
            | Self::Watched(_)
            | Self::EngineLost { .. }
            | Self::EngineBack
            | Self::SwarmLost { .. }
            | Self::SwarmBack
            | Self::TookOver { .. }
            | Self::ConfigReloaded
            | Self::ConfigRejected { .. }
            | Self::StoreLost { .. }
            | Self::StoreBack
            | Self::StateLost { .. }
            | Self::Told { .. }
            | Self::NotTold { .. }
            | Self::Acknowledged { .. } => None,
        }
    }
}

/// Whom a channel reaches: one of its addresses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// The channel.
    pub channel: String,
    /// The address within it; empty where it has but one.
    pub address: String,
}

/// What can happen to one service.
#[derive(Debug, Clone, PartialEq)]
pub enum Happening {
    /// What runs under the service's name now; `None` when nothing does.
    Seen(Option<Running>),
    /// Nothing does, because all of a set's project keeps data and is left alone.
    Empty {
        /// The services that are left alone.
        left: Vec<String>,
    },
    /// Somebody has asked the engine to stop the running instance, to restart it or to take it away.
    Stopping {
        /// The instance (container id) that was told to stop.
        instance: String,
        /// By which signal.
        signal: String,
    },
    /// The running instance ended.
    Died {
        /// The instance (container id) that ended.
        instance: String,
        /// Whether somebody had asked the engine for it. What ends by itself, is killed by the kernel or by another
        /// process has crashed.
        asked: bool,
        /// Its exit code, where the engine told one.
        exit: Option<i64>,
        /// Whether the kernel killed it for lack of memory.
        oom: bool,
    },
    /// A health check was made.
    Sampled(Sample),
    /// A check of something that the service depends on was made.
    Dependency(Sample),
    /// Something was measured.
    Measured(Reading),
    /// What others, which are not released, showed meanwhile.
    Beside(Beside),
    /// What was measured before golive looked, oldest first: one reading a minute.
    Recalled(Vec<Reading>),
    /// What a business metric's own past lets expect of the watch, or why nothing.
    Expected {
        /// The metric's name in the configuration.
        metric: String,
        /// When the watch began: its past ends there.
        until: Timestamp,
        /// What is to be expected.
        learnt: Learnt,
    },
    /// A release's record was stored and its image pinned; what could not be done is listed.
    Kept {
        /// The release.
        release: String,
        /// Why it could not be made ready to go back to; empty when it is.
        problems: Vec<String>,
    },
    /// A release was checked for readiness to go back to.
    Proved {
        /// The release.
        release: String,
        /// What stands in the way; empty when nothing does.
        problems: Vec<String>,
    },
    /// Somebody took the pin of a release away.
    Unpinned {
        /// The release; empty when the pin was that of several.
        release: String,
    },
    /// A rollback step holds now (it was done, or was found done).
    StepDone {
        /// The rollback it belongs to.
        rollback: String,
        /// The step.
        step: Step,
        /// The instance that the step made or found, where it did.
        instance: Option<String>,
        /// The end of what the operator's program printed, where one was run.
        output: Option<String>,
    },
    /// A rollback step could not be done.
    StepFailed {
        /// The rollback it belongs to.
        rollback: String,
        /// The step.
        step: Step,
        /// What kind of failure, and what was seen.
        fault: Fault,
    },
    /// Whether this golive acts for the service, or another one does.
    Stands(Standing),
    /// A person or a CI job asks for something.
    Asked {
        /// Who asks.
        by: String,
        /// What.
        ask: Ask,
    },
}

/// One health check's result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The check's name.
    pub check: String,
    /// When the check began.
    pub began: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// What it gave.
    pub outcome: Outcome,
}

/// What a health check gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The service answered as it should.
    Ok,
    /// The service did not; what was seen.
    Failed(String),
    /// The check could not be made, which says nothing about the service; why.
    Blind(String),
}

/// The named steps of a rollback, in order. Each is safe to do twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
    Disarm,
    /// Stop the bad container.
    Stop,
    /// Rename the bad container out of the way.
    SetAside,
    /// Give the successor the service's name.
    TakeName,
    /// Start the successor.
    Start,
    /// Make containers that live in the bad one anew, in the successor.
    Dependents,
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
    StandAside,
}

/// A failed step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Whether and when trying again makes sense.
    pub kind: FaultKind,
    /// What failed and what was seen, readable after "failed to".
    pub text: String,
}

/// Whether and when trying a step again makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// What a person or a CI job can ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Announce a release.
    Release(Announcement),
    /// The release is good: end the watch.
    Accept {
        /// Why.
        reason: Option<String>,
        /// Although something fails.
        force: bool,
    },
    /// Stop watching and judge nothing.
    Abort,
    /// Go back.
    Rollback {
        /// A version or release id; the last accepted one when absent.
        to: Option<String>,
        /// Why.
        reason: Option<String>,
        /// What is left is bad, whatever the triggers say: it is known when it comes again.
        known_bad: bool,
    },
    /// Say what a rollback would do, and do nothing.
    Plan {
        /// A version or release id; the last accepted one when absent.
        to: Option<String>,
    },
    /// Automation off.
    Hold {
        /// For how long; until `resume` when absent.
        lasts: Option<Duration>,
        /// Why.
        reason: Option<String>,
    },
    /// Automation on again.
    Resume,
}

/// What was said of a release in advance (guide G8.1, G8.2).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    /// Why it cannot be taken back by swapping containers (a migration, say).
    pub irreversible: Option<String>,
}
