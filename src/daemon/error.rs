//! Why the daemon cannot start or go on.

use std::path::PathBuf;

use super::ServicesError;
use crate::config::Mistakes;
use crate::store::StoreError;

/// Why the daemon could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The configuration has mistakes.
    #[error(transparent)]
    Config(#[from] Mistakes),
    /// The state directory cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The control socket cannot be used.
    #[error("listen on {path}")]
    Socket {
        /// Where.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// Something else of the operating system's.
    #[error("{what}")]
    System {
        /// What was tried, readable after "failed to".
        what: &'static str,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// What watches the services could not be started.
    #[error(transparent)]
    Services(#[from] ServicesError),
}

/// An error with everything behind it, in one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}
