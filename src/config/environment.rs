//! The layer of the environment: `GOLIVE__SERVICE__API__WATCH__WINDOW=5m` is `service.api.watch.window`.

use std::ffi::OsString;

use config::{Map, Value, ValueKind};
use toml::Table;

use super::mistakes::{Mistake, Mistakes, Place};
use super::source::File;

/// What the names of our variables begin with, in capitals or not.
const PREFIX: &str = "GOLIVE__";

/// No key of the configuration lies deeper.
const DEEPEST: usize = 8;

/// What the process was started with.
pub(super) struct Environment(Vec<(OsString, OsString)>);

/// One variable that sets something.
pub(super) struct Variable {
    pub(super) path: Vec<String>,
    pub(super) name: String,
    /// Its value as it was written.
    pub(super) text: String,
    /// What the `config` crate is given.
    pub(super) layer: Map<String, Value>,
}

impl Environment {
    /// The process's own.
    pub(super) fn of_process() -> Self {
        Self(std::env::vars_os().collect())
    }

    #[cfg(test)]
    pub(super) fn of(variables: &[(&str, &str)]) -> Self {
        Self(variables.iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// Ours among the variables, in the order of their paths. Keys are spelled as they are in the files.
    pub(super) fn variables(&self, files: &Table, mistakes: &mut Mistakes) -> Vec<Variable> {
        let mut variables = Vec::new();
        for (name, value) in &self.0 {
            let Some(name) = name.to_str().filter(|name| is_ours(name)) else { continue };
            let keys: Vec<&str> = name[PREFIX.len()..].split("__").collect();
            let place = || Place::Variable(name.to_owned());
            if keys.len() > DEEPEST || keys[0].contains('.') || keys.iter().any(|key| !is_key(key)) {
                let hint = "part the keys by two underscores, as in GOLIVE__STATE__DIR";
                mistakes.push(|| Mistake::new("", place(), "names no key", hint));
                continue;
            }
            let Some(text) = value.to_str() else {
                mistakes.push(|| Mistake::new("", place(), "is not UTF-8 text", ""));
                continue;
            };
            let path = resolve(&keys, files);
            let layer = layer(&path, value_of(text));
            variables.push(Variable { path, name: name.to_owned(), text: text.to_owned(), layer });
        }
        variables.sort_by(|a, b| (&a.path, &a.name).cmp(&(&b.path, &b.name)));
        variables
    }
}

fn is_ours(name: &str) -> bool {
    name.get(..PREFIX.len()).is_some_and(|prefix| prefix.eq_ignore_ascii_case(PREFIX))
}

fn is_key(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// An underscore stands for a hyphen and capitals for small letters, unless a file spells the key so.
fn resolve(keys: &[&str], files: &Table) -> Vec<String> {
    let plain = |key: &str| key.to_ascii_lowercase().replace('_', "-");
    let (mut path, mut table) = (Vec::new(), Some(files));
    for key in keys.iter().map(|key| plain(key)) {
        let known = table.filter(|table| !table.contains_key(&key));
        let known = known.and_then(|table| table.keys().find(|known| plain(known) == key));
        let key = known.cloned().unwrap_or(key);
        table = table.and_then(|table| table.get(&key)?.as_table());
        path.push(key);
    }
    path
}

/// What reads as a number, a switch, a list or an inline table is one; all else is text.
fn value_of(text: &str) -> Value {
    let parsed = File::parse(String::new(), &format!("value = {text}"), &mut Mistakes::default());
    let value = parsed.and_then(|file| {
        let mut layer = file.layer().0;
        layer.remove("value").filter(|_| layer.is_empty())
    });
    match value {
        Some(value) if !matches!(value.kind, ValueKind::String(_)) => value,
        Some(_) | None => Value::new(None, text),
    }
}

fn layer(path: &[String], value: Value) -> Map<String, Value> {
    let (first, rest) = path.split_first().expect("a variable's name holds at least one key");
    let value = rest.iter().rev().fold(value, |value, key| {
        let mut table = Map::new();
        table.insert(key.clone(), value);
        Value::new(None, table)
    });
    let mut layer = Map::new();
    layer.insert(first.clone(), value);
    layer
}
