//! Events, and what each led to.

use std::path::Path;

use rusqlite::{Connection, Transaction, params};
use serde_json::{Value, json};

use super::mirror::event::{EventDef, SampleDef};
use super::mirror::notice::{NoticeDef, PlanDef};
use super::mirror::reading::ReadingDef;
use super::{Entry, StoreError, mirror, sqlite, text};
use crate::decide::action::{Action, Answer};
use crate::decide::event::{Event, Happening, Sample};
use crate::decide::reading::Reading;

/// Adds one entry.
pub(super) fn append(transaction: &Transaction<'_>, path: &Path, entry: &Entry) -> Result<(), StoreError> {
    let event = mirror::write::<_, EventDef>(&entry.event).map_err(super::json(path))?;
    let actions: Result<Vec<Value>, _> =
        entry.actions.iter().filter_map(|action| told(action).transpose()).collect();
    let actions = Value::Array(actions.map_err(super::json(path))?).to_string();
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

/// What an event led to, as far as the record tells it: what is filed elsewhere is not repeated here.
fn told(action: &Action) -> Result<Option<Value>, serde_json::Error> {
    let parse = |text: String| serde_json::from_str::<Value>(&text);
    Ok(Some(match action {
        Action::Tell { notice, channels, .. } => {
            json!({"tell": parse(mirror::write::<_, NoticeDef>(notice)?)?, "channels": channels})
        }
        Action::Step { plan, step, .. } => {
            json!({"step": step.word(), "plan": parse(mirror::write::<_, PlanDef>(plan)?)?})
        }
        Action::File { release, state, .. } => json!({"file": state.word(), "release": release.id}),
        Action::Answer(Answer::Refused { why }) => json!({"refused": why}),
        Action::Judged { trigger, verdict, .. } => json!({
            "judged": trigger, "verdict": verdict.call.word(), "value": verdict.value, "limit": verdict.limit,
            "bound": verdict.bound.word(),
            "unit": verdict.unit, "samples": verdict.samples, "why": verdict.why,
        }),
        Action::Remember { readings, samples, .. } => {
            let write = |one: &Reading| parse(mirror::write::<_, ReadingDef>(one)?);
            let readings: Result<Vec<Value>, _> = readings.iter().map(write).collect();
            let write = |one: &Sample| parse(mirror::write::<_, SampleDef>(one)?);
            let samples: Result<Vec<Value>, _> = samples.iter().map(write).collect();
            json!({"before": readings?, "came_back": samples?})
        }
        Action::Keep { .. }
        | Action::Recall { .. }
        | Action::Prove { .. }
        | Action::Forget { .. }
        | Action::ProbeNow { .. }
        | Action::Log(_)
        | Action::Answer(Answer::Done { .. } | Answer::Plan { .. }) => return Ok(None),
    }))
}
