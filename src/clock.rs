//! The only reader of time: wall-clock time anchored once and carried on by a clock that is never set and counts while
//! the host sleeps, so that a moved clock moves no deadline, and no night in a closed laptop is lost. When the host's
//! clock was moved, a new one is anchored, and what has been reckoned by the old one is moved with it.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use rustix::time::{ClockId, clock_gettime};

#[cfg(test)]
mod tests;
mod ticker;

pub use ticker::Ticker;

/// The host's clock was moved when it stands so far from this one. Less is nobody's concern, and what slews it slews
/// this one as well.
const MOVED: SignedDuration = SignedDuration::from_secs(2);

/// The host's boot, by a name that no other boot has.
const BOOT: &str = "/proc/sys/kernel/random/boot_id";

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

    /// The same clock, as if the host's had been moved by so much since.
    #[cfg(test)]
    #[must_use]
    pub fn left_behind(self, by: SignedDuration) -> Self {
        Self { anchor: self.anchor - by, ..self }
    }

    /// The present time.
    pub fn now(&self) -> Timestamp {
        let elapsed = self.lasts(up().saturating_sub(self.since));
        let elapsed = SignedDuration::try_from(elapsed).unwrap_or(SignedDuration::MAX);
        self.anchor.checked_add(elapsed).unwrap_or(Timestamp::MAX)
    }

    /// What it was anchored at.
    pub fn anchor(&self) -> Anchor {
        let boot = std::fs::read_to_string(BOOT).unwrap_or_default();
        Anchor { boot: boot.trim().to_owned(), up: self.since, wall: self.anchor }
    }

    /// How far the host's clock was moved since this one was anchored, where it was.
    pub fn moved(&self) -> Option<SignedDuration> {
        let moved = Self::wall().duration_since(self.now());
        Some(moved).filter(|moved| self.pace == 1 && is_far(*moved))
    }

    /// How long something takes by this clock that takes so long in the world.
    pub fn lasts(&self, real: Duration) -> Duration {
        real.saturating_mul(self.pace)
    }

    /// For how long this process has had a processor, all of its threads together.
    pub fn worked() -> Duration {
        shown(ClockId::ProcessCPUTime)
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

/// What a clock was anchored at: from two of them it is told how far the host's clock was moved in between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// The host's boot.
    pub boot: String,
    /// How long the host had been up.
    pub up: Duration,
    /// What its clock showed.
    pub wall: Timestamp,
}

impl Anchor {
    /// How far the host's clock was moved since that other anchor, where it was. Across a boot nobody knows.
    pub fn moved_since(&self, other: &Self) -> Option<SignedDuration> {
        let up = |anchor: &Self| SignedDuration::try_from(anchor.up).unwrap_or(SignedDuration::MAX);
        let passed = up(self).saturating_sub(up(other));
        let moved = self.wall.duration_since(other.wall).saturating_sub(passed);
        (self.boot == other.boot && !self.boot.is_empty()).then_some(moved).filter(|moved| is_far(*moved))
    }
}

fn is_far(moved: SignedDuration) -> bool {
    moved.abs() >= MOVED
}

/// How long the host has been up, asleep or awake.
fn up() -> Duration {
    shown(ClockId::Boottime)
}

fn shown(clock: ClockId) -> Duration {
    let shown = clock_gettime(clock);
    let (seconds, rest) = (u64::try_from(shown.tv_sec), u32::try_from(shown.tv_nsec));
    Duration::new(seconds.unwrap_or_default(), rest.unwrap_or_default())
}
