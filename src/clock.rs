//! The only reader of time: wall-clock time anchored once and carried on by the monotonic clock, so that a moved
//! clock moves no deadline.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

/// A clock that never goes back.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    anchor: Timestamp,
    since: Instant,
}

impl Clock {
    /// Anchors the clock at the present wall-clock time.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the time")]
    pub fn start() -> Self {
        Self { anchor: Timestamp::now(), since: Instant::now() }
    }

    /// The present time.
    pub fn now(&self) -> Timestamp {
        let elapsed = SignedDuration::try_from(self.since.elapsed()).unwrap_or(SignedDuration::MAX);
        self.anchor.checked_add(elapsed).unwrap_or(Timestamp::MAX)
    }

    /// What the host's clock shows, moved or not: others compare signatures with theirs.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the time")]
    pub fn wall() -> Timestamp {
        Timestamp::now()
    }

    /// The monotonic instant at which [`Clock::now`] gives that time; now, when it has passed.
    pub fn instant(&self, at: Timestamp) -> Instant {
        self.since + std::time::Duration::try_from(at.duration_since(self.anchor)).unwrap_or_default()
    }
}
