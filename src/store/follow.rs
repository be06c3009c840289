//! The host's clock was moved: what is not over yet, and was reckoned by it, is moved as far. What is past stays as it was
//! written down.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::error::{json, sqlite};
use super::flaws::Raw;
use super::{Store, StoreError};
use crate::clock::Anchor;
use crate::model::facts::Facts;

impl Store {
    /// Goes by a clock that was anchored so from now on, and tells how far the host's was moved since the last one.
    pub async fn follow(&self, anchor: &Anchor) -> Result<Option<SignedDuration>, StoreError> {
        let anchor = anchor.clone();
        self.work(move |connection, path| {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sqlite(path))?;
            let moved = last(&transaction).map_err(sqlite(path))?.and_then(|last| anchor.moved_since(&last));
            if let Some(by) = moved {
                move_facts(&transaction, path, by)?;
                move_deliveries(&transaction, by).map_err(sqlite(path))?;
            }
            put(&transaction, &anchor).map_err(sqlite(path))?;
            transaction.commit().map_err(sqlite(path))?;
            Ok(moved)
        })
        .await
    }
}

/// None where there is none, and where what is there makes no sense.
fn last(connection: &Connection) -> rusqlite::Result<Option<Anchor>> {
    let row = connection.query_row("SELECT boot, up, wall FROM anchor", [], |row| {
        let (up, wall): (i64, String) = (row.get(1)?, row.get(2)?);
        Ok((row.get(0)?, std::time::Duration::from_nanos(up.unsigned_abs()), wall.parse().ok()))
    });
    Ok(row.optional()?.and_then(|(boot, up, wall)| Some(Anchor { boot, up, wall: wall? })))
}

fn put(connection: &Connection, anchor: &Anchor) -> rusqlite::Result<()> {
    let up = i64::try_from(anchor.up.as_nanos()).unwrap_or(i64::MAX);
    let sql = "INSERT OR REPLACE INTO anchor (id, boot, up, wall) VALUES (0, ?1, ?2, ?3)";
    connection.execute(sql, params![anchor.boot, up, anchor.wall.to_string()]).map(drop)
}

/// What cannot be read is told when it is loaded, and stays as it is.
fn move_facts(connection: &Connection, path: &Path, by: SignedDuration) -> Result<(), StoreError> {
    let mut all =
        connection.prepare("SELECT name, CAST(facts AS TEXT) FROM service").map_err(sqlite(path))?;
    let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(sqlite(path))?;
    let rows: Vec<(String, Raw)> = rows.collect::<Result<_, _>>().map_err(sqlite(path))?;
    for (name, Raw(text)) in rows {
        let Ok(mut facts): Result<Facts, _> = serde_json::from_str::<Facts>(&text) else { continue };
        facts.clock_moved(by);
        let text = serde_json::to_string(&facts).map_err(json(path))?;
        let sql = "UPDATE service SET facts = ?2 WHERE name = ?1";
        connection.execute(sql, params![name, text]).map_err(sqlite(path))?;
    }
    Ok(())
}

fn move_deliveries(connection: &Connection, by: SignedDuration) -> rusqlite::Result<()> {
    let mut all =
        connection.prepare("SELECT id, next_attempt_at, expires_at FROM delivery WHERE state = 'pending'")?;
    let rows: Vec<(i64, String, String)> =
        all.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect::<Result<_, _>>()?;
    let moved = |at: &str| {
        let at: Option<Timestamp> = at.parse().ok();
        at.and_then(|at| at.checked_add(by).ok()).map(|at| at.to_string())
    };
    for (id, due, expires) in rows {
        let sql = "UPDATE delivery SET next_attempt_at = coalesce(?2, next_attempt_at), \
             expires_at = coalesce(?3, expires_at) WHERE id = ?1";
        connection.execute(sql, params![id, moved(&due), moved(&expires)])?;
    }
    Ok(())
}
