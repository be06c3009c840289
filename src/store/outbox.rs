//! The outbox: deliveries that wait for their channel, and what became of each.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::flaws::Raw;
use super::{Store, StoreError, json, notice, sqlite, text, thread};
use crate::decide::action::When;
use crate::model::notice::{Notice, Tier};

/// So many deliveries wait at most; beyond, the oldest of the least urgent are given up, with a note saying so.
const PENDING: u32 = 10_000;

/// One notice for one address.
#[derive(Debug, Clone, PartialEq)]
pub struct NewDelivery {
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

/// A delivery that is due.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
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
    pub digest: bool,
    /// Where the incident's first message stands at this address, in the words of the channel.
    pub thread: Option<String>,
}

/// A delivery that was told, or is to be told, from memory.
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

/// Adds deliveries; one that is there already stays as it is.
pub(super) fn put(
    transaction: &Transaction<'_>,
    path: &Path,
    at: Timestamp,
    deliveries: &[NewDelivery],
) -> Result<(), StoreError> {
    if deliveries.is_empty() {
        return Ok(());
    }
    let sql = "INSERT OR IGNORE INTO delivery \
               (notice, channel, address, tier, created_at, next_attempt_at, expires_at, json, incident, digest) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    let mut insert = transaction.prepare_cached(sql).map_err(sqlite(path))?;
    for delivery in deliveries {
        let body = serde_json::to_string(&delivery.notice).map_err(json(path))?;
        let tier = rank(delivery.notice.tier);
        let expires = text(delivery.expires);
        let (due, digest) = match delivery.when {
            When::Now => (at, false),
            When::Gathered(at) => (at, true),
        };
        let NewDelivery { notice, channel, address, .. } = delivery;
        let (at, due) = (text(at), text(due));
        let row = params![notice.id, channel, address, tier, at, due, expires, body, notice.incident, digest];
        insert.execute(row).map_err(sqlite(path))?;
    }
    let sql = "UPDATE delivery SET state = 'given-up', finished_at = ?1, response = 'too many deliveries were waiting' \
               WHERE id IN (SELECT id FROM delivery WHERE state = 'pending' ORDER BY tier, id \
               LIMIT max(0, (SELECT count(*) FROM delivery WHERE state = 'pending') - ?2))";
    transaction
        .prepare_cached(sql)
        .and_then(|mut it| it.execute(params![text(at), PENDING]))
        .map_err(sqlite(path))?;
    Ok(())
}

/// From address to address along the index, however many deliveries wait at one.
const DUE: &str = "\
    WITH RECURSIVE waits AS NOT MATERIALIZED (SELECT * FROM delivery INDEXED BY delivery_by_turn \
                                              WHERE state = 'pending' AND bundle IS NULL), \
    place (channel, address) AS ( \
        SELECT * FROM (SELECT channel, address FROM waits ORDER BY channel, address LIMIT 1) \
        UNION ALL \
        SELECT next.channel, next.address FROM place JOIN delivery AS next ON next.id = coalesce( \
            (SELECT id FROM waits WHERE waits.channel = place.channel AND waits.address > place.address \
             ORDER BY waits.address LIMIT 1), \
            (SELECT id FROM waits WHERE waits.channel > place.channel \
             ORDER BY waits.channel, waits.address LIMIT 1))) \
    SELECT id, delivery.channel, delivery.address, attempts, expires_at, json, digest, ( \
        SELECT message_thread.place FROM message_thread WHERE message_thread.incident = delivery.incident \
        AND message_thread.channel = delivery.channel AND message_thread.address = delivery.address) \
    FROM place JOIN delivery ON delivery.id IN ( \
        SELECT id FROM waits WHERE waits.channel = place.channel AND waits.address = place.address \
        AND next_attempt_at <= ?1 ORDER BY tier DESC, id LIMIT ?2) \
    ORDER BY tier DESC, id LIMIT ?3";

