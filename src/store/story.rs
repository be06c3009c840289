//! Everything that is stored of one release.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::chain::links;
use super::flaws::{Flaws, Raw};
use super::{
    Changes, Deed, Evidence, Filing, Sealed, StoreError, filing, journal, json, notice, spec, sqlite,
};
use crate::model::content::Circumstances;
use crate::model::event::Event;
use crate::model::notice::Notice;
use crate::model::release::{Release, ReleaseState};

/// So many deliveries about one release are listed, the newest.
const DELIVERIES: u32 = 1_000;

/// Everything about one release.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    /// The release.
    pub release: Release,
    /// What has become of it.
    pub state: ReleaseState,
    /// What it became on the way there, in order.
    pub filings: Vec<Filing>,
    /// What happened, in order.
    pub moments: Vec<Moment>,
    /// What was found of it before it was taken away.
    pub forensics: Option<Evidence>,
    /// What it changed of the settings of the version accepted before it.
    pub changes: Option<Changes>,
    /// What was so when it came.
    pub circumstances: Circumstances,
    /// By the setting's name, what its images say of themselves.
    pub labels: BTreeMap<String, String>,
    /// Who was told of it, in order.
    pub told: Vec<Told>,
    /// Its entries in the chain of records, in order.
    pub sealed: Vec<Sealed>,
    /// So many events could not be read.
    pub unread: usize,
}

/// A notice about a release, to one address.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// When it was written.
    pub at: Timestamp,
    /// What was told.
    pub notice: Notice,
    /// Through which channel.
    pub channel: String,
    /// To whom there.
    pub address: String,
    /// pending, sent, given-up, expired or void.
    pub state: String,
    /// What the provider said last.
    pub answer: Option<String>,
}

/// One event of a release and what it led to.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
    /// What it led to.
    pub deeds: Vec<Deed>,
}

/// Who was told of a release, in order.
pub(super) fn told(connection: &Connection, path: &Path, release: &str) -> Result<Vec<Told>, StoreError> {
    let sql = "SELECT created_at, json, channel, address, state, response FROM delivery \
               WHERE iif(json_valid(json), json ->> '$.release', NULL) = ?1 ORDER BY id DESC LIMIT ?2";
    let mut select = connection.prepare(sql).map_err(sqlite(path))?;
    let rows = select.query_map(params![release, DELIVERIES], |row| {
        Ok((
            row.get::<_, String>(0)?,
            row.get::<_, Raw>(1)?,
            row.get(2)?,
            row.get(3)?,
            row.get(4)?,
            row.get(5)?,
        ))
    });
    let mut told = Vec::new();
    for row in rows.map_err(sqlite(path))? {
        let (at, Raw(body), channel, address, state, answer) = row.map_err(sqlite(path))?;
        // One that cannot be read was not told either.
        if let (Ok(notice), Ok(at)) = (notice(&body), at.parse()) {
            told.push(Told { at, notice, channel, address, state, answer });
        }
    }
    told.reverse();
    Ok(told)
}

/// Everything about one release but who was told of it; `None` when there is none of that id.
pub(super) fn read(connection: &Connection, path: &Path, release: &str) -> Result<Option<Story>, StoreError> {
    let flaws = Flaws::default();
    let lines = journal::lines(connection, path, release, u32::MAX, &flaws)?;
    of_lines((connection, path), release, &lines, &flaws)
}

/// The same of a release whose journal was read already, with what could not be read of it.
pub(super) fn of_lines(
    (connection, path): (&Connection, &Path),
    release: &str,
    lines: &[journal::Line],
    flaws: &Flaws,
) -> Result<Option<Story>, StoreError> {
    let Some(found) = self::release(connection, path, release)? else { return Ok(None) };
    let filings = filing::of(connection, path, release)?;
    let moments = moments(lines, flaws);
    Ok(Some(Story {
        changes: spec::changes(connection, path, &found)?,
        circumstances: circumstances(connection, path, release)?,
        labels: spec::labels(connection, path, release)?,
        told: Vec::new(),
        release: found,
        state: filings.last().map_or(ReleaseState::Announced, |filing| filing.state),
        filings,
        moments,
        forensics: forensics(connection, path, release)?,
        sealed: links::of(connection, path, release)?,
        unread: flaws.count(),
    }))
}

/// What is known of one release; `None` when there is none of that id.
pub(super) fn release(
    connection: &Connection,
    path: &Path,
    release: &str,
) -> Result<Option<Release>, StoreError> {
    let sql = "SELECT json FROM release WHERE id = ?1";
    let row = connection.query_row(sql, [release], |row| row.get::<_, Raw>(0));
    let text = row.optional().map_err(sqlite(path))?;
    text.map(|Raw(text)| serde_json::from_str::<Release>(&text)).transpose().map_err(json(path))
}

fn moments(lines: &[journal::Line], flaws: &Flaws) -> Vec<Moment> {
    let moment = |(number, line): (usize, &journal::Line)| {
        let event = flaws.read(|| format!("event {number}"), line.event())?;
        let deeds = flaws.read(|| format!("what event {number} led to"), line.deeds())?;
        Some(Moment { at: line.at.parse().unwrap_or(Timestamp::UNIX_EPOCH), event, deeds })
    };
    lines.iter().enumerate().filter_map(moment).collect()
}

fn forensics(connection: &Connection, path: &Path, release: &str) -> Result<Option<Evidence>, StoreError> {
    let sql = "SELECT inspect, logs, exit, oom, events FROM evidence WHERE release = ?1";
    let row = connection.query_row(sql, [release], |row| {
        Ok(Evidence {
            inspect: row.get(0)?,
            logs: row.get(1)?,
            exit: row.get(2)?,
            oom: row.get(3)?,
            events: row.get(4)?,
        })
    });
    row.optional().map_err(sqlite(path))
}

/// What is noted of a release; nothing where that cannot be read.
fn circumstances(connection: &Connection, path: &Path, release: &str) -> Result<Circumstances, StoreError> {
    let sql = "SELECT json FROM circumstances WHERE release = ?1";
    let row = connection.query_row(sql, [release], |row| row.get::<_, Raw>(0)).optional();
    let row = row.map_err(sqlite(path))?;
    Ok(row.and_then(|Raw(text)| serde_json::from_str(&text).ok()).unwrap_or_default())
}
