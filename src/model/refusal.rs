//! Why golive does not do what somebody asked for.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::checklist::Objection;
use crate::model::drill;
use crate::model::reason::Reason;

/// Why golive does not do what somebody asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Refusal {
    /// A rollback is under way.
    UnderWay,
    /// No release is being watched, so that none can be accepted.
    NothingToAccept,
    /// No release is being watched, so that no watch can be ended.
    NothingToAbort,
    /// Nothing runs.
    NothingRuns,
    /// It is not known what runs.
    UnknownRuns,
    /// What is to be accepted fails, and nobody has said that this is known.
    Failing(Box<Reason>),
    /// There is no such version to go back to.
    NoTarget {
        /// What was asked for; any, where nothing was.
        wanted: Option<String>,
        /// It is accepted, and is what runs.
        runs: bool,
        /// The accepted versions, newest first.
        accepted: Vec<String>,
    },
    /// This golive only watches the service.
    OnlyWatches {
        /// The service.
        service: String,
        /// Why.
        why: String,
    },
    /// Nothing is released while the service is frozen.
    Frozen {
        /// When the freeze ends.
        until: Timestamp,
    },
    /// Something about the checklist.
    Checklist(Objection),
    /// A drill cannot be made, for each of these.
    Drill(Vec<drill::Obstacle>),
    /// There is no such service.
    NoService(String),
    /// There is no such open incident.
    NoIncident(String),
    /// There is no such delivery that was given up.
    NoDelivery(i64),
    /// There is no such release.
    NoRelease(String),
    /// The release's record takes no more remarks.
    TooManyRemarks {
        /// The release.
        release: String,
        /// So many it has.
        most: usize,
    },
    /// Nothing of that text is still to be done.
    NoFollowUp {
        /// What was said to be done.
        text: String,
        /// What still is to be.
        open: Vec<String>,
    },
    /// It is noted, and nothing is done before the state directory can be written.
    NotStored,
    /// Nothing in golive answers to this.
    NotUnderstood,
    /// Something went wrong; readable after "failed to".
    Failed(String),
}
