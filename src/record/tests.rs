use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::*;
use crate::config::Language;
use crate::model::content::Circumstances;
use crate::model::event::Ask;
use crate::model::phrase::Phrase;
use crate::model::plan::Plan;
use crate::model::reason::{Reason, Unit};
use crate::model::refusal::Refusal;
use crate::model::release::{Announcement, Origin, Release, ReleaseState};
use crate::model::running::{Identity, Running};
use crate::model::sample::Sample;
use crate::model::step::Step;
use crate::model::tests as plain;
use crate::model::verdict::{Bound, Call, Verdict};
use crate::store::{Deed, Evidence};

mod acceptance;
mod checklist;
mod content;
mod paper;

/// What a service, a log or a person may have written to confuse whoever reads it.
const HOSTILE: &str = "*b* [x](http://evil) <img src=x> `c` | #\r\n# Result\u{1b}[31m\u{202e}";

fn at(millis: i64) -> Timestamp {
    let first: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
    first + jiff::SignedDuration::from_millis(millis)
}

fn moment(millis: i64, what: ServiceEvent, deeds: &[Deed]) -> Moment {
    let event = Event::Service { service: "web".to_owned(), what };
    Moment { at: at(millis), event, deeds: deeds.to_vec() }
}

fn sampled(millis: i64, took: u64, outcome: Outcome) -> Moment {
    let took = Duration::from_millis(took);
    let sample = Sample { check: "http".to_owned(), began: at(millis), took, outcome };
    moment(millis + 1, ServiceEvent::Sampled(sample), &[])
}

fn seen(version: &str) -> ServiceEvent {
    ServiceEvent::Seen(Some(Running {
        instance: "0123456789abcdef".to_owned(),
        identity: Identity { image: "sha256:aa".to_owned(), spec: "bb".to_owned() },
        ..plain::running(version)
    }))
}

fn filing(millis: i64, state: ReleaseState, reason: Option<Reason>) -> Filing {
    Filing { at: at(millis), state, reason, asked: false }
}

fn texts() -> Texts {
    Texts::new(Language::English, Some(TimeZone::UTC))
}

fn moments(text: &str) -> Vec<Moment> {
    let stop = ServiceEvent::StepDone {
        rollback: "web-1-b1".to_owned(),
        step: Step::Stop,
        instance: None,
        output: None,
    };
    let ask = Ask::Rollback { to: None, reason: Some(text.to_owned()), known_bad: false };
    let restored = text.replace("1.4.2", "1.4.1");
    let plan = Plan {
        rollback: "web-1-b1".to_owned(),
        from: "web-1".to_owned(),
        from_version: text.to_owned(),
        bad: None,
        to: "web-0".to_owned(),
        to_version: restored,
        reason: text.to_owned(),
        drill: None,
    };
    let verdict = Verdict {
        call: Call::Fail,
        value: Some(0.06),
        limit: Some(0.05),
        bound: Bound::Above,
        unit: Unit::Ratio,
        samples: 100,
        why: Phrase::words(text),
    };
    let judged = |name: &str| (name.to_owned(), verdict.clone());
    let concluded = Deed::Concluded { verdicts: vec![judged("error-rate")] };
    let filed = |state| Deed::Filed { release: "web-1".to_owned(), state };
    vec![
        moment(0, seen(text), &[filed(ReleaseState::Watching)]),
        sampled(1000, 12, Outcome::Ok),
        sampled(2000, 30, Outcome::Ok),
        sampled(3000, 5, Outcome::Failed(text.to_owned())),
        moment(
            3100,
            ServiceEvent::Asked { by: text.to_owned(), ask },
            &[concluded, Deed::Step { step: Step::Stop, plan }],
        ),
        moment(3350, stop, &[filed(ReleaseState::RolledBack)]),
        sampled(4000, 7, Outcome::Ok),
        moment(5000, ServiceEvent::Seen(None), &[Deed::Refused { why: Refusal::Failed(text.to_owned()) }]),
    ]
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
        checklist: None,
        roster: BTreeMap::new(),
    };
    Story {
        release,
        state: ReleaseState::RolledBack,
        filings: vec![
            filing(0, ReleaseState::Watching, None),
            filing(3100, ReleaseState::RollingBack, Some(Reason::Said(text.to_owned()))),
            filing(3350, ReleaseState::RolledBack, Some(Reason::Said(text.to_owned()))),
        ],
        moments: moments(text),
        changes: None,
        circumstances: Circumstances::default(),
        labels: BTreeMap::new(),
        told: Vec::new(),
        sealed: Vec::new(),
        unread: 0,
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
    let told = explain(&story("1.4.2"), &texts());
    let wanted = "\
web 1.4.2 (web-1)
2026-03-01T10:00:00.000+00:00  seen: 1.4.2 runs (0123456789ab)
2026-03-01T10:00:00.000+00:00  → watching
2026-03-01T10:00:01.000+00:00  http passed 2 times until 10:00:02 (12–30 ms)
2026-03-01T10:00:03.000+00:00  http failed: 1.4.2 (5 ms)
2026-03-01T10:00:03.100+00:00  1.4.2 asked to go back: 1.4.2
2026-03-01T10:00:03.100+00:00  → step stop the bad container
2026-03-01T10:00:03.350+00:00  step stop the bad container holds
2026-03-01T10:00:03.350+00:00  → rolled-back
2026-03-01T10:00:04.000+00:00  http passed (7–7 ms)
2026-03-01T10:00:05.000+00:00  seen: nothing runs under its name
2026-03-01T10:00:05.000+00:00  → refused: failed to 1.4.2
It is rolled-back: 1.4.2.
";
    assert_eq!(told, wanted);
}

