//! Reading from outside the daemon: while it runs and when it does not.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, Row, params};
use serde::Serialize;
use serde_json::Value;

use super::flaws::Raw;
use super::story::{self, Story};
use super::{StoreError, schema, sqlite, text};
use crate::model::incident::Incident;
use crate::model::release::Release;

/// The store, to be read only.
#[derive(Debug)]
pub struct Reader {
    pub(super) path: PathBuf,
    pub(super) connection: Connection,
}

/// A release in the list of releases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReleaseRow {
    /// Its id.
    pub id: String,
    /// The service.
    pub service: String,
    /// The version.
    pub version: String,
    /// What has become of it.
    pub state: String,
    /// When it was first seen or announced.
    pub started_at: String,
    /// When its state changed last.
    pub changed_at: String,
    /// Whether it can be gone back to; none when it is not kept for that.
    pub ready: Option<bool>,
    /// What stands in the way.
    pub problems: Vec<String>,
    /// When that was looked at last.
    pub readiness_checked_at: Option<String>,
    /// Whether it was taken back and is known as bad.
    pub quarantined: bool,
}

/// An incident in the list of incidents.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IncidentRow {
    /// Its id.
    pub id: String,
    /// The service; none for golive itself.
    pub service: Option<String>,
    /// How loud.
    pub tier: String,
    /// open, acknowledged or resolved.
    pub state: String,
    /// When it began.
    pub started_at: String,
    /// Everything that is known of it.
    pub detail: Value,
    /// The same, unless a newer golive has written it.
    #[serde(skip)]
    pub incident: Option<Incident>,
}

/// A delivery in the outbox's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeliveryRow {
    /// Its number, for `golive notify retry`.
    pub id: i64,
    /// The notice.
    pub notification_id: String,
    /// The channel.
    pub channel: String,
    /// The address.
    pub address: String,
    /// pending, sent, given-up or expired.
    pub state: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was written.
    pub created_at: String,
    /// When it is due again.
    pub next_attempt_at: String,
    /// What the provider said last.
    pub response: Option<String>,
}

/// What has become of a service's releases.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SummaryRow {
    /// The service.
    pub service: String,
    /// All of them.
    pub releases: u32,
    /// Good.
    pub accepted: u32,
    /// Taken back.
    pub rolled_back: u32,
    /// Of those, because a person asked for it.
    pub rolled_back_by_person: u32,
    /// Could not be taken back.
    pub rollback_failed: u32,
    /// Wait for a person.
    pub held: u32,
    /// A newer one came, or a person ended the watch.
    pub superseded: u32,
    /// Would have been rolled back, had it not been for `shadow`.
    pub shadow: u32,
    /// Of those, accepted all the same: golive would have been wrong, or nobody has looked.
    pub shadow_accepted: u32,
    /// Of those, rolled back by a person: golive would have been right.
    pub shadow_rolled_back: u32,
}

/// A connection that changes nothing.
pub(super) fn read_only(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(sqlite(path))?;
    connection.busy_timeout(super::PATIENCE).map_err(sqlite(path))?;
    Ok(connection)
}

