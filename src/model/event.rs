//! Everything that can happen to golive, as one closed enum.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::seconds;

use super::acceptance::Item;
use super::beside::Beside;
use super::checklist::{Deed, Person};
use super::drill::Level;
use super::figure::Figure;
use super::past::Learnt;
use super::reading::Reading;
use super::release::Announcement;
use super::remark::Dated;
use super::running::Running;
use super::sample::Sample;
use super::step::{Fault, Step};

mod leadership;

pub use leadership::{Leadership, Replicated};

/// One thing that happened. Whoever turns the world into events never judges them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
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
        what: ServiceEvent,
    },
    /// golive goes on after it stood still, alone or with the whole host.
    StoodStill {
        /// When it was last known to run.
        since: Timestamp,
    },
    /// Something was measured that is watched always: the host, or a rule's metric by the rule's name.
    Watched(Reading),
    /// A check was made that is watched always, by its name in the configuration.
    Checked {
        /// What it found.
        sample: Sample,
        /// What it has measured, if it measures anything.
        figure: Option<Figure>,
    },
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
    /// This host's clock is not that of the golive that acts in the Swarm.
    ClockOff {
        /// How far it is, in a sentence.
        why: String,
    },
    /// It is.
    ClockRight,
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
    /// What people have promised in the records of releases and have not done: all that has a day and was not told yet.
    FollowUps(Vec<Dated>),
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
            | Self::Checked { .. }
            | Self::EngineLost { .. }
            | Self::EngineBack
            | Self::SwarmLost { .. }
            | Self::SwarmBack
            | Self::ClockOff { .. }
            | Self::ClockRight
            | Self::TookOver { .. }
            | Self::ConfigReloaded
            | Self::ConfigRejected { .. }
            | Self::StoreLost { .. }
            | Self::StoreBack
            | Self::StateLost { .. }
            | Self::FollowUps(_)
            | Self::Told { .. }
            | Self::NotTold { .. }
            | Self::Acknowledged { .. } => None,
        }
    }
}

/// Whom a channel reaches: one of its addresses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Address {
    /// The channel.
    pub channel: String,
    /// The address within it; empty where it has but one.
    pub address: String,
}

/// What can happen to one service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum ServiceEvent {
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
    /// The acceptance items of a release were made.
    AcceptanceRan {
        /// The release.
        release: String,
        /// What each has shown.
        items: Vec<Item>,
    },
    /// What a drill asked of the runtime was made.
    Drilled {
        /// The drill.
        drill: String,
        /// What stands in the way of a rollback; empty when nothing does.
        problems: Vec<String>,
    },
    /// Whether this golive acts for the service, or another one does.
    Leadership(Leadership),
    /// A person or a CI job asks for something.
    Asked {
        /// Who asks.
        by: String,
        /// What.
        ask: Ask,
    },
}

/// What a person or a CI job can ask for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
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
        #[serde(with = "seconds::option")]
        lasts: Option<Duration>,
        /// Why.
        reason: Option<String>,
    },
    /// Automation on again.
    Resume,
    /// Try whether it could be gone back.
    Drill {
        /// How far.
        level: Level,
        /// Call whoever is on call.
        page: bool,
        /// It may go for real, outside a maintenance window too.
        #[serde(default)]
        for_real: bool,
    },
    /// Work on the checklist of a version, or look at it.
    Checklist {
        /// The version; that of the checklist that was worked on last when absent.
        version: Option<String>,
        /// Who.
        by: Person,
        /// What.
        deed: Deed,
    },
}
