//! Events, and what each led to: a row each while a release is at hand, and all of a release's in one, made small, when it
//! is decided.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::flaws::{Flaws, Raw};
use super::{Deed, Entry, StoreError, press, sqlite, text};
use crate::model::event::{Event, ServiceEvent};
use crate::model::sample::Outcome;

/// An event as it is written down.
pub(super) struct Line {
    pub(super) at: String,
    pub(super) service: String,
    pub(super) event: String,
    pub(super) actions: String,
}

impl Line {
    pub(super) fn event(&self) -> Result<Event, serde_json::Error> {
        serde_json::from_str::<Event>(&self.event)
    }

    pub(super) fn deeds(&self) -> Result<Vec<Deed>, serde_json::Error> {
        serde_json::from_str(&self.actions)
    }

    /// As it is packed: JSON has neither tabs nor line breaks, so they part it.
    pub(super) fn text(&self) -> String {
        let clean = |text: &str| text.replace(['\t', '\n'], " ");
        [&self.at, &self.service, &self.event, &self.actions].map(|part| clean(part)).join("\t") + "\n"
    }

    /// Without what is only of use to judge it again; nothing, when nothing else is in it.
    fn thin(mut self) -> Option<Self> {
        let Ok(mut deeds) = self.deeds() else { return Some(self) };
        let all = deeds.len();
        deeds.retain(|deed| !matches!(deed, Deed::Remembered { .. }));
        if deeds.len() < all {
            self.actions = serde_json::to_string(&deeds).ok()?;
        }
        let reading = match self.event() {
            Ok(Event::Service { what, .. }) => match what {
                ServiceEvent::Measured(_)
                | ServiceEvent::Dependency(_)
                | ServiceEvent::Beside(_)
                | ServiceEvent::Recalled(_)
                | ServiceEvent::Expected { .. } => true,
                ServiceEvent::Sampled(sample) => sample.outcome == Outcome::Ok,
                ServiceEvent::Seen(_)
                | ServiceEvent::Empty { .. }
                | ServiceEvent::Stopping { .. }
                | ServiceEvent::Died { .. }
                | ServiceEvent::Kept { .. }
                | ServiceEvent::Proved { .. }
                | ServiceEvent::Unpinned { .. }
                | ServiceEvent::StepDone { .. }
                | ServiceEvent::StepFailed { .. }
                | ServiceEvent::AcceptanceRan { .. }
                | ServiceEvent::Drilled { .. }
                | ServiceEvent::Leadership(_)
                | ServiceEvent::Asked { .. } => false,
            },
            Ok(_) | Err(_) => false,
        };
        (!reading || !deeds.is_empty()).then_some(self)
    }
}

/// Adds one entry.
pub(super) fn append(transaction: &Transaction<'_>, path: &Path, entry: &Entry) -> Result<(), StoreError> {
    let event = serde_json::to_string(&entry.event).map_err(super::json(path))?;
    let deeds: Vec<Deed> = entry.actions.iter().filter_map(Deed::of).collect();
    let actions = serde_json::to_string(&deeds).map_err(super::json(path))?;
    let sql = "INSERT INTO event (at, service, release, json, actions) VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut insert = transaction.prepare_cached(sql).map_err(sqlite(path))?;
    let row = params![text(entry.at), entry.service, entry.release, event, actions];
    insert.execute(row).map(drop).map_err(sqlite(path))
}

/// What is written down of a release, oldest first, the newest `limit` of it.
pub(super) fn lines(
    connection: &Connection,
    path: &Path,
    release: &str,
    limit: u32,
    flaws: &Flaws,
) -> Result<Vec<Line>, StoreError> {
    let mut lines = packed(connection, path, release, flaws)?;
    lines.extend(unpacked(connection, path, release, limit)?);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    lines.drain(..lines.len().saturating_sub(limit));
    Ok(lines)
}

