//! What the figures of a load mean.

use std::time::Duration;

use super::Halt;
use crate::acceptance::{Found, Verdict};
use crate::config::acceptance::Load;
use crate::model::figure::Figure;
use crate::model::load::{Failure, Report, Stopped};
use crate::model::phrase::Phrase;

/// A generator that is later than this, in one of a hundred, measures itself.
const LATE: Duration = Duration::from_millis(10);
/// Nor may it be later than this part of what is asked of the service.
const LATE_PART: f64 = 0.1;
/// One that uses more of a processor is what is slow.
const BUSY: f64 = 0.9;

/// What a run has shown.
pub(super) fn judged(load: &Load, report: Report, halt: Option<&Halt>) -> Found {
    let (verdict, why) = verdict(load, &report, halt);
    let phrase = Phrase::new("load.told").part("why", why).part("figures", figures(load, &report));
    let limit = load.p95.map(|p95| p95.as_secs_f64());
    let figure = (report.due > 0).then(|| Figure::seconds(report.p95, limit));
    Found { figure, load: Some(Box::new(report)), ..Found::said(verdict, phrase) }
}

/// Whether it passed, and why the run says less than it should.
fn verdict(load: &Load, report: &Report, halt: Option<&Halt>) -> (Verdict, Option<Phrase>) {
    if let (Some(Stopped::Asked), Some(halt)) = (report.stopped, halt) {
        // Whoever fails under it has not borne it. What a rollback has cut short nobody knows.
        let verdict = if *halt == Halt::RollsBack { Verdict::NoData } else { Verdict::Fail };
        return (verdict, Some(halt.said("load.ended")));
    }
    match report.stopped {
        Some(Stopped::Failing) => return (Verdict::Fail, Some(Phrase::new("load.failing"))),
        Some(Stopped::Asked) => return (Verdict::NoData, Some(Phrase::new("load.interrupted"))),
        None if report.due == 0 => return (Verdict::NoData, Some(Phrase::new("load.interrupted"))),
        None => {}
    }
    if let Some(why) = generator(load, report) {
        return (Verdict::NoData, Some(why));
    }
    let slow = load.p95.is_some_and(|limit| report.p95 > limit.as_secs_f64());
    let wrong = load.error_rate.exceeded(report.failed, report.due);
    (if slow || wrong { Verdict::Fail } else { Verdict::Pass }, None)
}

/// Why the figures are those of whoever measured, and not of the service.
fn generator(load: &Load, report: &Report) -> Option<Phrase> {
    let own = report.errors.get(&Failure::Own).copied().unwrap_or_default();
    if own > 0 {
        return Some(Phrase::new("load.own").count("count", own));
    }
    let part = |limit: Duration| limit.mul_f64(LATE_PART);
    let allowed = load.p95.map_or(LATE, |limit| LATE.min(part(limit)));
    let late = seconds(report.lateness_p99);
    if late > allowed {
        return Some(Phrase::new("load.late").time("late", late).time("allowed", allowed));
    }
    (report.cpu > BUSY).then(|| Phrase::new("load.slow").ratio("cpu", report.cpu))
}

/// The figures in a sentence.
fn figures(load: &Load, report: &Report) -> Phrase {
    let part = |part: u64| ratio(part, report.due);
    Phrase::new("load.figures")
        .count("due", report.due)
        .count("answered", report.answered)
        .count("never_sent", report.never_sent)
        .time("p50", seconds(report.p50))
        .time("p99", seconds(report.p99))
        .time("max", seconds(report.max))
        .number("throughput", (report.throughput * 10.0).round() / 10.0)
        .count("connections", u64::from(report.connections))
        .ratio("failed", part(report.failed))
        .ratio("allowed", load.error_rate.ratio())
        .part("errors", errors(report))
}

/// How many have failed in which way.
fn errors(report: &Report) -> Phrase {
    let mut all: Vec<_> = report.errors.iter().collect();
    all.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let each = all.into_iter().map(|(failure, count)| {
        Phrase::new("load.error").count("count", *count).text("kind", <&str>::from(failure))
    });
    each.reduce(|all, one| Phrase::new("load.errors").part("all", all).part("one", one))
        .unwrap_or_else(|| Phrase::new("load.no-errors"))
}

fn ratio(part: u64, whole: u64) -> f64 {
    let number = |count: u64| u32::try_from(count).map_or(f64::MAX, f64::from);
    if whole == 0 { 0.0 } else { number(part) / number(whole) }
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

#[cfg(test)]
mod tests;
