//! The rules of the house, as tests: who may import whom, how large a file may be, what must not be left lying about.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use std::path::{Path, PathBuf};

/// What a module may name of this crate beside itself, and what must not occur in it at all.
struct Rule {
    module: &'static str,
    may_use: &'static [&'static str],
    never: &'static [&'static str],
}

const PURE: &[&str] = &[
    "tokio",
    "serde",
    "tracing",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "async fn",
    ".await",
    "::now(",
    "rand",
];

const RULES: &[Rule] = &[
    Rule { module: "decide", may_use: &[], never: PURE },
    Rule { module: "clock", may_use: &[], never: &["tokio", "std::fs"] },
    Rule { module: "config", may_use: &["decide"], never: &["tokio::net", "bollard"] },
    Rule { module: "text", may_use: &["decide", "config"], never: &["tokio", "std::fs"] },
    Rule { module: "probe", may_use: &["decide", "config", "clock"], never: &["rusqlite"] },
    Rule { module: "runtime", may_use: &["decide", "config"], never: &["rusqlite", "lettre"] },
    Rule { module: "notify", may_use: &["decide", "config", "text"], never: &["rusqlite", "bollard"] },
    Rule { module: "store", may_use: &["decide"], never: &["bollard", "reqwest", "lettre"] },
    Rule {
        module: "control",
        may_use: &["decide", "config", "text"],
        never: &["rusqlite", "bollard", "lettre"],
    },
    Rule { module: "record", may_use: &["decide", "config", "store", "text"], never: &["tokio", "std::fs"] },
    Rule { module: "signals", may_use: &[], never: &[] },
    Rule { module: "systemd", may_use: &[], never: &[] },
    Rule { module: "telemetry", may_use: &[], never: &[] },
    Rule {
        module: "daemon",
        may_use: &[
            "clock", "config", "control", "decide", "notify", "probe", "runtime", "signals", "store",
            "systemd",
        ],
        never: &["bollard", "lettre", "rusqlite"],
    },
    Rule {
        module: "demo",
        may_use: &["clock", "config", "control", "daemon", "decide", "record", "signals", "store"],
        never: &["rusqlite"],
    },
    Rule {
        module: "cli",
        may_use: &[
            "clock",
            "config",
            "control",
            "daemon",
            "decide",
            "demo",
            "notify",
            "probe",
            "record",
            "runtime",
            "store",
            "telemetry",
            "text",
        ],
        never: &["bollard", "lettre", "rusqlite"],
    },
];

