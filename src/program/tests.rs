use std::time::{Duration, Instant};

use super::*;

fn sh(script: &str) -> Vec<String> {
    ["/bin/sh", "-c", script].map(str::to_owned).to_vec()
}

#[tokio::test]
async fn output_exit_code_and_environment() {
    let script = "echo first $GOLIVE_TO; echo second; echo oh >&2; exit 3";
    let ended =
        run(&sh(script), &[("GOLIVE_TO", "v1".to_owned())], Some(Duration::from_secs(10)), Left::Running)
            .await
            .unwrap();
    assert_eq!(ended.code(), Some(3));
    assert_eq!(ended.line, "first v1");
    assert_eq!(ended.stdout, "first v1\nsecond\n");
    assert_eq!(ended.stderr, "oh\n");
}

#[tokio::test]
async fn of_endless_output_the_ends_are_kept() {
    let script = "echo begin; head -c 1000000 /dev/zero; echo end";
    let ended = run(&sh(script), &[], Some(Duration::from_secs(10)), Left::Running).await.unwrap();
    assert_eq!(ended.line, "begin");
    assert_eq!(ended.stdout.len(), USUAL);
    assert!(ended.stdout.ends_with("end\n"));
}

/// Set in the process that runs a program for a test.
const CHILD: &str = "GOLIVE_TEST_PROGRAM";

/// Does something only in a process that another test has started.
#[tokio::test]
async fn tell_the_environment() {
    if std::env::var_os(CHILD).is_some() {
        let ended =
            run(&sh("env | cut -d= -f1"), &[], Some(Duration::from_secs(10)), Left::Running).await.unwrap();
        println!("{}", ended.stdout);
    }
}

#[test]
fn what_systemd_gave_golive_is_not_handed_on() {
    let mut golive = std::process::Command::new(std::env::current_exe().unwrap());
    golive.args(["--exact", "program::tests::tell_the_environment", "--nocapture"]);
    golive.env(CHILD, "1").envs(PRIVATE.map(|name| (name, "0")));
    let output = golive.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8(output.stdout).unwrap();
    let names: Vec<&str> = told.lines().collect();
    assert!(names.contains(&CHILD) && names.contains(&"PATH"), "{told}");
    for name in PRIVATE {
        assert!(!names.contains(&name), "{name} is handed on");
    }
}

#[expect(clippy::disallowed_methods, reason = "the test measures how long it takes")]
fn now() -> Instant {
    Instant::now()
}

#[tokio::test]
async fn at_the_deadline_the_whole_group_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pid");
    let script = format!("sleep 60 & echo $! >{}; sleep 60", file.display());
    let began = now();
    let error = run(&sh(&script), &[], Some(Duration::from_millis(200)), Left::Running).await.unwrap_err();
    assert!(matches!(error, ProgramError::Killed { .. }), "{error}");
    assert!(began.elapsed() < Duration::from_secs(5));
    let child = std::fs::read_to_string(file).unwrap();
    let goes_on = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.trim())).unwrap_or_default();
        stat.contains(") S ") || stat.contains(") R ")
    };
    while goes_on() {
        assert!(began.elapsed() < Duration::from_secs(5), "a child went on after the deadline");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn what_is_left_in_the_background_is_not_waited_for() {
    let began = now();
    let ended =
        run(&sh("echo started; sleep 5 &"), &[], Some(Duration::from_secs(10)), Left::Running).await.unwrap();
    assert_eq!((ended.code(), ended.line.as_str()), (Some(0), "started"));
    assert!(began.elapsed() < Duration::from_secs(4));
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let error = run(&["/no/such/program".to_owned()], &[], Some(Duration::from_secs(1)), Left::Running)
        .await
        .unwrap_err();
    assert!(error.to_string().starts_with("/no/such/program cannot be run"), "{error}");
}

#[tokio::test]
async fn whoever_loses_interest_ends_the_whole_group() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pid");
    let script = sh(&format!("sleep 60 & echo $! >{}; sleep 60", file.display()));
    let given_up =
        tokio::time::timeout(Duration::from_millis(300), run(&script, &[], None, Left::Running)).await;
    assert!(given_up.is_err());
    let child = std::fs::read_to_string(file).unwrap();
    let stat = || std::fs::read_to_string(format!("/proc/{}/stat", child.trim())).unwrap_or_default();
    let began = now();
    while stat().contains(") S ") {
        assert!(began.elapsed() < Duration::from_secs(5), "a child went on");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
