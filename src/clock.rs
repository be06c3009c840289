//! The only reader of time: wall-clock time anchored once and carried on by a clock that is never set and counts while
//! the host sleeps, so that a moved clock moves no deadline, and no night in a closed laptop is lost.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use rustix::time::{ClockId, clock_gettime};

mod turn;

pub use turn::Turn;

/// A clock that never goes back.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    anchor: Timestamp,
    /// How long the host had been up then.
    since: Duration,
    /// How much faster than the world's; 1 but for tests that have no hours.
    pace: u32,
}

impl Clock {
    /// Anchors the clock at the present wall-clock time.
    pub fn start() -> Self {
        Self { anchor: Self::wall(), since: up(), pace: 1 }
    }

    /// The same clock, so many times as fast.
    #[cfg(test)]
    #[must_use]
    pub fn hurry(self, pace: u32) -> Self {
        Self { pace, ..self }
    }

    /// The present time.
    pub fn now(&self) -> Timestamp {
        let elapsed = self.lasts(up().saturating_sub(self.since));
        let elapsed = SignedDuration::try_from(elapsed).unwrap_or(SignedDuration::MAX);
        self.anchor.checked_add(elapsed).unwrap_or(Timestamp::MAX)
    }

    /// How long something takes by this clock that takes so long in the world.
    pub fn lasts(&self, real: Duration) -> Duration {
        real.saturating_mul(self.pace)
    }

    /// What the host's clock shows, moved or not: others compare signatures with theirs.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the time")]
    pub fn wall() -> Timestamp {
        Timestamp::now()
    }

    /// The instant at which [`Clock::now`] gives that time, unless the host sleeps before; now, when it has passed.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the time")]
    pub fn instant(&self, at: Timestamp) -> Instant {
        let left = Duration::try_from(at.duration_since(self.now())).unwrap_or_default();
        Instant::now() + left / self.pace
    }
}

/// How long the host has been up, asleep or awake.
fn up() -> Duration {
    let up = clock_gettime(ClockId::Boottime);
    Duration::new(u64::try_from(up.tv_sec).unwrap_or_default(), u32::try_from(up.tv_nsec).unwrap_or_default())
}
