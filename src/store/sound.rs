//! Whether the file is whole, looked at beside everything else: all of it has to be read, which may take minutes.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use super::reader::read_only;
use super::{Store, StoreError, sqlite};

impl Store {
    /// Looks the file through on a connection of its own, for so long at most. Whether that was enough to see all of it.
    /// May be dropped at any await.
    pub async fn sound(&self, longest: Duration) -> Result<bool, StoreError> {
        let path = self.inner.path.clone();
        let (interrupt, interrupted) = tokio::sync::oneshot::channel();
        let looking = tokio::task::spawn_blocking(move || {
            let connection = read_only(&path)?;
            connection.pragma_update(None, "cache_size", -512).map_err(sqlite(&path))?;
            // Whoever waits no longer hears of nothing.
            drop(interrupt.send(Interrupt(connection.get_interrupt_handle())));
            look(&connection, &path)
        });
        let _interrupt = interrupted.await;
        match tokio::time::timeout(longest, looking).await {
            Ok(Ok(looked)) => looked.map(|()| true),
            Ok(Err(_)) | Err(_) => Ok(false),
        }
    }
}

/// Ends the look when nobody waits for it any more.
struct Interrupt(rusqlite::InterruptHandle);

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.0.interrupt();
    }
}

fn look(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    // The first thing that is wrong is enough.
    let sql = "PRAGMA quick_check(1)";
    let seen: String = connection.query_row(sql, [], |row| row.get(0)).map_err(sqlite(path))?;
    if seen == "ok" { Ok(()) } else { Err(StoreError::Damaged { path: path.to_owned(), seen }) }
}
