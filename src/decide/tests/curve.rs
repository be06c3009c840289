//! What a notice draws.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::decide::curve::{Curve, Mark};
use crate::model::event::ServiceEvent;
use crate::model::notice::{News, Notice, Tier};
use crate::model::reading::{Bucket, Counts, Durations, Measure, Reading, Requests, Source, Stream, Use};
use crate::model::reason::{Breach, Reason};
use crate::model::sample::{Outcome, Sample};
use crate::model::step::Step;
use crate::model::tests as plain;

fn at(second: i64) -> Timestamp {
    "2026-03-01T10:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(second)
}

fn breach(trigger: &str, limit: f64, value: f64) -> Reason {
    Reason::Breach(Box::new(Breach {
        trigger: trigger.to_owned(),
        value,
        limit,
        bad: 9,
        over: Duration::from_secs(30),
        of: Some("disk /var".to_owned()),
        ..plain::breach()
    }))
}

fn notice(news: News, reason: Reason) -> Notice {
    Notice {
        at: at(600),
        release: Some("r".to_owned()),
        from: Some("2".to_owned()),
        to: Some("1".to_owned()),
        reason: Some(reason),
        acknowledgeable: true,
        ..plain::notice(news, Tier::Urgent)
    }
}

fn reading(second: i64, stream: Stream, measure: Measure) -> Reading {
    Reading { stream, source: Source::Exposition, at: at(second), measure }
}

fn measured(second: i64, stream: Stream, measure: Measure) -> (Timestamp, ServiceEvent) {
    (at(second), ServiceEvent::Measured(reading(second, stream, measure)))
}

fn requests(bad: u64, total: u64) -> Measure {
    Measure::Requests(Requests { seen: Counts { bad, total }, ..Requests::default() })
}

fn values(curve: &Curve) -> Vec<(i64, f64)> {
    let second = |at: Timestamp| at.as_second() - self::at(0).as_second();
    curve.points.iter().map(|point| (second(point.at), (point.value * 1e4).round() / 1e4)).collect()
}

fn draw(news: News, reason: Reason, past: &[(Timestamp, ServiceEvent)]) -> Option<Curve> {
    Curve::of(&notice(news, reason), Some(Mark { at: at(100), version: "2".to_owned() }), past)
}

#[test]
fn requests_are_added_up_as_the_trigger_does_it() {
    let mut past = vec![measured(120, Stream::Errors, requests(0, 10))];
    past.push(measured(135, Stream::Errors, requests(5, 10)));
    past.push(measured(150, Stream::Errors, requests(9, 10)));
    past.push(measured(165, Stream::Errors, requests(0, 0)));
    past.push(measured(400, Stream::Errors, requests(0, 0)));
    past.push(measured(150, Stream::Latency, Measure::Value(9.0)));
    let before = (0..3).map(|minute| reading(minute * 30 - 60, Stream::Errors, requests(1, 100)));
    past.push((at(100), ServiceEvent::Recalled(before.collect())));
    let curve = draw(News::RollbackStarted, breach("error-rate", 0.05, 0.09), &past).unwrap();
    let wanted = [(-60, 0.01), (-30, 0.01), (0, 0.01), (120, 0.0), (135, 0.25), (150, 0.7), (165, 0.9)];
    assert_eq!(values(&curve), wanted);
    assert_eq!(curve.points.iter().filter(|point| point.bad).count(), 3);
    assert_eq!((curve.limit, curve.of.as_str()), (Some(0.05), "error-rate"));
    assert!(curve.beyond(0.06) && !curve.beyond(0.04));
    assert_eq!(curve.rolled_back, Some(Mark { at: at(600), version: "1".to_owned() }));
    assert_eq!(curve.released.unwrap().at, at(100));
}

#[test]
fn durations_are_drawn_as_the_ninety_fifth_percentile() {
    let buckets = |slow: u64| {
        let bucket = |(le, count)| Bucket { le, count };
        let seen = [(0.1, 100 - slow), (1.0, 100), (f64::INFINITY, 100)].map(bucket).to_vec();
        Measure::Durations(Durations { seen, newborn: Vec::new() })
    };
    let past: Vec<_> = [(0, 0), (60, 50), (120, 50)]
        .map(|(second, slow)| measured(second, Stream::Latency, buckets(slow)))
        .to_vec();
    let curve = draw(News::DecisionRequired, breach("latency-p95", 0.5, 0.9), &past).unwrap();
    assert_eq!(values(&curve), [(0, 0.095), (60, 0.91), (120, 0.91)]);
    assert_eq!(curve.rolled_back, None, "nothing was taken back");
}

