//! The rules of the house, as ARCHITECTURE.md states them: who may import whom, how large a file may be, what is left
//! behind nowhere. A scan of the text, so that a rule says file and line; `architecture/proof.rs` shows that each rule
//! can fail.

#![expect(clippy::unwrap_used, reason = "in a test, what goes wrong is a panic")]

use std::path::Path;

#[path = "architecture/calls.rs"]
mod calls;
#[path = "architecture/circles.rs"]
mod circles;
#[path = "architecture/proof.rs"]
mod proof;
#[path = "architecture/rooms.rs"]
mod rooms;
#[path = "architecture/source.rs"]
mod source;
#[path = "architecture/writers.rs"]
mod writers;

use rooms::{misdrawn, unused, upwards};
use source::{Finding, Reach, Source};

/// What each module right below the crate may use of the others, from the ground up: nobody uses what comes later. A
/// module that is not here has to be put here.
const MAY_USE: [(&str, &[&str]); 34] = [
    ("clock", &[]),
    ("door", &[]),
    ("dsse", &[]),
    ("program", &[]),
    ("signals", &[]),
    ("stats", &[]),
    ("ticket", &[]),
    ("untrusted", &[]),
    ("model", &["stats"]),
    ("systemd", &["untrusted"]),
    ("telemetry", &["untrusted"]),
    ("config", &["model", "untrusted"]),
    ("docker", &["config", "model", "untrusted"]),
    ("git", &["model", "program", "untrusted"]),
    ("decide", &["model", "stats"]),
    ("chart", &["decide", "model", "untrusted"]),
    ("metrics", &["decide", "model"]),
    ("outbound", &["config"]),
    ("load", &["clock", "config", "model", "outbound"]),
    ("runtime", &["clock", "config", "docker", "model", "program", "untrusted"]),
    ("store", &["clock", "decide", "dsse", "model"]),
    ("text", &["config", "decide", "model", "untrusted"]),
    ("control", &["config", "decide", "door", "model", "text"]),
    ("notify", &["chart", "clock", "config", "decide", "model", "outbound", "text", "ticket", "untrusted"]),
    ("page", &["clock", "decide", "door", "metrics", "model", "text", "ticket", "untrusted"]),
    ("probe", &["clock", "config", "docker", "model", "outbound", "program", "untrusted"]),
    ("acceptance", &["clock", "config", "load", "model", "probe", "stats", "text", "untrusted"]),
    ("discover", &["clock", "config", "docker", "model", "probe", "text", "untrusted"]),
    ("record", &["acceptance", "dsse", "model", "store", "text", "untrusted"]),
    ("replay", &["decide", "model", "store"]),
    (
        "daemon",
        &[
            "acceptance",
            "clock",
            "config",
            "control",
            "decide",
            "docker",
            "git",
            "load",
            "metrics",
            "model",
            "notify",
            "page",
            "probe",
            "record",
            "runtime",
            "signals",
            "store",
            "systemd",
            "text",
            "ticket",
        ],
    ),
    (
        "demo",
        &[
            "clock",
            "config",
            "control",
            "daemon",
            "decide",
            "docker",
            "model",
            "record",
            "signals",
            "store",
            "text",
            "untrusted",
        ],
    ),
    (
        "cli",
        &[
            "acceptance",
            "clock",
            "config",
            "control",
            "daemon",
            "demo",
            "discover",
            "docker",
            "dsse",
            "git",
            "load",
            "model",
            "notify",
            "probe",
            "record",
            "replay",
            "runtime",
            "signals",
            "store",
            "telemetry",
            "text",
            "untrusted",
        ],
    ),
    ("main", &["cli"]),
];

/// Crates that belong to a few modules, so that what they do can be replaced there.
const HOLDERS: [(&str, &[&str]); 20] = [
    ("axum", &["control", "demo", "door", "page"]),
    ("bollard", &["docker"]),
    ("clap", &["cli"]),
    ("console", &["cli"]),
    ("hdrhistogram", &["load"]),
    ("hmac_sha256", &["notify", "ticket"]),
    ("hyper", &["load"]),
    ("hyper_util", &["load"]),
    ("lettre", &["notify", "config"]),
    ("nix", &["control"]),
    ("prometheus_client", &["metrics"]),
    ("prometheus_http_query", &["probe"]),
    ("ring", &["cli", "dsse", "outbound"]),
    ("rusqlite", &["store"]),
    ("sd_notify", &["systemd"]),
    ("signal_hook", &["signals"]),
    ("signal_hook_tokio", &["signals"]),
    ("standardwebhooks", &["notify"]),
    ("sysinfo", &["probe"]),
    ("tracing_subscriber", &["telemetry"]),
];

