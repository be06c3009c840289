//! Where no daemon answers, and what can be told all the same.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use golive_fixtures::daemon::program;
use tempfile::TempDir;
use unicode_width::UnicodeWidthStr;

use crate::shop::Shop;
use crate::{golive, rules, stderr, stdout};

#[test]
fn it_is_said_what_was_seen_and_what_to_do() {
    let verbs: [&[&str]; 13] = [
        &["status"],
        &["watch"],
        &["watch", "shop"],
        &["wait", "shop"],
        &["release", "shop", "--version", "2"],
        &["accept", "shop"],
        &["rollback", "shop", "--dry-run"],
        &["hold", "shop"],
        &["resume", "shop"],
        &["ack", "shop-1"],
        &["notify", "retry", "1"],
        &["record", "note", "shop-1", "all was well"],
        &["record", "follow-up", "shop-1", "look again"],
    ];
    for verb in verbs {
        let run = golive(&[&["--socket", "/nonexistent/golive.sock"], verb].concat()).code(69);
        let told = stderr(&run);
        assert_eq!(told.lines().count(), 1, "one paragraph: {told}");
        for word in ["/nonexistent/golive.sock", "No such file", "systemctl status golive"] {
            assert!(told.contains(word), "{verb:?} lacks {word}: {told}");
        }
    }
}

fn with_state(dir: &Path) -> String {
    let state = dir.join("state");
    drop(golive::store::Store::open(&state).unwrap());
    rules(dir, &format!("[state]\ndir = \"{}\"\n", state.display()))
}

#[test]
fn what_is_stored_can_be_read() {
    let dir = TempDir::new().unwrap();
    let rules = with_state(dir.path());
    for verb in [&["releases", "--json"][..], &["incidents", "--json"], &["notify", "log", "--json"]] {
        let run = golive(&[&["--config", &rules], verb].concat()).code(0);
        assert_eq!(stdout(&run), "[]\n", "{verb:?}");
    }
    assert!(stdout(&golive(&["--config", &rules, "releases"]).code(0)).starts_with("RELEASE "));
    let none = golive(&["--config", &rules, "explain"]).code(1);
    assert!(stderr(&none).contains("no release yet"), "{}", stderr(&none));
    let typo = golive(&["--config", &rules, "record", "shop-1"]).code(64);
    assert!(stderr(&typo).contains("golive releases"), "{}", stderr(&typo));
}

/// A Chinese character takes two places of a terminal.
#[test]
fn releases_stand_in_columns_whatever_script_a_version_is_in() {
    let shop = Shop::open("");
    shop.deploy("一.二.三", true);
    shop.until("it is accepted", |now| now["accepted"]["version"] == "一.二.三");
    shop.end();
    let drawn = shop.says(0, &["releases"]);
    assert!(drawn.contains("  一.二.三  "), "{drawn}");
    let columns = |line: &str| {
        let end = line.find("STATE").or(line.find("accepted")).unwrap();
        line[..end].width()
    };
    let places: Vec<usize> = drawn.lines().map(columns).collect();
    assert_eq!(places, [places[0]; 3], "{drawn}");
}

#[test]
fn a_state_directory_that_is_not_there_is_named() {
    let dir = TempDir::new().unwrap();
    let rules = rules(dir.path(), "[state]\ndir = \"/nonexistent/golive\"\n");
    let run = golive(&["--config", &rules, "releases"]).code(1);
    assert!(stderr(&run).contains("/nonexistent/golive"), "{}", stderr(&run));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let dir = TempDir::new().unwrap();
    let rules = with_state(dir.path());
    let mut releases = Command::new(program());
    releases.args(["--config", &rules, "releases"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut releases = releases.spawn().unwrap();
    drop(releases.stdout.take());
    let ended = releases.wait_with_output().unwrap();
    assert!(ended.status.success() && ended.stderr.is_empty(), "{ended:?}");
}

#[test]
fn what_is_no_socket_is_left_alone() {
    let dir = TempDir::new().unwrap();
    let rules = with_state(dir.path());
    let socket = dir.path().join("precious");
    std::fs::write(&socket, "precious").unwrap();
    std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o600)).unwrap();
    let daemon = golive(&["--config", &rules, "--socket", socket.to_str().unwrap(), "daemon"]).code(73);
    assert!(stderr(&daemon).contains("not a socket"), "{}", stderr(&daemon));
    assert_eq!(std::fs::read_to_string(&socket).unwrap(), "precious");
}