impl Store {
    /// Deliveries to be sent now, the most urgent first: at most `each` of one address, and `limit` in all. Those that are no
    /// longer worth telling are given up.
    pub async fn due(&self, now: Timestamp, each: usize, limit: usize) -> Result<Vec<Delivery>, StoreError> {
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
            let mut deliveries = Vec::new();
            for row in rows.map_err(sqlite(path))? {
                let (id, channel, address, attempts, expires, body, digest, thread) =
                    row.map_err(sqlite(path))?;
                let Some(notice) = inner.flaws.read(|| format!("the alert number {id}"), notice(&body))
                else {
                    give_up(connection, path, id, now)?;
                    continue;
                };
                let expires = expires.parse().unwrap_or(Timestamp::MAX);
                deliveries.push(Delivery { id, notice, channel, address, attempts, expires, digest, thread });
            }
            Ok(deliveries)
        })
        .await
    }

    /// When the next delivery is due that is not due yet.
    pub async fn next_due(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.work(move |connection, path| {
            let sql =
                "SELECT min(next_attempt_at) FROM delivery WHERE state = 'pending' AND bundle IS NULL AND next_attempt_at > ?1";
            let mut select = connection.prepare_cached(sql).map_err(sqlite(path))?;
            let due: Option<Option<String>> =
                select.query_row([text(now)], |row| row.get(0)).optional().map_err(sqlite(path))?;
            Ok(due.flatten().and_then(|due| due.parse().ok()))
        })
        .await
    }

    /// A delivery was confirmed, and its incident's first message stands at `thread` now, if that has changed.
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

    /// A delivery was refused: it is due again at `next`, or given up.
    pub async fn refused(
        &self,
        id: i64,
        answer: &str,
        next: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.settle(id, if next.is_some() { "pending" } else { "given-up" }, answer, next, now).await
    }

    /// Those of deliveries in memory that are stored by now; what was told already is settled.
    pub async fn twins(&self, twins: Vec<Twin>, now: Timestamp) -> Result<Vec<Twin>, StoreError> {
        self.work(move |connection, path| {
            let transaction = connection.transaction().map_err(sqlite(path))?;
            let mut stored = Vec::new();
            for twin in twins {
                let Twin { notice, channel, address, answer } = &twin;
                let sql = "UPDATE delivery SET state = iif(?4 IS NOT NULL AND state = 'pending', 'sent', state), \
                           finished_at = iif(?4 IS NULL, finished_at, ?5), response = coalesce(?4, response) \
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

    /// Sends a delivery again that was given up or has expired, now. Whether there was one.
    pub async fn retry(&self, id: i64, now: Timestamp) -> Result<bool, StoreError> {
        self.work(move |connection, path| {
            // A person wants it told, so it does not expire before they can see what became of it.
            let expires = now.checked_add(jiff::SignedDuration::from_hours(24)).unwrap_or(Timestamp::MAX);
            let sql = "UPDATE delivery SET state = 'pending', next_attempt_at = ?2, expires_at = ?3, attempts = 0, \
                       finished_at = NULL, bundle = NULL WHERE id = ?1 AND state <> 'sent'";
            let changed = connection.execute(sql, params![id, text(now), text(expires)]).map_err(sqlite(path))?;
            Ok(changed > 0)
        })
        .await
    }

    /// How many deliveries wait, by channel.
    pub async fn waiting(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        self.work(|connection, path| {
            let sql = "SELECT channel, count(*) FROM delivery WHERE state = 'pending' GROUP BY channel";
            let mut select = connection.prepare_cached(sql).map_err(sqlite(path))?;
            let rows = select.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())));
            rows.map_err(sqlite(path))?.collect::<Result<_, _>>().map_err(sqlite(path))
        })
        .await
    }

    /// The last deliveries with their channel and what has become of them, newest first.
    pub async fn last_deliveries(&self, most: u32) -> Result<Vec<(Notice, String, String)>, StoreError> {
        self.work(move |connection, path| {
            let sql = "SELECT json, channel, state FROM delivery ORDER BY id DESC LIMIT ?1";
            let mut select = connection.prepare_cached(sql).map_err(sqlite(path))?;
            let rows = select.query_map([most], |row| Ok((row.get::<_, Raw>(0)?, row.get(1)?, row.get(2)?)));
            let mut deliveries = Vec::new();
            for row in rows.map_err(sqlite(path))? {
                let (Raw(body), channel, state) = row.map_err(sqlite(path))?;
                deliveries.extend(notice(&body).ok().map(|notice| (notice, channel, state)));
            }
            Ok(deliveries)
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
            let sql = "UPDATE delivery SET state = ?2, response = ?3, attempts = attempts + 1, \
                       next_attempt_at = coalesce(?4, next_attempt_at), \
                       finished_at = ?5, bundle = iif(?2 = 'pending', NULL, bundle) WHERE id = ?1 OR bundle = ?1";
            let mut update = connection.prepare_cached(sql).map_err(sqlite(path))?;
            update.execute(params![id, state, answer, due.map(text), text(now)]).map(drop).map_err(sqlite(path))
        })
        .await
    }
}

/// Gives up a delivery that cannot be read.
pub(super) fn give_up(
    connection: &Connection,
    path: &Path,
    id: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE delivery SET state = 'given-up', finished_at = ?2, response = 'it cannot be read' WHERE id = ?1";
    let given = connection.prepare_cached(sql).and_then(|mut it| it.execute(params![id, text(now)]));
    given.map(drop).map_err(sqlite(path))
}

/// Gives up deliveries that are no longer worth telling.
fn expire(connection: &Connection, path: &Path, now: Timestamp) -> Result<(), StoreError> {
    let sql = "UPDATE delivery INDEXED BY delivery_by_end SET state = 'expired', finished_at = ?1 \
               WHERE state = 'pending' AND expires_at <= ?1 AND bundle IS NULL";
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
