//! A file that an older golive made learns what it lacks.

use rusqlite::Connection;

use super::{parcel, proof, thread};

/// The number of the last batch that was stored.
const BATCH: &str = "CREATE TABLE IF NOT EXISTS batch (id INTEGER PRIMARY KEY CHECK (id = 0), number INTEGER NOT NULL) STRICT";

/// Adds what the file of an older golive lacks.
pub(super) fn complete(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(thread::SCHEMA)?;
    connection.execute_batch(proof::SCHEMA)?;
    connection.execute_batch(BATCH)?;
    parcel::grow(connection)?;
    let sql = "SELECT count(*) FROM pragma_table_info('forensics') WHERE name = 'events'";
    if connection.query_row(sql, [], |row| row.get::<_, i64>(0))? == 0 {
        connection.execute_batch("ALTER TABLE forensics ADD COLUMN events TEXT NOT NULL DEFAULT ''")?;
    }
    Ok(())
}
