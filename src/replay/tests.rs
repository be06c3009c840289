//! Recorded releases are decided as they were, and the past is judged window by window.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::past::{BEFORE, Tape};
use super::*;
use crate::model::policy::{
    Anomaly, Autonomy, Business, Direction, ErrorRate, Level, OnEnvironment, Ppm, ServicePolicy, Triggers,
};
use crate::model::reading::{Counts, Measure, Reading, Requests, Source, Stream};
use crate::model::sample::{Outcome, Sample};
use crate::model::tests as plain;

fn start() -> Timestamp {
    "2026-03-01T00:00:00Z".parse().unwrap()
}

fn at(seconds: u64) -> Timestamp {
    start().checked_add(Duration::from_secs(seconds)).unwrap()
}

fn policy() -> ServicePolicy {
    ServicePolicy {
        checks: vec!["page".to_owned()],
        triggers: Triggers {
            level: Level::Default,
            relative: Autonomy::Ask,
            on_environment: OnEnvironment::Hold,
            error_rate: Some(ErrorRate {
                above: Ppm(50_000),
                over: Duration::from_mins(1),
                min_requests: 100,
                source: Source::Prometheus,
                autonomy: Autonomy::Auto,
            }),
            business: BTreeMap::new(),
            alerts: None,
            ..Triggers::none()
        },
        ..plain::service_policy()
    }
}

/// 150 requests every 15 seconds, one of them failing, or ten while things are bad.
fn errors(seconds: u64, bad: bool) -> Reading {
    let seen = Counts { bad: if bad { 30 } else { 1 }, total: 150 };
    let measure = Measure::Requests(Requests { seen, ..Requests::default() });
    Reading { stream: Stream::Errors, source: Source::Prometheus, at: at(seconds), measure }
}

#[test]
fn a_bad_quarter_of_an_hour_is_found_where_it_was() {
    let mut tape = Tape::default();
    let bad = 2 * 3600..2 * 3600 + 900;
    tape.add((0..4 * 240).map(|step| errors(step * 15, bad.contains(&(step * 15)))).collect());
    let end = at(4 * 3600);
    let outcome = |began: u64| tape.watch("shop", &policy(), at(began), end).outcome();
    assert_eq!(outcome(3600), "accepted");
    assert_eq!(outcome(2 * 3600 - 300), "rolling-back");
    let placebo = tape.watch("shop", &policy(), at(2 * 3600 - 300), end);
    let [found] = placebo.decided.as_slice() else { panic!("once: {:?}", placebo.decided) };
    assert_eq!((found.what, &found.blame), ("rolling-back", &Some(Blame::Release { neighbours: 0 })));
    assert!(found.at >= at(2 * 3600) && found.at <= at(2 * 3600 + 60), "{found:?}");
    assert!(matches!(found.why, Some(Reason::Breach(_))));
    assert_eq!(outcome(3 * 3600), "accepted", "and is over");
    let good = tape.watch("shop", &policy(), at(3600), end).decided;
    assert_eq!(good.iter().map(|one| one.what).collect::<Vec<_>>(), ["accepted"], "and nothing else is said");
}

/// What was not asked for is no blindness: of a watch that would go on, no more is told than is known.
#[test]
fn the_end_of_what_is_known_is_not_blind() {
    for end in [3600, 4000, 4200] {
        let mut tape = Tape::default();
        tape.add((0..=end / 15).map(|step| errors(step * 15, false)).collect());
        let placebo = tape.watch("shop", &policy(), at(3600), at(end));
        let said: Vec<_> = placebo.decided.iter().map(|one| one.what).collect();
        let expected: &[&str] = if end == 4200 { &["accepted"] } else { &[] };
        assert_eq!(said, expected, "known until {end}");
    }
    // Where it should go on and does not, that is told.
    let mut tape = Tape::default();
    tape.add((0..=3700 / 15).map(|step| errors(step * 15, false)).collect());
    let placebo = tape.watch("shop", &policy(), at(3600), at(9000));
    assert!(placebo.decided.iter().any(|one| one.what == "no-data"), "{:?}", placebo.decided);
}

const DAY: u64 = 24 * 60;

/// A few hundred a minute, with a day's course.
fn ordered(minute: u64) -> f64 {
    let of = |part: u64, whole: u64| {
        f64::from(u32::try_from(part).unwrap()) / f64::from(u32::try_from(whole).unwrap())
    };
    let wave = (std::f64::consts::TAU * of(minute % DAY, DAY)).sin();
    ((300.0 + 100.0 * wave) * (0.95 + 0.1 * of(minute * 7919 % 101, 101))).floor()
}

