//! The checklist of a version (guide G1): what was shown, signed or waived of each item, by whom and when.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::figure::Figure;
use super::sample::Outcome;
use super::seconds;

/// Phases of guide G1 in their order.
const PHASES: [&str; 4] = ["code", "infrastructure", "security", "performance"];

/// Where a phase stands among others: in the order of the guide, and those of a team's own after them.
pub fn place(phase: &str) -> (usize, &str) {
    (PHASES.iter().position(|known| *known == phase).unwrap_or(PHASES.len()), phase)
}

/// What the configuration asks of a checklist.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Wanted {
    /// A release is not announced before it is complete.
    pub required: bool,
    /// What was shown or signed counts for so long.
    #[serde(with = "seconds")]
    pub valid_for: Duration,
    /// The items by name.
    pub items: BTreeMap<String, Item>,
}

/// One item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Item {
    /// code, infrastructure, security, performance, or a word of the team's own.
    pub phase: String,
    /// What it says.
    pub text: String,
    /// A person signs it; a check shows it when absent.
    pub manual: Option<Manual>,
}

/// Who signs an item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Manual {
    /// These people alone, by role or name; anybody when empty.
    pub by: BTreeSet<String>,
    /// Not by the person responsible for the release.
    pub four_eyes: bool,
}

/// What has become of the items for one version.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Checklist {
    /// The version.
    pub version: String,
    /// By the name of the item.
    pub marks: BTreeMap<String, Mark>,
}

/// What has become of one item.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Mark {
    /// What its check has shown last.
    pub shown: Option<Shown>,
    /// Who has signed it.
    pub signed: Option<Signed>,
    /// Who has waived it.
    pub waived: Option<Waived>,
}

/// What a check has shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Shown {
    /// When.
    pub at: Timestamp,
    /// Who had it made.
    pub by: Person,
    /// What was seen.
    pub result: Outcome,
    /// What was measured.
    pub figure: Option<Figure>,
    /// How long it took.
    #[serde(with = "seconds")]
    pub took: Duration,
}

/// A signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Signed {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Person,
    /// What they say to it.
    pub note: Option<String>,
    /// Where it can be seen.
    pub evidence: Option<String>,
}

/// An item that is not waited for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Waived {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Person,
    /// Why.
    pub why: String,
    /// Then it counts again.
    pub until: Timestamp,
}

/// Somebody, as they call themselves and as the kernel knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Person {
    /// The name that they gave, else that of the account.
    pub name: String,
    /// The account's number; `None` when the kernel did not tell.
    pub uid: Option<u32>,
}

/// What somebody does to a checklist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Deed {
    /// Looks at it.
    Show,
    /// Says what checks have shown.
    Report(BTreeMap<String, Found>),
    /// Signs an item.
    Sign {
        /// The item.
        item: String,
        /// What they say to it.
        note: Option<String>,
        /// Where it can be seen.
        evidence: Option<String>,
    },
    /// Takes a signature or a waiver back.
    Unsign {
        /// The item.
        item: String,
    },
    /// Waives an item.
    Waive {
        /// The item.
        item: String,
        /// Why.
        why: String,
        /// Then it counts again.
        until: Timestamp,
    },
}

/// What a check has found just now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Found {
    /// What was seen.
    pub result: Outcome,
    /// What was measured.
    pub figure: Option<Figure>,
    /// How long it took.
    #[serde(with = "seconds")]
    pub took: Duration,
}

/// How an item stands.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case", const_into_str)]
pub enum Standing {
    /// Shown or signed.
    Pass,
    /// Waived, and its end has not come.
    Waived,
    /// Nothing was shown or signed, or so long ago that it does not count.
    Open,
    /// Could not be told.
    NoData,
    /// Shown not to be so.
    Fail,
}

impl Standing {
    /// Whether a release need not wait for it.
    pub fn is_settled(self) -> bool {
        match self {
            Self::Pass | Self::Waived => true,
            Self::Open | Self::NoData | Self::Fail => false,
        }
    }
}

/// An item for one version: what it asks, and how it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Entry {
    /// How it stands.
    pub standing: Standing,
    /// What it asks.
    pub item: Item,
    /// What has become of it.
    pub mark: Mark,
}

/// The checklist of a release as it stood when the release was announced, or came unannounced.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Taken {
    /// By the name of the item.
    pub entries: BTreeMap<String, Entry>,
}

/// Why something is not done to a checklist, or a release is not announced because of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Objection {
    /// The version's checklist is not complete.
    Open {
        /// The version.
        version: String,
        /// The items that are open.
        open: Vec<String>,
    },
    /// Another one than the person responsible has to sign it.
    FourEyes {
        /// The item.
        item: String,
        /// Who has signed it and is responsible, too.
        by: String,
    },
    /// The service has no checklist.
    None(String),
    /// No version's checklist was worked on, so that it has to be said which is meant.
    WhichVersion,
    /// There is no such item.
    NoItem {
        /// What was asked for.
        item: String,
        /// The items that there are.
        known: Vec<String>,
    },
    /// A check shows this item; nobody signs it.
    NotSigned(String),
    /// A person signs this item; no check shows it.
    OnlySigned(String),
    /// Somebody else signs this item.
    MayNotSign {
        /// The item.
        item: String,
        /// Who wanted to.
        by: String,
        /// Who may.
        allowed: Vec<String>,
    },
    /// The waiver would be over already.
    WaiverOver {
        /// Its end.
        until: Timestamp,
    },
}
