//! When each request is due.

use std::time::Duration;

use super::Spec;

const SECOND: u128 = 1_000_000_000;

/// So many in a second, from the first on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beat {
    rate: u32,
    /// Those before do not count.
    pub(super) warm_up: u64,
    /// How many there are.
    pub(super) all: u64,
}

impl Beat {
    pub(super) fn new(spec: &Spec) -> Self {
        let within = |lasts: Duration| {
            u64::try_from(lasts.as_nanos() * u128::from(spec.rate) / SECOND).unwrap_or(u64::MAX)
        };
        let warm_up = within(spec.warm_up);
        // However short it is, one is sent.
        Self { rate: spec.rate, warm_up, all: warm_up + within(spec.lasts).max(1) }
    }

    /// The same without an end, where all count.
    pub(super) fn endless(spec: &Spec) -> Self {
        Self { rate: spec.rate, warm_up: 0, all: u64::MAX }
    }

    /// How long after the beginning one is due.
    pub(super) fn due(&self, index: u64) -> Duration {
        Duration::from_nanos(
            u64::try_from(u128::from(index) * SECOND / u128::from(self.rate)).unwrap_or(u64::MAX),
        )
    }

    /// Whether one counts.
    pub(super) fn counts(&self, index: u64) -> bool {
        index >= self.warm_up
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::tests::spec;

    #[test]
    fn each_has_its_moment_and_none_drifts() {
        let beat = Beat::new(&Spec {
            rate: 3,
            lasts: Duration::from_secs(10),
            warm_up: Duration::from_secs(2),
            ..spec("")
        });
        assert_eq!((beat.warm_up, beat.all), (6, 36));
        assert_eq!(beat.due(0), Duration::ZERO);
        assert_eq!(beat.due(1), Duration::from_nanos(333_333_333));
        assert_eq!(beat.due(30), Duration::from_secs(10));
        assert!(!beat.counts(5) && beat.counts(6));
    }

    #[test]
    fn there_is_always_one() {
        let short = Spec { rate: 1, lasts: Duration::from_millis(10), warm_up: Duration::ZERO, ..spec("") };
        assert_eq!(Beat::new(&short).all, 1);
    }
}
