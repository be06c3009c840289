use std::path::Path;

use crate::config::{Pin, Runtime, Service};
use crate::model::policy::ServicePolicy;
use crate::model::step::FaultKind;
use crate::model::tests as plain;

use super::*;

/// A service whose version is a file's content.
fn service(dir: &Path, rollback: &str) -> Command {
    service_with(dir, rollback, |_| {})
}

fn service_with(dir: &Path, rollback: &str, change: impl FnOnce(&mut Service)) -> Command {
    std::fs::write(dir.join("version"), "v2\nbuilt yesterday\n").unwrap();
    let sh = |script: String| ["/bin/sh", "-c", &script, "deploy"].map(str::to_owned).to_vec();
    let version = sh(format!("cat {}/version", dir.display()));
    let mut rollback = sh(rollback.replace("FILE", &format!("{}/version", dir.display())));
    rollback.extend(["{to}".to_owned(), "from {from}".to_owned()]);
    let commands =
        Commands { version: program(version), rollback: program(rollback), ready: None, verify: None };
    let mut config = config(Runtime::Command(commands));
    change(&mut config);
    let Runtime::Command(commands) = &config.runtime else { unreachable!("it is one") };
    Command::new("shop", commands, &config)
}

fn program(argv: Vec<String>) -> Program {
    Program { argv, limit: Duration::from_secs(20) }
}

fn config(runtime: Runtime) -> Service {
    let policy = ServicePolicy { grace: Duration::ZERO, ..plain::service_policy() };
    Service {
        runtime,
        policy,
        checks: std::collections::BTreeMap::new(),
        stop_timeout: Duration::from_secs(10),
        pin: Pin::default(),
        drill_starts: false,
        order: crate::config::Order::default(),
        before: None,
        after: None,
        runbook: None,
        metrics: None,
        traffic: None,
        dependencies: std::collections::BTreeMap::new(),
        content: None,
        checklist: std::collections::BTreeMap::new(),
        acceptance: std::collections::BTreeMap::new(),
        watched: std::collections::BTreeMap::new(),
        measured: Vec::new(),
    }
}

fn plan() -> Plan {
    Plan {
        rollback: "rb".to_owned(),
        from: "r2".to_owned(),
        from_version: "v2".to_owned(),
        bad: None,
        to: "r1".to_owned(),
        to_version: "v1; touch oops".to_owned(),
        reason: "a test".to_owned(),
        drill: None,
    }
}

const ROLLBACK: &str =
    "echo \"$1\" >FILE; echo \"$2 $GOLIVE_SERVICE $GOLIVE_FROM $GOLIVE_TO $GOLIVE_REASON\" >FILE.log";

#[tokio::test]
async fn the_command_is_told_where_to_go_and_believed_only_when_the_version_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let command = service(dir.path(), ROLLBACK);
    assert_eq!(command.seen().await.unwrap().unwrap().version, "v2");
    for _ in 0..2 {
        let done = command.perform(&plan(), Step::Command).await.unwrap();
        assert_eq!(done.instance.as_deref(), Some("v1; touch oops"));
    }
    let log = std::fs::read_to_string(dir.path().join("version.log")).unwrap();
    assert_eq!(log, "from v2 shop v2 v1; touch oops a test\n");
    command.perform(&plan(), Step::CleanUp).await.unwrap();
}

/// Versions and reasons are whatever images and services said of themselves.
#[tokio::test]
async fn no_word_of_a_stranger_keeps_a_hook_from_being_started() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let script = format!("printenv GOLIVE_FROM GOLIVE_TO GOLIVE_REASON >{}", log.display());
    let before = program(["/bin/sh", "-c", &script].map(str::to_owned).to_vec());
    let command = service_with(dir.path(), "true", |config| config.before = Some(before));
    for hostile in ["v2\0", "v2\r\n\u{1b}[2J$(touch oops)\u{202e}", &"9".repeat(200 << 10)] {
        let plan = Plan { from_version: hostile.to_owned(), reason: format!("bad: {hostile}"), ..plan() };
        command.perform(&plan, Step::Before).await.unwrap();
        let told = std::fs::read_to_string(&log).unwrap();
        assert_eq!(told.lines().count(), 3, "{told:?}");
        assert!(told.len() < 3000 && !told.contains(|c: char| c != '\n' && crate::untrusted::acts(c)));
    }
    let last = Plan { from_version: "v2 $(true)\0".to_owned(), reason: "a\nb".to_owned(), ..plan() };
    command.perform(&last, Step::Before).await.unwrap();
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "v2 $(true)\nv1; touch oops\na b\n");
}

