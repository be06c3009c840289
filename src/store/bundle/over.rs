//! Incidents that were over as soon as they had begun, before anybody was told: nobody has to hear of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Transaction, params};

use crate::model::notice::Stage;
use crate::store::flaws::{Flaws, Raw};
use crate::store::{StoreError, notice, outbox, sqlite, text};

/// What is over within this was born and over in one breath: something was seen before what explains it.
const BREATH: SignedDuration = SignedDuration::from_secs(1);

/// A delivery that waits, as far as it matters here.
struct Waiting {
    id: i64,
    incident: String,
    stage: Stage,
    created: Timestamp,
    untried: bool,
}

/// Of deliveries that wait, in order, those that are worth telling. The others are put aside.
pub(super) fn worth_telling(
    transaction: &Transaction<'_>,
    path: &Path,
    waiting: Vec<i64>,
    now: Timestamp,
    flaws: &Flaws,
) -> Result<Vec<i64>, StoreError> {
    if waiting.len() < 2 {
        return Ok(waiting);
    }
    let mut deliveries = Vec::new();
    for id in waiting {
        match read(transaction, path, id, flaws)? {
            Some(delivery) => deliveries.push(delivery),
            None => outbox::give_up(transaction, path, id, now)?,
        }
    }
    let over = over(&deliveries);
    let sql = "UPDATE delivery SET state = 'void', finished_at = ?2, response = 'over as soon as it had begun' WHERE id = ?1";
    let mut put_aside = transaction.prepare_cached(sql).map_err(sqlite(path))?;
    let mut worth = Vec::new();
    for delivery in deliveries {
        if over.contains(&delivery.incident) {
            put_aside.execute(params![delivery.id, text(now)]).map_err(sqlite(path))?;
        } else {
            worth.push(delivery.id);
        }
    }
    Ok(worth)
}

/// Nothing, when it cannot be read.
fn read(
    transaction: &Transaction<'_>,
    path: &Path,
    id: i64,
    flaws: &Flaws,
) -> Result<Option<Waiting>, StoreError> {
    let sql = "SELECT json, created_at, attempts FROM delivery WHERE id = ?1";
    let mut select = transaction.prepare_cached(sql).map_err(sqlite(path))?;
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let (Raw(body), created, attempts): (Raw, String, u32) =
        select.query_row([id], row).map_err(sqlite(path))?;
    let Some(notice) = flaws.read(|| format!("the alert number {id}"), notice(&body)) else {
        return Ok(None);
    };
    let created = created.parse().unwrap_or(Timestamp::MIN);
    let (incident, stage, untried) = (notice.incident, notice.place.stage, attempts == 0);
    Ok(Some(Waiting { id, incident, stage, created, untried }))
}

/// Incidents that began and ended in one breath, of which no word has gone out.
fn over(deliveries: &[Waiting]) -> BTreeSet<String> {
    let mut began: BTreeMap<&str, Timestamp> = BTreeMap::new();
    let mut over = BTreeSet::new();
    for delivery in deliveries {
        match delivery.stage {
            Stage::First if delivery.untried => {
                began.insert(&delivery.incident, delivery.created);
            }
            Stage::Resolved => {
                let began = began.remove(delivery.incident.as_str());
                if began.is_some_and(|began| delivery.created.duration_since(began) < BREATH) {
                    over.insert(delivery.incident.clone());
                }
            }
            Stage::First | Stage::Update | Stage::Reminder | Stage::Escalation => {}
        }
    }
    over
}
