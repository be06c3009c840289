//! Every way a release can end, as a CI job sees it.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::clock::LIBRARY;
use crate::shop::Shop;

#[test]
fn a_release_that_was_announced_is_waited_for_and_accepted() {
    let shop = Shop::open("");
    let release = shop.command(&["release", "shop", "--version", "2", "--by", "Ada", "--wait"]);
    let waiting = { release }.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    shop.until("it is announced", |shop| shop["announced"]["version"] == "2");
    shop.deploy("2", true);
    let ended = waiting.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    let printed = String::from_utf8(ended.stdout).unwrap();
    let (id, outcome) = printed.trim().split_once('\n').unwrap();
    assert_eq!(outcome, format!("shop: accepted, 2 ({id})"));
    let progress = String::from_utf8(ended.stderr).unwrap();
    for line in [format!("shop: 2 ({id}) announced"), format!("shop: 2 ({id}) watching, ")] {
        assert!(progress.contains(&line), "lacks {line}:\n{progress}");
    }
    assert!(shop.says(0, &["record"]).contains("Ada"));
}

#[test]
fn a_bad_release_that_was_deployed_a_moment_ago_is_rolled_back() {
    let shop = Shop::open("");
    shop.deploy("2", false);
    // At once: the daemon may not have noticed it yet.
    let summary = shop.path("summary.md");
    let outcome = shop.says(10, &["wait", "shop", "--summary", summary.to_str().unwrap()]);
    assert!(outcome.starts_with("shop: rolled-back, 2 (shop-"), "{outcome}");
    assert!(
        outcome.contains("): health check \"web\" failed 3 of 3 times in a row"),
        "it says why: {outcome}"
    );
    let summary = std::fs::read_to_string(summary).unwrap();
    assert!(summary.starts_with("### shop: rolled-back, 2 (shop-"), "{summary}");
    assert!(summary.contains("| Why | health check \"web\" failed 3 of 3 times in a row"), "{summary}");
    assert_eq!(shop.version(), "1");
    assert!(shop.says(0, &["releases"]).contains("rolled-back"));
    let why = shop.says(0, &["explain", "shop"]);
    assert!(why.contains("web") && why.contains("rolled-back"), "{why}");
}

#[test]
fn where_nothing_is_under_way_what_runs_is_told() {
    let shop = Shop::open("");
    let just_now = shop.says(0, &["wait", "shop"]);
    assert!(just_now.starts_with("shop: accepted, 1 (shop-"), "{just_now}");
    // Ten minutes later.
    let mut wait = shop.command(&["wait", "shop"]);
    wait.env("LD_PRELOAD", LIBRARY).env("FAKETIME", "+600").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let later = wait.output().unwrap();
    assert_eq!(later.status.code(), Some(0), "{later:?}");
    let later = String::from_utf8(later.stdout).unwrap();
    assert!(later.starts_with("shop: nothing is under way; 1 runs, accepted: 10m"), "{later}");
}

#[test]
fn a_version_is_waited_for_though_another_was_decided_before() {
    let shop = Shop::open("");
    let waiting = shop.command(&["wait", "shop", "--version", "2"]);
    let mut waiting = { waiting }.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(waiting.stderr.take().unwrap()).lines();
    assert_eq!(told.next().unwrap().unwrap(), "shop: 2 has not come yet");
    shop.deploy("2", false);
    let ended = waiting.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(10), "{ended:?}");
    let outcome = shop.says(10, &["wait", "shop", "--version", "2"]);
    assert!(
        outcome.starts_with("shop: rolled-back, 2 (shop-"),
        "what was taken back is known by its version: {outcome}"
    );
    let outcome = shop.says(124, &["wait", "shop", "--version", "3", "--timeout", "3s"]);
    assert_eq!(outcome, "shop: not decided in time, no release idle\n");
}

#[test]
fn a_rollback_that_fails_needs_a_person() {
    let shop = Shop::open("");
    shop.write("rollback", "echo no such version >&2; exit 1\n");
    shop.deploy("2", false);
    let outcome = shop.says(11, &["wait", "shop"]);
    assert!(outcome.starts_with("shop: rollback-failed, 2"), "{outcome}");
    let status = shop.says(1, &["status"]);
    assert!(
        status.contains("needs-person") && status.contains("urgent shop: ROLLBACK FAILED 2 -> 1: the step"),
        "{status}"
    );
    let incident = status.lines().find_map(|line| line.split("golive ack ").nth(1)).unwrap().to_owned();
    shop.says(0, &["ack", &incident, "--by", "Ada"]);
    assert!(shop.says(1, &["status"]).contains("Ada has it"));
    shop.says(2, &["ack", "shop-999"]);
    assert!(shop.says(0, &["incidents"]).contains("acknowledged"));
}

#[test]
fn a_held_release_needs_a_person_and_says_why() {
    let shop = Shop::open("");
    shop.says(0, &["hold", "shop", "--reason", "stocktaking"]);
    shop.deploy("2", false);
    let outcome = shop.says(11, &["wait", "shop"]);
    assert!(outcome.starts_with("shop: held, 2") && outcome.contains("stocktaking"), "{outcome}");
    assert!(shop.says(1, &["status"]).contains("stocktaking"));
    shop.says(0, &["resume", "shop"]);
    shop.says(10, &["wait", "shop"]);
}

#[test]
fn an_aborted_and_an_overtaken_release_are_12() {
    let shop = Shop::open("");
    for (end, word) in [("abort", "aborted"), ("deploy", "superseded")] {
        let id = shop.says(0, &["release", "shop", "--version", end]);
        shop.deploy(end, true);
        shop.until("it is watched", |shop| shop["release"]["version"] == end);
        match end {
            "abort" => drop(shop.says(0, &["abort", "shop"])),
            _ => shop.deploy("newer", true),
        }
        let outcome = shop.says(12, &["wait", "shop", "--release", id.trim()]);
        assert!(outcome.contains(word), "{outcome}");
    }
}

#[test]
fn nobody_waits_for_ever() {
    let shop = Shop::open("");
    let id = shop.says(0, &["release", "shop", "--version", "2"]);
    let outcome = shop.says(124, &["wait", "shop", "--timeout", "1s"]);
    assert!(outcome.contains("not decided in time") && outcome.contains(id.trim()), "{outcome}");
    shop.says(64, &["wait", "shop", "--release", "typo"]);
    let unknown = shop.golive(&["wait", "shpo"]);
    assert_eq!(unknown.status.code(), Some(64));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("services: shop"), "{unknown:?}");
}

#[test]
fn a_daemon_that_is_restarted_meanwhile_is_waited_for() {
    let shop = Shop::open("");
    let id = shop.says(0, &["release", "shop", "--version", "2"]);
    let wait = shop.command(&["wait", "shop", "--release", id.trim(), "--timeout", "60s"]);
    let mut waiting = { wait }.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut progress = BufReader::new(waiting.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(progress.any(|line| line.ends_with(" announced")), "it waits");
    shop.kill();
    let gone = |line: String| line.contains("waiting for it to come back");
    assert!(progress.any(gone), "it knows that the daemon is gone");
    shop.start();
    shop.deploy("2", true);
    assert!(!progress.any(gone), "which it says once");
    let ended = waiting.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
}
