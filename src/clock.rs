//! The only reader of time: wall-clock time anchored once and carried on by the monotonic clock, so that a moved
//! clock moves no deadline.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

/// A clock that never goes back.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    anchor: Timestamp,
    since: Instant,
    /// How much faster than the world's; 1 but for tests that have no hours.
    pace: u32,
}

impl Clock {
    /// Anchors the clock at the present wall-clock time.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the time")]
    pub fn start() -> Self {
        Self { anchor: Timestamp::now(), since: Instant::now(), pace: 1 }
    }

    /// The same clock, so many times as fast.
    #[cfg(test)]
    #[must_use]
    pub fn hurry(self, pace: u32) -> Self {
        Self { pace, ..self }
    }

    /// The present time.
    pub fn now(&self) -> Timestamp {
        let elapsed = SignedDuration::try_from(self.since.elapsed().saturating_mul(self.pace))
            .unwrap_or(SignedDuration::MAX);
        self.anchor.checked_add(elapsed).unwrap_or(Timestamp::MAX)
    }

    /// What the host's clock shows, moved or not: others compare signatures with theirs.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the time")]
    pub fn wall() -> Timestamp {
        Timestamp::now()
    }

    /// The monotonic instant at which [`Clock::now`] gives that time; now, when it has passed.
    pub fn instant(&self, at: Timestamp) -> Instant {
        let after = std::time::Duration::try_from(at.duration_since(self.anchor)).unwrap_or_default();
        self.since + after / self.pace
    }
}
