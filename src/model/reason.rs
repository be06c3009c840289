//! Why something is done or told.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::acceptance::Item;
use crate::model::drill::Finding;
use crate::model::phrase::Phrase;
use crate::model::remark::Task;
use crate::model::running::Waits;
use crate::model::seconds;
use crate::model::step::Step;

mod blame;
mod breach;
mod set;

pub use blame::{Blame, Says};
pub use breach::{Breach, Change, Rule, Unit, Unusual};
pub use set::{Beside, How, Lack, Scaled, SetReason};

/// Why something is done or told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Reason {
    /// A health check failed so many times in a row (guide G4.1).
    Health {
        /// The check.
        check: String,
        /// Failures in a row.
        failures: u32,
        /// How many are tolerated before acting.
        limit: u32,
        /// What was seen last.
        seen: String,
    },
    /// Another trigger has passed its limit (guide G4.2 to G4.5).
    Breach(Box<Breach>),
    /// At least half of the last checks failed, though never so many in a row that it counts as down.
    Flapping {
        /// The check.
        check: String,
        /// How many failed.
        failures: u32,
        /// Of how many.
        of: u32,
        /// What was seen last.
        seen: String,
    },
    /// A check that is watched always has failed for long enough (guide G2.4, G3.4, G6).
    CheckFails {
        /// The check.
        check: String,
        /// So many times in a row.
        times: u32,
        /// For so long.
        #[serde(with = "seconds")]
        lasted: Duration,
        /// What was seen last.
        seen: String,
    },
    /// The container ends again and again.
    CrashLoop {
        /// How often it has ended.
        ended: u32,
        /// Within how long.
        #[serde(with = "seconds")]
        within: Duration,
        /// What was seen last.
        seen: String,
    },
    /// The engine itself has given the release up.
    GivenUp {
        /// What it says.
        seen: String,
    },
    /// It fails, and not by this release's fault; the cause itself.
    NotToBlame {
        /// Whose fault it is.
        blame: Blame,
        /// What failed.
        cause: Box<Reason>,
    },
    /// The watch ended before these could be proved: what was proved instead, a sentence per trigger.
    Unproved(Vec<Phrase>),
    /// Not every acceptance item has passed (guide G3).
    Acceptance {
        /// So many were made; none where they have not ended in time.
        of: u32,
        /// Those that did not pass.
        short: Vec<Item>,
    },
    /// What makes judging a release doubtful, a sentence each.
    Doubts(Vec<Phrase>),
    /// Nobody answered in time, so what was configured for that is done; the cause itself.
    Unanswered(Box<Reason>),
    /// A person asked for it.
    Person {
        /// Who.
        by: String,
        /// What they said.
        why: Option<String>,
    },
    /// A person accepted it, rather than the end of its watch.
    Accepted {
        /// Who.
        by: String,
        /// What they said.
        why: Option<String>,
        /// So much of the window was not watched.
        #[serde(with = "seconds")]
        unwatched: Duration,
        /// The triggers that had not passed yet.
        unpassed: Vec<String>,
        /// What failed all the same.
        despite: Option<Box<Reason>>,
    },
    /// A check could not be told.
    Blind {
        /// The check.
        check: String,
        /// For how long.
        #[serde(with = "seconds")]
        lasted: Duration,
        /// What was seen last.
        seen: String,
    },
    /// A check neither passed nor failed often enough before the longest watch ended.
    Undecided {
        /// The check.
        check: String,
    },
    /// Automation is on hold.
    OnHold {
        /// What was said when it was put on hold.
        why: Option<String>,
        /// What failed.
        cause: Box<Reason>,
    },
    /// The configuration asks that a person decides; the cause itself.
    AskFirst(Box<Reason>),
    /// The release was declared irreversible; the cause itself.
    Irreversible {
        /// What was declared.
        why: String,
        /// What failed.
        cause: Box<Reason>,
    },
    /// No version has been accepted yet.
    NothingAccepted(Box<Reason>),
    /// The day's rollbacks are used up.
    Budget {
        /// How many a day.
        per_day: u32,
        /// What failed.
        cause: Box<Reason>,
    },
    /// It is in a maintenance window, in which a person decides.
    Maintenance {
        /// When the window closes.
        until: Timestamp,
        /// What failed.
        cause: Box<Reason>,
    },
    /// This very version was gone back from before.
    Quarantined {
        /// Its version.
        version: String,
        /// When.
        at: Timestamp,
        /// Whether it is the same configuration too, and not the image alone.
        same: bool,
        /// Why.
        cause: Box<Reason>,
    },
    /// It was released although its checklist is not complete.
    ChecklistOpen {
        /// The version.
        version: String,
        /// The items that are open.
        open: Vec<String>,
    },
    /// It was released while the service is frozen.
    Frozen {
        /// When the freeze ends.
        until: Timestamp,
    },
    /// What was to be done after a release is not done, and its day is over.
    Overdue {
        /// The first of it.
        tasks: Vec<Task>,
        /// So much more there is.
        more: usize,
    },
    /// Nobody could be told: no channel of the urgent tier has confirmed lately; the cause itself.
    Unheard(Box<Reason>),
    /// A rollback step failed.
    Step {
        /// Which.
        step: Step,
        /// What was seen.
        seen: String,
    },
    /// A rollback that ended half way or unproved, with what it leaves running; the cause itself.
    Stuck {
        /// Why the bad release could not be put back either, where that was tried.
        undo: Option<String>,
        /// What runs now.
        runs: Runs,
        /// What failed first.
        cause: Box<Reason>,
    },
    /// The restored version did not prove healthy.
    Unverified {
        /// The check, where one is to blame.
        check: Option<String>,
        /// What was seen.
        seen: String,
    },
    /// Something other than the target runs after the rollback.
    WrongImage {
        /// What runs.
        running: String,
        /// What should.
        wanted: String,
    },
    /// Another version came.
    Superseded {
        /// Which.
        version: String,
    },
    /// Somebody has asked the engine to stop what runs, and it was not started again.
    Stopped {
        /// What was stopped.
        waits: Vec<Waits>,
        /// By which signal, where the engine was heard.
        signal: Option<String>,
    },
    /// A deployment does not come to its end.
    Unfinished {
        /// What it waits for.
        waits: Vec<Waits>,
        /// How long it has taken so far.
        #[serde(with = "seconds")]
        lasted: Duration,
    },
    /// It was started anew on request again and again, and was never well in between.
    Restarted {
        /// How often.
        times: u32,
        /// What was seen last.
        seen: String,
    },
    /// Drills do not go well.
    Drill(Finding),
    /// Something of a set of containers.
    Set(SetReason),
    /// Somebody else's words, as they are.
    Said(String),
}

