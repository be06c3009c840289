//! What cannot be read costs itself and nothing else, and is told.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use rusqlite::types::{FromSql, FromSqlResult, ValueRef};
use tokio::sync::Notify;

use super::Store;

/// So many different ones are told; behind that it is no single row any more.
const MOST: usize = 100;

/// What could not be read.
#[derive(Debug, Default)]
pub(super) struct Flaws {
    seen: Mutex<(BTreeSet<String>, Vec<String>)>,
    news: Notify,
}

/// Text as it stands there, with a mark for what is none.
pub(super) struct Raw(pub(super) String);

impl FromSql for Raw {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(Self(String::from_utf8_lossy(value.as_bytes()?).into_owned()))
    }
}

impl Flaws {
    /// Notes one, once.
    pub(super) fn note(&self, what: String) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.0.len() < MOST && seen.0.insert(what.clone()) {
            seen.1.push(what);
            self.news.notify_one();
        }
    }

    /// How many.
    pub(super) fn count(&self) -> usize {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).0.len()
    }

    /// What was read, unless it cannot be.
    pub(super) fn read<T, E: std::fmt::Display>(
        &self,
        what: impl FnOnce() -> String,
        read: Result<T, E>,
    ) -> Option<T> {
        read.map_err(|error| self.note(format!("{}: {error}", what()))).ok()
    }
}

impl Store {
    /// Notes something else that is lost.
    pub fn flaw(&self, what: String) {
        self.inner.flaws.note(what);
    }

    /// Waits for something that cannot be read. May be dropped at any await.
    pub async fn flaws(&self) -> Vec<String> {
        loop {
            let flaws = &self.inner.flaws;
            let news = std::mem::take(&mut flaws.seen.lock().unwrap_or_else(PoisonError::into_inner).1);
            if !news.is_empty() {
                return news;
            }
            flaws.news.notified().await;
        }
    }
}
