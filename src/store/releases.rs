//! The lists of releases and incidents: rows that follow what the core files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};

use super::filing::{self, Filing};
use super::mirror::facts::ReleaseDef;
use super::mirror::notice::IncidentDef;
use super::{Entry, StoreError, json, mirror, sqlite, text, thread};
use crate::decide::action::{Action, Incident, IncidentState};
use crate::decide::facts::Facts;

/// Brings the rows that an entry's actions are about up to date.
pub(super) fn project(transaction: &Transaction<'_>, path: &Path, entry: &Entry) -> Result<(), StoreError> {
    for action in &entry.actions {
        match action {
            Action::File { release, state, reason, asked } => {
                let row = mirror::write::<_, ReleaseDef>(release).map_err(json(path))?;
                let sql = "INSERT INTO release VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
                           ON CONFLICT (id) DO UPDATE SET version = ?3, state = ?4, changed = ?6, json = ?7";
                let mut insert = transaction.prepare_cached(sql).map_err(sqlite(path))?;
                let (began, changed) = (text(release.began), text(entry.at));
                let row =
                    params![release.id, release.service, release.version, state.word(), began, changed, row];
                insert.execute(row).map_err(sqlite(path))?;
                let filing = Filing { at: entry.at, state: *state, reason: reason.clone(), asked: *asked };
                filing::add(transaction, path, &release.id, &filing)?;
            }
            Action::Log(incident) => log(transaction, path, incident)?,
            Action::Tell { .. }
            | Action::Keep { .. }
            | Action::Prove { .. }
            | Action::Forget { .. }
            | Action::Step { .. }
            | Action::ProbeNow { .. }
            | Action::Recall { .. }
            | Action::Judged { .. }
            | Action::Concluded { .. }
            | Action::Remember { .. }
            | Action::Answer(_) => {}
        }
    }
    Ok(())
}

fn log(transaction: &Transaction<'_>, path: &Path, incident: &Incident) -> Result<(), StoreError> {
    let row = mirror::write::<_, IncidentDef>(incident).map_err(json(path))?;
    let state = incident.standing().word();
    let sql = "INSERT INTO incident VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
               ON CONFLICT (id) DO UPDATE SET tier = ?3, state = ?4, json = ?6";
    let mut insert = transaction.prepare_cached(sql).map_err(sqlite(path))?;
    let tier = incident.tier.word();
    let row = params![incident.id, incident.service, tier, state, text(incident.began), row];
    insert.execute(row).map(drop).map_err(sqlite(path))
}

/// Ends golive's own incidents that are not over.
pub(super) fn end_own(connection: &mut Connection, path: &Path, at: Timestamp) -> Result<(), StoreError> {
    let transaction = connection.transaction().map_err(sqlite(path))?;
    let open: Vec<String> = {
        let sql = "SELECT json FROM incident WHERE service IS NULL AND state <> 'resolved'";
        let mut select = transaction.prepare(sql).map_err(sqlite(path))?;
        let rows = select.query_map([], |row| row.get(0)).map_err(sqlite(path))?;
        rows.collect::<Result<_, _>>().map_err(sqlite(path))?
    };
    for row in open {
        let incident: Incident = mirror::read::<_, IncidentDef>(&row).map_err(json(path))?;
        let over = Incident { state: IncidentState::Resolved, ended: Some(at), remind_at: None, ..incident };
        log(&transaction, path, &over)?;
    }
    transaction.commit().map_err(sqlite(path))
}

/// Drops what is older than `before`, but for what a service's state still names.
pub(super) fn prune(
    connection: &mut Connection,
    path: &Path,
    before: Timestamp,
    needed: &BTreeMap<String, Facts>,
) -> Result<(), StoreError> {
    let needed: BTreeSet<&str> = needed
        .values()
        .flat_map(|facts| facts.accepted.iter().chain(&facts.release).chain(&facts.announced))
        .map(|release| release.id.as_str())
        .collect();
    let before = text(before);
    let transaction = connection.transaction().map_err(sqlite(path))?;
    let ids = |sql| -> Result<Vec<String>, StoreError> {
        let mut select = transaction.prepare(sql).map_err(sqlite(path))?;
        let rows = select.query_map([&before], |row| row.get(0)).map_err(sqlite(path))?;
        let rows: Vec<String> = rows.collect::<Result<_, _>>().map_err(sqlite(path))?;
        Ok(rows.into_iter().filter(|id| !needed.contains(id.as_str())).collect())
    };
    let old = ids("SELECT id FROM release WHERE changed < ?1")?;
    // A release that was never filed, because the store could not be written then, say, and has no row.
    let unfiled = ids("SELECT DISTINCT release FROM event WHERE at < ?1 AND release IS NOT NULL \
                       AND release NOT IN (SELECT id FROM release)")?;
    for id in unfiled {
        let sql = "DELETE FROM event WHERE release = ?1 AND at < ?2";
        transaction.execute(sql, [&id, &before]).map_err(sqlite(path))?;
    }
    for id in old {
        for table in ["event", "spec", "forensics", "proof", "filing"] {
            transaction
                .execute(&format!("DELETE FROM {table} WHERE release = ?1"), [&id])
                .map_err(sqlite(path))?;
        }
        transaction.execute("DELETE FROM release WHERE id = ?1", [&id]).map_err(sqlite(path))?;
    }
    for sql in [
        "DELETE FROM event WHERE release IS NULL AND at < ?1",
        "DELETE FROM incident WHERE state = 'resolved' AND began < ?1",
        "DELETE FROM letter WHERE state <> 'pending' AND created < ?1",
    ] {
        transaction.execute(sql, [&before]).map_err(sqlite(path))?;
    }
    transaction.execute(super::parcel::PRUNE, []).map_err(sqlite(path))?;
    transaction.execute(thread::PRUNE, []).map_err(sqlite(path))?;
    transaction.commit().map_err(sqlite(path))
}
