//! What can be said of a set of containers.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::seconds;

use crate::model::reason::Reason;

/// Something about a set of containers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum SetReason {
    /// These did well in the accepted version, or should be there, and do not or are not now.
    Lacks(Vec<Lack>),
    /// A rollback does not put everything back as it was; the cause itself.
    Partly {
        /// Services that it removes, because the version that it goes to has none of them.
        removes: Vec<String>,
        /// What the release has changed and a rollback leaves alone.
        leaves: Vec<Beside>,
        /// Why it is done, or would be.
        cause: Box<Reason>,
    },
    /// Other numbers of containers of the same release run.
    Scaled(Vec<Scaled>),
    /// All of the project keeps data and is left alone: there is nothing that could be taken back.
    Empty {
        /// The services that are left alone.
        left: Vec<String>,
    },
}

/// A service of which something is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Lack {
    /// The service.
    pub service: String,
    /// What is wrong with it.
    pub how: How,
}

/// How a service does not do what it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum How {
    /// It has no container.
    Missing,
    /// It has failed, or could not be started.
    Ended {
        /// The container.
        name: String,
        /// With which exit code.
        exit: Option<i64>,
    },
    /// It has ended without an error, and sooner than before, when it still ran.
    Early {
        /// The container.
        name: String,
        /// So long after its start.
        #[serde(with = "seconds")]
        after: Duration,
    },
    /// It has failed, and did not do well in the accepted version either.
    NeverWell {
        /// The container.
        name: String,
        /// With which exit code.
        exit: Option<i64>,
    },
}

/// Another number of a service's containers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Scaled {
    /// The service.
    pub service: String,
    /// So many ran.
    pub from: usize,
    /// So many run.
    pub to: usize,
}

/// A service beside the set, which keeps data and is left alone, and has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Beside {
    /// The service.
    pub service: String,
    /// Its version then; none where there was no such service.
    pub then: Option<String>,
    /// Its version now; none where there is none.
    pub now: Option<String>,
}

impl SetReason {
    /// What it is about, where it is not about the set alone.
    pub fn cause(&self) -> Option<&Reason> {
        match self {
            Self::Partly { cause, .. } => Some(cause),
            Self::Lacks(_) | Self::Scaled(_) | Self::Empty { .. } => None,
        }
    }

    /// In a few plain words, for hooks.
    pub fn plain(&self) -> String {
        match self {
            Self::Lacks(lacks) => lacks.iter().map(Lack::plain).collect::<Vec<_>>().join("; "),
            Self::Empty { left } => format!(
                "every service of the project keeps data ({}), and what keeps data is left alone unless it is named in \
                 `services`: there is nothing that golive could take back",
                left.join(", ")
            ),
            Self::Partly { .. } | Self::Scaled(_) => String::new(),
        }
    }
}

impl Lack {
    fn plain(&self) -> String {
        let code = |exit: Option<i64>| exit.map(|exit| format!(" with exit code {exit}")).unwrap_or_default();
        match &self.how {
            How::Missing => format!("{} has no container", self.service),
            How::Ended { name, exit } | How::NeverWell { name, exit } => {
                format!("{name} has ended{}", code(*exit))
            }
            How::Early { name, after } => format!("{name} has ended after {} s", after.as_secs()),
        }
    }
}
