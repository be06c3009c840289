//! What a release has shown before it is taken over (guide G3), item by item.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::figure::Figure;
use super::load::Report;
use super::phrase::Phrase;
use super::seconds;

/// What one item has shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Item {
    /// Its name in the configuration.
    pub name: String,
    /// Its kind of check.
    pub kind: String,
    /// Its group.
    pub group: Group,
    /// Whether it passed.
    pub verdict: Verdict,
    /// What was measured.
    pub figure: Option<Figure>,
    /// More of it, where there is more than one value.
    pub spread: Option<Spread>,
    /// All of it, where it is of a load.
    pub load: Option<Box<Report>>,
    /// What was seen, in words.
    pub message: String,
    /// The same as data, where it can be said in more languages than one.
    pub phrase: Option<Phrase>,
    /// How long it took.
    #[serde(with = "seconds")]
    pub took: Duration,
}

/// Whether something passed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Verdict {
    /// It did.
    Pass,
    /// It could not be told.
    NoData,
    /// It did not.
    Fail,
}

/// How long answers took, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Spread {
    /// So many answers.
    pub answered: usize,
    /// Half of them came within this.
    pub median: f64,
    /// 95 of a hundred.
    pub p95: f64,
    /// All.
    pub max: f64,
}

/// The four groups of guide G8.3.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Group {
    /// It does what it is for.
    Function,
    /// It does so fast enough.
    Performance,
    /// It gives nothing away.
    Security,
    /// It is watched.
    Monitoring,
}

/// The verdict on all of them: that of the worst.
pub fn of_all<'a>(items: impl IntoIterator<Item = &'a Item>) -> Verdict {
    items.into_iter().map(|item| item.verdict).max().unwrap_or(Verdict::NoData)
}
