//! Which of the checks are worth a look: of a thousand that pass, none.

use super::{Health, KEPT, Streak};

impl Health {
    /// Finds anew who is uneasy.
    pub(super) fn look_through(&mut self) {
        let uneasy = self.checks.iter().filter(|(_, streak)| !streak.is_steady());
        self.uneasy = uneasy.map(|(name, _)| name.clone()).collect();
    }

    /// Those that are uneasy, in order.
    pub(super) fn uneasy(&self) -> impl Iterator<Item = (&String, &Streak)> {
        self.uneasy.iter().filter_map(|name| self.checks.get_key_value(name))
    }

    /// Those that do not pass, in order.
    pub(super) fn unwell(&self) -> impl Iterator<Item = (&String, &Streak)> {
        self.uneasy().filter(|(_, streak)| streak.passed == 0)
    }
}

impl Streak {
    /// It passes, and has not failed lately.
    pub(super) fn is_steady(&self) -> bool {
        self.passed > 0 && self.failed_lately() == 0
    }

    /// How many of the last ten that counted failed.
    pub(super) fn failed_lately(&self) -> u32 {
        (self.failures & ((1 << KEPT) - 1)).count_ones()
    }
}
