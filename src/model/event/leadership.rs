//! Which golive acts for a service that several watch.

use serde::{Deserialize, Serialize};

use crate::model::facts::Facts;

/// Whether this golive acts for a service that several watch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Leadership {
    /// It acts.
    Leader {
        /// What tells this golive's ids from those of the others.
        by: String,
        /// What was last written down where all of them can read it.
        kept: Option<Box<Replicated>>,
    },
    /// Another one does, or none can.
    Standby {
        /// Who acts, or why nobody does.
        why: String,
        /// What the other one has written down.
        kept: Option<Box<Replicated>>,
    },
}

/// What is known of a service, written down where every golive that watches it can read it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Replicated {
    /// What is known.
    pub facts: Facts,
    /// Whether this golive wrote it.
    pub mine: bool,
}
