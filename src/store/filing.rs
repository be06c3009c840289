//! What a release became, entry by entry: entries are added and never changed.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};

use super::{StoreError, json, sqlite, text};
use crate::model::reason::Reason;
use crate::model::release::ReleaseState;

/// What a release became at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Filing {
    /// When.
    pub at: Timestamp,
    /// What.
    pub state: ReleaseState,
    /// Why, where there is more to say than the state itself.
    pub reason: Option<Reason>,
    /// A person asked for what came to this.
    pub asked: bool,
}

/// Adds an entry; whether it is one. The same again without a word is none: whoever takes a service over files what is so
/// anew.
pub(super) fn add(
    transaction: &Transaction<'_>,
    path: &Path,
    release: &str,
    filing: &Filing,
) -> Result<bool, StoreError> {
    let Filing { at, state, reason, asked } = filing;
    let reason = reason.as_ref().map(serde_json::to_string).transpose().map_err(json(path))?;
    let sql = "INSERT INTO filing (release, at, state, asked, reason) SELECT ?1, ?2, ?3, ?4, ?5 WHERE ?5 IS NOT NULL \
               OR ?3 IS NOT (SELECT state FROM filing WHERE release = ?1 ORDER BY seq DESC LIMIT 1)";
    let mut insert = transaction.prepare_cached(sql).map_err(sqlite(path))?;
    insert
        .execute(params![release, text(*at), state.into_str(), asked, reason])
        .map(|added| added > 0)
        .map_err(sqlite(path))
}

/// What a release became, oldest first.
pub(super) fn of(connection: &Connection, path: &Path, release: &str) -> Result<Vec<Filing>, StoreError> {
    let sql = "SELECT at, state, asked, reason FROM filing WHERE release = ?1 ORDER BY seq";
    let mut select = connection.prepare_cached(sql).map_err(sqlite(path))?;
    let rows = select.query_map([release], |row| {
        Ok((
            row.get::<_, String>(0)?,
            row.get::<_, String>(1)?,
            row.get(2)?,
            row.get::<_, Option<String>>(3)?,
        ))
    });
    let mut filings = Vec::new();
    for row in rows.map_err(sqlite(path))? {
        let (at, state, asked, reason) = row.map_err(sqlite(path))?;
        let state = serde_json::Value::from(state).to_string();
        // A reason that cannot be read leaves the entry without one.
        let reason = reason.and_then(|text| serde_json::from_str::<Reason>(&text).ok());
        filings.push(Filing {
            at: at.parse().unwrap_or(Timestamp::UNIX_EPOCH),
            state: serde_json::from_str::<ReleaseState>(&state).map_err(json(path))?,
            reason,
            asked,
        });
    }
    Ok(filings)
}
