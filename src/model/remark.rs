//! What a person adds to a release's record after its end (guide G8.4).

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
}

/// All that is or was to be done, in the order in which it was said first. Owner and day hold until another is said.
pub fn follow_ups<'a>(remarks: impl Iterator<Item = &'a Remark>) -> Vec<FollowUp> {
    let mut all: Vec<FollowUp> = Vec::new();
    for remark in remarks {
        let Remark::FollowUp { by, text, owner, due, done } = remark else { continue };
        let new =
            FollowUp { text: text.clone(), owner: owner.clone(), due: *due, done: *done, by: by.clone() };
        match all.iter_mut().find(|known| known.text == *text) {
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
