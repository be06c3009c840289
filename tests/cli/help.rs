//! Help and usage.

use crate::{golive, stderr, stdout};

const VERBS: [&str; 21] = [
    "daemon",
    "discover",
    "check",
    "status",
    "watch",
    "wait",
    "release",
    "accept",
    "abort",
    "rollback",
    "hold",
    "resume",
    "ack",
    "incidents",
    "releases",
    "record",
    "explain",
    "backup",
    "notify",
    "demo",
    "generate",
];

#[test]
fn the_first_page_is_enough_to_begin_with() {
    insta::assert_snapshot!(stdout(&golive(&["--help"]).code(0)));
}

#[test]
fn every_verb_explains_itself() {
    for verb in VERBS {
        let help = stdout(&golive(&[verb, "--help"]).code(0));
        for word in ["Usage: golive", "--config <FILE>", "--socket <PATH>", "--lang <LANGUAGE>"] {
            assert!(help.contains(word), "{verb} lacks {word}:\n{help}");
        }
        let told = ["Exit codes: ", "Example", "no daemon need run", "Commands:"];
        assert!(told.iter().any(|word| help.contains(word)), "{verb} says no more than its options:\n{help}");
    }
}

#[test]
fn wrong_usage_is_64_and_says_what_is_right() {
    let wrong: [(&[&str], &str); 8] = [
        (&[], "Usage"),
        (&["stat"], "status"),
        (&["wait"], "<SERVICE>"),
        (&["wait", "shop", "--timeout", "5"], "15m"),
        (&["wait", "shop", "--timeout", "0s"], "15m"),
        (&["release", "shop"], "<VERSION>"),
        (&["--lang", "fr", "status"], "zh-CN"),
        (&["record", "--format", "pdf"], "md, html, json"),
    ];
    for (arguments, hint) in wrong {
        let run = golive(arguments).code(64);
        assert!(stderr(&run).contains(hint), "{arguments:?}: {}", stderr(&run));
        assert!(stdout(&run).is_empty());
    }
}

#[test]
fn the_version_is_told() {
    assert_eq!(stdout(&golive(&["--version"]).code(0)), format!("golive {}\n", env!("CARGO_PKG_VERSION")));
}
