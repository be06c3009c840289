//! The lists of releases and incidents: rows that follow what the core files.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};

use super::chain::Ledger;
use super::filing::{self, Filing};
use super::flaws::{Flaws, Raw};
use super::{Entry, StoreError, json, remarks, sqlite, text};
use crate::decide::action::{Action, Persist};
use crate::model::incident::{Incident, IncidentState};
use crate::model::notice::News;

/// Brings the rows that an entry's actions are about up to date, and chains in what has become of a release.
pub(super) fn project(
    transaction: &Transaction<'_>,
    path: &Path,
    entry: &Entry,
    (ledger, flaws): (&Ledger, &Flaws),
) -> Result<(), StoreError> {
    for action in &entry.actions {
        match action {
            Action::Persist(Persist::File { release, state, reason, asked }) => {
                let row = serde_json::to_string(release).map_err(json(path))?;
                let sql = "INSERT INTO release (id, service, version, state, started_at, updated_at, json) \
                           VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
                           ON CONFLICT (id) DO UPDATE SET version = ?3, state = ?4, updated_at = ?6, json = ?7";
                let mut insert = transaction.prepare_cached(sql).map_err(sqlite(path))?;
                let (began, changed) = (text(release.began), text(entry.at));
                let row = params![
                    release.id,
                    release.service,
                    release.version,
                    state.into_str(),
                    began,
                    changed,
                    row
                ];
                insert.execute(row).map_err(sqlite(path))?;
                let filing = Filing { at: entry.at, state: *state, reason: reason.clone(), asked: *asked };
                if filing::add(transaction, path, &release.id, &filing)? {
                    ledger.file((transaction, path), entry.at, (&release.id, *state), flaws)?;
                }
            }
            Action::Persist(Persist::Log(incident)) => log(transaction, path, incident)?,
            Action::Persist(Persist::Drilled { drill, .. }) => {
                ledger.drill((transaction, path), entry.at, drill)?;
            }
            Action::Persist(Persist::Overdue { entries, .. }) => remarks::told(transaction, path, entries)?,
            Action::Tell { .. } | Action::Effect(_) | Action::Persist(_) | Action::Answer(_) => {}
        }
    }
    let shadow = entry.actions.iter().find_map(|action| {
        let Action::Tell { notice, .. } = action else { return None };
        (notice.news == News::WouldRollBack).then_some(&notice.release)
    });
    if let Some(release) = shadow {
        let sql = "UPDATE release SET shadow = 1 WHERE id = ?1";
        let release = entry.release.as_ref().or(release.as_ref());
        let noted = transaction.prepare_cached(sql).and_then(|mut it| it.execute([release]));
        noted.map_err(sqlite(path))?;
    }
    Ok(())
}

fn log(transaction: &Transaction<'_>, path: &Path, incident: &Incident) -> Result<(), StoreError> {
    let row = serde_json::to_string(incident).map_err(json(path))?;
    let state = incident.standing().into_str();
    let sql = "INSERT INTO incident (id, service, tier, state, started_at, json) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
               ON CONFLICT (id) DO UPDATE SET tier = ?3, state = ?4, json = ?6";
    let mut insert = transaction.prepare_cached(sql).map_err(sqlite(path))?;
    let tier = incident.tier.into_str();
    let row = params![incident.id, incident.service, tier, state, text(incident.began), row];
    insert.execute(row).map(drop).map_err(sqlite(path))
}

/// Ends golive's own incidents that are not over.
pub(super) fn end_own(connection: &mut Connection, path: &Path, at: Timestamp) -> Result<(), StoreError> {
    let transaction = connection.transaction().map_err(sqlite(path))?;
    let open: Vec<(String, Raw)> = {
        let sql = "SELECT id, json FROM incident WHERE service IS NULL AND state <> 'resolved'";
        let mut select = transaction.prepare(sql).map_err(sqlite(path))?;
        let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(sqlite(path))?;
        rows.collect::<Result<_, _>>().map_err(sqlite(path))?
    };
    for (id, Raw(row)) in open {
        if let Ok(incident) = serde_json::from_str::<Incident>(&row) {
            let over =
                Incident { state: IncidentState::Resolved, ended: Some(at), remind_at: None, ..incident };
            log(&transaction, path, &over)?;
        } else {
            let sql = "UPDATE incident SET state = 'resolved' WHERE id = ?1";
            transaction.execute(sql, [id]).map_err(sqlite(path))?;
        }
    }
    transaction.commit().map_err(sqlite(path))
}
