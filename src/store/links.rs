//! What signs the links in alerts, and which of them were used.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::{Store, StoreError, sqlite};

/// The key, and by its signature what was used, with when it ends, in seconds since 1970.
type Links = ([u8; 32], BTreeMap<String, i64>);

impl Store {
    /// What links are signed with, which is `fresh` from now on where nothing was, and what was used of them.
    pub async fn links(&self, fresh: [u8; 32]) -> Result<Links, StoreError> {
        self.work(move |connection, path| {
            let key = match key(connection, path)? {
                Some(key) => key,
                None => {
                    let sql = "INSERT INTO link_key (id, key) VALUES (0, ?1)";
                    connection.execute(sql, [fresh]).map_err(sqlite(path))?;
                    fresh
                }
            };
            let mut used = connection.prepare("SELECT sign, until FROM link_used").map_err(sqlite(path))?;
            let used = used.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(sqlite(path))?;
            Ok((key, used.collect::<Result<_, _>>().map_err(sqlite(path))?))
        })
        .await
    }

    /// Notes that a link was used. What has ended is dropped, and beyond `most` what ends first.
    pub async fn spend_link(
        &self,
        (sign, until): (&str, i64),
        most: usize,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sign = sign.to_owned();
        self.work(move |connection, path| {
            let transaction = connection.transaction().map_err(sqlite(path))?;
            let spent = || {
                transaction.execute("DELETE FROM link_used WHERE until < ?1", [now.as_second()])?;
                let sql = "INSERT OR REPLACE INTO link_used (sign, until) VALUES (?1, ?2)";
                transaction.execute(sql, params![sign, until])?;
                let sql = "DELETE FROM link_used WHERE sign IN \
                           (SELECT sign FROM link_used ORDER BY until DESC LIMIT -1 OFFSET ?1)";
                transaction.execute(sql, [i64::try_from(most).unwrap_or(i64::MAX)])
            };
            spent().map_err(sqlite(path))?;
            transaction.commit().map_err(sqlite(path))
        })
        .await
    }
}

fn key(connection: &Connection, path: &Path) -> Result<Option<[u8; 32]>, StoreError> {
    let key = connection.query_row("SELECT key FROM link_key", [], |row| row.get(0));
    key.optional().map_err(sqlite(path))
}
