use std::path::Path;
use std::time::Duration;

use super::*;
use crate::config::CheckKind;
use crate::probe::tests::stage::{failed, look as observe, probe, tools};

/// Long, so that what must end early is seen to.
const LONG: Duration = Duration::from_secs(30);

async fn run(argv: &[&str], timeout: Duration) -> Outcome {
    let argv = argv.iter().map(ToString::to_string).collect();
    observe(&probe(CheckKind::Command { argv }, timeout, &tools())).await
}

async fn sh(script: &str, timeout: Duration) -> Outcome {
    run(&["/bin/sh", "-c", script], timeout).await
}

/// Waits until all processes whose ids are in the file are gone, or nothing but a corpse that awaits its parent.
async fn all_gone(pids: &Path, count: usize) {
    let pids = std::fs::read_to_string(pids).unwrap();
    assert_eq!(pids.lines().count(), count);
    let alive = |pid: &str| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
    };
    let gone = async {
        while pids.lines().any(alive) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LONG, gone).await.expect("a process of the group is still alive");
}

#[tokio::test]
async fn the_exit_code_and_the_last_line_are_told() {
    assert_eq!(sh("exit 0", LONG).await, Outcome::Ok);
    assert_eq!(sh("exit 3", LONG).await, failed("exit 3"));
    assert_eq!(sh("echo full >&2; echo >&2; exit 3", LONG).await, failed("exit 3: full"));
    assert_eq!(sh("echo one; echo two; exit 3", LONG).await, failed("exit 3: two"));
    assert_eq!(
        sh("echo out; echo 'no \x1b[31mdb' >&2; exit 1", LONG).await,
        failed("exit 1: no \\u{1b}[31mdb")
    );
    assert_eq!(sh("printf '\\377\\n'; exit 1", LONG).await, failed("exit 1: \u{fffd}"));
    assert_eq!(sh("kill -9 $$", LONG).await, failed("signal: 9 (SIGKILL)"));
}

#[tokio::test]
async fn a_command_that_cannot_be_run_makes_blind() {
    for argv in [&["/nonexistent/check"][..], &["/etc/passwd"][..], &[][..]] {
        assert!(matches!(run(argv, LONG).await, Outcome::Blind(_)), "{argv:?}");
    }
}

#[tokio::test]
async fn it_has_no_input() {
    assert_eq!(run(&["/bin/cat"], LONG).await, Outcome::Ok);
}

#[tokio::test]
async fn a_hundred_megabytes_are_read_and_dropped() {
    let script = "head -c 100000000 /dev/zero; echo; echo done; exit 2";
    assert_eq!(sh(script, LONG).await, failed("exit 2: done"));
    let line = sh("head -c 1000000 /dev/zero | tr '\\0' x >&2; exit 1", LONG).await;
    assert_eq!(line, failed(&format!("exit 1: {}…", "x".repeat(200))));
}

#[tokio::test]
async fn at_the_deadline_the_whole_group_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let pids = dir.path().join("pids");
    let script = format!(
        "trap '' TERM; echo $$ >>{0}; for i in 1 2 3 4 5; do (trap '' TERM; sleep 60 & echo $! >>{0}; wait) & done; \
         while :; do sleep 1; done",
        pids.display()
    );
    assert_eq!(sh(&script, Duration::from_secs(2)).await, failed("had not ended after 2s and was killed"));
    all_gone(&pids, 6).await;
}

#[tokio::test]
async fn what_it_leaves_behind_holds_nothing_up() {
    let dir = tempfile::tempdir().unwrap();
    let pids = dir.path().join("pids");
    let script = format!("sleep 60 & echo $! >{}; echo left; exit 4", pids.display());
    assert_eq!(sh(&script, LONG).await, failed("exit 4: left"));
    all_gone(&pids, 1).await;
}

/// Set in the process that looks for a test.
const CHILD: &str = "GOLIVE_TEST_COMMAND";

/// Does something only in a process that another test has started.
#[tokio::test]
async fn look_at_the_environment() {
    if std::env::var_os(CHILD).is_some() {
        println!(
            "{:?}",
            sh("env | grep -c '^LISTEN_\\|^NOTIFY_\\|^WATCHDOG_\\|_DIRECTORY='; exit 7", LONG).await
        );
    }
}

#[test]
fn a_check_is_given_nothing_of_systemds() {
    let mut golive = std::process::Command::new(std::env::current_exe().unwrap());
    golive.args(["--exact", "probe::command::tests::look_at_the_environment", "--nocapture"]).env(CHILD, "1");
    for name in ["LISTEN_FDS", "LISTEN_FDNAMES", "NOTIFY_SOCKET", "WATCHDOG_USEC", "CREDENTIALS_DIRECTORY"] {
        golive.env(name, "0");
    }
    let output = golive.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(told.contains("exit 7: 0\""), "{told}");
}
