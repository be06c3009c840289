//! Readings in a row that say the same: how long a value has been beyond a limit, or within it.

use std::time::Duration;

use jiff::Timestamp;

use super::span;

#[cfg(test)]
mod tests;

/// So many readings in a row, where nothing is said about how long (judgement §2.4): one alone may be a mistake of what
/// measures.
pub(in crate::decide) const IN_A_ROW: u32 = 3;

/// Readings in a row that said the same.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(in crate::decide) struct Run {
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    times: u32,
}

impl Run {
    /// One more says the same. Readings further apart than the gap are no run: it begins anew.
    pub(in crate::decide) fn count(&mut self, at: Timestamp, gap: Duration) {
        self.follow(at, gap);
        self.since.get_or_insert(at);
        self.until = Some(at);
        self.times = self.times.saturating_add(1);
    }

    /// The last one was looked at again: it stands for longer, and counts once.
    pub(in crate::decide) fn stands(&mut self, at: Timestamp, gap: Duration) {
        self.follow(at, gap);
        self.until = self.until.map(|_| at);
    }

    fn follow(&mut self, at: Timestamp, gap: Duration) {
        if self.until.is_some_and(|until| span(until, at) > gap) {
            *self = Self::default();
        }
    }

    /// For how long it has gone on; nothing while it is too short to be one.
    pub(in crate::decide) fn lasted(&self) -> Option<Duration> {
        let since = self.since.filter(|_| self.times >= IN_A_ROW)?;
        Some(span(since, self.until?))
    }

    /// When it began, while it goes on.
    pub(in crate::decide) fn since(&self) -> Option<Timestamp> {
        self.since
    }

    /// How many readings it has.
    pub(in crate::decide) fn times(&self) -> u32 {
        self.times
    }
}
