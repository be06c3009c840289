//! Where an incident's first message stands at each address, so that it can be edited and answered to.

use std::path::Path;

use rusqlite::{Connection, params};

use super::{StoreError, sqlite};

/// Of incidents of which no delivery is left.
pub(super) const PRUNE: &str =
    "DELETE FROM message_thread WHERE incident NOT IN (SELECT incident FROM delivery)";

/// Notes the place of the incident that a delivery is about.
pub(super) fn put(
    connection: &Connection,
    path: &Path,
    delivery: i64,
    place: &str,
) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO message_thread (incident, channel, address, place) \
               SELECT incident, channel, address, ?2 FROM delivery WHERE id = ?1";
    connection.execute(sql, params![delivery, place]).map(drop).map_err(sqlite(path))
}
