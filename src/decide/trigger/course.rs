//! The course of a share of bad requests since a release, in ticks long enough to tell a bad one from a good one.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use super::proof::ratio;
use super::span;
use crate::model::beside::Tick;
use crate::model::reading::Counts;
use crate::stats::onset;

/// In a shorter time than this, a few requests are good by chance (judgement-real §B: ticks of 15 s).
const TICK: Duration = Duration::from_secs(15);

/// So many ticks are kept, an hour of them at least; beyond, the oldest are dropped.
const KEPT: usize = 240;

/// The course of one stream.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::decide) struct Course {
    ticks: VecDeque<Tick>,
}

impl Course {
    pub(in crate::decide) fn push(&mut self, from: Timestamp, to: Timestamp, counts: Counts) {
        match self.ticks.back_mut() {
            Some(last) if span(last.from, to) <= TICK => {
                last.to = to;
                last.counts += counts;
            }
            Some(_) | None => self.ticks.push_back(Tick { from, to, counts }),
        }
        if self.ticks.len() > KEPT {
            self.ticks.pop_front();
        }
    }

    /// When the present run of bad ticks began.
    pub(in crate::decide) fn onset(&self, tolerated: f64) -> Option<Timestamp> {
        let ticks = self.ticks.iter().map(|tick| (tick.from, tick.counts.bad, tick.counts.total));
        onset::onset(ticks, tolerated)
    }

    /// Whether that is as early as anything is known.
    pub(in crate::decide) fn is_from_the_first(&self, onset: Timestamp) -> bool {
        self.ticks.iter().find(|tick| tick.counts.total > 0).is_none_or(|first| onset <= first.from)
    }

    /// The requests of ticks that began at a moment or later.
    pub(in crate::decide) fn since(&self, from: Timestamp) -> Counts {
        let mut sum = Counts::default();
        for tick in self.ticks.iter().filter(|tick| tick.from >= from) {
            sum += tick.counts;
        }
        sum
    }

    /// The share of bad ones among those.
    pub(in crate::decide) fn rate_since(&self, from: Timestamp) -> f64 {
        ratio(self.since(from))
    }
}
