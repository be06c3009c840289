//! The shape of the file, and which shapes are understood.

use std::path::Path;

use rusqlite::Connection;

use super::{StoreError, sqlite};

/// The file's version: how many of the [`STEPS`] were taken.
pub(super) const VERSION: i32 = 1;

/// What each version adds to the one before. What was released is never changed: a new shape is one more step.
const STEPS: [&str; VERSION.unsigned_abs() as usize] = [include_str!("schema.sql")];

/// Brings a file to the shape of today, or refuses it and leaves it as it is.
pub(super) fn complete(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let found = version(connection, path)?;
    let missing = usize::try_from(found).ok().and_then(|found| STEPS.get(found..));
    let missing = missing.ok_or_else(|| StoreError::Newer { path: path.to_owned(), found })?;
    if missing.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction().map_err(sqlite(path))?;
    transaction.execute_batch(&missing.concat()).map_err(sqlite(path))?;
    transaction.pragma_update(None, "user_version", VERSION).map_err(sqlite(path))?;
    transaction.commit().map_err(sqlite(path))
}

/// Whoever only reads completes nothing.
pub(super) fn require(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    match version(connection, path)? {
        VERSION => Ok(()),
        found @ 0..VERSION => Err(StoreError::Older { path: path.to_owned(), found }),
        found => Err(StoreError::Newer { path: path.to_owned(), found }),
    }
}

pub(super) fn version(connection: &Connection, path: &Path) -> Result<i32, StoreError> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(sqlite(path))
}
