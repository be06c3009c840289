//! Which containers hold images for this golive: another one on the same engine, or anybody, may give a container the same
//! labels.

use std::collections::BTreeSet;
use std::sync::{MutexGuard, PoisonError};

use super::Engine;

/// So many are known; then all are forgotten, and known again when they are looked at.
const KNOWN: usize = 4096;

impl Engine {
    /// That container was made or found to hold an image.
    pub(in super::super) fn holds(&self, id: &str) {
        let mut pins = self.pins();
        if pins.len() >= KNOWN {
            pins.clear();
        }
        pins.insert(id.to_owned());
    }

    /// It need not any more.
    pub(in super::super) fn lets_go(&self, id: &str) {
        self.pins().remove(id);
    }

    /// Whether it holds one.
    pub(in super::super) fn is_held_by(&self, id: &str) -> bool {
        self.pins().contains(id)
    }

    fn pins(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.pins.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
