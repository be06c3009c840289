use console::measure_text_width;
use serde_json::{Value, json};

use super::*;
use crate::config::Language;

fn trigger(name: &str, verdict: &str, (value, limit): (f64, f64), about: (&str, &str, &str)) -> Value {
    let (bound, unit, why) = about;
    let recent: Vec<f64> = (0..20).map(|at| if at < 12 { value / 8.0 } else { value }).collect();
    json!({"name": name, "verdict": verdict, "value": value, "limit": limit, "bound": bound, "unit": unit, "recent": recent,
           "samples": 9, "why": why})
}

fn release(id: &str, version: &str) -> Value {
    json!({"id": id, "version": version, "image": "sha256:2", "started_at": "2027-01-15T08:00:00Z"})
}

/// A release that is watched, and fails.
fn football() -> Value {
    let mut at_hand = release("football-2", "1.2.1-errors");
    at_hand["phase_since"] = json!("2027-01-15T08:00:00Z");
    at_hand["ends_at"] = json!("2027-01-15T08:10:00Z");
    json!({
        "name": "football", "autonomy": "auto", "phase": "watching", "why": null, "hold": null, "release": at_hand,
        "announced": null, "accepted": release("football-1", "1.3.0"),
        "running": {"container_ids": ["c2"], "version": "1.2.1-errors", "image": "sha256:2", "running": true,
                    "started_at": null, "restarts": 0},
        "drift": null, "readiness": {"ready": true, "problems": []}, "checks": [], "decided": null,
        "triggers": [
            trigger("health", "pass", (0.0, 3.0), ("at-least", "failures", "every check passes")),
            trigger("error-rate", "fail", (0.089, 0.05), ("above", "ratio", "44 of 480 requests failed in 8 s")),
            trigger("latency-p95", "wait", (0.048, 2.0), ("above", "seconds", "too few requests")),
            trigger("accuracy", "blind", (0.71, 0.55), ("below", "plain", "Prometheus does not answer")),
        ],
    })
}

/// One that is taken back.
fn going_back() -> Value {
    let done = |name: &str, took: f64| json!({"name": name, "since": null, "duration_seconds": took, "failed": false});
    let steps = json!([
        done("prepare", 0.02),
        {"name": "forensics", "since": null, "duration_seconds": 5.0, "failed": true},
        done("create", 0.4),
        done("stop", 10.2),
        {"name": "start", "since": "2027-01-15T08:00:59.080Z", "duration_seconds": null, "failed": false},
    ]);
    let mut service = football();
    service["phase"] = json!("rolling-back");
    service["release"]["ends_at"] = Value::Null;
    service["release"]["phase_since"] = json!("2027-01-15T08:00:44Z");
    service["rollback"] = json!({"to": "1.3.0", "undoing": false, "steps": steps});
    service
}

fn quiet(name: &str) -> Value {
    let mut service = football();
    service["name"] = json!(name);
    service["phase"] = json!("idle");
    service["release"] = Value::Null;
    service["accepted"] = release("1", "1.2.1-errors");
    service["triggers"] =
        json!([trigger("health", "pass", (0.0, 3.0), ("at-least", "failures", "all pass"))]);
    service
}

fn incident(number: u32, tier: &str) -> Value {
    json!({"id": format!("football-i{number}"), "service": "football", "tier": tier, "state": "open", "event": "rollback-failed",
           "title": "ROLLBACK FAILED 2 -> 1: no such image", "release": null, "acknowledged_by": null,
           "started_at": "2027-01-15T07:00:00Z"})
}

fn status(services: &[Value], incidents: &[Value]) -> Status {
    let daemon = json!({"version": "1.2.3", "since": "2027-01-15T08:00:00Z", "config": "/etc/golive/rules.toml",
                        "docker_error": null, "store_error": null, "config_error": null});
    serde_json::from_value(json!({"daemon": daemon, "services": services, "incidents": incidents})).unwrap()
}

fn now() -> Timestamp {
    "2027-01-15T08:01:00Z".parse().unwrap()
}

/// Whatever is drawn has to fit.
fn drawn_in(language: Language, (width, height): (usize, usize), status: &Status) -> String {
    let texts = Texts::new(language, None);
    let canvas = Canvas { texts: &texts, now: now(), width, height, color: false };
    let lines = canvas.draw(&Scene { status, lost: None });
    assert!(lines.len() < height, "{} lines in {height}: {lines:#?}", lines.len());
    for line in &lines {
        assert!(measure_text_width(line) <= width, "{line}");
    }
    lines.join("\n")
}

fn drawn(size: (usize, usize), status: &Status) -> String {
    drawn_in(Language::English, size, status)
}

#[test]
fn a_watch_is_drawn_as_wide_as_the_terminal() {
    let status = status(&[football()], &[]);
    insta::assert_snapshot!("wide", drawn((132, 24), &status));
    insta::assert_snapshot!("usual", drawn((80, 24), &status));
    insta::assert_snapshot!("narrow", drawn((40, 24), &status));
    insta::assert_snapshot!("chinese", drawn_in(Language::Chinese, (132, 24), &status));
}