#[test]
fn the_record_has_what_the_guide_asks_for() {
    let record = markdown(&story("1.4.2"), &texts());
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
        "- **Live at**: 2026-03-01 10:00:00 UTC",
        "- **Responsible**: 1.4.2",
        "- **Decided at**: 2026-03-01 10:00:03 UTC",
        "- **Announced at**: announced, not known when",
        "- **Fixes**: none said",
        "- **Health check http**: not passed: 2 good, 1 failed, 0 could not be told; slowest 30 ms; last failure: 1.4.2",
        "- **Status**: failure (rolled-back)",
        "- **error-rate**: fail: 6 % (bad when \\> 5 %); 1.4.2",
        "- **Entry**: 2026-03-01 10:00:03 +00:00 rolled-back: 1.4.2",
        "- **Restored version**: 1.4.1",
        "- **Measure at 2026-03-01 10:00:03 +00:00**: stop the bad container (250 ms)",
        "- **Exit code**: 137",
        "- **Out of memory**: yes",
        "- **Restarted by Docker**: 4 times",
        "    die exitCode=29",
        "    line 29",
    ] {
        assert!(record.lines().any(|it| it == line), "{line}\n{record}");
    }
    assert!(!record.contains("    line 5\n"), "only the last lines of a log");
    let record = json(&story("1.4.2"), &texts());
    assert_eq!(record["checks"]["http"]["passed"], 2);
    assert_eq!(
        record["measures"],
        json!([{"at": "2026-03-01T10:00:03.1Z", "step": "stop", "duration_seconds": 0.25, "output": null}])
    );
    assert_eq!(record["result"], "failure");
    assert_eq!(record["verification"][0]["value"], 0.06);
    assert_eq!(record["restored"], "1.4.1");
    let evidence = &record["evidence"];
    assert_eq!((&evidence["exit_code"], &evidence["restarts"]), (&json!(137), &json!(4)));
    assert_eq!(evidence["logs"].as_array().unwrap().len(), 31, "all of it");
    assert_eq!(evidence["events"][0], "die exitCode=0");
    assert_eq!(evidence["inspect"]["Config"]["Env"], json!(["PASSWORD=…", "EMPTY"]));
    assert_eq!(record["samples"].as_array().unwrap().len(), 4);
    assert_eq!(record["samples"][2]["outcome"], "failed");
    let undone = Story { state: ReleaseState::RollbackFailed, ..story("1.4.2") };
    assert!(json(&undone, &texts())["restored"].is_null());
    assert!(!markdown(&undone, &texts()).contains("Restored"));
}