/// What paths of the engine's API begin with.
const ENGINE_PATHS: [&str; 15] = [
    "_ping",
    "build",
    "configs",
    "containers",
    "events",
    "exec",
    "images",
    "info",
    "networks",
    "nodes",
    "secrets",
    "services",
    "swarm",
    "tasks",
    "volumes",
];

/// What the core must not name, nor what it thinks in: no IO, no clock, no tasks, no randomness, no log. Only the core knows
/// no form as JSON either.
const NOT_PURE: [&str; 27] = [
    "tokio",
    "futures_util",
    "serde",
    "serde_json",
    "toml",
    "tracing",
    "reqwest",
    "rustix",
    "std::fs",
    "std::net",
    "std::os",
    "std::io",
    "std::process",
    "std::thread",
    "std::env",
    "Mutex",
    "RwLock",
    "Atomic",
    "OnceLock",
    "Condvar",
    "mpsc",
    "Instant",
    "SystemTime",
    "rand",
    "async",
    "await",
    "now(",
];

const LINES_MAX: usize = 400;
/// The aim is 120; this holds what has been reached.
const LINES_MEDIAN: usize = 140;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 9] =
    ["mod", "utils", "util", "common", "helpers", "helper", "types", "misc", "shared"];

#[test]
fn modules_import_only_what_they_may() {
    check(production().iter().flat_map(imports));
}

#[test]
fn modules_use_what_they_may() {
    check(unused(&production()));
}

#[test]
fn nobody_uses_what_comes_later() {
    check(upwards(&MAY_USE));
}

#[test]
fn files_of_one_room_form_no_circle() {
    let all = production();
    check(circles::circles(&all.iter().collect::<Vec<_>>()));
}

#[test]
fn one_machine_writes_the_phase() {
    check(production().iter().flat_map(writers::second_writers));
}

#[test]
fn the_core_is_pure() {
    check(production().iter().flat_map(impurities));
}

#[test]
fn crates_stay_where_they_belong() {
    check(production().iter().flat_map(strays));
}

#[test]
fn one_room_speaks_to_the_engine() {
    check(production().iter().flat_map(engine_words));
}

#[test]
fn every_call_to_the_engine_is_documented() {
    let (made, unknown) = calls::made(&production());
    let documented = calls::documented(&read("docs/engine-calls.md"));
    assert!(made.len() > 30, "the scan finds only {made:?}");
    check(unknown.into_iter().chain(calls::differ(&made, &documented)));
}

#[test]
fn nothing_dodges_the_scan() {
    check(production().iter().flat_map(dodges));
}

#[test]
fn files_are_small() {
    let sources = production();
    let counts = sources.iter().map(|source| source.text.lines().count()).collect();
    check(sources.iter().filter_map(too_long).chain(too_long_in_the_middle(counts)));
}

#[test]
fn files_are_named_after_what_is_inside() {
    check(files("src").iter().chain(&files("tests")).filter_map(|(path, _)| empty_name(path)));
}

#[test]
fn production_code_never_unwraps() {
    check(production().iter().flat_map(unwraps));
}

#[test]
fn nothing_is_left_for_later() {
    let all = ["src", "tests", "benches", "docs", "etc", "packaging", "systemd", "test", ".ci", "justfile"];
    let all = all.iter().flat_map(|top| files(top)).chain(files("README.md")).chain(files("ARCHITECTURE.md"));
    check(all.flat_map(|(path, text)| leftovers(&path, &text)));
}

