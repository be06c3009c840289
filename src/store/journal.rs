//! Events, and what each led to.

use std::path::Path;

use rusqlite::{Connection, Transaction, params};

use super::mirror::event::EventDef;
use super::{Deed, Entry, StoreError, mirror, sqlite, text};
use crate::decide::event::{Event, Happening};

/// Adds one entry.
pub(super) fn append(transaction: &Transaction<'_>, path: &Path, entry: &Entry) -> Result<(), StoreError> {
    let event = mirror::write::<_, EventDef>(&entry.event).map_err(super::json(path))?;
    let deeds: Vec<Deed> = entry.actions.iter().filter_map(Deed::of).collect();
    let actions = serde_json::to_string(&deeds).map_err(super::json(path))?;
    let sql = "INSERT INTO event (at, service, release, json, actions) VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut insert = transaction.prepare_cached(sql).map_err(sqlite(path))?;
    let row = params![text(entry.at), entry.service, entry.release, event, actions];
    insert.execute(row).map(drop).map_err(sqlite(path))
}

/// What happened to a release, oldest first, the newest `limit` of it.
pub(super) fn happenings(
    connection: &Connection,
    path: &Path,
    service: &str,
    release: &str,
    limit: u32,
) -> Result<Vec<Happening>, StoreError> {
    let sql = "SELECT json FROM event WHERE release = ?1 AND service = ?2 ORDER BY seq DESC LIMIT ?3";
    let mut select = connection.prepare(sql).map_err(sqlite(path))?;
    let rows = select.query_map(params![release, service, limit], |row| row.get(0)).map_err(sqlite(path))?;
    let mut happenings = Vec::new();
    for row in rows {
        let text: String = row.map_err(sqlite(path))?;
        if let Event::Service { what, .. } = read(path, &text)? {
            happenings.push(what);
        }
    }
    happenings.reverse();
    Ok(happenings)
}

/// One stored event.
pub(super) fn read(path: &Path, text: &str) -> Result<Event, StoreError> {
    mirror::read::<_, EventDef>(text).map_err(super::json(path))
}
