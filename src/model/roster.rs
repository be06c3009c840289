//! What a service's containers did before.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::seconds;

/// What each service of a set did, by its name.
pub type Roster = BTreeMap<String, Did>;

/// What a service of a set did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Did {
    /// It ran, for so long at least.
    Ran {
        /// As long as anybody has looked.
        #[serde(with = "seconds")]
        lasted: Duration,
    },
    /// It did its work and ended.
    Done,
    /// It was there, or should have been, and did neither.
    Nothing,
}