fn orders(minute: u64, value: f64) -> Reading {
    let stream = Stream::Business("orders".to_owned());
    Reading { stream, source: Source::Prometheus, at: at(minute * 60), measure: Measure::Value(value) }
}

fn judged_by_its_past() -> ServicePolicy {
    let anomaly = Anomaly { direction: Direction::Drop, least: 0.15, autonomy: Autonomy::Auto };
    let business = Business {
        below: None,
        above: None,
        lasts: Duration::from_secs(30),
        source: Source::Prometheus,
        autonomy: Autonomy::Auto,
        anomaly: Some(anomaly),
    };
    let business = BTreeMap::from([("orders".to_owned(), business)]);
    ServicePolicy { triggers: Triggers { business, ..Triggers::none() }, ..policy() }
}

/// Three days, of which Prometheus knows every minute, and then an hour with this part of the orders left.
fn three_days_and(left: f64) -> (Tape, Timestamp) {
    let began = 3 * DAY;
    let known =
        |minute: u64| if minute <= began { ordered(minute) } else { (ordered(minute) * left).floor() };
    let mut tape = Tape::default();
    tape.know("orders", Duration::from_hours(28 * 24), at(0), (0..=began + 60).map(known).collect());
    tape.add((began - 60..=began + 60).map(|minute| orders(minute, known(minute))).collect());
    (tape, at(began * 60))
}

#[test]
fn a_metric_is_judged_by_what_its_past_was_then() {
    for (left, outcome) in [(1.0, "accepted"), (0.7, "rolling-back")] {
        let (tape, began) = three_days_and(left);
        let placebo = tape.watch("shop", &judged_by_its_past(), began, at((3 * DAY + 60) * 60));
        assert_eq!(placebo.outcome(), outcome, "{:?}", placebo.decided);
        assert_eq!(placebo.decided.len(), 1, "{:?}", placebo.decided);
    }
    // In the first hours there is no past to judge by.
    let (tape, began) = three_days_and(1.0);
    let early = began.checked_sub(Duration::from_hours(47)).unwrap();
    let placebo = tape.watch("shop", &judged_by_its_past(), early, began);
    assert_ne!(placebo.outcome(), "rolling-back");
}

/// What was learnt is on record, to the last digit.
#[test]
fn a_recorded_anomaly_is_decided_as_it_was() {
    let (policy, began) = (judged_by_its_past(), 3 * DAY);
    let past: Vec<f64> = (0..=began).map(|minute| ordered(minute) / 7.0).collect();
    let anomaly = policy.triggers.business["orders"].anomaly.as_ref().unwrap();
    let learnt = Ok(anomaly.learn(&past, policy.window).unwrap());
    let (metric, until) = ("orders".to_owned(), at(began * 60));
    let mut events = vec![
        (until, ServiceEvent::Seen(Some(past::running("2")))),
        (until, ServiceEvent::Expected { metric, until, learnt }),
    ];
    for minute in began + 1..began + 10 {
        let left = if minute > began + 3 { 0.6 } else { 1.0 };
        let reading = orders(minute, ordered(minute) / 7.0 * left);
        events.push((reading.at, ServiceEvent::Measured(reading)));
    }
    let recording = Recording {
        release: "shop-2".to_owned(),
        service: "shop".to_owned(),
        policy,
        accepted: vec![past::accepted("shop", at(0))],
        events,
        decided: Vec::new(),
    };
    let decided = again(&recording);
    let words: Vec<_> = decided.iter().map(|one| one.what).collect();
    assert_eq!(words, ["watching", "rolling-back"], "{decided:?}");
    let read = Recording::read(&recording.write().unwrap()).unwrap();
    assert_eq!(read, recording);
    assert_eq!(again(&read), decided);
}

