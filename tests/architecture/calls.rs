//! What is asked of the engine: each call in `src/docker` stands in `docs/engine-calls.md`, and each call there is made.

use std::collections::BTreeSet;

use super::source::{Finding, Source};

/// Method, and path with `{}` for whatever stands for a name.
pub(crate) type Call = (String, String);

/// How the engine's room asks, and with which method.
const ASKS: [(&str, &str); 10] = [
    (".head(", "HEAD"),
    (".put(", "PUT"),
    (".delete(", "DELETE"),
    (".post(", "POST"),
    (".tell(", "POST"),
    (".get(", "GET"),
    (".look(", "GET"),
    (".read(", "GET"),
    (".read::<", "GET"),
    (".tail(", "GET"),
];

/// What the typed client of the demo asks for.
const BY_HAND: [(&str, &str, &str); 3] = [
    ("create_image", "POST", "/images/create"),
    ("remove_container", "DELETE", "/containers/{}"),
    ("remove_image", "DELETE", "/images/{}"),
];

/// Which kind of object is meant where a variable says so: the file, the method, the kinds.
const CHOSEN: [(&str, &str, &[&str]); 2] = [
    ("src/runtime/swarm/names.rs", "object", &["configs", "networks"]),
    ("src/runtime/swarm/names.rs", "objects", &["configs", "secrets"]),
];

/// The calls that the document lists.
pub(crate) fn documented(text: &str) -> BTreeSet<Call> {
    let rows = text.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        let (method, path) = (cells.next()?, cells.next()?);
        let path = path.strip_prefix('`')?.strip_suffix('`')?;
        Some((method.to_owned(), shape(path)))
    });
    rows.collect()
}

/// The calls that the sources make, and where it cannot be told which.
pub(crate) fn made(sources: &[Source]) -> (BTreeSet<Call>, Vec<Finding>) {
    let (mut calls, mut findings) = (BTreeSet::new(), Vec::new());
    for source in sources.iter().filter(|source| source.module() == "docker" && !source.is_test()) {
        for (at, literal) in source.literals() {
            let path = literal.split('"').next().unwrap_or_default();
            let named = path
                .strip_prefix('/')
                .filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '{'));
            if named.is_none_or(|rest| ["golive/", "var/"].iter().any(|place| rest.starts_with(place))) {
                continue; // a field of an answer, or a place in a container or on this host
            }
            match method(&source.code, at) {
                Some(method) => {
                    let paths = paths(sources, method, path);
                    calls.extend(paths.into_iter().map(|path| (method.to_owned(), path)));
                }
                None => findings.push(source.finding(at, format!("which method has `{path}`?"))),
            }
        }
        for at in source.words("docker") {
            let Some(name) =
                source.code[at..].strip_prefix("docker.").and_then(|rest| rest.split('(').next())
            else {
                continue;
            };
            match BY_HAND.iter().find(|(known, ..)| *known == name) {
                Some((_, method, path)) => drop(calls.insert(((*method).to_owned(), (*path).to_owned()))),
                None => findings.push(source.finding(at, format!("what does `{name}` ask the engine for?"))),
            }
        }
    }
    (calls, findings)
}

/// Where the sources and the document differ.
pub(crate) fn differ(made: &BTreeSet<Call>, documented: &BTreeSet<Call>) -> Vec<Finding> {
    let told = |what: &str, (method, path): &Call| {
        Finding(format!("docs/engine-calls.md:1: {what} {method} {path}"))
    };
    let untold = made.difference(documented).map(|call| told("does not have", call));
    untold.chain(documented.difference(made).map(|call| told("has what is never asked for:", call))).collect()
}

/// The method of the path that stands there: the call that it is an argument of, else the next one, which is given it by a name.
fn method(code: &str, at: usize) -> Option<&'static str> {
    let statement = code[..at].rfind([';', '}']).map_or(0, |end| end + 1);
    let before = &code[statement..at];
    let last = ASKS.iter().filter_map(|(ask, method)| Some((before.rfind(ask)?, *method))).max();
    let rest = &code[at..];
    let rest = &rest[..rest.find("\n    }\n").unwrap_or(rest.len())];
    let next = ASKS.iter().filter_map(|(ask, method)| Some((rest.find(ask)?, *method))).min();
    last.or(next).map(|(_, method)| method)
}

/// The paths that are meant, where it depends on a kind of object.
fn paths(sources: &[Source], method: &str, path: &str) -> BTreeSet<String> {
    let form = shape(path);
    let Some(rest) = form.strip_prefix("/{}") else { return BTreeSet::from([form]) };
    let kinds = match (method, rest) {
        // It is named as text there, and images have a path of their own.
        ("GET", "/{}") if path == "/{kind}/{id}" => {
            after(sources, ".exists(\"").filter(|kind| kind != "images").collect()
        }
        ("GET", "/{}") => kinds(sources, &["object"]),
        ("GET", _) => kinds(sources, &["objects", "objects_within"]),
        ("DELETE", _) => kinds(sources, &["remove_object"]),
        (_, "/create") => kinds(sources, &["create_object"]),
        (_, _) => kinds(sources, &["update_object"]),
    };
    kinds.into_iter().map(|kind| format!("/{kind}{rest}")).collect()
}

/// The kinds that these methods are called with anywhere.
fn kinds(sources: &[Source], methods: &[&str]) -> BTreeSet<String> {
    let production =
        sources.iter().filter(|source| !source.is_test() && source.path != "src/docker/swarm.rs");
    let mut found = BTreeSet::new();
    for (source, name) in production.flat_map(|source| methods.iter().map(move |name| (source, *name))) {
        for (at, _) in source.code.match_indices(&format!(".{name}(")) {
            let arguments: Vec<&str> = source.code[at..].split(',').take(3).collect();
            match arguments.iter().find_map(|argument| argument.trim().strip_prefix("Kind::")) {
                Some(kind) => drop(found.insert(kind.to_lowercase())),
                None => found.extend(
                    CHOSEN
                        .iter()
                        .filter(|(path, chosen, _)| *path == source.path && *chosen == name)
                        .flat_map(|(.., kinds)| kinds.iter().map(|kind| (*kind).to_owned())),
                ),
            }
        }
    }
    found
}

/// What is written after these words, up to the closing quote.
fn after<'a>(sources: &'a [Source], words: &'a str) -> impl Iterator<Item = String> + 'a {
    let production = sources.iter().filter(|source| !source.is_test());
    production.flat_map(move |source| {
        let found = source.text.split(words).skip(1);
        found.filter_map(|rest| rest.split('"').next()).map(str::to_owned)
    })
}

/// A path with `{}` for each name in it.
fn shape(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}
