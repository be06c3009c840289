use jiff::Timestamp;

use super::*;
use crate::decide::event::{Announcement, Ask, Identity, Running, Sample, Step};
use crate::decide::facts::Release;
use crate::decide::reason::Reason;
use crate::store::Evidence;

/// What a service, a log or a person may have written to confuse whoever reads it.
const HOSTILE: &str = "*b* [x](http://evil) <img src=x> `c` | #\r\n# Result\u{1b}[31m\u{202e}";

fn at(millis: i64) -> Timestamp {
    let first: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
    first + jiff::SignedDuration::from_millis(millis)
}

fn moment(millis: i64, what: Happening, actions: &[Value]) -> Moment {
    let event = Event::Service { service: "web".to_owned(), what };
    Moment { at: at(millis), event, actions: actions.to_vec() }
}

fn sampled(millis: i64, took: u64, outcome: Outcome) -> Moment {
    let took = Duration::from_millis(took);
    let sample = Sample { check: "http".to_owned(), began: at(millis), took, outcome };
    moment(millis + 1, Happening::Sampled(sample), &[])
}

fn seen(version: &str) -> Happening {
    Happening::Seen(Some(Running {
        instance: "0123456789abcdef".to_owned(),
        identity: Identity { image: "sha256:aa".to_owned(), spec: "bb".to_owned() },
        version: version.to_owned(),
        alive: true,
        started: None,
        restarts: 0,
        irreversible: None,
        given_up: None,
        rolling_out: false,
        about: None,
        members: Vec::new(),
        settling: false,
    }))
}

/// A release that passed twice, failed, and was taken back.
fn story(text: &str) -> Story {
    let said = || vec![text.to_owned()];
    let announcement = Announcement {
        version: text.to_owned(),
        by: Some(text.to_owned()),
        with: said(),
        features: said(),
        ..Announcement::default()
    };
    let release = Release {
        id: "web-1".to_owned(),
        service: "web".to_owned(),
        version: text.to_owned(),
        running: None,
        began: at(0),
        origin: Origin::Noticed,
        announcement: Some(announcement),
    };
    let stop = Happening::StepDone {
        rollback: "web-1-b1".to_owned(),
        step: Step::Stop,
        instance: None,
        output: None,
    };
    let ask = Ask::Rollback { to: None, reason: Some(text.to_owned()) };
    let restored = text.replace("1.4.2", "1.4.1");
    let tell =
        json!({"tell": {"tier": "urgent", "news": {"rollback-done": {"took": 2.0}}}, "channels": ["mail"]});
    let moments = vec![
        moment(0, seen(text), &[json!({"file": "watching", "release": "web-1"})]),
        sampled(1000, 12, Outcome::Ok),
        sampled(2000, 30, Outcome::Ok),
        sampled(3000, 5, Outcome::Failed(text.to_owned())),
        moment(
            3100,
            Happening::Asked { by: text.to_owned(), ask },
            &[json!({"step": "stop", "plan": {"to-version": restored}})],
        ),
        moment(3350, stop, &[tell]),
        sampled(4000, 7, Outcome::Ok),
        moment(5000, Happening::Seen(None), &[json!({"refused": text})]),
    ];
    Story {
        release,
        state: "rolled-back".to_owned(),
        reason: Some(Reason::Said(text.to_owned())),
        moments,
        forensics: Some(Evidence {
            inspect: json!({"RestartCount": 4, "Config": {"Env": ["PASSWORD=hunter2", "EMPTY"]}}).to_string(),
            events: (0..30).map(|code| format!("die exitCode={code}\n")).chain([text.to_owned()]).collect(),
            logs: (0..30).map(|line| format!("line {line}\n")).chain([text.to_owned()]).collect(),
            exit: Some(137),
            oom: true,
        }),
    }
}

#[test]
fn the_story_is_told_line_by_line() {
    let told = explain(&story("1.4.2"), &TimeZone::UTC);
    let wanted = "\
web 1.4.2 (web-1)
2026-03-01T10:00:00.000+00:00  seen: 1.4.2 runs (0123456789ab)
2026-03-01T10:00:00.000+00:00  → watching
2026-03-01T10:00:01.000+00:00  http passed 2 times until 10:00:02 (12–30 ms)
2026-03-01T10:00:03.000+00:00  http failed: 1.4.2 (5 ms)
2026-03-01T10:00:03.100+00:00  1.4.2 asked to go back: 1.4.2
2026-03-01T10:00:03.100+00:00  → step stop
2026-03-01T10:00:03.350+00:00  step stop holds
2026-03-01T10:00:03.350+00:00  → told (urgent) rollback-done → mail
2026-03-01T10:00:04.000+00:00  http passed (7–7 ms)
2026-03-01T10:00:05.000+00:00  seen: nothing runs under its name
2026-03-01T10:00:05.000+00:00  → refused: 1.4.2
It is rolled-back: 1.4.2.
";
    assert_eq!(told, wanted);
}

