//! Since when requests are slow.

use super::Latency;
use crate::decide::trigger::{Shows, Trouble};

impl Latency {
    /// When what is slow began, and how much of it is.
    pub(in crate::decide::trigger) fn trouble(&self) -> Option<Trouble> {
        let slower = || {
            let slower = self.slower.as_ref()?;
            let onset = slower.course.onset(slower.gathering.proof.tolerated())?;
            let (rate, first) = (slower.course.rate_since(onset), slower.course.is_from_the_first(onset));
            Some((onset, Some(rate), first))
        };
        let by_query =
            self.rate.gauge.since().map(|since| (since, None, self.rate.gauge.is_from_the_first()));
        let limit = || self.rate.share.trouble().map(|(onset, rate, first)| (onset, Some(rate), first));
        let (onset, rate, all_along) = by_query.or_else(limit).or_else(slower)?;
        let bad_before = self.rate.bad_before || self.rate.gauge.was_so();
        Some(Trouble { onset, rate, of: Shows::Slowness, bad_before, all_along })
    }
}
