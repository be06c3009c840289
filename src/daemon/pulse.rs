//! Whether golive stood still: it was stopped, the host slept, a virtual machine was paused, or nothing got its turn.
//!
//! One task beats every second. Whoever runs first when golive goes on notices it: the task, the loop before it takes
//! anything in, or a health check whose answer spans the gap. The same task looks whether the host's clock was moved.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::model::sample::{Outcome, Sample};

/// So often there is a beat.
const EVERY: Duration = Duration::from_secs(1);
/// A longer pause between two is a gap; a loaded host may be late by as much.
const LONGEST: Duration = Duration::from_secs(3);

/// What notices that time has passed without golive.
pub(super) struct Pulse {
    clock: Clock,
    beats: Mutex<Beats>,
    missed: Notify,
    moved: Notify,
}

struct Beats {
    last: Timestamp,
    /// When golive went on after the last gap.
    woke: Option<Timestamp>,
    /// Since when golive stood still, until the loop has heard of it.
    since: Option<Timestamp>,
}

impl Pulse {
    pub(super) fn new(clock: Clock) -> Arc<Self> {
        let beats = Beats { last: clock.now(), woke: None, since: None };
        Arc::new(Self { clock, beats: Mutex::new(beats), missed: Notify::new(), moved: Notify::new() })
    }

    /// Beats for ever.
    pub(super) async fn beat(self: Arc<Self>) {
        loop {
            tokio::time::sleep(EVERY).await;
            drop(self.now());
            if self.clock.moved().is_some() {
                self.moved.notify_one();
            }
        }
    }

    /// Waits until the host's clock was moved; again, for as long as nobody follows it.
    pub(super) async fn moved(&self) {
        self.moved.notified().await;
    }

    /// Since when golive has stood still, if it did since this was asked last.
    pub(super) fn gap(&self) -> Option<Timestamp> {
        self.now().since.take()
    }

    /// Waits for a gap that the loop has not heard of.
    pub(super) async fn missed(&self) {
        self.missed.notified().await;
    }

    /// What a check gave; nothing, when golive stood still while it was made.
    pub(super) fn whole(&self, sample: Sample) -> Sample {
        match self.now().woke {
            Some(woke) if sample.began < woke => {
                Sample { outcome: Outcome::Blind("golive stood still meanwhile".to_owned()), ..sample }
            }
            Some(_) | None => sample,
        }
    }

    /// golive runs at this moment.
    fn now(&self) -> MutexGuard<'_, Beats> {
        let mut beats = self.beats.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let last = std::mem::replace(&mut beats.last, now);
        if now.duration_since(last).unsigned_abs() > self.clock.lasts(LONGEST) {
            beats.woke = Some(now);
            beats.since.get_or_insert(last);
            self.missed.notify_one();
        }
        beats
    }
}

#[cfg(test)]
mod tests;
