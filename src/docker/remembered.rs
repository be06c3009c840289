//! What this golive knows of things on the engine, by their ids, for as long as it runs: anybody may give a container the
//! same labels.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So many are known; then all are forgotten, and known again when they are looked at.
const KNOWN: usize = 4096;

/// A set of ids that all clones of an engine share.
#[derive(Debug, Clone, Default)]
pub(crate) struct Remembered(Arc<Mutex<BTreeSet<String>>>);

impl Remembered {
    pub(crate) fn insert(&self, id: &str) {
        let mut known = self.known();
        if known.len() >= KNOWN {
            known.clear();
        }
        known.insert(id.to_owned());
    }

    pub(crate) fn remove(&self, id: &str) {
        self.known().remove(id);
    }

    pub(crate) fn contains(&self, id: &str) -> bool {
        self.known().contains(id)
    }

    fn known(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
