//! Drills: that a service can be gone back to, and that somebody comes when called, is tried before it has to be.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::{EnumIter, IntoStaticStr};

use super::seconds;

/// How far a drill goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case", const_into_str)]
pub enum Level {
    /// All that a rollback needs is looked at, and nothing is changed.
    #[default]
    Ready,
    /// The accepted version is made anew beside the one that runs, and removed again.
    Steps,
}

/// Drills that are made without being asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Schedule {
    /// One is due so long after the last that passed.
    #[serde(with = "seconds")]
    pub every: Duration,
    /// How far they go.
    pub level: Level,
}

/// What is known of a service's drills.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Drills {
    /// Since when they are to be made by themselves: what the first is counted from.
    pub since: Option<Timestamp>,
    /// The one at hand, or the last.
    pub newest: Option<Drill>,
    /// When one passed last.
    pub passed: Option<Timestamp>,
}

/// One drill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Drill {
    /// Its id.
    pub id: String,
    /// How far it goes.
    pub level: Level,
    /// Who asked for it; nobody where it was due.
    pub by: Option<String>,
    /// When it began.
    pub began: Timestamp,
    /// The accepted release that it is about.
    pub release: String,
    /// Its version.
    pub version: String,
    /// What came of it, once something has.
    pub outcome: Option<Outcome>,
    /// The call to whoever is on call, where it makes one.
    pub page: Option<Page>,
}

/// What came of a drill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Outcome {
    /// When.
    pub at: Timestamp,
    /// What stands in the way of a rollback; nothing when it passed.
    pub problems: Vec<String>,
}

/// A call to whoever is on call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Page {
    /// It is waited for an answer.
    Waiting,
    /// Somebody has acknowledged it.
    Answered {
        /// When.
        at: Timestamp,
        /// Who.
        by: String,
    },
    /// Nobody has in time.
    Unanswered {
        /// How long it was waited for.
        #[serde(with = "seconds")]
        waited: Duration,
    },
}

/// Why a drill cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, EnumIter)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case", const_into_str)]
pub enum Obstacle {
    /// Another one is under way.
    UnderWay,
    /// A release is at hand, or somebody is at work on what runs.
    Busy,
    /// No version is accepted yet.
    NothingAccepted,
    /// What carries the service makes nothing beside what runs.
    NotBeside,
}

/// What is told of drills that do not go well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Shortfall {
    /// One did not pass.
    Failed {
        /// What stands in the way of a rollback.
        problems: Vec<String>,
        /// For how long a call was waited for that nobody has answered, where one was made.
        #[serde(with = "seconds::option")]
        unanswered: Option<Duration>,
    },
    /// One is overdue.
    Overdue {
        /// When one passed last.
        last: Option<Timestamp>,
    },
}

impl Drills {
    /// The one that has not ended.
    pub fn at_hand(&self) -> Option<&Drill> {
        self.newest.as_ref().filter(|drill| drill.ended().is_none())
    }

    /// Those that the next is reckoned from, or an answer is waited for.
    pub(super) fn running_times(&mut self) -> impl Iterator<Item = &mut Timestamp> {
        let newest = self.newest.iter_mut().flat_map(|drill| {
            let answered = match &mut drill.page {
                Some(Page::Answered { at, .. }) => Some(at),
                Some(Page::Waiting | Page::Unanswered { .. }) | None => None,
            };
            [Some(&mut drill.began), drill.outcome.as_mut().map(|outcome| &mut outcome.at), answered]
        });
        [self.since.as_mut(), self.passed.as_mut()].into_iter().chain(newest).flatten()
    }
}

impl Drill {
    /// When it ended, once everything about it has.
    pub fn ended(&self) -> Option<Timestamp> {
        let outcome = self.outcome.as_ref()?;
        match &self.page {
            None => Some(outcome.at),
            Some(Page::Waiting) => None,
            Some(Page::Answered { at, .. }) => Some(outcome.at.max(*at)),
            Some(Page::Unanswered { waited }) => {
                Some(outcome.at.max(self.began.checked_add(*waited).unwrap_or(outcome.at)))
            }
        }
    }

    /// Whether it passed; `None` before it has ended.
    pub fn passed(&self) -> Option<bool> {
        self.ended()?;
        let answered = !matches!(self.page, Some(Page::Unanswered { .. }));
        Some(answered && self.outcome.as_ref().is_some_and(|outcome| outcome.problems.is_empty()))
    }

    /// Why it did not pass.
    pub fn shortfall(&self) -> Shortfall {
        let problems = self.outcome.as_ref().map(|outcome| outcome.problems.clone()).unwrap_or_default();
        let unanswered = match self.page {
            Some(Page::Unanswered { waited }) => Some(waited),
            Some(Page::Waiting | Page::Answered { .. }) | None => None,
        };
        Shortfall::Failed { problems, unanswered }
    }

    /// How long it took for somebody to acknowledge the call.
    pub fn answered_after(&self) -> Option<Duration> {
        let Some(Page::Answered { at, .. }) = &self.page else { return None };
        Some(at.duration_since(self.began).unsigned_abs())
    }
}
