//! What people add to a release's record: an entry of the chain each.

use std::sync::Arc;

use jiff::Timestamp;

use super::chain::links;
use super::{Store, StoreError, sqlite, story};
use crate::model::refusal::Refusal;
use crate::model::remark::{Remark, follow_ups};

/// A record takes so many remarks.
const MOST: usize = 1_000;

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
            let known: Vec<Remark> = links::of(&transaction, path, &release)?
                .into_iter()
                .filter_map(|entry| entry.remark)
                .collect();
            if known.len() >= MOST {
                return Ok(Err(Refusal::TooManyRemarks { release, most: MOST }));
            }
            if let Remark::FollowUp { text, done: true, .. } = &remark {
                let open = follow_ups(known.iter()).into_iter().filter(|known| !known.done);
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
}