#[test]
fn modules_import_only_what_they_may() {
    let mut wrong = Vec::new();
    for file in sources() {
        let module = module_of(&file);
        let rule = RULES.iter().find(|rule| rule.module == module);
        if ["lib", "main"].contains(&module.as_str()) {
            continue;
        }
        match rule {
            Some(rule) => wrong.extend(imports_wrongly(rule, &read(&file)).map(|what| place(&file, &what))),
            None => wrong.push(format!("{}: module {module} has no rule", file.display())),
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn nobody_dodges_the_import_rules() {
    complain(|text| found(text, &["use super::super", "pub use crate::"]));
}

#[test]
fn nothing_is_left_lying_about() {
    complain(|text| found(text, &["TODO", "FIXME", "XXX", "todo!(", "unimplemented!(", "#[ignore", "dbg!("]));
}

#[test]
fn nothing_is_unwrapped_outside_of_tests() {
    complain(|text| found(text, &[".unwrap()"]));
}

#[test]
fn files_are_small() {
    let sizes: Vec<(usize, PathBuf)> =
        sources().into_iter().map(|file| (read(&file).lines().count(), file)).collect();
    let large: Vec<_> = sizes.iter().filter(|(lines, _)| *lines > 400).collect();
    assert!(large.is_empty(), "over 400 lines: {large:?}");
    let mut lines: Vec<usize> = sizes.iter().map(|(lines, _)| *lines).collect();
    lines.sort_unstable();
    let median = lines[lines.len() / 2];
    assert!(median <= 160, "half of the files are longer than {median} lines");
}

#[test]
fn files_are_named_after_what_is_in_them() {
    let vague = ["mod", "utils", "util", "common", "helpers", "helper", "types", "misc"];
    let wrong: Vec<_> = sources().into_iter().filter(|file| vague.contains(&stem(file).as_str())).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn the_changelog_knows_this_version() {
    let version = env!("CARGO_PKG_VERSION");
    assert!(read(&root().join("CHANGELOG.md")).contains(version), "CHANGELOG.md does not mention {version}");
}

#[test]
fn the_readme_gives_exactly_two_commands() {
    let readme = read(&root().join("README.md"));
    let blocks: Vec<&str> = readme.split("```").skip(1).step_by(2).collect();
    let commands: Vec<&str> = blocks
        .iter()
        .filter(|block| !block.starts_with("toml"))
        .flat_map(|block| block.lines().skip(1).filter(|line| !line.trim().is_empty()))
        .collect();
    assert!(commands.contains(&"cargo run --release -- demo"), "{commands:?}");
    assert!(commands.contains(&"./test"), "{commands:?}");
    assert_eq!(commands.len(), 2, "{commands:?}");
}

/// Each rule can fail: the same functions find what they are for.
#[test]
fn the_rules_can_fail() {
    let decide = &RULES[0];
    assert_eq!(imports_wrongly(decide, "use crate::store::Store;\n").count(), 1);
    assert_eq!(imports_wrongly(decide, "let now = Timestamp::now();\n").count(), 1);
    assert_eq!(imports_wrongly(decide, "use crate::decide::event::Event;\n// tokio\n").count(), 0);
    let probe = RULES.iter().find(|rule| rule.module == "probe").unwrap();
    assert_eq!(imports_wrongly(probe, "use crate::{clock::Clock, notify::Notifier};\n").count(), 1);
    assert_eq!(found("fn f() { x.unwrap() }\n", &[".unwrap()"]).count(), 1);
    assert_eq!(found("// TODO later\n", &["TODO"]).count(), 1);
}

/// Line numbers and what is wrong there.
type Finding = (usize, String);

fn imports_wrongly<'a>(rule: &'a Rule, text: &'a str) -> impl Iterator<Item = Finding> + 'a {
    text.lines().enumerate().filter_map(move |(at, line)| {
        let code = line.split("//").next().unwrap_or_default();
        let named = modules_named(code)
            .into_iter()
            .find(|name| name != rule.module && !rule.may_use.contains(&name.as_str()));
        let never = rule.never.iter().find(|never| code.contains(**never));
        let what =
            named.map(|name| format!("uses crate::{name}")).or(never.map(|never| format!("has {never}")))?;
        Some((at + 1, format!("{} {what}", rule.module)))
    })
}

/// Modules of this crate that a line names, single or in braces.
fn modules_named(code: &str) -> Vec<String> {
    let mut named = Vec::new();
    for (_, rest) in code.match_indices("crate::").map(|(at, it)| (at, &code[at + it.len()..])) {
        let names: Vec<&str> = match rest.strip_prefix('{') {
            Some(list) => list.split(',').collect(),
            None => vec![rest],
        };
        for name in names {
            let name: String =
                name.trim().chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            if !name.is_empty() {
                named.push(name);
            }
        }
    }
    named
}

fn found<'a>(text: &'a str, words: &'a [&'a str]) -> impl Iterator<Item = Finding> + 'a {
    text.lines().enumerate().filter_map(|(at, line)| {
        words.iter().find(|word| line.contains(**word)).map(|word| (at + 1, format!("has {word}")))
    })
}

fn complain<F, I>(find: F)
where
    F: Fn(&'static str) -> I,
    I: Iterator<Item = Finding>,
{
    let mut wrong = Vec::new();
    for file in sources() {
        let text: &'static str = read(&file).leak();
        wrong.extend(find(text).map(|finding| place(&file, &finding)));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn place(file: &Path, (line, what): &Finding) -> String {
    format!("{}:{line}: {what}", file.display())
}

/// All sources but tests.
fn sources() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut dirs = vec![root().join("src")];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let tests = stem(&path) == "tests";
            if path.is_dir() && !tests {
                dirs.push(path);
            } else if path.extension().is_some_and(|ext| ext == "rs") && !tests {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn module_of(file: &Path) -> String {
    let inside = file.strip_prefix(root().join("src")).unwrap();
    inside.components().next().map(|first| stem(Path::new(first.as_os_str()))).unwrap()
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
