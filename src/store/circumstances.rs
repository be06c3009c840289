//! What was so when a release came: found out once, and never changed.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};

use super::{Store, StoreError, json, sqlite, story, text};
use crate::model::content::Circumstances;
use crate::model::release::Release;

impl Store {
    /// A release of which nothing is noted yet, and the version accepted before it.
    pub async fn unnoted(&self, release: &str) -> Result<Option<(Release, Option<String>)>, StoreError> {
        let id = release.to_owned();
        self.work(move |connection, path| {
            if is_noted(connection, path, &id)? {
                return Ok(None);
            }
            let Some(release) = story::release(connection, path, &id)? else { return Ok(None) };
            let before = before(connection, path, &release)?;
            Ok(Some((release, before)))
        })
        .await
    }

    /// Notes it; what was noted first stays.
    pub async fn note(&self, release: &str, circumstances: &Circumstances) -> Result<(), StoreError> {
        let (release, circumstances) = (release.to_owned(), circumstances.clone());
        self.work(move |connection, path| {
            let row = serde_json::to_string(&circumstances).map_err(json(path))?;
            let sql = "INSERT OR IGNORE INTO circumstances (release, json) VALUES (?1, ?2)";
            connection.execute(sql, params![release, row]).map(drop).map_err(sqlite(path))
        })
        .await
    }
}

fn is_noted(connection: &Connection, path: &Path, release: &str) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM circumstances WHERE release = ?1";
    let row = connection.query_row(sql, [release], |_| Ok(())).optional();
    row.map(|row| row.is_some()).map_err(sqlite(path))
}

/// The version that was accepted last before a release came.
fn before(connection: &Connection, path: &Path, release: &Release) -> Result<Option<String>, StoreError> {
    let sql = "SELECT version FROM release WHERE service = ?1 AND started_at < ?2 AND id <> ?3 AND EXISTS \
               (SELECT 1 FROM filing WHERE filing.release = id AND filing.state = 'accepted') \
               ORDER BY started_at DESC, id DESC LIMIT 1";
    let row = connection
        .query_row(sql, params![release.service, text(release.began), release.id], |row| row.get(0))
        .optional();
    row.map_err(sqlite(path))
}
