//! What the triggers on a share of the requests have in common (guide G4.2 and G4.3): what comes in is added up in a window
//! and by minute, the bad ones among all are held against what is tolerated, and where there are no counts a query's number
//! against the limit.

use std::time::Duration;

use jiff::Timestamp;

use super::Heard;
use super::before::Minutes;
use super::blind::Freshness;
use super::gauge::Gauge;
use super::run::IN_A_ROW;
use super::share::{Share, TestParameters};
use super::window::{Recent, Tally, Window};
use crate::model::facts::Before;
use crate::model::policy::{Level, Ppm, ServicePolicy};
use crate::model::reading::{Counts, Measure, Reading, Source, Stream};
use crate::model::reason::Breach;
use crate::model::verdict::Call;

/// The requests of one service, each of which is bad or not.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Rate<T> {
    pub(super) freshness: Freshness,
    pub(super) window: Window<T>,
    pub(super) minutes: Minutes<T>,
    pub(super) share: Share,
    pub(super) gauge: Gauge,
    /// The share was beyond the limit before the release came already.
    pub(super) bad_before: bool,
    pub(super) source: Option<Source>,
    /// In a watch nothing counts that was measured before this.
    floor: Timestamp,
    /// Outside of one nothing that was measured before this is part of what is usual.
    settled: Timestamp,
}

impl<T: Tally + Default> Rate<T> {
    /// A watch begins: what comes before `floor` does not count. The limit is `beyond` of `least` requests at least.
    pub(super) fn arm(
        &mut self,
        floor: Timestamp,
        against: &TestParameters,
        (before, worst): (Option<Before>, Option<f64>),
        (beyond, least): (Ppm, u64),
    ) {
        let lately = before.as_ref().map(|before| before.lately).unwrap_or_default();
        self.bad_before = lately.total >= least && beyond.exceeded(lately.bad, lately.total);
        self.floor = floor;
        self.window.clear();
        self.gauge.arm(worst);
        self.share.arm(against, before, self.bad_before);
    }

    pub(super) fn rest(&mut self, settled: Timestamp) {
        self.share.rest();
        self.window.clear();
        self.settled = settled;
    }

    /// Something else measures from now on, and nothing of before can be compared with it. Gives the floor of the watch
    /// that has to begin anew, in one.
    pub(super) fn anew(&mut self) -> Option<Timestamp> {
        let (floor, settled, watched) = (self.floor, self.settled, self.share.watched());
        *self = Self { settled, ..Self::default() };
        watched.then_some(floor)
    }

    /// What was measured since then is the release's already.
    pub(super) fn forget_since(&mut self, started: Timestamp) {
        self.minutes.forget_since(started);
        self.gauge.forget_since(started);
    }

    /// What was usual, as readings.
    pub(super) fn remembered(
        &self,
        now: Timestamp,
        stream: &Stream,
        measure: impl Fn(&T) -> Measure,
    ) -> Vec<Reading> {
        let Some(source) = self.source else { return Vec::new() };
        let reading = |(at, minute)| Reading { stream: stream.clone(), source, at, measure: measure(minute) };
        self.minutes.timed(now).map(reading).collect()
    }

    /// Takes in a reading; gives since when what it counts was counted, where that is to be added up.
    pub(super) fn hear(&mut self, heard: &Heard<'_>, limit: f64) -> Option<Timestamp> {
        let Heard { reading, paused, interval, .. } = *heard;
        let from = self.freshness.heard;
        self.freshness.hear(reading);
        self.source = Some(reading.source);
        if paused {
            return None;
        }
        match &reading.measure {
            Measure::Value(value) if reading.at > self.floor => {
                self.gauge.read(reading.at, *value, *value > limit, interval);
            }
            Measure::Again(_) if reading.at > self.floor => self.gauge.again(reading.at, interval),
            Measure::Value(_)
            | Measure::Again(_)
            | Measure::Requests(_)
            | Measure::Durations(_)
            | Measure::Use(_)
            | Measure::Alerts(_)
            | Measure::Blind(_)
            | Measure::Absent(_) => {}
        }
        from.filter(|from| !self.share.watched() || *from >= self.floor)
    }

    /// Adds up what came in, and the bad ones of it.
    pub(super) fn count(&mut self, from: Timestamp, at: Timestamp, what: T, counts: Counts) {
        if !self.share.watched() && from >= self.settled {
            self.minutes.add(at, &what);
        }
        self.share.count(from, at, counts);
        self.window.push(from, at, what);
    }

    /// Whether the window is enough to believe a share that is beyond the limit. Sooner than it is full only with odds
    /// behind it: the first hundred requests are too few for a limit alone.
    pub(super) fn sure(&self, level: Level, newest: &Recent<T>) -> bool {
        let soon = level != Level::Literal && newest.much && self.share.certain();
        soon || (newest.enough && (level != Level::Certain || self.share.certain()))
    }

    /// The query's number is beyond the limit, reading after reading.
    pub(super) fn beyond_by_query(&self, breach: Breach) -> Option<Breach> {
        let over = self.gauge.beyond_for(Duration::ZERO)?;
        let (_, value) = self.gauge.last?;
        Some(Breach { value, samples: u64::from(IN_A_ROW), over, ..breach })
    }

    /// What is to be said of a query's number: the call, it, and how many readings there were.
    pub(super) fn by_query(&self, fails: impl FnOnce() -> bool) -> Option<(Call, f64, u64)> {
        let (_, value) = self.gauge.last?;
        let call = if self.gauge.within() { Call::Pass } else { Call::Wait };
        Some((if fails() { Call::Fail } else { call }, value, self.gauge.readings))
    }

    pub(super) fn blind(&self, now: Timestamp, policy: &ServicePolicy) -> Option<(Timestamp, String)> {
        self.freshness.blind(now, policy.interval)
    }
}
