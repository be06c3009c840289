//! Whether each release that is kept can be gone back to, as it was found last.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::{StoreError, json, sqlite, text};

/// Notes what stands in the way of going back to that release.
pub(super) fn save(
    connection: &Connection,
    path: &Path,
    (release, at, problems): (&str, Timestamp, &[String]),
) -> Result<(), StoreError> {
    let problems = serde_json::to_string(problems).map_err(json(path))?;
    let sql = "INSERT OR REPLACE INTO readiness (release, at, problems) VALUES (?1, ?2, ?3)";
    connection.execute(sql, params![release, text(at), problems]).map(drop).map_err(sqlite(path))
}

/// That release is not kept any more.
pub(super) fn drop_one(connection: &Connection, path: &Path, release: &str) -> Result<(), StoreError> {
    connection.execute("DELETE FROM readiness WHERE release = ?1", [release]).map(drop).map_err(sqlite(path))
}