#[test]
fn nothing_that_somebody_wrote_changes_the_record() {
    let (plain, hostile) = (story("1.4.2"), story(HOSTILE));
    for draw in [markdown, explain] {
        let (plain, hostile) = (draw(&plain, &texts()), draw(&hostile, &texts()));
        assert_eq!(plain.lines().count(), hostile.lines().count(), "{hostile}");
        assert!(!hostile.contains(['\u{1b}', '\u{202e}', '\r']), "{hostile}");
    }
    let record = markdown(&hostile, &texts());
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
        (Ask::Accept { reason: None, force: false }, "asked to accept it"),
        (Ask::Abort, "asked to end the watch"),
        (Ask::Rollback { to: some("1.3"), reason: None, known_bad: false }, "asked to go back to 1.3"),
        (Ask::Rollback { to: None, reason: some("slow"), known_bad: false }, "asked to go back: slow"),
        (Ask::Plan { to: None }, "asked what going back would do"),
        (Ask::Plan { to: some("1.3") }, "asked what going back to 1.3 would do"),
        (Ask::Hold { lasts: hours(3), reason: some("sale") }, "asked to hold for 3 h 0 min: sale"),
        (Ask::Hold { lasts: None, reason: None }, "asked to hold"),
        (Ask::Resume, "asked to resume"),
    ];
    for (ask, words) in asks {
        let told = Story {
            moments: vec![moment(0, ServiceEvent::Asked { by: "ann".to_owned(), ask }, &[])],
            ..story("1")
        };
        let told = explain(&told, &texts());
        assert!(told.lines().any(|line| line.ends_with(&format!("  ann {words}"))), "{words}\n{told}");
    }
}

/// A release that was accepted stays so, whatever is done about it afterwards; who accepted it, in spite of what, is said.
#[test]
fn what_came_afterwards_does_not_change_the_result() {
    let cause = Box::new(Reason::Health {
        check: "http".to_owned(),
        failures: 3,
        limit: 3,
        seen: "status 500".to_owned(),
    });
    let accepted = |despite| Reason::Accepted {
        by: "ann".to_owned(),
        why: Some("seen by hand".to_owned()),
        unwatched: Duration::from_secs(35),
        unpassed: vec!["error-rate".to_owned()],
        despite,
    };
    let back = Reason::Person { by: "ben".to_owned(), why: Some("a sale".to_owned()) };
    let with = |reason| Story {
        filings: vec![
            filing(0, ReleaseState::Watching, None),
            filing(5000, ReleaseState::Accepted, reason),
            filing(9000, ReleaseState::RollingBack, Some(back.clone())),
            filing(9900, ReleaseState::RolledBack, Some(back.clone())),
        ],
        ..story("1.4.2")
    };
    for (reason, grade) in [
        (None, "success"),
        (Some(accepted(None)), "partial success"),
        (Some(accepted(Some(cause))), "partial success"),
    ] {
        let record = markdown(&with(reason.clone()), &texts());
        assert!(record.contains(&format!("- **Status**: {grade} (accepted)\n")), "{record}");
        assert!(record.contains("+00:00 rolled-back: ben asked for it: a sale\n"), "{record}");
        assert_eq!(record.contains("ann accepted it: seen by hand"), reason.is_some(), "{record}");
        assert_eq!(
            record.contains("35 s of the window were not watched; not passed yet: error-rate"),
            reason.is_some()
        );
    }
}

#[test]
fn a_crash_loop_is_in_the_verification() {
    let loops =
        Reason::CrashLoop { ended: 3, within: Duration::from_secs(20), seen: "exit code 1".to_owned() };
    let filings =
        vec![filing(0, ReleaseState::Watching, None), filing(9, ReleaseState::RolledBack, Some(loops))];
    let record = markdown(&Story { filings, ..story("1.4.2") }, &texts());
    assert!(
        record.contains("- **crash-loop**: fail; it ended 3 times within 20 s: exit code 1\n"),
        "{record}"
    );
}

#[test]
fn the_record_is_in_the_readers_language() {
    let chinese = Texts::new(Language::Chinese, Some(TimeZone::UTC));
    let record = markdown(&story("1.4.2"), &chinese);
    for term in ["# 上线记录：web 1.4.2", "- **负责人**：1.4.2", "- **状态**：失败（已回滚）", "## 验证结果"]
    {
        assert!(record.contains(term), "{term}\n{record}");
    }
    let told = explain(&story("1.4.2"), &chinese);
    assert!(told.contains("→ 步骤“停止异常容器”\n") && told.contains("当前状态：已回滚。1.4.2。"), "{told}");
}
