//! What a person adds to a release's record after its end (guide G8.4).

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A remark has so many characters at most.
pub const LONGEST: usize = 4_000;

/// A note, or something that is still to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Remark {
    /// Said once, and stands.
    Note {
        /// Who says so.
        by: String,
        /// What.
        text: String,
    },
    /// Something to be done. The same text again is the same thing.
    FollowUp {
        /// Who says so.
        by: String,
        /// What is to be done.
        text: String,
        /// Who does it.
        owner: Option<String>,
        /// Until when.
        due: Option<Date>,
        /// It is done.
        done: bool,
    },
}

/// Something to be done, as it stands by the newest that was said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowUp {
    /// What.
    pub text: String,
    /// Who does it.
    pub owner: Option<String>,
    /// Until when.
    pub due: Option<Date>,
    /// It is done.
    pub done: bool,
    /// Who said so last.
    pub by: String,
    /// The entry of the chain in which.
    pub entry: i64,
}

/// Something that is still to be done until a day, wherever that was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Dated {
    /// The entry of the chain that said so last: whatever is said of it anew is another one.
    pub entry: i64,
    /// The service.
    pub service: String,
    /// The release whose record has it.
    pub release: String,
    /// That one's version.
    pub version: String,
    /// What is to be done, and by whom.
    pub task: Task,
    /// When its day is over.
    pub ends: Timestamp,
}

/// What is to be done, by whom, and until which day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Task {
    /// What.
    pub text: String,
    /// Who does it.
    pub owner: Option<String>,
    /// Its day.
    pub due: Date,
}

/// All that is or was to be done, in the order in which it was said first. Owner and day hold until another is said.
/// Each remark comes with the number of its entry.
pub fn follow_ups<'a>(remarks: impl Iterator<Item = (i64, &'a Remark)>) -> Vec<FollowUp> {
    let mut all: Vec<FollowUp> = Vec::new();
    for (entry, remark) in remarks {
        let Remark::FollowUp { by, text, owner, due, done } = remark else { continue };
        let (text, owner, by) = (text.clone(), owner.clone(), by.clone());
        let new = FollowUp { text, owner, due: *due, done: *done, by, entry };
        match all.iter_mut().find(|known| known.text == new.text) {
            Some(known) => {
                let (owner, due) = (new.owner.clone().or(known.owner.take()), new.due.or(known.due));
                *known = FollowUp { owner, due, ..new };
            }
            None => all.push(new),
        }
    }
    all
}

impl Remark {
    /// What is said.
    pub fn text(&self) -> &str {
        let (Self::Note { text, .. } | Self::FollowUp { text, .. }) = self;
        text
    }

    /// Who says so.
    pub fn by(&self) -> &str {
        let (Self::Note { by, .. } | Self::FollowUp { by, .. }) = self;
        by
    }
}
