//! Whether a release's journal is still what the entries of its record were signed over.

use super::chain::{self, Covers};
use super::flaws::Flaws;
use super::{Reader, StoreError, journal};

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Covered {
    /// So many rows are as they were signed.
    Same {
        /// How many.
        rows: usize,
    },
    /// Rows were dropped for their age, or the content of its entries was, so that nothing can be compared.
    Dropped,
    /// It is not what an entry was signed over.
    Changed {
        /// The first such entry.
        seq: i64,
    },
}

impl Reader {
    /// Compares a release's journal with what its entries cover.
    pub fn covered(&self, release: &str) -> Result<Covered, StoreError> {
        if !self.exact(release)? {
            return Ok(Covered::Dropped);
        }
        let lines = journal::lines(&self.connection, &self.path, release, u32::MAX, &Flaws::default())?;
        let mut same = None;
        for link in self.links_of(release)? {
            let covers = link.payload.and_then(|payload| chain::read(&payload).ok()?.predicate.journal);
            let Some(Covers { from, rows, sha256 }) = covers else { continue };
            let covered = from.checked_add(rows).and_then(|to| lines.get(from..to));
            if covered.is_none_or(|lines| chain::digest(lines) != sha256) {
                return Ok(Covered::Changed { seq: link.seq });
            }
            same = Some(same.unwrap_or(0) + rows);
        }
        Ok(same.map_or(Covered::Dropped, |rows| Covered::Same { rows }))
    }
}
