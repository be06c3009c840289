//! Whose fault it is.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use crate::model::seconds;

/// Whose fault a failure is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", const_into_str)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Blame {
    /// The release's: it was well before, and what else golive watches still is.
    Release {
        /// How many other services were looked at.
        neighbours: usize,
    },
    /// The release's: another service is in trouble too, but not before it.
    Spread {
        /// The other service.
        name: String,
        /// So much later its trouble began; zero when at the same time.
        #[serde(with = "seconds")]
        later: Duration,
        /// It depends on the release.
        calls: bool,
        /// How many other services are well.
        well: usize,
    },
    /// It was so before the release already.
    PreExisting,
    /// All others that do not depend on it have the same trouble since the same time: it is what they share.
    Neighbours(Vec<String>),
    /// Something else was in trouble clearly earlier.
    Earlier {
        /// What.
        name: String,
        /// Since when.
        since: Timestamp,
        /// So long before the release's own trouble.
        #[serde(with = "seconds")]
        by: Duration,
    },
    /// Something that the service depends on fails.
    Dependency(String),
    /// Something else on this host uses up this resource.
    Host(String),
    /// The old version, which still runs beside it, fails more often.
    OldToo,
    /// What the release depends on was released as well, and both are watched.
    Together {
        /// The other service.
        name: String,
        /// So long before this one; or after it.
        #[serde(with = "seconds")]
        apart: Duration,
        /// It came later than this one.
        later: bool,
    },
    /// It cannot be told yet whether this one has the same trouble.
    Waits {
        /// The other service.
        name: String,
        /// Until when it is waited for at most.
        until: Timestamp,
    },
    /// Nothing is known of before, and nothing else is watched.
    Unknown,
}

/// What a blame means for the release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// Its failure is held against it.
    Release,
    /// It is let off.
    Excuse,
    /// A person has to say.
    Ask,
    /// Not yet.
    Wait,
}

impl Blame {
    /// What it means for the release.
    pub fn says(&self) -> Says {
        match self {
            Self::Release { .. } | Self::Spread { .. } | Self::Unknown => Says::Release,
            Self::PreExisting
            | Self::Neighbours(_)
            | Self::Earlier { .. }
            | Self::Dependency(_)
            | Self::OldToo
            | Self::Host(_) => Says::Excuse,
            Self::Together { .. } => Says::Ask,
            Self::Waits { .. } => Says::Wait,
        }
    }
}