#[test]
fn a_resource_is_drawn_by_its_name_and_a_low_value_can_be_the_bad_one() {
    let used = |part: f64| {
        let host = [("cpu".to_owned(), 0.1), ("disk /var".to_owned(), part)].into();
        Measure::Use(Use { host, ..Use::default() })
    };
    let past: Vec<_> = (0..3_u32)
        .map(|step| measured(i64::from(step), Stream::Resources, used(0.9 + 0.01 * f64::from(step))))
        .collect();
    let curve = draw(News::DecisionRequired, breach("resources", 0.9, 0.95), &past).unwrap();
    assert_eq!(values(&curve), [(0, 0.9), (1, 0.91), (2, 0.92)]);

    let orders = || Stream::Business("orders".to_owned());
    let past: Vec<_> = [9.0, 8.0, 1.0]
        .iter()
        .zip(0..)
        .map(|(value, at)| measured(at, orders(), Measure::Value(*value)))
        .collect();
    let curve = draw(News::DecisionRequired, breach("orders", 5.0, 1.0), &past).unwrap();
    assert!(curve.beyond(4.0) && !curve.beyond(6.0));
    assert_eq!(curve.points.iter().map(|point| point.bad).collect::<Vec<_>>(), [false, false, true]);
}

#[test]
fn a_health_check_is_drawn_by_how_long_it_took() {
    let sampled = |second: i64, check: &str, outcome| {
        let took = Duration::from_millis(40);
        let sample = Sample { check: check.to_owned(), began: at(second), took, outcome };
        (at(second), ServiceEvent::Sampled(sample))
    };
    let failed = || Outcome::Failed("status 500".to_owned());
    let step = ServiceEvent::StepDone {
        rollback: "b".to_owned(),
        step: Step::Prepare,
        instance: None,
        output: None,
    };
    let past = vec![
        sampled(1, "http", Outcome::Ok),
        sampled(2, "tcp", Outcome::Ok),
        sampled(3, "http", failed()),
        sampled(4, "http", Outcome::Blind("no route".to_owned())),
        sampled(5, "http", failed()),
        (at(300), step),
        sampled(700, "http", Outcome::Ok),
    ];
    let health =
        || Reason::Health { check: "http".to_owned(), failures: 3, limit: 3, seen: "500".to_owned() };
    let curve = draw(News::RollbackFailed, Reason::AskFirst(Box::new(health())), &past).unwrap();
    assert_eq!(values(&curve), [(1, 0.04), (3, 0.04), (5, 0.04)], "what came after the notice is not in it");
    assert!(curve.dots() && curve.limit.is_none());
    assert_eq!(curve.rolled_back.unwrap().at, at(300), "when the first step was done");
    let done = draw(News::RollbackSucceeded { took: Duration::from_secs(20) }, health(), &past).unwrap();
    assert_eq!(done.rolled_back.unwrap().at, at(580));
    let diverged = draw(News::DriftDetected, health(), &past).unwrap();
    assert_eq!(diverged.rolled_back, None, "what it names was released and does not run");
    assert_eq!(draw(News::DecisionRequired, health(), &past[..3]), None, "two points are no curve");
    assert_eq!(draw(News::DecisionRequired, Reason::Said("no".to_owned()), &past), None);
}

#[test]
fn of_much_little_is_drawn_and_the_bad_stays() {
    let past: Vec<_> = (0..6_000_i64)
        .map(|step| {
            let value = if step == 5_901 { 0.4 } else { 0.01 };
            measured(step / 10, Stream::Errors, Measure::Value(value))
        })
        .collect();
    let curve = draw(News::DecisionRequired, breach("error-rate", 0.05, 0.09), &past).unwrap();
    assert!(curve.points.len() <= 480, "{}", curve.points.len());
    assert_eq!(curve.points.iter().filter(|point| point.bad).count(), 1);
    let old = [measured(-20_000, Stream::Errors, Measure::Value(0.5))];
    let curve =
        draw(News::DecisionRequired, breach("error-rate", 0.05, 0.09), &[&old[..], &past[..20]].concat())
            .unwrap();
    assert_eq!(curve.points.len(), 20, "three hours at most");
}