/// Three services, of which one is released: what was recorded of it, and whose fault it was said to be.
fn among_others(bad: impl Fn(&str, u64) -> bool) -> (Recording, Vec<Blame>) {
    let names = ["shop", "web", "mail"];
    let services: BTreeMap<_, _> = names.iter().map(|name| ((*name).to_owned(), policy())).collect();
    let facts = names.iter().map(|name| {
        let accepted = vec![past::accepted(name, at(0))];
        let known = accepted[0].running.as_ref().map(|running| running.identity.clone());
        ((*name).to_owned(), Facts { known, accepted, ..Facts::default() })
    });
    let mut state = State::new(Policy { services, ..Policy::default() }, facts.collect(), at(0));
    let (mut events, mut blamed) = (Vec::new(), Vec::new());
    let mut feed = |now: Timestamp, service: &str, what: ServiceEvent| {
        let event = Event::Service { service: service.to_owned(), what };
        for event in state.beside(now, &event).into_iter().chain([event]) {
            let Event::Service { what, .. } = &event else { continue };
            if service == "shop" {
                events.push((now, what.clone()));
            }
            for action in state.step(now, &event) {
                if let Action::Tell { notice, .. } = action {
                    blamed.extend(notice.blame);
                }
            }
        }
    };
    for name in names {
        feed(at(0), name, ServiceEvent::Seen(Some(past::running("before"))));
    }
    for second in (15..4200).step_by(15) {
        if second == 3600 {
            feed(at(second), "shop", ServiceEvent::Seen(Some(past::running("2"))));
        }
        for name in ["web", "mail", "shop"] {
            feed(at(second), name, ServiceEvent::Measured(errors(second, bad(name, second))));
            let (check, began, took) = ("page".to_owned(), at(second), Duration::ZERO);
            feed(
                at(second),
                name,
                ServiceEvent::Sampled(Sample { check, began, took, outcome: Outcome::Ok }),
            );
        }
    }
    let (release, service) = ("shop-2".to_owned(), "shop".to_owned());
    let accepted = vec![past::accepted("shop", at(0))];
    (Recording { release, service, policy: policy(), accepted, events, decided: Vec::new() }, blamed)
}

/// What others showed is on record: without them it comes to the same.
#[test]
fn whose_fault_it_was_is_said_again_as_it_was() {
    type Bad = fn(&str, u64) -> bool;
    let cases: [(&str, Bad, &str); 3] = [
        ("it alone", |name, second| name == "shop" && second > 3600, "release"),
        ("a caller", |name, second| name != "mail" && second > 3660, "spread"),
        ("all", |_, second| second > 3660, "neighbours"),
    ];
    for (name, bad, word) in cases {
        let (recording, blamed) = among_others(bad);
        assert_eq!(blamed.iter().map(Blame::into_str).collect::<Vec<_>>(), [word], "{name}");
        let read = Recording::read(&recording.write().unwrap()).unwrap();
        assert_eq!(read, recording, "{name}");
        let again: Vec<Blame> = again(&read).into_iter().filter_map(|one| one.blame).collect();
        assert_eq!(again, blamed, "{name}");
    }
}

#[test]
fn what_is_past_is_let_go_of() {
    let mut tape = Tape::default();
    tape.add((0..4 * 240).map(|step| errors(step * 15, false)).collect());
    let before = format!("{tape:?}").len();
    tape.drop_before(at(3 * 3600).checked_sub(BEFORE).unwrap());
    assert!(format!("{tape:?}").len() < before * 2 / 3);
    assert_eq!(tape.watch("shop", &policy(), at(3 * 3600), at(4 * 3600)).outcome(), "accepted");
}

/// Recorded by a daemon, exported, and decided again.
#[test]
fn recorded_releases_are_decided_as_they_were() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recorded");
    let mut files: Vec<_> = std::fs::read_dir(dir).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 2, "{files:?}");
    for file in files {
        let recording = Recording::read(&std::fs::read_to_string(&file).unwrap()).unwrap();
        let states =
            ["watching", "rolling-back", "verifying", "rolled-back", "accepted", "held", "superseded"];
        let now: Vec<(Timestamp, String)> = again(&recording)
            .into_iter()
            .filter(|one| states.contains(&one.what))
            .map(|one| (one.at, one.what.to_owned()))
            .collect();
        let mut then = recording.decided.clone();
        then.dedup_by(|next, first| next.1 == first.1);
        let words =
            |all: &[(Timestamp, String)]| all.iter().map(|(_, what)| what.clone()).collect::<Vec<_>>();
        assert_eq!(words(&now), words(&then), "{}", file.display());
        assert_eq!(Recording::read(&recording.write().unwrap()).unwrap(), recording);
    }
}

#[test]
fn a_damaged_recording_says_where() {
    let why = |text: &str| Recording::read(text).unwrap_err();
    assert_eq!(why(""), "is empty");
    assert!(why("{}").contains("format"));
    assert!(why("x").starts_with("line 1"));
}
