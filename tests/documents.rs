//! The documents say what the program does: every key of the configuration, every command, and no link leads nowhere.

#![expect(clippy::unwrap_used, reason = "in a test, what goes wrong is a panic")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use toml::{Table, Value};

#[path = "documents/promises.rs"]
mod promises;
#[path = "documents/security.rs"]
mod security;

/// Tables whose keys are names that an operator chooses.
const NAMED: [&str; 13] = [
    "rule",
    "check",
    "service",
    "channel",
    "health",
    "dependency",
    "acceptance",
    "checklist",
    "business",
    "people",
    "headers",
    "send-headers",
    "json",
];

#[test]
fn every_key_of_the_configuration_is_explained() {
    let text = read("docs/configuration.md");
    let unexplained: Vec<String> = keys_shown().into_iter().filter(|key| !explains(&text, key)).collect();
    assert!(unexplained.is_empty(), "docs/configuration.md does not explain {unexplained:?}");
}

#[test]
fn every_key_that_is_read_is_shown_and_explained() {
    let (shown, text) = (read("etc/rules.toml"), read("docs/configuration.md"));
    let read = keys_read();
    for key in
        ["blind-after", "per-day", "above", "of", "crash-loop", "buckets-query", "ca-file", "dependency"]
    {
        assert!(read.contains(key), "the scan finds {key} in {read:?}");
    }
    let missing: Vec<&String> =
        read.iter().filter(|key| !shown.contains(key.as_str()) || !explains(&text, key)).collect();
    assert!(missing.is_empty(), "not in etc/rules.toml or not in docs/configuration.md: {missing:?}");
}

#[test]
fn every_command_is_told() {
    let help = Command::new(env!("CARGO_BIN_EXE_golive")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let list = help.split("Commands:").nth(1).unwrap().split("\n\n").next().unwrap();
    let verbs = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let verbs: BTreeSet<&str> = verbs.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(verbs.contains("rollback"), "{help}");
    let told = read("docs/operations.md") + &read("README.md");
    let of_systemd_and_clap = ["daemon", "help"];
    let untold: Vec<&&str> =
        verbs.iter().filter(|verb| !of_systemd_and_clap.contains(*verb) && !explains(&told, verb)).collect();
    assert!(untold.is_empty(), "neither README.md nor docs/operations.md tells of {untold:?}");
}

/// What shows that a line of the guide is served is a test that is there.
#[test]
fn every_test_that_is_named_is_there() {
    let sources = ["src", "tests"].map(|dir| sources(&root().join(dir))).concat();
    let text: String = sources.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let guide = read("docs/guide-coverage.md");
    let rows = guide.lines().filter(|line| line.starts_with("| G"));
    let named: Vec<&str> = rows
        .filter_map(|row| row.trim_end_matches(" |").rsplit(" | ").next())
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect();
    assert!(named.len() > 40, "{named:?}");
    let missing: Vec<&&str> = named.iter().filter(|name| !text.contains(&format!("fn {name}("))).collect();
    assert!(missing.is_empty(), "no tests: {missing:?}");
    for line in 1..=8 {
        assert!(guide.contains(&format!("| G{line}.1 ")), "G{line}");
    }
}

#[test]
fn links_lead_somewhere() {
    let mut dead = Vec::new();
    for file in documents() {
        let text = std::fs::read_to_string(&file).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            if path.contains("://") {
                continue;
            }
            let target = if path.is_empty() { file.clone() } else { file.with_file_name(path) };
            let found = std::fs::read_to_string(&target)
                .is_ok_and(|text| anchor.is_empty() || has_anchor(&text, anchor));
            let picture = target.extension().is_some_and(|it| it == "png") && target.is_file();
            if !found && !picture && !target.is_dir() {
                dead.push(format!("{}: {link}", file.display()));
            }
        }
    }
    assert!(dead.is_empty(), "{dead:#?}");
}

/// A key or command counts where it stands as code: `key`, `table.key`, `key = …`, `golive verb …`.
fn explains(text: &str, word: &str) -> bool {
    text.split('`').skip(1).step_by(2).any(|code| {
        let mut words = code.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        words.any(|other| other == word)
    })
}

/// Keys that the examples of the shipped rules show.
fn keys_shown() -> BTreeSet<String> {
    let example = |line: &str| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with([' ', '-']) => rest.to_owned(),
        _ => line.to_owned(),
    };
    let text: Vec<String> = read("etc/rules.toml").lines().map(example).collect();
    let mut keys = BTreeSet::new();
    collect(&text.join("\n").parse().unwrap(), false, &mut keys);
    keys
}

fn collect(table: &Table, named: bool, keys: &mut BTreeSet<String>) {
    for (key, value) in table {
        if !named {
            keys.insert(key.clone());
        }
        if let Value::Table(inner) = value {
            // [service.NAME.health] holds names; health = { failures = 3 } of a trigger does not.
            let names = NAMED.contains(&key.as_str()) && !named && !inner.contains_key("failures");
            collect(inner, names, keys);
        }
    }
}

/// Keys that the code asks a section for.
fn keys_read() -> BTreeSet<String> {
    const ASKS: [&str; 21] = [
        "string",
        "boolean",
        "strings",
        "distinct",
        "argv",
        "count",
        "number",
        "ratio",
        "duration",
        "optional_duration",
        "any_duration",
        "duration_within",
        "path",
        "section",
        "table",
        "switched",
        "named",
        "take",
        "word",
        "optional_word",
        "words",
    ];
    let mut keys = BTreeSet::new();
    let is_test = |file: &PathBuf| file.components().any(|part| part.as_os_str() == "tests");
    let files = sources(&root().join("src/config")).into_iter().filter(|file| !is_test(file));
    for file in files.chain([root().join("src/config.rs")]) {
        let text = std::fs::read_to_string(file).unwrap();
        // A method of the section's, or a function that is handed the section.
        let methods = ASKS.map(|ask| format!(".{ask}(\""));
        for ask in methods.iter().map(String::as_str).chain(["section, \""]) {
            for rest in text.split(ask).skip(1) {
                let key = rest.split('"').next().unwrap();
                if !key.contains('.') {
                    keys.insert(key.to_owned());
                }
            }
        }
    }
    keys
}

/// Every file of Rust below a directory.
fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            files.push(path);
        }
    }
    files
}

/// Whether a heading has that anchor, as the usual renderers make it.
fn has_anchor(text: &str, anchor: &str) -> bool {
    let headings = text.lines().filter_map(|line| line.strip_prefix('#'));
    headings.map(|line| line.trim_start_matches('#').trim().to_lowercase()).any(|heading| {
        let kept: String = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect();
        kept.replace(' ', "-") == anchor
    })
}

fn documents() -> Vec<PathBuf> {
    let all = [root(), root().join("docs"), root().join("examples/football")];
    let files = all.iter().flat_map(|dir| std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()));
    files.filter(|path| path.extension().is_some_and(|ext| ext == "md")).collect()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}
