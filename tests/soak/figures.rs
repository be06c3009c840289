//! What golive holds at a moment of rest, and whether it grows.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use golive_fixtures::engine::{containers_of, docker, tags_of};

use crate::stage::Stage;

/// All of it, by name; what a release leaves behind for good is counted per release.
#[derive(Debug)]
pub(crate) struct Figures {
    releases: usize,
    held: BTreeMap<&'static str, u64>,
    rows: BTreeMap<String, u64>,
}

/// By so much may each of these be more than before, in its own unit.
const MARGINS: [(&str, u64); 10] = [
    // The allocator keeps what it had at the busiest moment, which comes when it comes.
    ("private memory, KiB", 6 * 1024),
    ("resident, KiB", 8 * 1024),
    // A connection more or less, to whom is asked at that moment.
    ("file descriptors", 8),
    ("threads", 4),
    ("files", 2),
    ("containers", 2),
    ("tags", 3),
    ("volumes in use", 2),
    ("networks", 0),
    // Checks by command that are being made.
    ("children", 3),
];

impl Figures {
    pub(crate) fn of(stage: &Stage) -> Self {
        let pid = stage.host.pid();
        let process = |file: &str| std::fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap();
        let count = |directory: String| std::fs::read_dir(directory).unwrap().count() as u64;
        let smaps = process("smaps_rollup");
        let (there, used) = volumes(stage);
        let held = BTreeMap::from([
            ("private memory, KiB", field(&smaps, "Private_Dirty:")),
            ("resident, KiB", field(&smaps, "Rss:")),
            ("file descriptors", count(format!("/proc/{pid}/fd"))),
            ("threads", field(&process("status"), "Threads:")),
            ("children", process(&format!("task/{pid}/children")).split_whitespace().count() as u64),
            ("files", count(stage.host.path("state").display().to_string())),
            ("containers", containers_of(&stage.host.name).len() as u64),
            ("tags", tags_of(&stage.host.name).len() as u64),
            ("volumes in use", used),
            ("volumes left", there - used),
            ("networks", lines(&["network", "ls", "-q", "--filter", &format!("name={}", stage.host.name)])),
        ]);
        let releases = stage.lanes.iter().map(|lane| lane.released.lock().unwrap().len()).sum();
        Self { releases, held, rows: rows(stage) }
    }
}

/// The number behind a name in one of the kernel's tables.
fn field(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

fn lines(args: &[&str]) -> u64 {
    String::from_utf8_lossy(&docker(args).stdout).lines().count() as u64
}

/// Of those that its containers ever had: how many there are, and how many of them have a container.
fn volumes(stage: &Stage) -> (u64, u64) {
    let noted = stage.volumes.lock().unwrap();
    let count = |more: &[&str]| {
        let all = docker(&[&["volume", "ls", "-q"], more].concat()).stdout;
        String::from_utf8(all).unwrap().lines().filter(|name| noted.contains(*name)).count() as u64
    };
    let there = count(&[]);
    (there, there - count(&["--filter", "dangling=true"]))
}

/// How many each table has.
fn rows(stage: &Stage) -> BTreeMap<String, u64> {
    let store = rusqlite::Connection::open(stage.host.path("state/golive.db")).unwrap();
    let mut tables = store
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        .unwrap();
    let names: Vec<String> =
        tables.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    let rows = |name: &String| -> i64 {
        store.query_row(&format!("SELECT count(*) FROM {name}"), [], |row| row.get(0)).unwrap()
    };
    names.iter().map(|name| (name.clone(), u64::try_from(rows(name)).unwrap())).collect()
}

pub(crate) fn table(first: &Figures, middle: &Figures, last: &Figures) -> String {
    let mut text =
        format!("| {:24} | {:>8} | {:>8} | {:>8} |\n|---|---|---|---|\n", "", "first", "middle", "last");
    let mut line = |name: &str, numbers: [u64; 3]| {
        let [first, middle, last] = numbers;
        writeln!(text, "| {name:24} | {first:>8} | {middle:>8} | {last:>8} |").unwrap();
    };
    let all = [first, middle, last];
    line("releases", all.map(|it| it.releases as u64));
    for name in first.held.keys() {
        line(name, all.map(|it| it.held[name]));
    }
    for name in first.rows.keys() {
        line(&format!("rows: {name}"), all.map(|it| it.rows[name]));
    }
    text
}

pub(crate) fn assert_flat(first: &Figures, middle: &Figures, last: &Figures) {
    for (name, margin) in MARGINS {
        let [first, middle, last] = [first, middle, last].map(|it| it.held[name]);
        assert!(last <= first.max(middle) + margin, "{name} grows: {first}, {middle}, {last}");
    }
    let before = (middle.releases - first.releases) as u64;
    let after = (last.releases - middle.releases) as u64;
    // Nobody but people removes a volume: each release of the container may leave the one that its image brings along.
    let left = last.held["volumes left"] - middle.held["volumes left"];
    assert!(left <= after, "{left} volumes are left of {after} releases");
    for (name, first) in &first.rows {
        let (middle, last) = (middle.rows[name], last.rows[name]);
        let (one, two) = (middle.saturating_sub(*first), last.saturating_sub(middle));
        // What is kept of a release for good is as much for each; a slow one has more readings, by half and two rows.
        let flat = 2 * two * before <= 3 * one * after + 4 * before * after;
        assert!(flat, "rows of {name} grow: by {one} in {before} releases, then by {two} in {after}");
    }
}
