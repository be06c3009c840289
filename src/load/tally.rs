//! What is counted of a run.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::{CreationError, Histogram};

use crate::model::load::{Failure, Report};

/// Whole runs with their end are shorter.
const LONGEST: u64 = 20 * 60 * 1_000_000;
/// Of a time three digits are kept.
const DIGITS: u8 = 3;

/// Times are in microseconds.
#[derive(Debug)]
pub(super) struct Tally {
    took: Histogram<u64>,
    late: Histogram<u64>,
    sent: u64,
    answered: u64,
    errors: BTreeMap<Failure, u64>,
}

impl Tally {
    pub(super) fn new() -> Result<Self, CreationError> {
        let times = || Histogram::new_with_max(LONGEST, DIGITS);
        Ok(Self { took: times()?, late: times()?, sent: 0, answered: 0, errors: BTreeMap::new() })
    }

    /// One was due, and noticed so much later.
    pub(super) fn due(&mut self, late: Duration) {
        self.late.saturating_record(micros(late));
    }

    /// One was sent.
    pub(super) fn sent(&mut self) {
        self.sent += 1;
    }

    /// One has ended, so long after it was due.
    pub(super) fn ended(&mut self, answer: Result<(), Failure>, took: Duration) {
        self.took.saturating_record(micros(took));
        let answered = match answer {
            Ok(()) => true,
            Err(failure) => {
                *self.errors.entry(failure).or_default() += 1;
                failure.is_answer()
            }
        };
        self.answered += u64::from(answered);
    }

    pub(super) fn answered(&self) -> u64 {
        self.answered
    }

    pub(super) fn failed(&self) -> u64 {
        self.errors.values().sum()
    }

    /// In seconds.
    pub(super) fn p95(&self) -> f64 {
        seconds(self.took.value_at_quantile(0.95))
    }

    /// What there is to say, of a run that has lasted so long. The connections, the processor and why it ended others know.
    pub(super) fn report(self, lasted: Duration) -> Report {
        let (due, failed) = (self.took.len(), self.failed());
        let took = |quantile| seconds(self.took.value_at_quantile(quantile));
        let late = |quantile| seconds(self.late.value_at_quantile(quantile));
        let right = u32::try_from(due - failed).map_or(f64::MAX, f64::from);
        Report {
            due,
            sent: self.sent,
            answered: self.answered,
            never_sent: self.errors.get(&Failure::NeverSent).copied().unwrap_or_default(),
            failed,
            p50: took(0.5),
            p95: took(0.95),
            p99: took(0.99),
            max: seconds(self.took.max()),
            throughput: if lasted.is_zero() { 0.0 } else { right / lasted.as_secs_f64() },
            lateness_p50: late(0.5),
            lateness_p99: late(0.99),
            lateness_max: seconds(self.late.max()),
            errors: self.errors,
            ..Report::default()
        }
    }
}

impl Failure {
    /// Whether the service has answered with it.
    pub(super) fn is_answer(self) -> bool {
        match self {
            Self::TooMany | Self::Server | Self::Redirect | Self::Status => true,
            Self::TimedOut
            | Self::Refused
            | Self::Cut
            | Self::Tls
            | Self::Unreadable
            | Self::Own
            | Self::Unanswered
            | Self::NeverSent => false,
        }
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn seconds(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_never_sent_has_waited_and_failed() {
        let mut tally = Tally::new().unwrap();
        for _ in 0..90 {
            tally.sent();
            tally.ended(Ok(()), Duration::from_millis(20));
        }
        for waited in 1..=10 {
            tally.ended(Err(Failure::NeverSent), Duration::from_secs(waited));
        }
        let report = tally.report(Duration::from_secs(10));
        assert_eq!((report.due, report.sent, report.answered), (100, 90, 90));
        assert_eq!((report.never_sent, report.failed), (10, 10));
        assert!((report.p50 - 0.02).abs() < 0.001, "{report:?}");
        assert!((report.p95 - 5.0).abs() < 0.01 && (report.max - 10.0).abs() < 0.02, "{report:?}");
        assert!((report.throughput - 9.0).abs() < 0.001, "{report:?}");
    }

    #[test]
    fn an_answer_that_is_wrong_is_an_answer() {
        let mut tally = Tally::new().unwrap();
        for failure in [Failure::TooMany, Failure::Server, Failure::Refused, Failure::TimedOut] {
            tally.ended(Err(failure), Duration::from_millis(1));
        }
        let report = tally.report(Duration::from_secs(1));
        assert_eq!((report.answered, report.failed, report.errors[&Failure::TooMany]), (2, 4, 1));
        assert!(report.throughput.abs() < f64::EPSILON);
    }

    #[test]
    fn nothing_is_no_figure() {
        let report = Tally::new().unwrap().report(Duration::ZERO);
        assert_eq!(report, Report::default());
    }
}
