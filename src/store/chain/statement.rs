//! What is signed: an in-toto statement about what runs, with what golive knows of it.

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use crate::dsse::Public;
use crate::model::drill::Drill;
use crate::model::release::ReleaseState;
use crate::model::remark::Remark;

const STATEMENT: &str = "https://in-toto.io/Statement/v1";

/// What golive states.
const PREDICATE: &str = "https://example.com/golive/release-record/v1";

/// What an entry tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", const_into_str)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// From here on this key signs.
    Key,
    /// The release is good.
    Accepted,
    /// It was taken back, and the old version works.
    RolledBack,
    /// It could not be taken back.
    RollbackFailed,
    /// It waits for a person.
    Held,
    /// A newer one came.
    Superseded,
    /// A person ended the watch without a judgement.
    Aborted,
    /// A person said something of it.
    Note,
    /// A person said what is still to be done.
    FollowUp,
    /// Going back to it was tried.
    Drill,
}

/// Why a key was chained in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// There was none before.
    First,
    /// The file of the one before was not there any more.
    Lost,
    /// It could not be understood.
    Unreadable,
    /// It had another key.
    Another,
}

/// The whole statement.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct Statement {
    #[serde(rename = "_type")]
    form: String,
    subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    says: String,
    pub(in crate::store) predicate: Predicate,
}

/// Something that it is about, by its digest.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Subject {
    name: String,
    digest: Digest,
}

#[derive(Debug, Serialize, Deserialize)]
struct Digest {
    sha256: String,
}

/// What golive states of it.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct Predicate {
    pub(in crate::store) seq: i64,
    pub(in crate::store) prev: String,
    pub(in crate::store) at: String,
    pub(in crate::store) kind: Kind,
    pub(in crate::store) release: Option<String>,
    pub(in crate::store) service: Option<String>,
    pub(in crate::store) journal: Option<Covers>,
    pub(in crate::store) content: Content,
}

/// Rows of a release's journal: as many, from that one on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct Covers {
    pub(in crate::store) from: usize,
    pub(in crate::store) rows: usize,
    pub(in crate::store) sha256: String,
}

/// What an entry has beside its place.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::store) enum Content {
    Key(KeyFacts),
    Record(serde_json::Value),
    Remark(Remark),
    Drill(Drill),
}

/// What an entry adds to the record of a release that was decided before.
#[derive(Debug, Default)]
pub(in crate::store) struct Addition {
    pub(in crate::store) remark: Option<Remark>,
    pub(in crate::store) drill: Option<Drill>,
}

/// A key that signs from here on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::store) struct KeyFacts {
    pub(in crate::store) public: String,
    pub(in crate::store) replaces: Option<String>,
    pub(in crate::store) why: Why,
}

/// A statement from the bytes that were signed.
pub(in crate::store) fn read(payload: &[u8]) -> Result<Statement, serde_json::Error> {
    serde_json::from_slice::<Statement>(payload)
}

impl Kind {
    /// What becomes of a release is an entry when it is an end, or waits for a person.
    pub(super) fn of(state: ReleaseState) -> Option<Self> {
        match state {
            ReleaseState::Accepted => Some(Self::Accepted),
            ReleaseState::RolledBack => Some(Self::RolledBack),
            ReleaseState::RollbackFailed => Some(Self::RollbackFailed),
            ReleaseState::Held => Some(Self::Held),
            ReleaseState::Superseded => Some(Self::Superseded),
            ReleaseState::Aborted => Some(Self::Aborted),
            ReleaseState::Announced
            | ReleaseState::Watching
            | ReleaseState::RollingBack
            | ReleaseState::Verifying => None,
        }
    }
}

impl Why {
    /// Goes on from the file's name.
    pub fn words(self) -> &'static str {
        match self {
            Self::First => "there was no key before",
            Self::Lost => "the key that signed release records is not there any more",
            Self::Unreadable => {
                "the key that signed release records cannot be understood, and is kept beside it"
            }
            Self::Another => "it is another key than the one that signed release records",
        }
    }
}

impl Subject {
    pub(super) fn new(name: String, sha256: String) -> Self {
        Self { name, digest: Digest { sha256 } }
    }
}

impl Statement {
    pub(super) fn new(subject: Vec<Subject>, predicate: Predicate) -> Self {
        Self { form: STATEMENT.to_owned(), subject, says: PREDICATE.to_owned(), predicate }
    }

    /// The key that it brings in.
    pub(in crate::store) fn key(&self) -> Option<Public> {
        let Content::Key(facts) = &self.predicate.content else { return None };
        Public::from_hex(&facts.public)
    }

    /// Why it does.
    pub(in crate::store) fn why(&self) -> Option<Why> {
        let Content::Key(facts) = &self.predicate.content else { return None };
        Some(facts.why)
    }

    /// What was added by it to a release's record.
    pub(in crate::store) fn addition(self) -> Addition {
        match self.predicate.content {
            Content::Remark(remark) => Addition { remark: Some(remark), drill: None },
            Content::Drill(drill) => Addition { remark: None, drill: Some(drill) },
            Content::Key(_) | Content::Record(_) => Addition::default(),
        }
    }
}
