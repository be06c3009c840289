//! Deliveries that are told in one message: what has overtaken each other in an incident, what was gathered until now, and
//! what would be too many messages at once.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{ToSql, Transaction, params};

use super::flaws::Raw;
use super::{Delivery, Store, StoreError, json, notice, sqlite, text};
use crate::model::notice::{Notice, Tier};

mod over;

/// So many deliveries are told in one message at most; the rest in the next.
const MOST: usize = 100;

/// So many settled deliveries are kept at most, whatever their age.
pub(super) const PRUNE: &str = "\
    DELETE FROM delivery WHERE id IN (SELECT id FROM delivery \
    WHERE id <= (SELECT max(id) FROM delivery) - 100000 AND state <> 'pending' LIMIT ?1)";

/// One message: the newest of its deliveries, and what is told with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Bundle {
    /// The delivery that stands for all of them.
    pub delivery: Delivery,
    /// The others' notices, oldest first.
    pub with: Vec<Notice>,
}

impl Store {
    /// What is told together with a due delivery, and noted to be: after a crash it is told under the same id again.
    /// Deliveries of other incidents are put in only where the address takes such messages (`mixed`), and then those that
    /// were gathered until now, and all of its kind when more than `room` are due. Nothing, when all of it was over as
    /// soon as it had begun.
    pub async fn bundle(
        &self,
        delivery: Delivery,
        mixed: bool,
        room: usize,
        now: Timestamp,
    ) -> Result<Option<Bundle>, StoreError> {
        let inner = Arc::clone(&self.inner);
        self.work(move |connection, path| {
            let transaction = connection.transaction().map_err(sqlite(path))?;
            let carried = carried_by(&transaction, path, delivery.id)?;
            if !carried.is_empty() {
                return Ok(Some(Bundle { delivery, with: carried }));
            }
            let together = together(&transaction, path, &delivery, (mixed, room), now)?;
            let together = over::worth_telling(&transaction, path, together, now, &inner.flaws)?;
            let bundle = match together[..] {
                [] => None,
                [alone] if alone == delivery.id => Some(Bundle { delivery, with: Vec::new() }),
                [.., carrier] => Some(put_together(&transaction, path, delivery, carrier, &together)?),
            };
            transaction.commit().map_err(sqlite(path))?;
            Ok(bundle)
        })
        .await
    }
}

/// Numbers of the deliveries that are told with that one, and its own, in order.
fn together(
    transaction: &Transaction<'_>,
    path: &Path,
    delivery: &Delivery,
    (mixed, room): (bool, usize),
    now: Timestamp,
) -> Result<Vec<i64>, StoreError> {
    const HERE: &str = "SELECT id FROM delivery WHERE channel = ?1 AND address = ?2 AND state = 'pending' \
                        AND bundle IS NULL AND";
    let (channel, address, now) = (&delivery.channel, &delivery.address, text(now));
    let query = |rest: &str, values: &[&dyn ToSql]| -> Result<Vec<i64>, StoreError> {
        let sql = format!("{HERE} {rest} ORDER BY id LIMIT {}", MOST - 1);
        let mut select = transaction.prepare_cached(&sql).map_err(sqlite(path))?;
        let rows = select.query_map(values, |row| row.get(0)).map_err(sqlite(path))?;
        rows.collect::<Result<_, _>>().map_err(sqlite(path))
    };
    let incident = &delivery.notice.incident;
    let mut all = query("incident = ?3 AND incident <> ''", &[channel, address, incident])?;
    if mixed && delivery.digest {
        all.extend(query("digest AND next_attempt_at <= ?3", &[channel, address, &now])?);
    }
    if mixed {
        let urgent = delivery.notice.tier == Tier::Urgent;
        let due = query("(tier >= 2) = ?3 AND next_attempt_at <= ?4", &[channel, address, &urgent, &now])?;
        if due.len() > room {
            all.extend(due);
        }
    }
    all.push(delivery.id);
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

/// Notes which delivery stands for them, and reads what they say.
fn put_together(
    transaction: &Transaction<'_>,
    path: &Path,
    due: Delivery,
    carrier: i64,
    together: &[i64],
) -> Result<Bundle, StoreError> {
    let sql = "UPDATE delivery SET bundle = ?2 WHERE id = ?1";
    let mut carry = transaction.prepare_cached(sql).map_err(sqlite(path))?;
    for id in together.iter().filter(|id| **id != carrier) {
        carry.execute(params![id, carrier]).map_err(sqlite(path))?;
    }
    let with = carried_by(transaction, path, carrier)?;
    // It is as urgent as the most urgent of them, and worth telling for as long.
    let sql = "UPDATE delivery SET (tier, next_attempt_at, expires_at) = \
               (SELECT max(tier), min(next_attempt_at), max(expires_at) FROM delivery WHERE id = ?1 OR bundle = ?1) \
               WHERE id = ?1 RETURNING attempts, expires_at, json, digest";
    let mut update = transaction.prepare_cached(sql).map_err(sqlite(path))?;
    let row = update.query_row([carrier], |row| {
        Ok((row.get(0)?, row.get::<_, String>(1)?, row.get::<_, Raw>(2)?, row.get(3)?))
    });
    let (attempts, expires, Raw(body), digest) = row.map_err(sqlite(path))?;
    let notice = notice(&body).map_err(json(path))?;
    let expires = expires.parse().unwrap_or(Timestamp::MAX);
    let thread = due.thread.filter(|_| notice.incident == due.notice.incident);
    let delivery = Delivery { id: carrier, notice, attempts, expires, digest, thread, ..due };
    Ok(Bundle { delivery, with })
}

/// What is told with a delivery, oldest first.
fn carried_by(transaction: &Transaction<'_>, path: &Path, carrier: i64) -> Result<Vec<Notice>, StoreError> {
    let sql = "SELECT json FROM delivery WHERE bundle = ?1 AND state = 'pending' ORDER BY id";
    let mut select = transaction.prepare_cached(sql).map_err(sqlite(path))?;
    let rows = select.query_map([carrier], |row| row.get::<_, Raw>(0)).map_err(sqlite(path))?;
    let bodies: Vec<Raw> = rows.collect::<Result<_, _>>().map_err(sqlite(path))?;
    // One that cannot be read is not told; the others are.
    Ok(bodies.iter().filter_map(|Raw(body)| notice(body).ok()).collect())
}
