//! What releases can be made again from, and what each changed of its settings.
//!
//! Records of old releases are dropped; their settings, without the values of the environment, stay as long as the release does.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use super::{Store, StoreError, json, sqlite, text};
use crate::model::release::Release;

/// Labels by which an image says what it was made of.
const IMAGE: &str = "label org.opencontainers.image.";

/// By name, what each setting of a release is.
type Settings = BTreeMap<String, String>;

/// What a release changed of the settings of the one accepted before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// The version accepted before it.
    pub since: String,
    /// By the setting's name, what it was and is, as far as it was or is at all.
    pub settings: BTreeMap<String, (Option<String>, Option<String>)>,
}

impl Store {
    /// Stores what a release can be made again from.
    pub async fn save_spec(&self, release: &str, image: &str, inspect: &str) -> Result<(), StoreError> {
        let row = (release.to_owned(), image.to_owned(), inspect.to_owned());
        let inner = Arc::clone(&self.inner);
        self.work(move |connection, path| {
            let transaction = connection.transaction().map_err(sqlite(path))?;
            let sql = "INSERT INTO release_spec (release, image, inspect) VALUES (?1, ?2, ?3) \
                       ON CONFLICT (release) DO UPDATE SET image = ?2, inspect = ?3";
            transaction.execute(sql, params![row.0, row.1, row.2]).map_err(sqlite(path))?;
            let (key, settings) = inner.ledger.settings(&row.2);
            let settings = serde_json::to_string(&settings).map_err(json(path))?;
            let sql = "INSERT OR REPLACE INTO settings (release, key, json) VALUES (?1, ?2, ?3)";
            transaction.execute(sql, params![row.0, key, settings]).map_err(sqlite(path))?;
            transaction.commit().map_err(sqlite(path))
        })
        .await
    }

    /// A release's image and inspect, where they were stored.
    pub async fn spec(&self, release: &str) -> Result<Option<(String, String)>, StoreError> {
        let release = release.to_owned();
        self.work(move |connection, path| {
            let sql = "SELECT image, inspect FROM release_spec WHERE release = ?1";
            let row = connection.query_row(sql, [release], |row| Ok((row.get(0)?, row.get(1)?)));
            row.optional().map_err(sqlite(path))
        })
        .await
    }
}

/// What a release changed; none where its settings or those of the one before are not known.
pub(super) fn changes(
    connection: &Connection,
    path: &Path,
    release: &Release,
) -> Result<Option<Changes>, StoreError> {
    let sql = "SELECT version, settings.key, settings.json FROM release JOIN settings ON settings.release = id \
               WHERE service = ?1 AND started_at < ?2 AND id <> ?3 AND EXISTS \
               (SELECT 1 FROM filing WHERE filing.release = id AND filing.state = 'accepted') \
               ORDER BY started_at DESC, id DESC LIMIT 1";
    let own = "SELECT '', key, json FROM settings WHERE release = ?1";
    let row = |row: &rusqlite::Row<'_>| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
    };
    let before = connection.query_row(sql, params![release.service, text(release.began), release.id], row);
    let after = connection.query_row(own, [&release.id], row);
    let before = before.optional().map_err(sqlite(path))?;
    let after = after.optional().map_err(sqlite(path))?;
    let (Some((since, old_key, before)), Some((_, key, after))) = (before, after) else { return Ok(None) };
    let read = |text: &str| serde_json::from_str::<Settings>(text).unwrap_or_default();
    let (before, after) = (read(&before), read(&after));
    let mut settings = BTreeMap::new();
    for name in before.keys().chain(after.keys()) {
        let (was, is) = (before.get(name), after.get(name));
        // Hashes of another key cannot be compared: whether the value is another one is not known.
        let unknown = key != old_key && was.is_some() && is.is_some() && is_hashed(name);
        if was != is && !unknown {
            settings.insert(name.clone(), (was.cloned(), is.cloned()));
        }
    }
    Ok(Some(Changes { since, settings }))
}

/// What the images of a release say of themselves, by the setting's name.
pub(super) fn labels(connection: &Connection, path: &Path, release: &str) -> Result<Settings, StoreError> {
    let sql = "SELECT json FROM settings WHERE release = ?1";
    let row = connection.query_row(sql, [release], |row| row.get::<_, String>(0)).optional();
    let settings = row.map_err(sqlite(path))?.unwrap_or_default();
    let mut settings = serde_json::from_str::<Settings>(&settings).unwrap_or_default();
    settings.retain(|name, _| name.contains(IMAGE));
    Ok(settings)
}

fn is_hashed(name: &str) -> bool {
    name.starts_with("env ") || name.contains(" env ")
}
