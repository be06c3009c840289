//! The layers of the configuration, later wins: built-in defaults, the file, `rules.d/*.toml`, the environment.

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Table;
use toml::de::{DeTable, DeValue};

use super::mistakes::{Mistake, Place};

/// A configuration file is small; one that is not is a mistake.
const FILE_MAX: u64 = 1 << 20;

/// What variables of the environment begin with.
const PREFIX: &str = "GOLIVE__";

/// One file.
struct File {
    name: String,
    text: String,
}

/// All layers, merged, with where each value came from.
pub(super) struct Layers {
    files: Vec<File>,
    /// Path and name of each variable that sets something.
    variables: Vec<(Vec<String>, String)>,
    /// Everything, merged.
    pub(super) merged: Table,
}

impl Layers {
    /// Reads every layer. What cannot be read is a mistake, and the rest goes on.
    pub(super) fn read(path: &Path, environment: &[(String, String)], mistakes: &mut Vec<Mistake>) -> Self {
        let defaults = File { name: "defaults".to_owned(), text: include_str!("defaults.toml").to_owned() };
        let mut files = vec![defaults];
        for path in std::iter::once(path.to_owned()).chain(drop_ins(path)) {
            match read_file(&path) {
                Ok(text) => files.push(File { name: path.display().to_string(), text }),
                Err(why) => mistakes.push(Mistake::of_file(&path.display().to_string(), &why)),
            }
        }
        files.retain(|file| match DeTable::parse(&file.text) {
            Ok(_) => true,
            Err(error) => {
                let place = Place::in_file(&file.name, &file.text, error.span().unwrap_or_default());
                mistakes.push(Mistake::new("", place, error.message().to_owned(), None));
                false
            }
        });
        let variables = variables(environment);
        let merged = merge(&files, &variables, mistakes);
        let variables = variables.into_iter().map(|(path, name, _)| (path, name)).collect();
        Self { files, variables, merged }
    }

    /// Where the key at a path was written last.
    pub(super) fn key(&self, path: &[String]) -> Place {
        self.find(path, true)
    }

    /// Where the value at a path was written last.
    pub(super) fn value(&self, path: &[String]) -> Place {
        self.find(path, false)
    }

    /// Whether a file or variable says something at that path; the defaults do not count.
    fn find(&self, path: &[String], key: bool) -> Place {
        if let Some((_, name)) = self.variables.iter().find(|(at, _)| at == path) {
            return Place::Variable(name.clone());
        }
        for depth in (1..=path.len()).rev() {
            for file in self.files.iter().skip(1).rev() {
                let exact = depth == path.len();
                if let Some(span) = span(&file.text, &path[..depth], key || !exact) {
                    return Place::in_file(&file.name, &file.text, span);
                }
            }
        }
        match self.files.get(1) {
            Some(file) => Place::File(file.name.clone()),
            None => Place::Nowhere,
        }
    }
}

/// `rules.d/*.toml` beside the file, in name order.
fn drop_ins(path: &Path) -> Vec<PathBuf> {
    let dir = path.with_file_name("rules.d");
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|ext| ext == "toml")).collect();
    paths.sort();
    paths
}

fn read_file(path: &Path) -> Result<String, String> {
    use std::io::Read;
    let file = std::fs::File::open(path).map_err(|error| format!("cannot be read: {error}"))?;
    let mut bytes = Vec::new();
    file.take(FILE_MAX + 1).read_to_end(&mut bytes).map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() as u64 > FILE_MAX {
        return Err("is larger than 1 MiB, which no configuration is".to_owned());
    }
    String::from_utf8(bytes).map_err(|_| "is not UTF-8 text".to_owned())
}

type Variable = (Vec<String>, String, String);

/// `GOLIVE__SERVICE__API__WATCH__WINDOW`: two underscores part keys, one within a key stands for a hyphen.
fn variables(environment: &[(String, String)]) -> Vec<Variable> {
    let ours = environment.iter().filter_map(|(name, value)| {
        let path = name.strip_prefix(PREFIX)?.split("__");
        let path = path.map(|key| key.to_ascii_lowercase().replace('_', "-")).collect();
        Some((path, name.clone(), value.clone()))
    });
    let mut all: Vec<Variable> = ours.collect();
    all.sort();
    all
}

fn merge(files: &[File], variables: &[Variable], mistakes: &mut Vec<Mistake>) -> Table {
    let mut builder = config::Config::builder();
    for file in files {
        builder = builder.add_source(config::File::from_str(&file.text, config::FileFormat::Toml));
    }
    for (path, name, value) in variables {
        let text = as_toml(path, value);
        if toml::from_str::<Table>(&text).is_err() {
            mistakes.push(Mistake::new(
                &path.join("."),
                Place::Variable(name.clone()),
                "is not a key".to_owned(),
                None,
            ));
            continue;
        }
        builder = builder.add_source(config::File::from_str(&text, config::FileFormat::Toml));
    }
    let merged = builder.build().and_then(config::Config::try_deserialize::<Table>);
    merged.unwrap_or_else(|error| {
        mistakes.push(Mistake::new("", Place::Nowhere, error.to_string(), None));
        Table::new()
    })
}

/// A variable as a line of TOML. What reads as a number, a switch or a list is one; all else is text.
fn as_toml(path: &[String], value: &str) -> String {
    use toml::Value;
    let parsed =
        toml::from_str::<Table>(&format!("v = {value}")).ok().and_then(|mut table| table.remove("v"));
    let value = match parsed {
        Some(value @ (Value::Boolean(_) | Value::Integer(_) | Value::Float(_) | Value::Array(_))) => value,
        Some(Value::String(_) | Value::Datetime(_) | Value::Table(_)) | None => {
            Value::String(value.to_owned())
        }
    };
    let path: Vec<String> = path.iter().map(|key| Value::String(key.clone()).to_string()).collect();
    format!("{} = {value}", path.join("."))
}

/// Where the key or the value at a path stands in a text.
fn span(text: &str, path: &[String], key: bool) -> Option<Range<usize>> {
    let table = DeTable::parse(text).ok()?;
    let mut table = table.get_ref();
    let (last, parents) = path.split_last()?;
    for parent in parents {
        let DeValue::Table(inner) = table.get(parent.as_str())?.get_ref() else { return None };
        table = inner;
    }
    let (found, value) = table.get_key_value(last.as_str())?;
    Some(if key { found.span() } else { value.span() })
}
