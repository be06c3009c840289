//! Why the demo could not be given.

use crate::daemon::DaemonError;
use crate::docker::EngineError;
use crate::store::StoreError;

/// Why the demo could not be given.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The daemon.
    #[error(transparent)]
    Daemon(#[from] DaemonError),
    /// What was recorded could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Docker.
    #[error(transparent)]
    Docker(#[from] EngineError),
    /// The engine that is wanted is not this host's.
    #[error(
        "use the engine of DOCKER_HOST={host}: golive speaks to an engine of its own host, by its Unix socket; \
         unset DOCKER_HOST, or write unix:///PATH-OF-A-SOCKET"
    )]
    Elsewhere {
        /// What `DOCKER_HOST` says.
        host: String,
    },
    /// The operating system.
    #[error("{what}")]
    System {
        /// What was tried, readable after "failed to".
        what: &'static str,
        /// What it said.
        #[source]
        source: std::io::Error,
    },
    /// Something took too long.
    #[error("{what} in time")]
    Late {
        /// What did, readable after "failed to".
        what: &'static str,
    },
    /// The story went otherwise.
    #[error("see {wanted}: {seen}")]
    Otherwise {
        /// What was to be seen, readable after "failed to".
        wanted: &'static str,
        /// What was.
        seen: String,
    },
}

impl DemoError {
    pub(super) fn system(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::System { what, source }
    }
}
