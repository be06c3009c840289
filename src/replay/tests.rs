//! Recorded releases are decided as they were, and the past is judged window by window.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::past::{BEFORE, Tape};
use super::*;
use crate::decide::policy::{
    Autonomy, ErrorRate, Level, Maintenance, OnBlind, OnEnvironment, Otherwise, Ppm, Quarantine,
    ServicePolicy, Triggers,
};
use crate::decide::reading::{Counts, Measure, Reading, Requests, Source, Stream};

fn start() -> Timestamp {
    "2026-03-01T00:00:00Z".parse().unwrap()
}

fn at(seconds: u64) -> Timestamp {
    start().checked_add(Duration::from_secs(seconds)).unwrap()
}

fn policy() -> ServicePolicy {
    ServicePolicy {
        autonomy: Autonomy::Auto,
        window: Duration::from_mins(10),
        grace: Duration::from_secs(20),
        deploy_within: Duration::from_mins(10),
        interval: Duration::from_secs(5),
        blind_after: Duration::from_mins(1),
        on_blind: OnBlind::Hold,
        checks: vec!["page".to_owned()],
        failures: 3,
        health_autonomy: Autonomy::Auto,
        requests: Vec::new(),
        dependencies: Vec::new(),
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
            ..Triggers::none()
        },
        ask_within: None,
        ask_otherwise: Otherwise::Hold,
        verify: Duration::from_secs(30),
        keep: 3,
        per_day: 3,
        veto: Duration::ZERO,
        quarantine: Quarantine::Watch,
        maintenance: Maintenance::default(),
        shared: false,
        steps: Vec::new(),
        finish: Vec::new(),
        step_within: Duration::from_mins(5),
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
    let outcome = |began: u64| tape.watch("shop", &policy(), at(began)).outcome();
    assert_eq!(outcome(3600), "accepted");
    assert_eq!(outcome(2 * 3600 - 300), "rolling-back");
    let placebo = tape.watch("shop", &policy(), at(2 * 3600 - 300));
    let found = placebo.decided.iter().find(|one| one.what == "rolling-back").unwrap();
    assert!(found.at >= at(2 * 3600) && found.at <= at(2 * 3600 + 60), "{found:?}");
    assert!(matches!(found.why, Some(Reason::Breach(_))));
    assert_eq!(outcome(3 * 3600), "accepted", "and is over");
    let good = tape.watch("shop", &policy(), at(3600)).decided;
    assert_eq!(good.iter().map(|one| one.what).collect::<Vec<_>>(), ["accepted"], "and nothing else is said");
}

#[test]
fn what_is_past_is_let_go_of() {
    let mut tape = Tape::default();
    tape.add((0..4 * 240).map(|step| errors(step * 15, false)).collect());
    let before = format!("{tape:?}").len();
    tape.drop_before(at(3 * 3600).checked_sub(BEFORE).unwrap());
    assert!(format!("{tape:?}").len() < before * 2 / 3);
    assert_eq!(tape.watch("shop", &policy(), at(3 * 3600)).outcome(), "accepted");
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