#[tokio::test]
async fn whatever_the_version_is_it_is_watched_and_can_be_left() {
    let dir = tempfile::tempdir().unwrap();
    let command = service(dir.path(), ROLLBACK);
    let mut identities = std::collections::BTreeSet::new();
    for (printed, version) in [
        ("v\u{1b}[1m2", "v [1m2"),
        ("v\u{202e}[1m2", "v [1m2"),
        ("v [1m2", "v [1m2"),
        (&"9".repeat(301), &*("9".repeat(300) + "…")),
    ] {
        std::fs::write(dir.path().join("version"), printed).unwrap();
        let seen = command.seen().await.unwrap().unwrap();
        assert_eq!(seen.version, version);
        identities.insert(seen.identity.image + &seen.identity.spec);
        let problems = command.prove(version).await.unwrap();
        let told = problems.iter().any(|problem| problem.contains("cannot be handed to a program"));
        assert_eq!(told, printed != version, "{problems:?}");
        let plan = Plan { from_version: seen.version, ..plan() };
        command.perform(&plan, Step::Command).await.unwrap();
    }
    assert_eq!(identities.len(), 4, "what looks alike is told apart");
}

#[tokio::test]
async fn a_command_that_changes_nothing_is_asked_again() {
    let dir = tempfile::tempdir().unwrap();
    let command = service(dir.path(), "true");
    let fault = command.perform(&plan(), Step::Command).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Transient);
    assert!(fault.text.contains("v2 runs"), "{}", fault.text);
    assert_eq!(command.perform(&plan(), Step::CleanUp).await.unwrap_err().kind, FaultKind::Refused);
    assert_eq!(command.perform(&plan(), Step::Undo).await.unwrap().instance.as_deref(), Some("v2"));
}

#[tokio::test]
async fn a_command_that_fails_says_what_it_printed() {
    let dir = tempfile::tempdir().unwrap();
    let command = service(dir.path(), "echo no such version >&2; exit 4");
    let fault = command.perform(&plan(), Step::Command).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused);
    assert_eq!(fault.text, "run the rollback command: it exited 4 and printed: no such version");
}

#[tokio::test]
async fn hooks_run_where_there_are_some_and_stop_a_rollback() {
    let dir = tempfile::tempdir().unwrap();
    let hook = |script: &str| Some(program(["/bin/sh", "-c", script].map(str::to_owned).to_vec()));
    let command = service_with(dir.path(), "true", |service| {
        service.before = hook("echo $GOLIVE_SERVICE is busy; exit 1");
        service.after = hook("test \"$GOLIVE_FROM\" = v2");
    });
    let fault = command.perform(&plan(), Step::Before).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused);
    assert_eq!(fault.text, "run the before hook: it exited 1 and printed: shop is busy");
    command.perform(&plan(), Step::After).await.unwrap();
    service(dir.path(), "true").perform(&plan(), Step::Before).await.unwrap();
}

#[tokio::test]
async fn what_is_missing_is_a_problem() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = service(dir.path(), "true");
    assert_eq!(command.prove("v1").await.unwrap(), Vec::<String>::new());
    command.commands.rollback.argv[0] = "/no/such/deploy.sh".to_owned();
    std::fs::remove_file(dir.path().join("version")).unwrap();
    let problems = command.prove("v1").await.unwrap();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].starts_with("the version command does not work"), "{problems:?}");
    assert!(problems[1].contains("/no/such/deploy.sh"), "{problems:?}");
    assert_eq!(command.perform(&plan(), Step::Prepare).await.unwrap_err().kind, FaultKind::Refused);
}

#[tokio::test]
async fn another_version_is_seen_once() {
    let dir = tempfile::tempdir().unwrap();
    let command = service(dir.path(), "true");
    let (sender, mut events) = mpsc::channel(8);
    let task =
        tokio::spawn(watch(command, (crate::clock::Clock::start(), Duration::from_millis(20)), sender));
    let mut seen = async || match events.recv().await {
        Some(Event::Service { service, what: ServiceEvent::Seen(seen) }) if service == "shop" => {
            seen.map(|s| s.version)
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(seen().await.as_deref(), Some("v2"));
    std::fs::write(dir.path().join("next"), "v3\n").unwrap();
    std::fs::rename(dir.path().join("next"), dir.path().join("version")).unwrap();
    assert_eq!(seen().await.as_deref(), Some("v3"));
    std::fs::write(dir.path().join("next"), "\n").unwrap();
    std::fs::rename(dir.path().join("next"), dir.path().join("version")).unwrap();
    assert_eq!(seen().await, None);
    task.abort();
}