impl Reason {
    /// Whether a person has asked for what it is the reason of.
    pub fn is_a_persons(&self) -> bool {
        matches!(self, Self::Person { .. } | Self::Accepted { .. })
    }

    /// The trigger that failed, its value and its limit.
    pub fn numbers(&self) -> Option<(&str, f64, f64)> {
        match self.cause() {
            Self::Health { failures, limit, .. } => Some(("health", f64::from(*failures), f64::from(*limit))),
            Self::Flapping { failures, of, .. } => {
                Some(("flapping", f64::from(*failures), f64::from(*of) / 2.0))
            }
            Self::Breach(breach) => Some((&breach.trigger, breach.value, breach.limit)),
            Self::AskFirst(_)
            | Self::Unanswered(_)
            | Self::NothingAccepted(_)
            | Self::NotToBlame { .. }
            | Self::OnHold { .. }
            | Self::Irreversible { .. }
            | Self::Budget { .. }
            | Self::Maintenance { .. }
            | Self::Quarantined { .. }
            | Self::ChecklistOpen { .. }
            | Self::Frozen { .. }
            | Self::Overdue { .. }
            | Self::Unheard(_)
            | Self::Stuck { .. }
            | Self::CheckFails { .. }
            | Self::CrashLoop { .. }
            | Self::GivenUp { .. }
            | Self::Unproved(_)
            | Self::Acceptance { .. }
            | Self::Doubts(_)
            | Self::Person { .. }
            | Self::Accepted { .. }
            | Self::Blind { .. }
            | Self::Undecided { .. }
            | Self::Step { .. }
            | Self::Unverified { .. }
            | Self::WrongImage { .. }
            | Self::Superseded { .. }
            | Self::Stopped { .. }
            | Self::Unfinished { .. }
            | Self::Restarted { .. }
            | Self::Drill(_)
            | Self::Set(_)
            | Self::Said(_) => None,
        }
    }

    /// What failed, without what kept golive from acting on it. What a version was taken back for before is not that.
    pub fn cause(&self) -> &Self {
        match self {
            Self::AskFirst(cause)
            | Self::Unanswered(cause)
            | Self::NothingAccepted(cause)
            | Self::NotToBlame { cause, .. }
            | Self::OnHold { cause, .. }
            | Self::Irreversible { cause, .. }
            | Self::Budget { cause, .. }
            | Self::Maintenance { cause, .. }
            | Self::Unheard(cause)
            | Self::Stuck { cause, .. } => cause.cause(),
            Self::Set(set) => set.cause().map_or(self, Self::cause),
            Self::Health { .. }
            | Self::Breach(_)
            | Self::Flapping { .. }
            | Self::CheckFails { .. }
            | Self::CrashLoop { .. }
            | Self::Quarantined { .. }
            | Self::ChecklistOpen { .. }
            | Self::Frozen { .. }
            | Self::Overdue { .. }
            | Self::GivenUp { .. }
            | Self::Unproved(_)
            | Self::Acceptance { .. }
            | Self::Doubts(_)
            | Self::Person { .. }
            | Self::Accepted { .. }
            | Self::Blind { .. }
            | Self::Undecided { .. }
            | Self::Step { .. }
            | Self::Unverified { .. }
            | Self::WrongImage { .. }
            | Self::Superseded { .. }
            | Self::Stopped { .. }
            | Self::Unfinished { .. }
            | Self::Restarted { .. }
            | Self::Drill(_)
            | Self::Said(_) => self,
        }
    }
}

/// What a rollback that did not succeed leaves running.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Runs {
    /// It is not known, or told by the cause.
    Unknown,
    /// The service is down.
    Nothing,
    /// That version.
    Version(String),
}
