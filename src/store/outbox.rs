//! The outbox: letters that wait for their channel, and what became of each.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::flaws::Raw;
use super::{Store, StoreError, json, notice, sqlite, text, thread};
use crate::decide::action::When;
use crate::model::notice::{Notice, Tier};

/// So many letters wait at most; beyond, the oldest of the least urgent are given up, with a note saying so.
const PENDING: u32 = 10_000;

/// One notice for one address.
#[derive(Debug, Clone, PartialEq)]
pub struct NewLetter {
    /// What is told.
    pub notice: Notice,
    /// Through which channel.
    pub channel: String,
    /// To whom there.
    pub address: String,
    /// When.
    pub when: When,
    /// After this it is not worth telling any more.
    pub expires: Timestamp,
}

/// A letter that is due.
#[derive(Debug, Clone, PartialEq)]
pub struct Letter {
    /// Its number.
    pub id: i64,
    /// What is told.
    pub notice: Notice,
    /// Through which channel.
    pub channel: String,
    /// To whom there.
    pub address: String,
    /// How often it was tried.
    pub attempts: u32,
    /// After this it is not worth telling any more.
    pub expires: Timestamp,
    /// It is told together with whatever else is due at its address.
    pub gathered: bool,
    /// Where the incident's first message stands at this address, in the words of the channel.
    pub thread: Option<String>,
}

/// A letter that was told, or is to be told, from memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twin {
    /// The notice.
    pub notice: String,
    /// Through which channel.
    pub channel: String,
    /// To whom there.
    pub address: String,
    /// What the provider said, when it was told.
    pub answer: Option<String>,
}

/// Adds letters; one that is there already stays as it is.
pub(super) fn put(
    transaction: &Transaction<'_>,
    path: &Path,
    at: Timestamp,
    letters: &[NewLetter],
) -> Result<(), StoreError> {
    if letters.is_empty() {
        return Ok(());
    }
    let sql = "INSERT OR IGNORE INTO letter \
               (notice, channel, address, tier, created, due, expires, json, incident, gathered) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    let mut insert = transaction.prepare_cached(sql).map_err(sqlite(path))?;
    for letter in letters {
        let body = serde_json::to_string(&letter.notice).map_err(json(path))?;
        let tier = rank(letter.notice.tier);
        let expires = text(letter.expires);
        let (due, gathered) = match letter.when {
            When::Now => (at, false),
            When::Gathered(at) => (at, true),
        };
        let NewLetter { notice, channel, address, .. } = letter;
        let (at, due) = (text(at), text(due));
        let row =
            params![notice.id, channel, address, tier, at, due, expires, body, notice.incident, gathered];
        insert.execute(row).map_err(sqlite(path))?;
    }
    let sql = "UPDATE letter SET state = 'given-up', settled = ?1, answer = 'too many letters were waiting' \
               WHERE id IN (SELECT id FROM letter WHERE state = 'pending' ORDER BY tier, id \
               LIMIT max(0, (SELECT count(*) FROM letter WHERE state = 'pending') - ?2))";
    transaction
        .prepare_cached(sql)
        .and_then(|mut it| it.execute(params![text(at), PENDING]))
        .map_err(sqlite(path))?;
    Ok(())
}

/// From address to address along the index, however many letters wait at one.
const DUE: &str = "\
    WITH RECURSIVE waits AS NOT MATERIALIZED (SELECT * FROM letter INDEXED BY letter_by_turn \
                                              WHERE state = 'pending' AND carrier IS NULL), \
    place (channel, address) AS ( \
        SELECT * FROM (SELECT channel, address FROM waits ORDER BY channel, address LIMIT 1) \
        UNION ALL \
        SELECT next.channel, next.address FROM place JOIN letter AS next ON next.id = coalesce( \
            (SELECT id FROM waits WHERE waits.channel = place.channel AND waits.address > place.address \
             ORDER BY waits.address LIMIT 1), \
            (SELECT id FROM waits WHERE waits.channel > place.channel \
             ORDER BY waits.channel, waits.address LIMIT 1))) \
    SELECT id, letter.channel, letter.address, attempts, expires, json, gathered, ( \
        SELECT thread.place FROM thread WHERE thread.incident = letter.incident \
        AND thread.channel = letter.channel AND thread.address = letter.address) \
    FROM place JOIN letter ON letter.id IN ( \
        SELECT id FROM waits WHERE waits.channel = place.channel AND waits.address = place.address \
        AND due <= ?1 ORDER BY tier DESC, id LIMIT ?2) \
    ORDER BY tier DESC, id LIMIT ?3";

