//! What is remembered of containers, so that their files are read but once.

use std::collections::BTreeMap;
use std::sync::{MutexGuard, PoisonError};

use super::Engine;

/// So many are remembered; then all are forgotten.
const REMEMBERED: usize = 1024;

impl Engine {
    /// What tells apart the files that were put into that container, if it is known.
    pub(crate) fn known_mark(&self, id: &str) -> Option<String> {
        self.marks().get(id).cloned()
    }

    /// Remembers it.
    pub(crate) fn remember_mark(&self, id: &str, mark: &str) {
        let mut marks = self.marks();
        if marks.len() >= REMEMBERED {
            marks.clear();
        }
        marks.insert(id.to_owned(), mark.to_owned());
    }

    fn marks(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
