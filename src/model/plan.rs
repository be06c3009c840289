//! What a rollback is to do.

use serde::{Deserialize, Serialize};

use super::drill::Way;

/// One rollback, from what to what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Plan {
    /// The rollback's id, unique on this host; label of everything that golive makes for it.
    pub rollback: String,
    /// The release that is taken back.
    pub from: String,
    /// Its version.
    pub from_version: String,
    /// The container that runs it, where one is known.
    pub bad: Option<String>,
    /// The accepted release that is restored.
    pub to: String,
    /// Its version.
    pub to_version: String,
    /// Why, in one English sentence: hooks get it.
    pub reason: String,
    /// It is a drill, and goes this way; nothing that is left is bad.
    #[serde(default)]
    pub drill: Option<Way>,
}
