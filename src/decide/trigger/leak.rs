//! Memory that only ever grows: said, never acted on (judgement §2.5).

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use super::span;
use crate::model::phrase::Phrase;
use crate::stats::robust;

/// What is looked at, how finely, and when it is looked at again.
const OVER: Duration = Duration::from_mins(10);
const STEP: Duration = Duration::from_secs(10);
const AGAIN: Duration = Duration::from_mins(1);

/// Less than this part of the host's memory a minute is no leak.
const SLOPE: f64 = 0.002;

/// Nor is a rise that is within so many deviations of the noise.
const DEVIATIONS: f64 = 4.0;

/// Full within an hour.
const SOON: f64 = 60.0;
const FULL: f64 = 0.9;

/// The memory of a service's containers, as a part of what the host has.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Leak {
    points: VecDeque<(Timestamp, f64)>,
    looked: Option<Timestamp>,
    said: Option<Phrase>,
}

impl Leak {
    pub(super) fn take(&mut self, at: Timestamp, own: f64, host: f64) {
        if self.points.back().is_some_and(|(last, _)| span(*last, at) < STEP) {
            return;
        }
        self.points.push_back((at, own));
        while self.points.front().is_some_and(|(first, _)| span(*first, at) > OVER) {
            self.points.pop_front();
        }
        if self.looked.is_none_or(|looked| span(looked, at) >= AGAIN) {
            self.looked = Some(at);
            self.said = self.look(host);
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn warning(&self) -> Option<Phrase> {
        self.said.clone()
    }

    fn look(&self, host: f64) -> Option<Phrase> {
        let (first, last) = (self.points.front()?.0, self.points.back()?.0);
        if span(first, last) < OVER * 9 / 10 {
            return None;
        }
        let minutes = |at: &Timestamp| span(first, *at).as_secs_f64() / 60.0;
        let points: Vec<(f64, f64)> = self.points.iter().map(|(at, own)| (minutes(at), *own)).collect();
        let slope = robust::theil_sen(&points)?;
        let residuals: Vec<f64> = points.iter().map(|(minute, own)| own - slope * minute).collect();
        let noise = robust::mad(&residuals)?;
        let rise = slope * minutes(&last);
        if slope <= SLOPE || rise <= DEVIATIONS * noise || host + slope * SOON <= FULL {
            return None;
        }
        let left = ((FULL - host) / slope).max(0.0);
        let grows = Phrase::new("doubt.leak").ratio("slope", slope).ratio("full", FULL);
        Some(grows.time("left", Duration::try_from_secs_f64(left * 60.0).ok()))
    }
}
