//! A copy of all that is stored.

use std::path::Path;

use super::{Reader, Store, StoreError, restrict, sqlite};

impl Reader {
    /// Copies the store into a file that is not there yet, as it is at this moment.
    pub fn backup(&self, to: &Path) -> Result<(), StoreError> {
        let directory = |source| StoreError::Directory { dir: to.to_owned(), source };
        // Whoever may not read the store reads no copy either, not even while it is made.
        std::fs::File::create_new(to).map_err(directory)?;
        restrict(to)?;
        let copied = self.connection.execute("VACUUM INTO ?1", [to.to_string_lossy()]);
        if copied.is_err() {
            drop(std::fs::remove_file(to));
        }
        copied.map(drop).map_err(sqlite(to))
    }
}

impl Store {
    /// Takes into the file what waits in the log beside it, so that the file alone is whole.
    pub async fn checkpoint(&self) -> Result<(), StoreError> {
        self.work(|connection, path| {
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(sqlite(path))
        })
        .await
    }
}
