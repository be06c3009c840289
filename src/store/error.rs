//! Why the store cannot be used.

use std::path::{Path, PathBuf};

use super::PATIENCE;
use super::schema::VERSION;

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another golive works on it.
    #[error("use the state directory {dir}: another golive daemon already does; end that one first")]
    Busy {
        /// The directory.
        dir: PathBuf,
    },
    /// The directory cannot be used.
    #[error("use the state directory {dir}")]
    Directory {
        /// The directory.
        dir: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The file was written by a newer golive.
    #[error(
        "read {path}: it was written by a newer golive (format {found}, this one knows {VERSION}); install that one"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i32,
    },
    /// The file was written by an older golive, or nothing was yet, and only a daemon writes into it.
    #[error(
        "read {path}: it has format {found}, and golive reads {VERSION}; the daemon brings it there when it starts"
    )]
    Older {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i32,
    },
    /// The file is damaged. It is left as it is.
    #[error(
        "read {path}: it is damaged ({seen}); golive mends nothing in it: to start anew, move it away, and keep it"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        seen: String,
    },
    /// SQLite.
    #[error("read or write {path}")]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What it said.
        #[source]
        source: rusqlite::Error,
    },
    /// A row cannot be understood.
    #[error("understand what is stored in {path}")]
    Json {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// It was removed while it was open.
    #[error("find {path}: it was removed while golive ran; all that was in it is put back")]
    Gone {
        /// The file.
        path: PathBuf,
    },
    /// It is another file than the one that is open.
    #[error(
        "use {path}: another file was put in its place while golive ran; restart golive to use that one, or move it \
         away and golive puts its own back"
    )]
    Replaced {
        /// The file.
        path: PathBuf,
    },
    /// The disk did not answer.
    #[error("read or write {path} within {PATIENCE:?}")]
    Late {
        /// The file.
        path: PathBuf,
    },
}

pub(super) fn sqlite(path: &Path) -> impl Fn(rusqlite::Error) -> StoreError {
    move |source| match source.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt) => {
            StoreError::Damaged { path: path.to_owned(), seen: source.to_string() }
        }
        Some(_) | None => StoreError::Sqlite { path: path.to_owned(), source },
    }
}

pub(super) fn json(path: &Path) -> impl Fn(serde_json::Error) -> StoreError {
    move |source| StoreError::Json { path: path.to_owned(), source }
}