#[test]
fn a_rollback_is_drawn_step_by_step() {
    let status = status(&[going_back()], &[incident(1, "urgent"), incident(2, "general")]);
    insta::assert_snapshot!("rolling_back", drawn((132, 24), &status));
    insta::assert_snapshot!("rolling_back_narrow", drawn((60, 24), &status));
    insta::assert_snapshot!("rolling_back_chinese", drawn_in(Language::Chinese, (80, 24), &status));
}

#[test]
fn what_has_no_room_is_counted() {
    let services: Vec<Value> = ["blog", "cart", "mail", "search", "shop", "stock"].map(quiet).to_vec();
    let services = [services, vec![going_back()]].concat();
    let incidents: Vec<Value> = (0..9).map(|number| incident(number, "urgent")).collect();
    // All fit; the quiet ones have a line each; some are named only; hardly anything fits.
    for height in [40, 22, 16, 8, 2] {
        insta::assert_snapshot!(
            format!("many_{height}"),
            drawn((80, height), &status(&services, &incidents))
        );
    }
}

#[test]
fn nothing_that_is_shown_drives_the_terminal() {
    let mut service = going_back();
    for text in [
        "/name",
        "/release/version",
        "/triggers/1/why",
        "/triggers/1/name",
        "/rollback/to",
        "/rollback/steps/0/name",
    ] {
        *service.pointer_mut(text).unwrap() = json!("a\u{1b}[2Jb\nc\u{202e}");
    }
    let status = status(&[service], &[]);
    for width in [132, 60, 20] {
        let drawn = drawn((width, 30), &status);
        assert!(!drawn.contains(['\u{1b}', '\u{202e}']), "{drawn}");
    }
    let texts = Texts::new(Language::English, None);
    let lines = Lines { texts: &texts, now: now() }.changes(None, &status);
    assert!(lines.iter().all(|line| !line.contains(['\u{1b}', '\u{202e}', '\n'])), "{lines:?}");
}

#[test]
fn colours_say_what_is_bad_and_take_no_room() {
    let texts = Texts::new(Language::English, None);
    let canvas = Canvas { texts: &texts, now: now(), width: 80, height: 24, color: true };
    let status = status(&[football()], &[]);
    let lines = canvas.draw(&Scene { status: &status, lost: None });
    assert!(lines.iter().any(|line| line.contains("\u{1b}[31m✗\u{1b}[0m error-rate")), "{lines:?}");
    let plain = console::strip_ansi_codes(&lines.join("\n")).into_owned();
    assert_eq!(plain, drawn((80, 24), &status));
}

#[test]
fn a_daemon_that_is_gone_is_said_to_be() {
    let texts = Texts::new(Language::English, None);
    let canvas = Canvas { texts: &texts, now: now(), width: 80, height: 24, color: false };
    let mut status = status(&[], &[]);
    status.daemon.docker_error = Some("no such file".to_owned());
    let lost = "2027-01-15T08:00:48Z".parse().ok();
    insta::assert_snapshot!("lost", canvas.draw(&Scene { status: &status, lost }).join("\n"));
}

/// Each change is a line, and nothing is told twice.
#[test]
fn changes_are_lines() {
    let mut watched = football();
    watched["triggers"][1]["verdict"] = json!("pass");
    watched["triggers"][3]["verdict"] = json!("pass");
    let mut soon = going_back();
    soon["rollback"]["steps"].as_array_mut().unwrap().truncate(1);
    let mut done = quiet("football");
    done["running"]["version"] = json!("1.3.0");
    let story = [
        status(&[watched.clone()], &[]),
        status(&[watched], &[]),
        status(&[football()], &[]),
        status(&[soon], &[]),
        status(&[going_back()], &[incident(1, "urgent"), incident(2, "general")]),
        status(&[going_back()], &[incident(1, "urgent")]),
        status(&[done], &[]),
    ];
    for language in [Language::English, Language::Chinese] {
        let texts = Texts::new(language, None);
        let lines = Lines { texts: &texts, now: now() };
        let mut told = lines.changes(None, &story[0]);
        told.extend(story.windows(2).flat_map(|two| lines.changes(Some(&two[0]), &two[1])));
        insta::assert_snapshot!(format!("lines_{language:?}"), told.join("\n"));
    }
}

/// The last picture has the steps of the rollback that it ends with; those of an older one are not shown.
#[test]
fn steps_are_remembered_until_something_else_comes() {
    let mut stage = Stage::new(Texts::new(Language::English, None), status(&[going_back()], &[]));
    stage.remember(&mut status(&[going_back()], &[]));
    let decided = |release: &str| {
        let mut service = quiet("football");
        service["decided"] = json!({"release": release, "version": "1.2.1-errors", "state": "rolled-back",
                                    "decided_at": "2027-01-15T08:01:00Z"});
        let mut status = status(&[service], &[]);
        stage.remember(&mut status);
        status
    };
    let mut decided = decided;
    insta::assert_snapshot!("rolled_back", drawn((132, 24), &decided("football-2")));
    assert!(decided("football-3").services[0].rollback.is_none());
}