impl Store {
    /// Letters to be sent now, the most urgent first: at most `each` of one address, and `limit` in all. Those that are no
    /// longer worth telling are given up.
    pub async fn due(&self, now: Timestamp, each: usize, limit: usize) -> Result<Vec<Letter>, StoreError> {
        let inner = Arc::clone(&self.inner);
        self.work(move |connection, path| {
            expire(connection, path, now)?;
            let mut select = connection.prepare_cached(DUE).map_err(sqlite(path))?;
            let [each, limit] = [each, limit].map(|count| i64::try_from(count).unwrap_or(i64::MAX));
            let rows = select.query_map(params![text(now), each, limit], |row| {
                let expires: String = row.get(4)?;
                let Raw(body) = row.get(5)?;
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                    expires,
                    body,
                    row.get(6)?,
                    row.get(7)?,
                ))
            });
            let mut letters = Vec::new();
            for row in rows.map_err(sqlite(path))? {
                let (id, channel, address, attempts, expires, body, gathered, thread) =
                    row.map_err(sqlite(path))?;
                let Some(notice) = inner.flaws.read(|| format!("the alert number {id}"), notice(&body))
                else {
                    give_up(connection, path, id, now)?;
                    continue;
                };
                let expires = expires.parse().unwrap_or(Timestamp::MAX);
                letters.push(Letter { id, notice, channel, address, attempts, expires, gathered, thread });
            }
            Ok(letters)
        })
        .await
    }

    /// When the next letter is due that is not due yet.
    pub async fn next_due(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.work(move |connection, path| {
            let sql = "SELECT min(due) FROM letter WHERE state = 'pending' AND carrier IS NULL AND due > ?1";
            let mut select = connection.prepare_cached(sql).map_err(sqlite(path))?;
            let due: Option<Option<String>> =
                select.query_row([text(now)], |row| row.get(0)).optional().map_err(sqlite(path))?;
            Ok(due.flatten().and_then(|due| due.parse().ok()))
        })
        .await
    }

    /// A letter was confirmed, and its incident's first message stands at `thread` now, if that has changed.
    pub async fn delivered(
        &self,
        id: i64,
        answer: &str,
        thread: Option<String>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if let Some(place) = thread {
            self.work(move |connection, path| thread::put(connection, path, id, &place)).await?;
        }
        self.settle(id, "sent", answer, None, now).await
    }

    /// A letter was refused: it is due again at `next`, or given up.
    pub async fn refused(
        &self,
        id: i64,
        answer: &str,
        next: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.settle(id, if next.is_some() { "pending" } else { "given-up" }, answer, next, now).await
    }

    /// Those of letters in memory that are stored by now; what was told already is settled.
    pub async fn twins(&self, twins: Vec<Twin>, now: Timestamp) -> Result<Vec<Twin>, StoreError> {
        self.work(move |connection, path| {
            let transaction = connection.transaction().map_err(sqlite(path))?;
            let mut stored = Vec::new();
            for twin in twins {
                let Twin { notice, channel, address, answer } = &twin;
                let sql = "UPDATE letter SET state = iif(?4 IS NOT NULL AND state = 'pending', 'sent', state), \
                           settled = iif(?4 IS NULL, settled, ?5), answer = coalesce(?4, answer) \
                           WHERE notice = ?1 AND channel = ?2 AND address = ?3";
                let mut settle = transaction.prepare_cached(sql).map_err(sqlite(path))?;
                let row = params![notice, channel, address, answer, text(now)];
                if settle.execute(row).map_err(sqlite(path))? > 0 {
                    stored.push(twin);
                }
            }
            transaction.commit().map_err(sqlite(path))?;
            Ok(stored)
        })
        .await
    }

    /// Sends a letter again that was given up or has expired, now. Whether there was one.
    pub async fn retry(&self, id: i64, now: Timestamp) -> Result<bool, StoreError> {
        self.work(move |connection, path| {
            // A person wants it told, so it does not expire before they can see what became of it.
            let expires = now.checked_add(jiff::SignedDuration::from_hours(24)).unwrap_or(Timestamp::MAX);
            let sql = "UPDATE letter SET state = 'pending', due = ?2, expires = ?3, attempts = 0, settled = NULL, \
                       carrier = NULL WHERE id = ?1 AND state <> 'sent'";
            let changed = connection.execute(sql, params![id, text(now), text(expires)]).map_err(sqlite(path))?;
            Ok(changed > 0)
        })
        .await
    }

    /// How many letters wait, by channel.
    pub async fn waiting(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        self.work(|connection, path| {
            let sql = "SELECT channel, count(*) FROM letter WHERE state = 'pending' GROUP BY channel";
            let mut select = connection.prepare_cached(sql).map_err(sqlite(path))?;
            let rows = select.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())));
            rows.map_err(sqlite(path))?.collect::<Result<_, _>>().map_err(sqlite(path))
        })
        .await
    }

    /// The last letters with their channel and what has become of them, newest first.
    pub async fn last_letters(&self, most: u32) -> Result<Vec<(Notice, String, String)>, StoreError> {
        self.work(move |connection, path| {
            let sql = "SELECT json, channel, state FROM letter ORDER BY id DESC LIMIT ?1";
            let mut select = connection.prepare_cached(sql).map_err(sqlite(path))?;
            let rows = select.query_map([most], |row| Ok((row.get::<_, Raw>(0)?, row.get(1)?, row.get(2)?)));
            let mut letters = Vec::new();
            for row in rows.map_err(sqlite(path))? {
                let (Raw(body), channel, state) = row.map_err(sqlite(path))?;
                letters.extend(notice(&body).ok().map(|notice| (notice, channel, state)));
            }
            Ok(letters)
        })
        .await
    }

    async fn settle(
        &self,
        id: i64,
        state: &'static str,
        answer: &str,
        due: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let answer = answer.to_owned();
        self.work(move |connection, path| {
            // What goes on waiting is put together anew when it is due: more may have come.
            let sql = "UPDATE letter SET state = ?2, answer = ?3, attempts = attempts + 1, due = coalesce(?4, due), \
                       settled = ?5, carrier = iif(?2 = 'pending', NULL, carrier) WHERE id = ?1 OR carrier = ?1";
            let mut update = connection.prepare_cached(sql).map_err(sqlite(path))?;
            update.execute(params![id, state, answer, due.map(text), text(now)]).map(drop).map_err(sqlite(path))
        })
        .await
    }
}

/// Gives up a letter that cannot be read.
pub(super) fn give_up(
    connection: &Connection,
    path: &Path,
    id: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql =
        "UPDATE letter SET state = 'given-up', settled = ?2, answer = 'it cannot be read' WHERE id = ?1";
    let given = connection.prepare_cached(sql).and_then(|mut it| it.execute(params![id, text(now)]));
    given.map(drop).map_err(sqlite(path))
}

/// Gives up letters that are no longer worth telling.
fn expire(connection: &Connection, path: &Path, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE letter INDEXED BY letter_by_end SET state = 'expired', settled = ?1 \
               WHERE state = 'pending' AND expires <= ?1 AND carrier IS NULL";
    let expired = connection.prepare_cached(sql).and_then(|mut it| it.execute([text(now)]));
    expired.map(drop).map_err(sqlite(path))
}

fn rank(tier: Tier) -> u8 {
    match tier {
        Tier::General => 0,
        Tier::Important => 1,
        Tier::Urgent => 2,
    }
}