impl Reader {
    /// Opens the store in a directory.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join("golive.db");
        let readable = std::fs::File::open(&path);
        readable.map_err(|source| StoreError::Directory { dir: path.clone(), source })?;
        let connection = read_only(&path)?;
        schema::require(&connection, &path)?;
        Ok(Self { path, connection })
    }

    /// Releases, newest first.
    pub fn releases(&self, service: Option<&str>) -> Result<Vec<ReleaseRow>, StoreError> {
        let sql = "SELECT id, service, version, state, started_at, updated_at, readiness.problems, readiness.at, \
                   release.id IN (SELECT value FROM json_each(?2)) FROM release LEFT JOIN readiness ON readiness.release = release.id \
                   WHERE ?1 IS NULL OR service = ?1 ORDER BY started_at DESC, id DESC LIMIT 1000";
        self.rows(sql, params![service, self.quarantined()?], |row| {
            let problems = row.get::<_, Option<String>>(6)?;
            let problems = problems.map(|text| serde_json::from_str(&text).unwrap_or_else(|_| vec![text]));
            Ok(ReleaseRow {
                ready: problems.as_ref().map(Vec::is_empty),
                problems: problems.unwrap_or_default(),
                readiness_checked_at: row.get(7)?,
                id: row.get(0)?,
                service: row.get(1)?,
                version: row.get(2)?,
                state: row.get(3)?,
                started_at: row.get(4)?,
                changed_at: row.get(5)?,
                quarantined: row.get(8)?,
            })
        })
    }

    /// What has become of a service's releases since then, or of everybody's, by service.
    pub fn summary(&self, service: Option<&str>, since: Timestamp) -> Result<Vec<SummaryRow>, StoreError> {
        let sql = "SELECT service, count(*), sum(state = 'accepted'), sum(state = 'rolled-back'), \
                   sum(state = 'rollback-failed'), sum(state = 'held'), sum(state IN ('superseded', 'aborted')), \
                   sum(shadow), sum(shadow AND state = 'accepted'), sum(shadow AND state = 'rolled-back'), \
                   sum(state = 'rolled-back' AND asked) \
                   FROM (SELECT service, state, shadow, \
                   state = 'rolled-back' AND (SELECT asked FROM filing WHERE filing.release = release.id ORDER BY seq DESC LIMIT 1) AS asked \
                   FROM release WHERE started_at >= ?2) \
                   WHERE ?1 IS NULL OR service = ?1 GROUP BY service ORDER BY service";
        self.rows(sql, params![service, text(since)], |row| {
            Ok(SummaryRow {
                service: row.get(0)?,
                releases: row.get(1)?,
                accepted: row.get(2)?,
                rolled_back: row.get(3)?,
                rollback_failed: row.get(4)?,
                held: row.get(5)?,
                superseded: row.get(6)?,
                shadow: row.get(7)?,
                shadow_accepted: row.get(8)?,
                shadow_rolled_back: row.get(9)?,
                rolled_back_by_person: row.get(10)?,
            })
        })
    }

    /// Incidents, newest first.
    pub fn incidents(&self) -> Result<Vec<IncidentRow>, StoreError> {
        let sql = "SELECT id, service, tier, state, started_at, json FROM incident ORDER BY started_at DESC, id DESC LIMIT 1000";
        self.rows(sql, [], |row| {
            let Raw(detail) = row.get(5)?;
            Ok(IncidentRow {
                id: row.get(0)?,
                service: row.get(1)?,
                tier: row.get(2)?,
                state: row.get(3)?,
                started_at: row.get(4)?,
                incident: serde_json::from_str::<Incident>(&detail).ok(),
                detail: serde_json::from_str(&detail).unwrap_or(Value::Null),
            })
        })
    }

    /// Deliveries, newest first.
    pub fn deliveries(&self, limit: u32) -> Result<Vec<DeliveryRow>, StoreError> {
        let sql = "SELECT id, notice, channel, address, state, attempts, created_at, next_attempt_at, response FROM delivery \
                   ORDER BY id DESC LIMIT ?1";
        self.rows(sql, [limit], |row| {
            Ok(DeliveryRow {
                id: row.get(0)?,
                notification_id: row.get(1)?,
                channel: row.get(2)?,
                address: row.get(3)?,
                state: row.get(4)?,
                attempts: row.get(5)?,
                created_at: row.get(6)?,
                next_attempt_at: row.get(7)?,
                response: row.get(8)?,
            })
        })
    }

    /// The release, of a service or of all, that something became of last; one that never ran only where there is no
    /// other.
    pub fn latest_release(&self, service: Option<&str>) -> Result<Option<String>, StoreError> {
        let whose = if service.is_some() { "service = ?1" } else { "?1 IS NULL" };
        let sql = format!(
            "SELECT id FROM release WHERE {whose} \
                   ORDER BY iif(json_valid(json), json ->> '$.running' IS NULL, 1), updated_at DESC, started_at DESC, id DESC LIMIT 1"
        );
        Ok(self.rows(&sql, params![service], |row| row.get(0))?.into_iter().next())
    }

    /// Everything about one release; `None` when there is none of that id.
    pub fn story(&self, release: &str) -> Result<Option<Story>, StoreError> {
        let Some(story) = story::read(&self.connection, &self.path, release)? else { return Ok(None) };
        let told = story::told(&self.connection, &self.path, release)?;
        Ok(Some(Story { told, ..story }))
    }

    /// What is known of one release; `None` when there is none of that id.
    pub fn release(&self, release: &str) -> Result<Option<Release>, StoreError> {
        story::release(&self.connection, &self.path, release)
    }

    /// Whether the release's readings are still there.
    pub fn exact(&self, release: &str) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM packed WHERE release = ?1 AND thin";
        Ok(self.rows(sql, [release], |_| Ok(()))?.is_empty())
    }

    /// Releases that were taken back and are known as bad, as a list in JSON.
    fn quarantined(&self) -> Result<String, StoreError> {
        let all = self.rows("SELECT facts FROM service", [], |row| row.get::<_, Raw>(0))?;
        let bad = |Raw(text)| {
            let facts: Value = serde_json::from_str(&text).ok()?;
            let bad = facts["quarantine"].as_array()?.iter();
            Some(bad.map(|bad| bad["release"].clone()).collect::<Vec<_>>())
        };
        Ok(all.into_iter().filter_map(bad).flatten().collect::<Value>().to_string())
    }

    pub(super) fn rows<T>(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let mut select = self.connection.prepare(sql).map_err(sqlite(&self.path))?;
        let rows = select.query_map(params, read).map_err(sqlite(&self.path))?;
        rows.collect::<Result<_, _>>().map_err(sqlite(&self.path))
    }
}
