//! The run itself: one task, so that nothing but the host's own business makes it late.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::FutureExt as _;
use jiff::Timestamp;
use tokio::time::sleep_until;

use super::beat::Beat;
use super::calls::{Calls, Ended};
use super::tally::Tally;
use super::{Progress, Spec};
use crate::clock::Clock;
use crate::model::load::{Failure, Report, Stopped};

/// How far it is, is told so often; so long is each stretch in which failures are looked at.
const STRETCH: Duration = Duration::from_secs(1);
/// After so many stretches in which most have failed, it ends: who asks on helps nobody.
const BORNE: u32 = 5;

/// That a run is to end.
pub struct Stop;

struct Run<'a> {
    spec: &'a Spec,
    clock: &'a Clock,
    beat: Beat,
    began: Timestamp,
    /// The next that is due.
    next: u64,
    calls: Calls,
    /// Those that are under way.
    sent: BTreeSet<u64>,
    tally: Tally,
    recent: Recent,
}

/// What of the last stretches has failed.
#[derive(Debug, Default)]
struct Recent {
    ended: u64,
    failed: u64,
    bad: u32,
}

/// Makes a run to its end, or until it is stopped. What is wrong with it is readable after "failed to".
pub async fn run(
    spec: &Spec,
    clock: &Clock,
    stop: impl Future<Output = Stop>,
    mut told: impl FnMut(Progress),
) -> Result<Report, String> {
    let (calls, beat) = (Calls::new(spec, clock)?, Beat::new(spec));
    let tally = Tally::new().map_err(|error| format!("count: {error}"))?;
    let (sent, recent, began) = (BTreeSet::new(), Recent::default(), clock.now());
    let mut run = Run { spec, clock, beat, began, next: 0, calls, sent, tally, recent };
    let (mut stop, mut worked, mut counted) = (pin!(stop), Clock::worked(), began);
    let mut stretch = began + STRETCH;
    let stopped = loop {
        run.send();
        let now = clock.now();
        if run.is_over(now) {
            break None;
        }
        if now >= stretch {
            stretch += STRETCH;
            told(run.progress());
            if run.recent.is_hopeless() {
                break Some(Stopped::Failing);
            }
        }
        if counted == began && run.next >= beat.warm_up && beat.warm_up > 0 {
            (worked, counted) = (Clock::worked(), now);
        }
        let wake = run.wakes().min(stretch);
        tokio::select! {
            biased;
            Stop = &mut stop => break Some(Stopped::Asked),
            () = sleep_until(clock.instant(wake).into()) => run.fall_due(),
            Some(ended) = run.calls.ended() => run.ended(ended),
        }
    };
    let now = clock.now();
    let lasted = Duration::try_from(now.duration_since(counted)).unwrap_or_default();
    let worked = Clock::worked().saturating_sub(worked).as_secs_f64();
    let cpu = if lasted.is_zero() { 0.0 } else { worked / lasted.as_secs_f64() };
    Ok(Report { cpu, stopped, ..run.close(now) })
}

impl Run<'_> {
    /// What is due and has a connection, or may have one.
    fn send(&mut self) {
        self.calls.send(|index| {
            if self.beat.counts(index) {
                self.tally.sent();
            }
            self.sent.insert(index);
        });
    }

    /// Notes what is due by now.
    fn fall_due(&mut self) {
        let now = self.clock.now();
        while self.next < self.beat.all && self.due(self.next) <= now {
            if self.beat.counts(self.next) {
                self.tally.due(since(self.due(self.next), now));
            }
            self.calls.waiting.push_back(self.next);
            self.next += 1;
        }
    }

    fn ended(&mut self, ended: Ended) {
        let Ended { index, at, answer } = ended;
        self.sent.remove(&index);
        self.recent.ended += 1;
        self.recent.failed += u64::from(answer.is_err());
        if self.beat.counts(index) {
            self.tally.ended(answer, since(self.due(index), at));
        }
    }

    fn due(&self, index: u64) -> Timestamp {
        self.began + self.beat.due(index)
    }

    /// The next moment at which something is to be done.
    fn wakes(&self) -> Timestamp {
        if self.next < self.beat.all { self.due(self.next) } else { self.ends() }
    }

    /// After the last is due, an answer is waited for as long as ever, and no longer.
    fn ends(&self) -> Timestamp {
        self.due(self.beat.all.saturating_sub(1)) + self.spec.timeout
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.next >= self.beat.all && (self.calls.is_empty() || now >= self.ends())
    }

    fn progress(&self) -> Progress {
        let (answered, failed) = (self.tally.answered(), self.tally.failed());
        Progress { of: self.beat.all, due: self.next, answered, failed, p95: self.tally.p95() }
    }

    /// What has no answer now has none. It has waited until now.
    fn close(mut self, now: Timestamp) -> Report {
        // What is ready has ended: nobody may have looked for it just before the end.
        while let Some(Some(ended)) = self.calls.ended().now_or_never() {
            self.ended(ended);
        }
        for index in std::mem::take(&mut self.sent) {
            if self.beat.counts(index) {
                self.tally.ended(Err(Failure::Unanswered), since(self.due(index), now));
            }
        }
        for index in std::mem::take(&mut self.calls.waiting) {
            if self.beat.counts(index) {
                self.tally.ended(Err(Failure::NeverSent), since(self.due(index), now));
            }
        }
        let asked = Duration::try_from(now.duration_since(self.due(self.beat.warm_up))).unwrap_or_default();
        let connections = u32::try_from(self.calls.most).unwrap_or(u32::MAX);
        Report { connections, ..self.tally.report(asked.min(self.spec.lasts)) }
    }
}

impl Recent {
    /// Whether most have failed in so many stretches one after the other. One in which nothing has ended says nothing.
    fn is_hopeless(&mut self) -> bool {
        let (ended, failed) = (std::mem::take(&mut self.ended), std::mem::take(&mut self.failed));
        if ended > 0 {
            self.bad = if failed * 2 > ended { self.bad + 1 } else { 0 };
        }
        self.bad >= BORNE
    }
}

pub(super) fn since(then: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(then)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_hopeless_when_most_have_failed_for_five_stretches() {
        let mut recent = Recent::default();
        let mut stretch = |ended, failed| {
            (recent.ended, recent.failed) = (ended, failed);
            recent.is_hopeless()
        };
        for _ in 0..4 {
            assert!(!stretch(10, 6));
        }
        assert!(!stretch(0, 0), "nothing has ended");
        assert!(stretch(10, 6));
        assert!(!stretch(10, 5), "half is not most");
        for _ in 0..4 {
            assert!(!stretch(1, 1));
        }
        assert!(stretch(1, 1));
    }
}
