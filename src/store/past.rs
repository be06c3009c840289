//! What was seen of a release, for whoever draws it.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::mirror::facts::ReleaseDef;
use super::{Deed, Reader, Store, StoreError, journal, json, mirror, sqlite};
use crate::decide::curve::Mark;
use crate::decide::event::{Event, Happening};
use crate::decide::facts::Release;

/// So many of the newest events are read.
const NEWEST: u32 = 5_000;

/// What was seen of a release.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// When it came.
    pub released: Option<Mark>,
    /// What happened to it, oldest first.
    pub happened: Vec<(Timestamp, Happening)>,
}

impl Store {
    /// What was seen of a release. Read on a connection of its own, so that nothing waits for it.
    pub async fn past(&self, release: &str) -> Result<Past, StoreError> {
        let (path, release) = (self.inner.path.clone(), release.to_owned());
        let reading = tokio::task::spawn_blocking(move || {
            let dir = path.parent().unwrap_or(&path);
            Reader::open(dir)?.past(&release)
        });
        match tokio::time::timeout(super::PATIENCE, reading).await {
            Ok(Ok(past)) => past,
            Ok(Err(_)) | Err(_) => Err(StoreError::Late { path: self.inner.path.clone() }),
        }
    }
}

impl Reader {
    fn past(&self, release: &str) -> Result<Past, StoreError> {
        let (path, connection) = (self.path.as_path(), &self.connection);
        let sql = "SELECT json FROM release WHERE id = ?1";
        let row = connection.query_row(sql, [release], |row| row.get::<_, String>(0)).optional();
        let row = row.map_err(sqlite(path))?;
        let row: Option<Result<Release, _>> = row.map(|text| mirror::read::<_, ReleaseDef>(&text));
        let row = row.transpose().map_err(json(path))?;
        let released = row.map(|release| Mark { at: release.began, version: release.version });
        let sql = "SELECT at, json, actions FROM event WHERE release = ?1 ORDER BY seq DESC LIMIT ?2";
        let mut select = connection.prepare(sql).map_err(sqlite(path))?;
        let rows =
            select.query_map(params![release, NEWEST], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        let mut happened = Vec::new();
        for row in rows.map_err(sqlite(path))? {
            let (at, event, actions): (String, String, String) = row.map_err(sqlite(path))?;
            let at = at.parse().unwrap_or(Timestamp::UNIX_EPOCH);
            if let Event::Service { what, .. } = journal::read(path, &event)? {
                happened.push((at, what));
            }
            let deeds: Vec<Deed> = serde_json::from_str(&actions).map_err(json(path))?;
            for deed in deeds {
                if let Deed::Remembered { readings, .. } = deed {
                    happened.push((at, Happening::Recalled(readings)));
                }
            }
        }
        happened.reverse();
        Ok(Past { released, happened })
    }
}
