//! What is old is dropped, what is decided is made small, and the room is given back to the file system: on a connection
//! of its own and in small pieces, so that nobody waits for it.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, Params, Transaction, params};
use serde_json::Value;

use super::flaws::Flaws;
use super::{Store, StoreError, bundle, connect, journal, sqlite, text, thread};
use crate::model::facts::Phase;

/// Between two pieces. Others get their turn, and a disk that is slow is not kept busy.
const PAUSE: Duration = Duration::from_millis(20);

/// Releases, rows or pages of one piece.
const PIECE: u32 = 64;

/// So much room may stay in the file for what comes next, in pages.
const SPARE: i64 = 256;

/// Until when things are kept.
#[derive(Debug, Clone, Copy)]
pub struct Ages {
    /// What is older is dropped, where no service needs it.
    pub all: Timestamp,
    /// Of decided releases that are older, readings are dropped.
    pub readings: Timestamp,
    /// Of those that are older and that nobody goes back to any more, what they could be made again from is dropped.
    pub specs: Timestamp,
}

/// A piece of work; whether there is more of it.
type Piece = fn(&Task, &mut Connection) -> Result<bool, StoreError>;

/// In this order: what is dropped needs not be packed.
const PIECES: [Piece; 9] = [
    Task::drop_releases,
    Task::drop_unfiled,
    Task::drop_rows,
    Task::drop_contents,
    Task::drop_specs,
    Task::pack,
    Task::thin,
    Task::give_back,
    Task::checkpoint,
];

struct Task {
    store: Store,
    ages: Ages,
    /// What services' states name, as a list in JSON: it stays.
    needed: String,
    /// What is at hand.
    at_hand: BTreeSet<String>,
}

