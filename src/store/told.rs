//! What the outbox knows of the channels, for a daemon that has just started.

use jiff::Timestamp;

use super::flaws::Raw;
use super::{Store, StoreError, notice, sqlite};
use crate::model::event::Address;
use crate::model::notice::Notice;

/// So many urgent notices that nobody has confirmed are told of; there are no more where there are channels at all.
const UNCONFIRMED: u32 = 1_000;

impl Store {
    /// When each address confirmed last.
    pub async fn confirmed(&self) -> Result<Vec<(Address, Timestamp)>, StoreError> {
        self.work(|connection, path| {
            let sql =
                "SELECT channel, address, max(finished_at) FROM delivery WHERE state = 'sent' GROUP BY 1, 2";
            let mut select = connection.prepare(sql).map_err(sqlite(path))?;
            let rows = select.query_map([], |row| {
                Ok((Address { channel: row.get(0)?, address: row.get(1)? }, row.get::<_, String>(2)?))
            });
            let rows = rows.map_err(sqlite(path))?.collect::<Result<Vec<_>, _>>().map_err(sqlite(path))?;
            Ok(rows.into_iter().filter_map(|(to, at)| Some((to, at.parse().ok()?))).collect())
        })
        .await
    }

    /// Urgent notices that nobody has confirmed yet, with the channels that they are on their way through.
    pub async fn unconfirmed(&self) -> Result<Vec<(Notice, Vec<String>)>, StoreError> {
        self.work(|connection, path| {
            let sql = "SELECT json, json_group_array(DISTINCT channel) FROM delivery \
                       WHERE state = 'pending' AND tier = 2 AND NOT EXISTS \
                       (SELECT 1 FROM delivery AS other WHERE other.notice = delivery.notice AND other.state = 'sent' \
                       AND other.tier = 2) GROUP BY notice ORDER BY min(id) LIMIT ?1";
            let mut select = connection.prepare(sql).map_err(sqlite(path))?;
            let rows = select.query_map([UNCONFIRMED], |row| Ok((row.get(0)?, row.get(1)?)));
            let rows: Vec<(Raw, String)> =
                rows.map_err(sqlite(path))?.collect::<Result<_, _>>().map_err(sqlite(path))?;
            // What cannot be read is told of when it is due.
            let read = |(Raw(body), channels): (Raw, String)| {
                Some((notice(&body).ok()?, serde_json::from_str(&channels).ok()?))
            };
            Ok(rows.into_iter().filter_map(read).collect())
        })
        .await
    }
}
