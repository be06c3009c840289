//! What a stream was like before the release.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use super::proof::ALPHA;
use super::span;
use super::window::Tally;
use crate::model::facts::Before;
use crate::model::reading::Counts;
use crate::stats::evidence::Baseline;

/// So many minutes are remembered (judgement §2.2: the hour before the release)…
const MINUTES: usize = 60;

/// …from no longer ago than this: a release that was watched in between is no baseline.
const OLDEST: Duration = Duration::from_hours(3);

/// What decides whether it was so before already.
const LATELY: Duration = Duration::from_mins(10);

/// What came in by minute.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Minutes<T> {
    minutes: VecDeque<(Timestamp, T)>,
}

impl<T> Default for Minutes<T> {
    fn default() -> Self {
        Self { minutes: VecDeque::new() }
    }
}

impl<T: Tally> Minutes<T> {
    pub(super) fn add(&mut self, at: Timestamp, what: &T) {
        match self.minutes.back_mut() {
            Some((began, minute)) if at < *began || span(*began, at) < Duration::from_mins(1) => {
                minute.add(what);
            }
            Some(_) | None => {
                if self.minutes.len() == MINUTES {
                    self.minutes.pop_front();
                }
                self.minutes.push_back((at, what.clone()));
            }
        }
    }

    /// Puts older minutes before those at hand.
    pub(super) fn recall(&mut self, older: impl Iterator<Item = (Timestamp, T)>) {
        let first = self.minutes.front().map_or(Timestamp::MAX, |(at, _)| *at);
        let mut all: VecDeque<_> = older.filter(|(at, _)| *at < first).collect();
        all.extend(self.minutes.drain(..));
        all.drain(..all.len().saturating_sub(MINUTES));
        self.minutes = all;
    }

    /// What ran since then was the release already: whole minutes from then on are no part of what was before.
    pub(super) fn forget_since(&mut self, started: Timestamp) {
        self.minutes.retain(|(began, _)| span(*began, started) >= Duration::from_mins(1));
    }

    /// Those that are not too long before `now`.
    pub(super) fn young(&self, now: Timestamp) -> impl Iterator<Item = &T> {
        self.minutes.iter().filter(move |(at, _)| span(*at, now) <= OLDEST).map(|(_, what)| what)
    }

    /// The same with their times.
    pub(super) fn timed(&self, now: Timestamp) -> impl Iterator<Item = (Timestamp, &T)> {
        let young = self.minutes.iter().filter(move |(at, _)| span(*at, now) <= OLDEST);
        young.map(|(at, what)| (*at, what))
    }

    /// The last ten minutes before `now`.
    pub(super) fn lately(&self, now: Timestamp) -> impl Iterator<Item = &T> {
        self.minutes.iter().filter(move |(at, _)| span(*at, now) <= LATELY).map(|(_, what)| what)
    }
}

/// The bound on what was before, from bad and all by minute and those of the last ten minutes.
pub(super) fn before(minutes: &[Counts], lately: impl Iterator<Item = Counts>) -> Option<Before> {
    let blocks: Vec<(u64, u64)> = minutes.iter().map(|counts| (counts.bad, counts.total)).collect();
    let Baseline { bad, total, upper, dispersion } = Baseline::of(&blocks, ALPHA / 2.0)?;
    let mut last = Counts::default();
    lately.for_each(|counts| last += counts);
    let counts = Counts { bad, total };
    Some(Before { counts, upper, dispersion, lately: last, edge: None, p95: None })
}