impl Store {
    /// Does all that is to be done. May be dropped at any await: the piece at hand comes to its end.
    pub async fn tidy(&self, ages: Ages) -> Result<(), StoreError> {
        let facts = self.load().await?;
        let named = facts
            .values()
            .flat_map(|facts| facts.accepted.iter().chain(&facts.release).chain(&facts.announced));
        let needed = named.map(|release| release.id.as_str()).collect::<Value>().to_string();
        let at_hand = facts.values().filter(|facts| facts.phase != Phase::Idle);
        let at_hand = at_hand.filter_map(|facts| Some(facts.release.as_ref()?.id.clone())).collect();
        let task = Arc::new(Task { store: self.clone(), ages, needed, at_hand });
        let path = self.inner.path.clone();
        let mut connection = run(move || {
            let connection = connect(&path)?;
            // What is lost of it in a power cut is done again.
            connection.pragma_update(None, "synchronous", "NORMAL").map_err(sqlite(&path))?;
            // Whoever else has it open may have put it back under the same name meanwhile.
            let stays = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
            connection.set_db_config(stays, true).map_err(sqlite(&path))?;
            Ok(connection)
        })
        .await?;
        for piece in PIECES {
            loop {
                let task = Arc::clone(&task);
                let more;
                (connection, more) = run(move || {
                    let more = piece(&task, &mut connection)?;
                    Ok((connection, more))
                })
                .await?;
                if !more {
                    break;
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
        Ok(())
    }
}

async fn run<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.expect("whoever panics ends golive")
}

impl Task {
    fn path(&self) -> &Path {
        &self.store.inner.path
    }

    fn flaws(&self) -> &Flaws {
        &self.store.inner.flaws
    }

    fn ids(
        &self,
        connection: &Connection,
        sql: &str,
        values: impl Params,
    ) -> Result<Vec<String>, StoreError> {
        let mut select = connection.prepare_cached(sql).map_err(sqlite(self.path()))?;
        let rows = select.query_map(values, |row| row.get(0)).map_err(sqlite(self.path()))?;
        rows.collect::<Result<_, _>>().map_err(sqlite(self.path()))
    }

    /// In one transaction.
    fn each(
        &self,
        connection: &mut Connection,
        ids: &[String],
        work: impl Fn(&Transaction<'_>, &str) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let transaction = connection.transaction().map_err(sqlite(self.path()))?;
        ids.iter().try_for_each(|id| work(&transaction, id))?;
        transaction.commit().map_err(sqlite(self.path()))
    }

    fn execute(&self, connection: &Connection, sql: &str, values: impl Params) -> Result<usize, StoreError> {
        connection.prepare_cached(sql).and_then(|mut it| it.execute(values)).map_err(sqlite(self.path()))
    }

    fn drop_releases(&self, connection: &mut Connection) -> Result<bool, StoreError> {
        let sql = "SELECT id FROM release WHERE updated_at < ?1 AND id NOT IN (SELECT value FROM json_each(?2)) \
                   ORDER BY updated_at LIMIT ?3";
        let old = self.ids(connection, sql, params![text(self.ages.all), self.needed, PIECE / 2])?;
        self.each(connection, &old, |transaction, id| {
            for table in [
                "event",
                "packed",
                "release_spec",
                "settings",
                "evidence",
                "readiness",
                "filing",
                "circumstances",
            ] {
                self.execute(transaction, &format!("DELETE FROM {table} WHERE release = ?1"), [id])?;
            }
            self.execute(transaction, "DELETE FROM release WHERE id = ?1", [id]).map(drop)
        })?;
        Ok(!old.is_empty())
    }

    /// A release that was never filed, because the store could not be written then, say, has no row.
    fn drop_unfiled(&self, connection: &mut Connection) -> Result<bool, StoreError> {
        for table in ["packed", "event"] {
            let sql = format!(
                "SELECT DISTINCT release FROM {table} WHERE at < ?1 AND release IS NOT NULL \
                 AND release NOT IN (SELECT id FROM release) \
                 AND release NOT IN (SELECT value FROM json_each(?2))"
            );
            let unfiled = self.ids(connection, &sql, params![text(self.ages.all), self.needed])?;
            let sql = format!("DELETE FROM {table} WHERE release = ?1 AND at < ?2");
            self.each(connection, &unfiled, |transaction, id| {
                self.execute(transaction, &sql, params![id, text(self.ages.all)]).map(drop)
            })?;
        }
        Ok(false)
    }

    fn drop_rows(&self, connection: &mut Connection) -> Result<bool, StoreError> {
        let before = text(self.ages.all);
        let mut dropped = 0;
        for (table, which) in [
            ("event", "release IS NULL AND at < ?1"),
            ("incident", "state = 'resolved' AND started_at < ?1"),
            ("delivery", "state <> 'pending' AND created_at < ?1"),
        ] {
            let sql = format!(
                "DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} WHERE {which} LIMIT ?2)"
            );
            dropped += self.execute(connection, &sql, params![before, PIECE])?;
        }
        dropped += self.execute(connection, bundle::PRUNE, [PIECE])?;
        if dropped == 0 {
            self.execute(connection, thread::PRUNE, [])?;
        }
        Ok(dropped > 0)
    }

    /// Of old entries of the chain the content goes, and the hash stays: what comes later vouches for it.
    fn drop_contents(&self, connection: &mut Connection) -> Result<bool, StoreError> {
        let sql = "UPDATE chain SET payload = NULL WHERE seq IN (SELECT seq FROM chain WHERE payload IS NOT NULL \
                   AND at < ?1 AND kind <> 'key' AND seq < (SELECT max(seq) FROM chain) \
                   AND release NOT IN (SELECT id FROM release) LIMIT ?2)";
        let row = params![text(self.ages.all), PIECE];
        let dropped = self.execute(connection, sql, row)?;
        let sql = "DELETE FROM overdue WHERE entry IN (SELECT seq FROM chain WHERE payload IS NULL)";
        self.execute(connection, sql, []).map(|_| dropped > 0)
    }

    fn drop_specs(&self, connection: &mut Connection) -> Result<bool, StoreError> {
        let sql = "DELETE FROM release_spec WHERE release IN (SELECT release_spec.release FROM release_spec JOIN release ON id = release_spec.release \
                   WHERE updated_at < ?1 AND id NOT IN (SELECT value FROM json_each(?2)) LIMIT ?3)";
        let row = params![text(self.ages.specs), self.needed, PIECE];
        self.execute(connection, sql, row).map(|dropped| dropped > 0)
    }

    fn pack(&self, connection: &mut Connection) -> Result<bool, StoreError> {
        let sql = "SELECT DISTINCT release FROM event WHERE release IS NOT NULL";
        let mut decided = self.ids(connection, sql, [])?;
        decided.retain(|id| !self.at_hand.contains(id));
        decided.truncate(1);
        self.each(connection, &decided, |transaction, id| {
            journal::pack(transaction, self.path(), id, self.flaws())
        })?;
        Ok(!decided.is_empty())
    }

    fn thin(&self, connection: &mut Connection) -> Result<bool, StoreError> {
        let sql = "SELECT release FROM packed WHERE NOT thin AND at < ?1 LIMIT ?2";
        let old = self.ids(connection, sql, params![text(self.ages.readings), PIECE / 8])?;
        self.each(connection, &old, |transaction, id| {
            journal::thin(transaction, self.path(), id, self.flaws())
        })?;
        Ok(!old.is_empty())
    }

    fn give_back(&self, connection: &mut Connection) -> Result<bool, StoreError> {
        let free = |connection: &Connection| -> Result<i64, StoreError> {
            connection
                .pragma_query_value(None, "freelist_count", |row| row.get(0))
                .map_err(sqlite(self.path()))
        };
        let before = free(connection)?;
        if before <= SPARE {
            return Ok(false);
        }
        let sql = format!("PRAGMA incremental_vacuum({PIECE})");
        connection.execute_batch(&sql).map_err(sqlite(self.path()))?;
        // A file that cannot shrink stays as it is.
        Ok(free(connection)? < before)
    }

    /// What waits in the log beside the file goes into it, so that a copy of the file alone is whole while nothing happens.
    fn checkpoint(&self, connection: &mut Connection) -> Result<bool, StoreError> {
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        // Somebody who reads just now is no failure: the next time will do.
        connection.query_row(sql, [], |_| Ok(())).map_err(sqlite(self.path())).map(|()| false)
    }
}
