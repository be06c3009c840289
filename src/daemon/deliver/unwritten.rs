//! What became of deliveries, while the store cannot write it down: it is kept here, one delivery an address, and the delivery
//! is not sent again meanwhile.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::event::Address;
use crate::store::{Store, StoreError};

/// The store is asked again after this when it could not write.
pub(super) const STORE_PAUSE: Duration = Duration::from_secs(5);

/// What became of a stored delivery.
#[derive(Debug, Clone)]
pub(super) struct Settled {
    pub(super) id: i64,
    pub(super) at: Timestamp,
    pub(super) became: Became,
}

#[derive(Debug, Clone)]
pub(super) enum Became {
    /// The provider confirmed it.
    Delivered { answer: String, thread: Option<String> },
    /// It did not; given up where there is no next attempt.
    Refused { why: String, next: Option<Timestamp> },
}

/// By address: a later delivery waits until what became of the one before is written.
#[derive(Debug, Default)]
pub(super) struct Unwritten {
    waiting: BTreeMap<Address, Settled>,
    /// When the store is tried again.
    again: Option<Timestamp>,
}

impl Settled {
    async fn write(&self, store: &Store) -> Result<(), StoreError> {
        match &self.became {
            Became::Delivered { answer, thread } => {
                store.delivered(self.id, answer, thread.clone(), self.at).await
            }
            Became::Refused { why, next } => store.refused(self.id, why, *next, self.at).await,
        }
    }
}

impl Unwritten {
    pub(super) fn holds(&self, to: &Address) -> bool {
        self.waiting.contains_key(to)
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// When to look again.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.again
    }

    /// Keeps it until it is written.
    pub(super) fn take(&mut self, to: Address, settled: Settled) {
        self.waiting.insert(to, settled);
    }

    /// Writes what waits, up to the first failure. A store that has just failed is not asked for each delivery anew. May be
    /// dropped.
    pub(super) async fn write(&mut self, store: &Store, now: Timestamp) {
        if self.again.is_some_and(|again| again > now) {
            return;
        }
        self.again = None;
        while let Some((to, settled)) = self.waiting.first_key_value() {
            if let Err(error) = settled.write(store).await {
                tracing::warn!(channel = to.channel, "failed to {error}");
                self.again = now.checked_add(STORE_PAUSE).ok();
                return;
            }
            self.waiting.pop_first();
        }
    }
}
