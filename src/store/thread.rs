//! Where an incident's first message stands at each address, so that it can be edited and answered to.

use std::path::Path;

use rusqlite::{Connection, params};

use super::{StoreError, sqlite};

/// Made where it is missing, since stores of before do without it.
pub(super) const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS thread ( \
     incident TEXT NOT NULL, channel TEXT NOT NULL, address TEXT NOT NULL, place TEXT NOT NULL, \
     PRIMARY KEY (incident, channel, address)) STRICT, WITHOUT ROWID";

/// Of incidents of which no letter is left.
pub(super) const PRUNE: &str = "DELETE FROM thread WHERE incident NOT IN (SELECT incident FROM letter)";

/// Notes the place of the incident that a letter is about.
pub(super) fn put(connection: &Connection, path: &Path, letter: i64, place: &str) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO thread \
               SELECT incident, channel, address, ?2 FROM letter WHERE id = ?1";
    connection.execute(sql, params![letter, place]).map(drop).map_err(sqlite(path))
}
