//! What a release brings, as the team's repository has it, and who was to be called while it came.

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

/// What was so when a release came, and is not found out anew.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Circumstances {
    /// Who was to be called then, as role and name.
    pub people: Vec<(String, String)>,
    /// What lies between it and the version before, where a repository is named and nobody has said it.
    pub content: Option<Content>,
}

/// What lies between two versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Content {
    /// The version accepted before.
    pub since: String,
    /// What was found.
    pub found: Found,
}

/// What was found in the repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Found {
    /// Commits, newest first.
    Commits {
        /// As many as are kept.
        commits: Vec<Commit>,
        /// There are more.
        more: bool,
    },
    /// Nothing, and why.
    Nothing(Unread),
}

/// Why nothing could be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", const_into_str)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Unread {
    /// There is no repository.
    NoRepository {
        /// Where.
        path: String,
    },
    /// It has no such tag.
    NoTag {
        /// Which.
        tag: String,
    },
    /// git could not be run, or did not end well.
    Failed {
        /// What was seen.
        seen: String,
    },
}

/// A commit by its subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Commit {
    /// The beginning of its hash.
    pub id: String,
    /// What kind of change it says it is.
    pub kind: Kind,
    /// Whoever uses it has to change something.
    pub breaking: bool,
    /// Its subject; of a kind that is known, without the kind.
    pub subject: String,
}

/// The kinds of Conventional Commits that the guide asks for (G8.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", const_into_str)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// `feat`
    Feature,
    /// `perf`
    Improvement,
    /// `fix`
    Fix,
    /// Anything else.
    Other,
}
