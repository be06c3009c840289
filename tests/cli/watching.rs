//! A release as somebody sees it who watches it, on a terminal and in a pipe.

use std::io::{BufRead, BufReader, Lines, Read};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::shop::Shop;

/// A command that goes on, with what it prints.
fn begun(command: Command) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut child = { command }.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, lines)
}

fn interrupt(child: &Child) {
    assert!(Command::new("kill").arg("-INT").arg(child.id().to_string()).status().unwrap().success());
}

/// The lines without their times, which all have one.
fn told(lines: &[String]) -> Vec<&str> {
    let timeless = |line: &'_ String| -> usize {
        let (time, _) = line.split_once(' ').unwrap_or_default();
        assert!(time.len() == 20 && time.ends_with('Z') && time.contains('T'), "no time: {line}");
        time.len() + 1
    };
    lines.iter().map(|line| &line[timeless(line)..]).collect()
}

#[test]
fn a_bad_release_is_told_line_by_line_with_its_outcome() {
    let shop = Shop::open("");
    shop.deploy("2", false);
    let watched = shop.says(10, &["watch", "shop"]);
    let mut lines: Vec<String> = watched.lines().map(str::to_owned).collect();
    let outcome = lines.pop().unwrap();
    assert!(outcome.starts_with("shop: rolled-back, 2 (shop-"), "{watched}");
    assert!(
        outcome.contains("): health check \"web\" failed 3 of 3 times in a row"),
        "as `golive wait`: {watched}"
    );
    let told = told(&lines);
    for (beginning, end) in [
        ("shop: rolling back 2", ""),
        ("shop: health fail, 3 of 3 failures: ", ""),
        ("shop: step command took ", "ms"),
        ("shop: verifying 2, ", " at most"),
        ("shop: idle 1", ""),
        ("[URGENT] shop: rolling back 2 -> 1: ", "; `golive ack shop-"),
    ] {
        let seen = told.iter().filter(|line| line.starts_with(beginning) && line.contains(end)).count();
        // It may have been idle before, too.
        let most = if beginning.contains("idle") { 2 } else { 1 };
        assert!((1..=most).contains(&seen), "{seen} times {beginning}:\n{watched}");
    }
}

#[test]
fn all_services_are_watched_until_it_is_interrupted() {
    let shop = Shop::open("");
    let (child, mut lines) = begun(shop.command(&["watch", "--lang", "zh-CN"]));
    let mut until = |what: &str| while !lines.next().unwrap().unwrap().contains(what) {};
    until(" shop：空闲 1");
    shop.deploy("2", true);
    until(" shop：观察中 2，剩余 ");
    until(" shop：空闲 2");
    interrupt(&child);
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
}

#[test]
fn what_is_interrupted_before_the_decision_is_no_success() {
    let shop = Shop::open("");
    shop.says(0, &["release", "shop", "--version", "2"]);
    let (child, mut lines) = begun(shop.command(&["watch", "shop"]));
    lines.next().unwrap().unwrap();
    interrupt(&child);
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(130));
    let unknown = shop.golive(&["watch", "shpo"]);
    assert_eq!(unknown.status.code(), Some(64));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("did you mean shop?"), "{unknown:?}");
}

#[test]
fn a_daemon_that_is_restarted_is_waited_for() {
    let shop = Shop::open("");
    shop.says(0, &["release", "shop", "--version", "2"]);
    let (child, mut lines) = begun(shop.command(&["watch", "shop"]));
    let mut until = |end: &str| while !lines.next().unwrap().unwrap().ends_with(end) {};
    until("shop: idle 1");
    shop.kill();
    until("the daemon does not answer; waiting for it to come back");
    shop.start();
    until("the daemon answers again");
    shop.deploy("2", true);
    until(")");
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert!(ended.stderr.is_empty(), "{ended:?}");
}

/// On a terminal of its own, which `script` makes.
#[test]
fn on_a_terminal_it_is_drawn_in_place_and_the_last_picture_stays() {
    let shop = Shop::open("");
    shop.deploy("2", false);
    let golive = shop.command(&["watch", "shop"]);
    let words = std::iter::once(golive.get_program()).chain(golive.get_args());
    let line: Vec<String> = words.map(|word| format!("'{}'", word.to_str().unwrap())).collect();
    let mut script = Command::new("script");
    script.args(["--quiet", "--flush", "--return", "--command"]);
    script.arg(format!("stty cols 100 rows 30; exec {}", line.join(" "))).arg("/dev/null");
    for (name, value) in golive.get_envs() {
        value.map(|value| script.env(name, value));
    }
    let mut child = script.env("TERM", "xterm").stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut drawn = String::new();
    child.stdout.take().unwrap().read_to_string(&mut drawn).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(10), "{drawn}");
    let pictures: Vec<&str> = drawn.split("\u{1b}[0J").collect();
    assert!(pictures.len() > 4, "it is drawn again and again: {drawn:?}");
    assert!(
        !drawn.contains("\u{1b}[?1049h") && !drawn.contains("\u{1b}[?25l"),
        "in its place, with a cursor: {drawn:?}"
    );
    assert!(pictures.iter().any(|picture| picture.contains("health") && picture.contains('▁')), "{drawn:?}");
    let last = pictures.last().unwrap();
    for word in ["rolled back → 1", "✓ command ", "shop: rolled-back, 2 (shop-"] {
        assert!(last.contains(word), "the last picture lacks {word}: {last:?}");
    }
}
