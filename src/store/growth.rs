//! A file that an older golive made learns what it lacks.

use rusqlite::Connection;

use super::{follow, journal, parcel, proof, releases, thread};

/// The number of the last batch that was stored, and services' states that could not be read.
const TABLES: &str = "\
    CREATE TABLE IF NOT EXISTS batch (id INTEGER PRIMARY KEY CHECK (id = 0), number INTEGER NOT NULL) STRICT; \
    CREATE TABLE IF NOT EXISTS unread (name TEXT PRIMARY KEY, facts TEXT NOT NULL) STRICT;";

const COLUMNS: [(&str, &str, &str); 2] = [
    ("forensics", "events", "TEXT NOT NULL DEFAULT ''"),
    ("release", "shadow", "INTEGER NOT NULL DEFAULT 0"),
];

/// Adds what the file of an older golive lacks.
pub(super) fn complete(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(TABLES)?;
    connection.execute_batch(follow::SCHEMA)?;
    connection.execute_batch(thread::SCHEMA)?;
    connection.execute_batch(proof::SCHEMA)?;
    connection.execute_batch(journal::SCHEMA)?;
    parcel::grow(connection)?;
    for (table, column, kind) in COLUMNS {
        let sql = "SELECT count(*) FROM pragma_table_info(?1) WHERE name = ?2";
        if connection.query_row(sql, [table, column], |row| row.get::<_, i64>(0))? == 0 {
            connection.execute_batch(&format!("ALTER TABLE {table} ADD COLUMN {column} {kind}"))?;
        }
    }
    connection.execute_batch(releases::INDEXES)
}
