//! Entries as they are stored.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, Row};

use super::statement::{Addition, Statement, read};
use crate::dsse::Public;
use crate::model::drill::Drill;
use crate::model::remark::Remark;
use crate::model::witness::Witness;
use crate::store::{StoreError, sqlite};

/// An entry as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its number, from 1.
    pub seq: i64,
    /// When it was written.
    pub at: String,
    /// The release that it is about.
    pub release: Option<String>,
    /// What it tells.
    pub kind: String,
    /// The statement that was signed; none when it was dropped for its age.
    pub payload: Option<Vec<u8>>,
    /// The hash of the entry before.
    pub prev: Vec<u8>,
    /// Its own.
    pub hash: Vec<u8>,
    /// The signature.
    pub sig: Vec<u8>,
}

/// An entry of one release, as its record lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Where it stands.
    pub witness: Witness,
    /// When it was written.
    pub at: Timestamp,
    /// What it tells.
    pub kind: String,
    /// What a person added.
    pub remark: Option<Remark>,
    /// The drill that it tells of.
    pub drill: Option<Drill>,
}

pub(in crate::store) const COLUMNS: &str = "seq, at, release, kind, payload, prev, hash, sig";

pub(in crate::store) fn link(row: &Row<'_>) -> rusqlite::Result<Link> {
    Ok(Link {
        seq: row.get(0)?,
        at: row.get(1)?,
        release: row.get(2)?,
        kind: row.get(3)?,
        payload: row.get(4)?,
        prev: row.get(5)?,
        hash: row.get(6)?,
        sig: row.get(7)?,
    })
}

impl Link {
    /// The key that it brings in.
    pub fn key(&self) -> Option<Public> {
        read(self.payload.as_ref()?).ok()?.key()
    }
}

pub(in crate::store) fn links_of(
    connection: &Connection,
    path: &Path,
    release: &str,
) -> Result<Vec<Link>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM chain WHERE release = ?1 ORDER BY seq");
    let mut select = connection.prepare_cached(&sql).map_err(sqlite(path))?;
    let rows = select.query_map([release], link).map_err(sqlite(path))?;
    rows.collect::<Result<_, _>>().map_err(sqlite(path))
}

/// The entries of one release, oldest first.
pub(in crate::store) fn of(
    connection: &Connection,
    path: &Path,
    release: &str,
) -> Result<Vec<Sealed>, StoreError> {
    let links = links_of(connection, path, release)?;
    let sealed = |link: Link| {
        let statement = link.payload.and_then(|payload| read(&payload).ok());
        let Addition { remark, drill } = statement.map(Statement::addition).unwrap_or_default();
        Sealed {
            witness: Witness { seq: link.seq, hash: hex::encode(&link.hash) },
            at: link.at.parse().unwrap_or(Timestamp::UNIX_EPOCH),
            remark,
            drill,
            kind: link.kind,
        }
    };
    Ok(links.into_iter().map(sealed).collect())
}
