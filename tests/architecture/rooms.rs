//! How the rooms stand on each other: as they do, and as the map shows it.

use std::collections::BTreeSet;

use super::MAY_USE;
use super::source::{Finding, Reach, Source};

/// Who may use whom, a pair each.
fn arrows<'a>(rooms: &'a [(&'a str, &'a [&'a str])]) -> impl Iterator<Item = (&'a str, &'a str)> {
    rooms.iter().flat_map(|(room, may)| may.iter().map(move |other| (*room, *other)))
}

/// What a room may use and does not: the list says how the house stands, not how it might.
pub(crate) fn unused(sources: &[Source]) -> Vec<Finding> {
    let used: BTreeSet<(String, String)> = sources
        .iter()
        .flat_map(|source| {
            let modules = source.crate_paths().into_iter().filter_map(|(_, reach)| match reach {
                Reach::Module(other) => Some((source.module().to_owned(), other)),
                Reach::Root => None,
            });
            modules.collect::<Vec<_>>()
        })
        .collect();
    arrows(&MAY_USE)
        .filter(|(room, _)| *room != "main")
        .filter(|(room, other)| !used.contains(&((*room).to_owned(), (*other).to_owned())))
        .map(|(room, other)| Finding(format!("src/{room}.rs:1: `{room}` does not use `{other}`")))
        .collect()
}

/// Rooms in the order in which they stand on each other.
pub(crate) fn upwards(rooms: &[(&str, &[&str])]) -> Vec<Finding> {
    let floor = |name: &str| rooms.iter().position(|(room, _)| *room == name);
    arrows(rooms)
        .filter(|(room, other)| floor(other) >= floor(room))
        .map(|(room, other)| Finding(format!("src/{room}.rs:1: `{other}` comes later in MAY_USE")))
        .collect()
}

/// The table of ARCHITECTURE.md says of each room what it may use, as the list here does.
pub(crate) fn misdrawn(map: &str) -> Vec<Finding> {
    let row = |room: &str| {
        let begins = format!("| `{room}` |");
        map.lines().find(|line| line.starts_with(&begins)).and_then(|line| line.split(" | ").last())
    };
    let wrong = |(room, may): &&(&str, &[&str])| {
        let shown = row(room).map(|cell| cell.split('`').skip(1).step_by(2).collect::<BTreeSet<_>>());
        shown != Some(may.iter().copied().collect())
    };
    let rooms = MAY_USE.iter().filter(|(room, _)| *room != "main").filter(wrong);
    let said = rooms.map(|(room, may)| format!("`{room}` uses {}", may.join(", ")));
    said.map(|said| Finding(format!("ARCHITECTURE.md:1: {said}: the table says otherwise"))).collect()
}
