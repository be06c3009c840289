//! Files of one room that need each other: none can be read, or changed, without all of them.
//!
//! What a file takes from those that it lies below (`super::…`) is not counted: whoever opens a folder has seen its face.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Finding, Source};

/// Which file a file needs, both as places in the tree of modules.
type Needs = BTreeMap<String, BTreeSet<String>>;

/// A circle for each group of files that reach each other.
pub(crate) fn circles(sources: &[&Source]) -> Vec<Finding> {
    let needs = needs(sources);
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        needs.keys().map(|from| (from.as_str(), all_from(&needs, from))).collect();
    let mut told = BTreeSet::new();
    let mut found = Vec::new();
    for (from, to) in &reached {
        let circle: BTreeSet<&str> = to
            .iter()
            .copied()
            .filter(|other| reached.get(other).is_some_and(|back| back.contains(from)))
            .collect();
        if circle.len() > 1 && told.insert(circle.clone()) {
            let names: Vec<&str> = circle.into_iter().collect();
            found.push(Finding(format!("{from}: in a circle of {}: {}", names.len(), names.join(", "))));
        }
    }
    found
}

fn needs(sources: &[&Source]) -> Needs {
    let files: BTreeSet<String> = sources.iter().map(|source| place(source)).collect();
    let mut needs = Needs::new();
    for source in sources {
        let (here, room) = (place(source), source.module());
        let all = paths(source).into_iter().filter_map(|path| resolve(&files, &here, room, &path));
        needs.insert(
            here.clone(),
            all.filter(|to| *to != here && !here.starts_with(&format!("{to}::"))).collect(),
        );
    }
    needs
}

/// `src/notify/email.rs` is `notify::email`.
fn place(source: &Source) -> String {
    source.path.trim_start_matches("src/").trim_end_matches(".rs").replace('/', "::")
}

/// The file that a path leads into, in the same room.
fn resolve(files: &BTreeSet<String>, here: &str, room: &str, path: &str) -> Option<String> {
    let mut whole: Vec<&str> = here.split("::").collect();
    let mut rest = path.split("::").peekable();
    match rest.peek().copied()? {
        "crate" => {
            rest.next();
            whole.clear();
        }
        "self" => drop(rest.next()),
        "super" => {
            while rest.next_if_eq(&"super").is_some() {
                whole.pop();
            }
        }
        child => {
            let below = format!("{here}::{child}");
            files.contains(&below).then_some(())?;
        }
    }
    whole.extend(rest);
    (1..=whole.len())
        .rev()
        .map(|length| whole[..length].join("::"))
        .find(|file| files.contains(file))
        .filter(|file| file.split("::").next() == Some(room))
}

/// Every path that the code names: whole ones of imports, and those that begin with `crate`, `super` or `self`.
fn paths(source: &Source) -> Vec<String> {
    let mut paths = Vec::new();
    for at in source.words("use") {
        let tree: String =
            source.code[at + 3..].split(';').next().unwrap_or_default().split_whitespace().collect();
        spell_out("", &tree, &mut paths);
    }
    for first in ["crate", "super", "self"] {
        for at in source.words(first) {
            let path =
                source.code[at..].chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == ':');
            paths.push(path.collect::<String>().trim_end_matches(':').to_owned());
        }
    }
    paths
}

/// `a::{b, c::{d, e}}` is `a::b`, `a::c::d` and `a::c::e`.
fn spell_out(before: &str, tree: &str, paths: &mut Vec<String>) {
    let Some((head, group)) = tree.split_once('{') else {
        let path = format!("{before}{tree}");
        return paths.push(path.trim_end_matches("::self").to_owned());
    };
    let before = format!("{before}{head}");
    let (mut depth, mut start) = (0_usize, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                if start < at {
                    spell_out(&before, &group[start..at], paths);
                }
                start = at + 1;
            }
            _ => {}
        }
    }
}

fn all_from<'a>(needs: &'a Needs, from: &'a str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(next) = open.pop() {
        let more = needs.get(next).into_iter().flatten().map(String::as_str);
        open.extend(more.filter(|other| reached.insert(*other)));
    }
    reached
}
