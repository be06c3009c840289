//! What people add to a release's record: an entry of the chain each.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::{Connection, Transaction};

use super::chain::{links, read};
use super::{Store, StoreError, sqlite, story};
use crate::model::refusal::Refusal;
use crate::model::remark::{Dated, Remark, Task, follow_ups};

/// A record takes so many remarks.
const MOST: usize = 1_000;

/// Follow-ups that are waited for, at most: those whose day is over first.
const DATED: usize = 1_000;

/// So much of a follow-up's text is told, in characters; it stands whole in the record.
const TOLD: usize = 400;

impl Store {
    /// Adds a remark to the record of a release, and gives its entry's number, or says why it does not.
    pub async fn remark(
        &self,
        release: &str,
        remark: Remark,
        now: Timestamp,
    ) -> Result<Result<i64, Refusal>, StoreError> {
        let (release, inner) = (release.to_owned(), Arc::clone(&self.inner));
        self.work(move |connection, path| {
            let transaction = connection.transaction().map_err(sqlite(path))?;
            if story::release(&transaction, path, &release)?.is_none() {
                return Ok(Err(Refusal::NoRelease(release)));
            }
            let known: Vec<(i64, Remark)> = links::of(&transaction, path, &release)?
                .into_iter()
                .filter_map(|entry| Some((entry.witness.seq, entry.remark?)))
                .collect();
            if known.len() >= MOST {
                return Ok(Err(Refusal::TooManyRemarks { release, most: MOST }));
            }
            if let Remark::FollowUp { text, done: true, .. } = &remark {
                let open = follow_ups(said(&known)).into_iter().filter(|known| !known.done);
                let open: Vec<String> = open.map(|open| open.text).collect();
                if !open.contains(text) {
                    return Ok(Err(Refusal::NoFollowUp { text: text.clone(), open }));
                }
            }
            let seq = inner.ledger.remark((&transaction, path), now, &release, &remark)?;
            transaction.commit().map_err(sqlite(path))?;
            Ok(Ok(seq))
        })
        .await
    }

    /// What is not done in any record, has a day, and was not told as overdue: what is due first comes first. Beyond so many,
    /// how many more there are. A day is over when it is in that zone.
    pub async fn follow_ups(&self, zone: TimeZone) -> Result<(Vec<Dated>, usize), StoreError> {
        self.work(move |connection, path| {
            let mut all = Vec::new();
            for ((release, service, version), known) in promised(connection, path)? {
                let open = follow_ups(said(&known)).into_iter().filter(|one| !one.done);
                all.extend(open.filter_map(|one| {
                    let text = one.text.chars().take(TOLD).collect();
                    let task = Task { text, owner: one.owner, due: one.due? };
                    let (release, service, version) = (release.clone(), service.clone(), version.clone());
                    let ends = end(task.due, &zone);
                    Some(Dated { entry: one.entry, service, release, version, task, ends })
                }));
            }
            let told = overdue(connection, path)?;
            all.retain(|one| told.binary_search(&one.entry).is_err());
            all.sort_by_key(|one| (one.ends, one.entry));
            let more = all.len().saturating_sub(DATED);
            all.truncate(DATED);
            Ok((all, more))
        })
        .await
    }
}

/// A release, its service and its version.
type Of = (String, String, String);

/// Every follow-up that is in a record, by release, each with its entry's number.
fn promised(connection: &Connection, path: &Path) -> Result<BTreeMap<Of, Vec<(i64, Remark)>>, StoreError> {
    let sql = "SELECT release.id, release.service, release.version, seq, payload FROM chain \
               JOIN release ON release.id = chain.release \
               WHERE chain.kind = 'follow-up' AND payload IS NOT NULL ORDER BY seq";
    let mut select = connection.prepare_cached(sql).map_err(sqlite(path))?;
    let rows = select
        .query_map([], |row| {
            let of = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok((of, row.get::<_, i64>(3)?, row.get::<_, Vec<u8>>(4)?))
        })
        .map_err(sqlite(path))?;
    let mut all: BTreeMap<Of, Vec<(i64, Remark)>> = BTreeMap::new();
    for row in rows {
        let (of, entry, payload) = row.map_err(sqlite(path))?;
        // What is no statement any more is told by whoever verifies the record.
        let remark = read(&payload).ok().and_then(|statement| statement.addition().remark);
        all.entry(of).or_default().extend(remark.map(|remark| (entry, remark)));
    }
    Ok(all)
}

fn said(known: &[(i64, Remark)]) -> impl Iterator<Item = (i64, &Remark)> {
    known.iter().map(|(entry, remark)| (*entry, remark))
}

/// When a day is over there.
fn end(day: Date, zone: &TimeZone) -> Timestamp {
    let next = day.tomorrow().and_then(|next| next.to_zoned(zone.clone()));
    next.map_or(Timestamp::MAX, |next| next.timestamp())
}

/// The entries that were told as overdue, in order.
fn overdue(connection: &Connection, path: &Path) -> Result<Vec<i64>, StoreError> {
    let sql = "SELECT entry FROM overdue ORDER BY entry";
    let mut select = connection.prepare_cached(sql).map_err(sqlite(path))?;
    let rows = select.query_map([], |row| row.get(0)).map_err(sqlite(path))?;
    rows.collect::<Result<_, _>>().map_err(sqlite(path))
}

/// Notes that these are told as overdue.
pub(super) fn told(transaction: &Transaction<'_>, path: &Path, entries: &[i64]) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO overdue (entry) VALUES (?1)";
    let mut insert = transaction.prepare_cached(sql).map_err(sqlite(path))?;
    entries.iter().try_for_each(|entry| insert.execute([entry]).map(drop)).map_err(sqlite(path))
}
