//! When whoever looks at something again and again has the next turn.
//!
//! Turns keep their rhythm, and one that was missed is not made up for. Each has a moment of its own within the interval,
//! and slips to it a little with every turn, so that a hundred that began together do not go on together.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use jiff::Timestamp;

use super::Clock;

/// The first turns of all who begin together come within this.
const FIRST_WITHIN: Duration = Duration::from_secs(1);
/// A turn is put off by a part of the interval at most, until it comes at its own moment.
const SLIP: u32 = 4;

/// The turns of one.
#[derive(Debug)]
pub struct Ticker {
    clock: Clock,
    interval: Duration,
    /// A turn that came late is followed by the next one after this at the soonest.
    pause: Duration,
    began: Timestamp,
    /// The moment within the interval, 0 to it.
    moment: Duration,
    next: Timestamp,
}

impl Ticker {
    /// Turns of whoever is called so.
    pub fn new(clock: Clock, interval: Duration, name: impl Hash) -> Self {
        let began = clock.now();
        let moment = part(interval, &name);
        // With a short interval it is the moment itself.
        let next = began.checked_add(part(interval.min(FIRST_WITHIN), &name)).unwrap_or(began);
        Self { clock, interval, pause: Duration::ZERO, began, moment, next }
    }

    /// Turns that do not follow each other at the heels, however late one was.
    #[must_use]
    pub fn with_pause(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }

    /// Waits for the turn at hand, which is the first one before [`Ticker::done`].
    pub async fn wait(&self) {
        tokio::time::sleep_until(self.clock.instant(self.next).into()).await;
    }

    /// This turn is over.
    pub fn done(&mut self) {
        self.next = self.following(self.clock.now());
    }

    /// The turn at hand is now.
    pub fn at_once(&mut self) {
        self.next = self.clock.now();
    }

    fn following(&self, now: Timestamp) -> Timestamp {
        let soonest = now.checked_add(self.pause).unwrap_or(now);
        let next = self.next.checked_add(self.interval).map_or(soonest, |next| next.max(soonest));
        next.checked_add(self.slip(next)).unwrap_or(next)
    }

    /// How much later its own moment comes, as far as it may be put off.
    fn slip(&self, next: Timestamp) -> Duration {
        let since = Duration::try_from(next.duration_since(self.began)).unwrap_or_default();
        let interval = self.interval.as_nanos().max(1);
        let left = (self.moment.as_nanos() + interval - since.as_nanos() % interval) % interval;
        u64::try_from(left).map_or(Duration::ZERO, Duration::from_nanos).min(self.interval / SLIP)
    }
}

/// The part of a time that a name stands for.
fn part(of: Duration, name: &impl Hash) -> Duration {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    let nanos = (u128::from(hasher.finish() >> 32) * of.as_nanos()) >> 32;
    u64::try_from(nanos).map_or(of, Duration::from_nanos)
}

#[cfg(test)]
mod tests;