#[test]
fn the_changelog_knows_this_version() {
    check(unknown_version(&read("CHANGELOG.md"), env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_readme_begins_with_two_commands() {
    check(commands(&read("README.md")));
}

#[test]
fn the_map_shows_every_module() {
    let names = files("src").into_iter().map(|(path, text)| Source::new(&path, &text).module().to_owned());
    let map = read("ARCHITECTURE.md");
    check(names.filter(|name| name != "lib" && name != "main").filter_map(|name| unmapped(&map, &name)));
    check(misdrawn(&map));
}

/// Rules 1 to 3: who may use whom.
fn imports(source: &Source) -> Vec<Finding> {
    let module = source.module();
    if module == "lib" {
        return Vec::new();
    }
    let Some((_, may)) = MAY_USE.iter().find(|(name, _)| *name == module) else {
        return vec![source.finding(0, format!("`{module}` is new: say in MAY_USE what it may use"))];
    };
    let paths = source.crate_paths().into_iter();
    let bad = paths.filter_map(|(at, reach)| match reach {
        Reach::Module(other) if other == module || may.contains(&other.as_str()) => None,
        Reach::Module(other) => Some(source.finding(at, format!("`{module}` must not use `{other}`"))),
        Reach::Root => Some(source.finding(at, "name the module that is used: crate::module::item")),
    });
    let main = source.words("golive").into_iter().filter_map(|at| {
        let cli = source.code[at..].starts_with("golive::cli::");
        (!cli).then(|| source.finding(at, "main uses golive::cli, and everything else uses crate::"))
    });
    bad.chain(main).collect()
}

/// Rule 1: the core has no IO, no clock, no tasks.
fn impurities(source: &Source) -> Vec<Finding> {
    if !["decide", "model", "stats"].contains(&source.module()) {
        return Vec::new();
    }
    let may_be_json = source.module() != "decide";
    let named = |what: &&str| {
        let at: Vec<usize> = match what.strip_suffix('(') {
            Some(call) => source
                .words(call)
                .into_iter()
                .filter(|at| source.code[at + call.len()..].starts_with('('))
                .collect(),
            None => source.words(what),
        };
        at.into_iter()
            .map(|at| source.finding(at, format!("the core is pure: no `{what}`")))
            .collect::<Vec<_>>()
    };
    let std = NOT_PURE.iter().filter_map(|what| what.strip_prefix("std::"));
    let grouped = std.flat_map(|part| {
        let hits = source.words("std").into_iter().filter(move |at| {
            let import = source.code[*at..].split(';').next().unwrap_or_default();
            import.starts_with("std::{") && import.contains(part)
        });
        hits.map(move |at| source.finding(at, format!("the core is pure: no `std::{part}`")))
    });
    let banned = NOT_PURE.iter().filter(|what| !(may_be_json && **what == "serde"));
    banned.flat_map(named).chain(grouped).collect()
}

/// A crate that does one job is named where that job is done.
fn strays(source: &Source) -> Vec<Finding> {
    let module = source.module();
    let foreign = HOLDERS.iter().filter(|(_, holders)| !holders.contains(&module));
    foreign
        .flat_map(|(name, holders)| {
            let used = source.words(name).into_iter().filter(|at| {
                let (before, after) = (&source.code[..*at], &source.code[at + name.len()..]);
                let import = before.ends_with("use ") || before.ends_with("extern crate ");
                after.starts_with("::") || import
            });
            used.map(move |at| source.finding(at, format!("`{name}` belongs to {}", holders.join(", "))))
        })
        .collect()
}

/// A path of the engine's API outside of the room that speaks to it, or one of Docker's own labels that is written out.
fn engine_words(source: &Source) -> Vec<Finding> {
    let path = |literal: &str| {
        let first =
            literal.strip_prefix('/').map(|rest| rest.split(['/', '?', '"', '{']).next().unwrap_or(rest));
        first.is_some_and(|first| ENGINE_PATHS.contains(&first))
    };
    let label = |literal: &str| literal.starts_with("com.docker.");
    let mut found = Vec::new();
    for (at, literal) in source.literals() {
        if source.module() != "docker" && path(literal) {
            found.push(source.finding(at, "a path of the engine's API: src/docker asks for it"));
        }
        if source.path != "src/docker/labels.rs" && label(literal) {
            found.push(source.finding(at, "a label of Docker's: src/docker/labels.rs has its name"));
        }
    }
    found
}

/// What would hide an import: passing another module on, reaching the crate by `super`, including files.
fn dodges(source: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    for at in source.words("use") {
        let before = source.code[..at].rsplit(['\n', ';', '{', '}']).next().unwrap_or_default().trim();
        let statement = source.code[at + 3..].split(';').next().unwrap_or_default().trim();
        let first = statement.trim_start_matches("self::").split("::").next().unwrap_or_default().trim();
        let own = [format!("mod {first};"), format!("enum {first} ")];
        if before.starts_with("pub") && !own.iter().any(|own| source.code.contains(own)) {
            found.push(
                source.finding(at, format!("`{before} use` passes on what is not its own: {statement}")),
            );
        }
        if statement.matches("super::").count() > 1 {
            found.push(source.finding(at, "write crate::module instead of super::super"));
        }
    }
    for words in ["include!", "extern crate", "#[path"] {
        let at = source.code.match_indices(words).map(|(at, _)| at);
        found.extend(at.map(|at| source.finding(at, format!("`{words}` hides where code comes from"))));
    }
    found
}

fn too_long(source: &Source) -> Option<Finding> {
    let lines = source.text.lines().count();
    (lines > LINES_MAX).then(|| Finding(format!("{}:{lines}: more than {LINES_MAX} lines", source.path)))
}

fn too_long_in_the_middle(mut lines: Vec<usize>) -> Option<Finding> {
    lines.sort_unstable();
    let median = lines.get(lines.len() / 2).copied().unwrap_or_default();
    let what = format!("src: the median file has {median} lines, which is more than {LINES_MEDIAN}");
    (median > LINES_MEDIAN).then_some(Finding(what))
}

fn empty_name(path: &str) -> Option<Finding> {
    let stem = Path::new(path).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let parts = path.split('/').chain([stem]);
    let empty = parts.into_iter().any(|part| EMPTY_NAMES.contains(&part));
    empty.then(|| Finding(format!("{path}:1: name it after what is inside")))
}

fn unwraps(source: &Source) -> Vec<Finding> {
    let at = source.code.match_indices(".unwrap()").map(|(at, _)| at);
    at.map(|at| source.finding(at, "unwrap: say why it holds with expect, or hand the error on")).collect()
}

fn leftovers(path: &str, text: &str) -> Vec<Finding> {
    // Put together here, so that this file does not break its own rule.
    let words = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("#[ign", "ore"),
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
    ];
    let lines = text.lines().enumerate();
    let bad = lines.filter_map(|(at, line)| Some((at, *words.iter().find(|word| line.contains(**word))?)));
    bad.map(|(at, word)| Finding(format!("{path}:{}: `{word}` is left over", at + 1))).collect()
}

fn unknown_version(changelog: &str, version: &str) -> Option<Finding> {
    let known = changelog.lines().any(|line| line.starts_with(&format!("## [{version}]")));
    (!known).then(|| Finding(format!("CHANGELOG.md:1: has no `## [{version}]`")))
}

/// One fenced block holds the two commands of a fresh machine and nothing else; no other block has a shell prompt's worth.
fn commands(readme: &str) -> Option<Finding> {
    let wanted = ["cargo run --release -- demo", "./test"];
    let blocks: Vec<&str> = readme.split("```").skip(1).step_by(2).collect();
    let lines = |block: &str| -> Vec<String> {
        let lines = block.lines().skip(1).map(|line| line.split('#').next().unwrap_or_default().trim());
        lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
    };
    let exact = blocks.iter().filter(|block| lines(block) == wanted).count();
    let anywhere =
        blocks.iter().filter(|block| lines(block).iter().any(|line| wanted.contains(&line.as_str())));
    let good = exact == 1 && anywhere.count() == 1;
    (!good).then(|| Finding(format!("README.md:1: one fenced block has exactly {wanted:?}, one per line")))
}

fn unmapped(map: &str, module: &str) -> Option<Finding> {
    let shown = map.contains(&format!("`{module}`")) || map.contains(&format!("`{module}.rs`"));
    (!shown).then(|| Finding(format!("ARCHITECTURE.md:1: the map does not show `{module}`")))
}

/// Fails with every finding.
fn check(findings: impl IntoIterator<Item = Finding>) {
    let findings: Vec<String> = findings.into_iter().map(|finding| finding.0).collect();
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

fn production() -> Vec<Source> {
    let all = files("src")
        .into_iter()
        .filter(|(path, _)| Path::new(path).extension().is_some_and(|ext| ext == "rs"));
    all.map(|(path, text)| Source::new(&path, &text)).filter(|source| !source.is_test()).collect()
}

/// Every text below `top`, which may be a file itself, in the order of their paths.
fn files(top: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut open = vec![root.join(top)];
    while let Some(path) = open.pop() {
        if let Ok(entries) = std::fs::read_dir(&path) {
            open.extend(entries.map(|entry| entry.unwrap().path()));
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            let below = path.strip_prefix(root).unwrap().to_str().unwrap();
            found.push((below.to_owned(), text));
        }
    }
    found.sort();
    found
}

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}