#[test]
fn the_record_has_what_the_guide_asks_for() {
    let record = markdown(&story("1.4.2"), &TimeZone::UTC);
    let headings: Vec<&str> = record.lines().filter(|line| line.starts_with('#')).collect();
    let wanted = [
        "# Release record: web 1.4.2",
        "## Basics",
        "## Content",
        "## Verification",
        "## Result",
        "## Evidence",
    ];
    assert_eq!(headings, wanted);
    for line in [
        "- **Time**: 2026-03-01 10:00:00",
        "- **Responsible**: 1.4.2",
        "- **Announced**: yes",
        "- **Fixes**: none said",
        "- **Health check http**: not passed: 2 good, 1 failed, 0 could not be told; slowest 30 ms; last failure: 1.4.2",
        "- **Status**: partial success (rolled-back)",
        "- **Restored version**: 1.4.1",
        "- **Measure at 2026-03-01 10:00:03 +00:00**: stop (250 ms)",
        "- **Exit code**: 137",
        "- **Out of memory**: yes",
        "- **Restarted by Docker**: 4 times",
        "    die exitCode=29",
        "    line 29",
    ] {
        assert!(record.lines().any(|it| it == line), "{line}\n{record}");
    }
    assert!(!record.contains("    line 5\n"), "only the last lines of a log");
    let record = json(&story("1.4.2"));
    assert_eq!(record["checks"]["http"]["passed"], 2);
    assert_eq!(
        record["measures"],
        json!([{"at": "2026-03-01T10:00:03.1Z", "step": "stop", "took": "(250 ms)", "output": null}])
    );
    assert_eq!(record["result"], "partial success");
    assert_eq!(record["restored"], "1.4.1");
    let evidence = &record["evidence"];
    assert_eq!((&evidence["exit"], &evidence["restarts"]), (&json!(137), &json!(4)));
    assert_eq!(evidence["logs"].as_array().unwrap().len(), 31, "all of it");
    assert_eq!(evidence["events"][0], "die exitCode=0");
    assert_eq!(evidence["inspect"]["Config"]["Env"], json!(["PASSWORD=…", "EMPTY"]));
    assert_eq!(record["samples"].as_array().unwrap().len(), 4);
    assert_eq!(record["samples"][2]["outcome"], "failed");
    let undone = Story { state: "rollback-failed".to_owned(), ..story("1.4.2") };
    assert!(json(&undone)["restored"].is_null());
    assert!(!markdown(&undone, &TimeZone::UTC).contains("Restored"));
}

#[test]
fn nothing_that_somebody_wrote_changes_the_record() {
    let (plain, hostile) = (story("1.4.2"), story(HOSTILE));
    for draw in [markdown, explain] {
        let (plain, hostile) = (draw(&plain, &TimeZone::UTC), draw(&hostile, &TimeZone::UTC));
        assert_eq!(plain.lines().count(), hostile.lines().count(), "{hostile}");
        assert!(!hostile.contains(['\u{1b}', '\u{202e}', '\r']), "{hostile}");
    }
    let record = markdown(&hostile, &TimeZone::UTC);
    // Indented lines are a code block, where nothing is markup.
    for line in record.lines().filter(|line| !line.starts_with("    ")) {
        let bare = line.replace("\\\\", "").replace("\\<", "").replace("\\[", "").replace("\\`", "");
        assert!(!bare.contains(['<', '[', '`']), "{line}");
    }
}

#[test]
fn whatever_was_asked_is_told_in_plain_words() {
    let hours = |hours| Some(Duration::from_hours(hours));
    let said = |version: &str, why: Option<&str>| {
        let (version, irreversible) = (version.to_owned(), why.map(str::to_owned));
        Ask::Release(Announcement { version, irreversible, ..Announcement::default() })
    };
    let some = |text: &str| Some(text.to_owned());
    let asks = [
        (said("1.5", None), "announced 1.5"),
        (said("", None), "announced a release"),
        (said("1.5", Some("a migration")), "announced 1.5, which cannot be taken back: a migration"),
        (Ask::Accept, "asked to accept it"),
        (Ask::Abort, "asked to end the watch"),
        (Ask::Rollback { to: some("1.3"), reason: None }, "asked to go back to 1.3"),
        (Ask::Rollback { to: None, reason: some("slow") }, "asked to go back: slow"),
        (Ask::Plan { to: None }, "asked what going back would do"),
        (Ask::Plan { to: some("1.3") }, "asked what going back to 1.3 would do"),
        (Ask::Hold { lasts: hours(3), reason: some("sale") }, "asked to hold for 3 h 0 min: sale"),
        (Ask::Hold { lasts: None, reason: None }, "asked to hold"),
        (Ask::Resume, "asked to resume"),
    ];
    for (ask, words) in asks {
        let told = Story {
            moments: vec![moment(0, Happening::Asked { by: "ann".to_owned(), ask }, &[])],
            ..story("1")
        };
        let told = explain(&told, &TimeZone::UTC);
        assert!(told.lines().any(|line| line.ends_with(&format!("  ann {words}"))), "{words}\n{told}");
    }
}