fn unpacked(
    connection: &Connection,
    path: &Path,
    release: &str,
    limit: u32,
) -> Result<Vec<Line>, StoreError> {
    let sql = "SELECT at, coalesce(service, ''), json, actions FROM event \
               WHERE release = ?1 ORDER BY seq DESC LIMIT ?2";
    let mut select = connection.prepare_cached(sql).map_err(sqlite(path))?;
    let rows = select.query_map(params![release, limit], |row| {
        let (Raw(event), Raw(actions)) = (row.get(2)?, row.get(3)?);
        Ok(Line { at: row.get(0)?, service: row.get(1)?, event, actions })
    });
    let mut lines: Vec<Line> = rows.map_err(sqlite(path))?.collect::<Result<_, _>>().map_err(sqlite(path))?;
    lines.reverse();
    Ok(lines)
}

fn packed(
    connection: &Connection,
    path: &Path,
    release: &str,
    flaws: &Flaws,
) -> Result<Vec<Line>, StoreError> {
    let sql = "SELECT lines FROM packed WHERE release = ?1";
    let mut select = connection.prepare_cached(sql).map_err(sqlite(path))?;
    let row = select.query_row([release], |row| row.get::<_, Vec<u8>>(0)).optional().map_err(sqlite(path))?;
    let Some(bytes) = row else { return Ok(Vec::new()) };
    let text = flaws.read(|| format!("the events of release {release}"), press::unpack(&bytes));
    Ok(text.unwrap_or_default().lines().filter_map(line).collect())
}

fn line(text: &str) -> Option<Line> {
    let mut parts = text.split('\t').map(str::to_owned);
    Some(Line { at: parts.next()?, service: parts.next()?, event: parts.next()?, actions: parts.next()? })
}

fn write(lines: &[Line]) -> Vec<u8> {
    press::pack(&lines.iter().map(Line::text).collect::<String>())
}

/// Packs a release's events, those that are packed already with them.
pub(super) fn pack(
    transaction: &Transaction<'_>,
    path: &Path,
    release: &str,
    flaws: &Flaws,
) -> Result<(), StoreError> {
    let lines = lines(transaction, path, release, u32::MAX, flaws)?;
    let Some(last) = lines.last() else { return Ok(()) };
    let sql = "INSERT INTO packed (release, at, lines) VALUES (?1, ?2, ?3) \
               ON CONFLICT (release) DO UPDATE SET at = ?2, thin = 0, lines = ?3";
    let row = params![release, last.at, write(&lines)];
    transaction.prepare_cached(sql).and_then(|mut it| it.execute(row)).map_err(sqlite(path))?;
    let sql = "DELETE FROM event WHERE release = ?1";
    let deleted = transaction.prepare_cached(sql).and_then(|mut it| it.execute([release]));
    deleted.map(drop).map_err(sqlite(path))
}

/// Drops of a packed release what is only of use to judge it again.
pub(super) fn thin(
    transaction: &Transaction<'_>,
    path: &Path,
    release: &str,
    flaws: &Flaws,
) -> Result<(), StoreError> {
    let lines = packed(transaction, path, release, flaws)?;
    let lines: Vec<Line> = lines.into_iter().filter_map(Line::thin).collect();
    let sql = "UPDATE packed SET thin = 1, lines = iif(?3, ?2, lines) WHERE release = ?1";
    let row = params![release, write(&lines), !lines.is_empty()];
    transaction.prepare_cached(sql).and_then(|mut it| it.execute(row)).map(drop).map_err(sqlite(path))
}

/// What happened to a release, oldest first, the newest `limit` of it.
pub(super) fn happenings(
    connection: &Connection,
    path: &Path,
    (service, release): (&str, &str),
    limit: u32,
    flaws: &Flaws,
) -> Result<Vec<ServiceEvent>, StoreError> {
    let lines = lines(connection, path, release, limit, flaws)?;
    let happening = |line: Line| {
        let event = flaws.read(|| format!("an event of release {release}"), line.event())?;
        if let Event::Service { what, .. } = event { Some(what) } else { None }
    };
    Ok(lines.into_iter().filter(|line| line.service == service).filter_map(happening).collect())
}
