//! Drills: that a service can be gone back to, and that somebody comes when called, is tried before it has to be.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::{EnumIter, IntoStaticStr};

use super::seconds;
use super::step::PastStep;

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
    /// The service goes back to the accepted version before, and forth again, for real.
    Swap,
}

/// Which way a drill goes that goes for real.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case", const_into_str)]
pub enum Way {
    /// To the accepted version before.
    Back,
    /// To the accepted version again.
    Forth,
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
    /// There and back, where it goes for real.
    #[serde(default)]
    pub swap: Option<Swap>,
    /// What came of it, once something has.
    pub outcome: Option<Outcome>,
    /// The call to whoever is on call, where it makes one.
    pub page: Option<Page>,
}

/// A drill that goes back and forth for real.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Swap {
    /// The accepted release before, which it goes back to.
    pub to: String,
    /// Its version.
    pub to_version: String,
    /// The ways that were begun, in order; none while both versions are looked at, or where nothing was touched.
    pub legs: Vec<Leg>,
}

/// One way of a drill, as far as it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Leg {
    /// Which.
    pub way: Way,
    /// When it was begun.
    pub began: Timestamp,
    /// Its steps that are over, in order.
    pub steps: Vec<PastStep>,
    /// When what ran was told to stop, or to make way.
    pub down: Option<Timestamp>,
    /// Since when every check has passed, once that is proved.
    pub up: Option<Timestamp>,
    /// Why it did not come to its end.
    pub failed: Option<String>,
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, EnumIter)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
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
    /// What carries the service is not swapped back and forth.
    NotSwapped,
    /// No older version is accepted, or what there is was gone back from.
    NothingOlder,
    /// What runs is not the accepted version, or does not pass its checks.
    NotWell,
    /// An incident of the service is open.
    Incident {
        /// Its id.
        incident: String,
    },
    /// A person has switched rollbacks off.
    OnHold,
    /// The service is frozen.
    Frozen,
    /// Another service is being rolled back, or goes through a drill.
    Elsewhere,
    /// It was rolled back a short while ago.
    Lately,
    /// The accepted version cannot be taken back.
    Irreversible {
        /// Why.
        why: String,
    },
    /// Not all of the service would be as it was.
    Partly,
    /// Nobody has said that it may go for real, and it is not the time for it.
    NotForReal {
        /// The version that it would go back to.
        to: String,
        /// How long the last rollback took.
        #[serde(with = "seconds::option")]
        last: Option<Duration>,
    },
}

/// What is told of drills.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Finding {
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
    /// One has gone back and forth for real.
    Swapped {
        /// The version that it went back to.
        to: String,
        /// For how long at most the service was not there on the way back.
        #[serde(with = "seconds")]
        back: Duration,
        /// And on the way forth.
        #[serde(with = "seconds")]
        forth: Duration,
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
            let legs = drill.swap.iter_mut().flat_map(|swap| &mut swap.legs);
            let of_legs = legs.flat_map(|leg| [Some(&mut leg.began), leg.down.as_mut(), leg.up.as_mut()]);
            [Some(&mut drill.began), drill.outcome.as_mut().map(|outcome| &mut outcome.at), answered]
                .into_iter()
                .chain(of_legs)
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

    /// Whether it goes for real at this moment.
    pub fn swaps(&self) -> bool {
        self.outcome.is_none() && self.swap.as_ref().is_some_and(|swap| !swap.legs.is_empty())
    }

    /// Whether it was to go for real, and has ended before anything was touched.
    pub fn impossible(&self) -> bool {
        self.outcome.is_some() && self.swap.as_ref().is_some_and(|swap| swap.legs.is_empty())
    }

    /// When it had ended, where it has gone for real; now while it does.
    pub fn swapped_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.swap.as_ref().filter(|swap| !swap.legs.is_empty())?;
        Some(self.outcome.as_ref().map_or(now, |outcome| outcome.at))
    }

    /// For how long at most the service was not there both ways.
    pub fn swapped(&self) -> Option<Finding> {
        let swap = self.swap.as_ref()?;
        let without = |way: Way| swap.legs.iter().find(|leg| leg.way == way)?.without();
        let (back, forth) = (without(Way::Back)?, without(Way::Forth)?);
        Some(Finding::Swapped { to: swap.to_version.clone(), back, forth })
    }

    /// Why it did not pass.
    pub fn shortfall(&self) -> Finding {
        let problems = self.outcome.as_ref().map(|outcome| outcome.problems.clone()).unwrap_or_default();
        let unanswered = match self.page {
            Some(Page::Unanswered { waited }) => Some(waited),
            Some(Page::Waiting | Page::Answered { .. }) | None => None,
        };
        Finding::Failed { problems, unanswered }
    }

    /// How long it took for somebody to acknowledge the call.
    pub fn answered_after(&self) -> Option<Duration> {
        let Some(Page::Answered { at, .. }) = &self.page else { return None };
        Some(at.duration_since(self.began).unsigned_abs())
    }
}

impl Leg {
    /// A way that begins now.
    pub fn new(way: Way, began: Timestamp) -> Self {
        Self { way, began, steps: Vec::new(), down: None, up: None, failed: None }
    }

    /// For how long at most the service was not there: from when what ran was told to stop until every check passed.
    pub fn without(&self) -> Option<Duration> {
        Some(self.up?.duration_since(self.down?).unsigned_abs())
    }
}
