//! Where an incident's first message stands at each address, so that it can be edited and answered to.

use std::path::Path;

use rusqlite::{Connection, params};

use super::{StoreError, sqlite};

/// Of incidents of which no letter is left.
pub(super) const PRUNE: &str = "DELETE FROM thread WHERE incident NOT IN (SELECT incident FROM letter)";

/// Notes the place of the incident that a letter is about.
pub(super) fn put(connection: &Connection, path: &Path, letter: i64, place: &str) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO thread (incident, channel, address, place) \
               SELECT incident, channel, address, ?2 FROM letter WHERE id = ?1";
    connection.execute(sql, params![letter, place]).map(drop).map_err(sqlite(path))
}
