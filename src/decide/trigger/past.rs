//! A business metric against its own past: the minutes of a watch, and what they are held against.

use std::time::Duration;

use jiff::Timestamp;

use super::span;
use crate::model::facts::Watch;
use crate::model::past::Learnt;
use crate::model::phrase::Phrase;
use crate::model::reason::{Change, Unusual};
use crate::stats::season::{Season, Seen};

const MINUTE: Duration = Duration::from_mins(1);

/// A day of minutes; no watch is judged against its season for longer.
const MINUTES: usize = 24 * 60;

/// One metric in one watch. The minutes are kept as they were measured, so what is learnt late, or after a restart,
/// judges the same ones.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct OwnPast {
    /// When the watch began, by which it is known.
    watch: Timestamp,
    /// When the release did: its past ends there.
    began: Timestamp,
    /// The newest value of each minute since the release, as Prometheus would remember it.
    minutes: Vec<f64>,
    /// How many of them are over.
    over: usize,
    learnt: Option<Learnt>,
    seen: Option<Seen>,
}

impl OwnPast {
    /// A watch begins. One that only begins to count anew keeps what is learnt.
    pub(super) fn arm(&mut self, watch: &Watch) {
        if self.watch != watch.began {
            *self = Self { watch: watch.began, began: watch.released(), ..Self::default() };
        }
    }

    pub(super) fn until(&self) -> Timestamp {
        self.began
    }

    pub(super) fn season(&self) -> Option<&Season> {
        self.learnt.as_ref()?.as_deref().ok()
    }

    /// What its past up to then lets expect. What is known already is not forgotten for a Prometheus that does not
    /// answer now.
    pub(super) fn expect(&mut self, until: Timestamp, learnt: &Learnt) {
        if until == self.began && (learnt.is_ok() || self.season().is_none()) {
            self.learnt = Some(learnt.clone());
            self.look();
        }
    }

    pub(super) fn read(&mut self, at: Timestamp, value: f64) {
        let since = span(self.began, at).as_nanos();
        // What is measured at the end of a minute belongs to it.
        let minute = usize::try_from(since.div_ceil(MINUTE.as_nanos()).saturating_sub(1)).unwrap_or(MINUTES);
        self.end(minute);
        if (self.over..MINUTES).contains(&minute) {
            self.minutes.resize(minute + 1, f64::NAN);
            self.minutes[minute] = value;
        }
    }

    /// Minutes end without a measurement, too.
    pub(super) fn pass(&mut self, now: Timestamp) {
        let minutes = span(self.began, now).as_secs() / MINUTE.as_secs();
        self.end(usize::try_from(minutes).unwrap_or(MINUTES));
    }

    /// So many minutes are over.
    fn end(&mut self, over: usize) {
        let over = over.min(MINUTES);
        if over > self.over {
            self.over = over;
            self.minutes.resize(over.max(self.minutes.len()), f64::NAN);
            self.look();
        }
    }

    /// The last look stands when the watch is longer than what was learnt for.
    fn look(&mut self) {
        if let Some(season) = self.season() {
            self.seen = season.judge(&self.minutes[..self.over]);
        }
    }

    pub(super) fn learnt(&self) -> Option<&Learnt> {
        self.learnt.as_ref()
    }

    /// What the newest look has found, in numbers.
    pub(super) fn seen(&self) -> Option<(&Seen, Unusual)> {
        let (season, seen) = self.season().zip(self.seen.as_ref())?;
        Some((seen, Unusual::of(season, seen)))
    }
}

impl Unusual {
    fn of(season: &Season, seen: &Seen) -> Self {
        let difference = seen.measured - seen.expected;
        let change = match () {
            () if season.facts.signed => Some(Change::OfRange(difference / season.facts.usual)),
            () if seen.expected > 0.0 => Some(Change::OfExpected(difference / seen.expected)),
            () => None,
        };
        let change = change.filter(|change| change.part().is_finite());
        let (reached, placebos) = (season.reached(), season.placebos);
        Self { days: seen.days, weeks: seen.weeks, change, reached, placebos }
    }
}

/// How it compares, in one sentence.
pub(super) fn compared(name: &str, seen: &Seen, unusual: &Unusual) -> Phrase {
    let over = Duration::from_secs(60 * seen.minutes as u64);
    unusual.phrase(name, (seen.measured, seen.expected), over, false)
}
