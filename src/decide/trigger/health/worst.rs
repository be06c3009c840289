//! Which of the checks are worth a look, each list in the order in which it is asked for: however many fail at once, the worst
//! is found without a look at the others.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{FLAPPING, Health, KEPT, Streak};

/// Those of many that are not simply well.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Worst {
    /// They did not pass when they were last made, or were not made yet.
    unwell: BTreeSet<String>,
    /// They fail: so many times in a row.
    failing: BTreeSet<(u32, String)>,
    /// They cannot be told: since then.
    blind: BTreeSet<(Timestamp, String)>,
    /// They fail half of the time.
    flapping: BTreeSet<String>,
}

/// In which of the lists a check is, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    unwell: bool,
    failing: Option<u32>,
    blind: Option<Timestamp>,
    flapping: bool,
}

impl Worst {
    /// All anew.
    pub(super) fn of(checks: &BTreeMap<String, Streak>) -> Self {
        let mut worst = Self::default();
        let nowhere = Place { unwell: false, failing: None, blind: None, flapping: false };
        for (name, streak) in checks {
            worst.moved(name, nowhere, streak.place());
        }
        worst
    }

    /// A check was there, and is here.
    pub(super) fn moved(&mut self, name: &str, from: Place, to: Place) {
        if from == to {
            return;
        }
        let own = || name.to_owned();
        if from.unwell {
            self.unwell.remove(name);
        }
        if from.flapping {
            self.flapping.remove(name);
        }
        from.failing.map(|times| self.failing.remove(&(times, own())));
        from.blind.map(|since| self.blind.remove(&(since, own())));
        self.unwell.extend(to.unwell.then(own));
        self.flapping.extend(to.flapping.then(own));
        self.failing.extend(to.failing.map(|times| (times, own())));
        self.blind.extend(to.blind.map(|since| (since, own())));
    }
}

impl Health {
    /// Finds anew who is where.
    pub(super) fn look_through(&mut self) {
        self.worst = Worst::of(&self.checks);
    }

    /// The first of those that do not pass.
    pub(super) fn unwell(&self) -> Option<(&String, &Streak)> {
        self.worst.unwell.first().and_then(|name| self.checks.get_key_value(name))
    }

    /// Those that fail, the worst first.
    pub(super) fn failing_most(&self) -> impl Iterator<Item = (&String, &Streak)> {
        self.worst.failing.iter().rev().filter_map(|(_, name)| self.checks.get_key_value(name))
    }

    /// The one that cannot be told for the longest.
    pub(super) fn blind_longest(&self) -> Option<(&String, &Streak)> {
        self.worst.blind.first().and_then(|(_, name)| self.checks.get_key_value(name))
    }

    /// The first of those that flap.
    pub(super) fn flaps(&self) -> Option<(&String, &Streak)> {
        self.worst.flapping.first().and_then(|name| self.checks.get_key_value(name))
    }
}

impl Streak {
    pub(super) fn place(&self) -> Place {
        Place {
            unwell: self.passed == 0,
            failing: (self.failed > 0).then_some(self.failed),
            blind: self.blind_since,
            flapping: self.counted >= u32::from(KEPT) && self.failed_lately() >= FLAPPING,
        }
    }

    /// How many of the last ten that counted failed.
    pub(super) fn failed_lately(&self) -> u32 {
        (self.failures & ((1 << KEPT) - 1)).count_ones()
    }
}
