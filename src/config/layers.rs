//! The layers of the configuration, later wins: built-in defaults, the file, `rules.d/*.toml`, the environment.

use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use toml::Table;

use super::environment::{Environment, Variable};
use super::mistakes::{Mistakes, Place};
use super::source::{File, Layer};

/// A configuration file is small; one that is not is a mistake.
const FILE_MAX: (u64, &str) = (1 << 20, "is larger than 1 MiB, which no configuration is");

/// A mode by which everybody may write.
pub const EVERYBODY: u32 = 0o002;

/// More drop-ins than this are a mistake, and the rest is not read.
const DROP_INS_MAX: usize = 100;

/// All layers, merged, with where each value came from.
pub(super) struct Layers {
    defaults: File,
    /// The files that could be read, later wins.
    files: Vec<File>,
    variables: Vec<Variable>,
    /// The main file's name: what is written nowhere is missing there.
    main: String,
    /// Relative paths are relative to the main file's directory.
    pub(super) dir: PathBuf,
    /// Something could not be read, so that what is missing may be there.
    pub(super) partial: bool,
    /// Everything, merged.
    pub(super) merged: Table,
}

impl Layers {
    /// Reads every layer. What cannot be read is a mistake, and the rest goes on.
    pub(super) fn read(path: &Path, environment: &Environment, mistakes: &mut Mistakes) -> Self {
        let defaults = File::parse("the defaults".to_owned(), include_str!("defaults.toml"), mistakes)
            .expect("the defaults are TOML: a test loads them");
        let main_path = path;
        let dir = path.parent().unwrap_or(Path::new("")).to_owned();
        let main = path.display().to_string();
        let (mut files, mut partial) = (Vec::new(), false);
        for path in std::iter::once(path.to_owned()).chain(drop_ins(&dir, &mut partial, mistakes)) {
            let name = path.display().to_string();
            let text = is_ours(&path, main_path)
                .and_then(|()| read_file(&path, FILE_MAX))
                .map_err(|(why, hint)| mistakes.push_file(&name, why, hint));
            match text.ok().and_then(|text| File::parse(name, &text, mistakes)) {
                Some(file) => files.push(file),
                None => partial = true,
            }
        }
        let mut layers =
            Self { defaults, files, variables: Vec::new(), main, dir, partial, merged: Table::new() };
        layers.merged = layers.merge(mistakes);
        layers.variables = environment.variables(&layers.merged, mistakes);
        layers.merged = layers.merge(mistakes);
        layers
    }

    /// The files' names, in the order of the layers.
    pub(super) fn names(&self) -> Vec<&str> {
        let first = std::iter::once(self.main.as_str());
        first.chain(self.files.iter().map(|file| file.name.as_str())).collect()
    }

    /// What a variable says at that very path, as it was written.
    pub(super) fn variable(&self, path: &[String]) -> Option<&str> {
        let variable = self.variables.iter().rev().find(|variable| variable.path == path)?;
        Some(&variable.text)
    }

    /// Where the key or the value at a path was written last; where the table around it was, when it is missing.
    pub(super) fn find(&self, path: &[String], key: bool) -> Place {
        let within = |variable: &&Variable| path.starts_with(&variable.path);
        if let Some(variable) = self.variables.iter().rev().find(within) {
            return Place::Variable(variable.name.clone());
        }
        for depth in (1..=path.len()).rev() {
            let (path, key) = (&path[..depth], key || depth < path.len());
            if let Some(place) = self.files.iter().rev().find_map(|file| file.find(path, key)) {
                return place;
            }
            if let Some(variable) = self.variables.iter().find(|variable| variable.path.starts_with(path)) {
                return Place::Variable(variable.name.clone());
            }
        }
        Place::File(self.main.clone())
    }

    fn merge(&self, mistakes: &mut Mistakes) -> Table {
        let mut builder = config::Config::builder().add_source(self.defaults.layer());
        for file in &self.files {
            builder = builder.add_source(file.layer());
        }
        for variable in &self.variables {
            builder = builder.add_source(Layer(variable.layer.clone()));
        }
        let merged = builder.build().and_then(config::Config::try_deserialize::<Table>);
        merged.unwrap_or_else(|error| {
            mistakes.push_file(&self.main, format!("cannot be merged: {error}"), "");
            Table::new()
        })
    }
}

/// `rules.d/*.toml` beside the file, in name order. What an editor hides there is not one of them.
fn drop_ins(dir: &Path, partial: &mut bool, mistakes: &mut Mistakes) -> Vec<PathBuf> {
    let dir = dir.join("rules.d");
    let entries = std::fs::read_dir(&dir).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries = match entries {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            *partial = true;
            mistakes.push_file(&dir.display().to_string(), format!("cannot be read: {error}"), "");
            return Vec::new();
        }
    };
    let is_one = |path: &PathBuf| {
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        path.extension().is_some_and(|extension| extension == "toml") && !hidden
    };
    let mut paths: Vec<PathBuf> = entries.iter().map(std::fs::DirEntry::path).filter(is_one).collect();
    paths.sort();
    if paths.len() > DROP_INS_MAX {
        *partial = true;
        let message = format!("holds {} files, and at most {DROP_INS_MAX} are read", paths.len());
        mistakes.push_file(&dir.display().to_string(), message, "put some of them together");
        paths.truncate(DROP_INS_MAX);
    }
    paths
}

/// The user that this process runs as.
pub fn uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Whether a drop-in was written by somebody who may say what golive runs: root, the user that golive runs as, or
/// whoever wrote the main file.
fn is_ours(path: &Path, main: &Path) -> Result<(), (String, &'static str)> {
    let (Ok(found), owner) = (path.metadata(), main.metadata().map(|main| main.uid())) else { return Ok(()) };
    if path == main {
        return Ok(());
    }
    if found.mode() & EVERYBODY != 0 {
        return Err((
            "is not read: everybody may write it".to_owned(),
            "let nobody else write it: chmod o-w",
        ));
    }
    if ![0, uid()].contains(&found.uid()) && owner.is_ok_and(|owner| owner != found.uid()) {
        let whose = found.uid();
        return Err((
            format!("is not read: it belongs to uid {whose}, and the main file to another user"),
            "look what it says, then: chown root",
        ));
    }
    Ok(())
}

/// A file's text, or why there is none, with a hint.
pub(super) fn read_file(path: &Path, (most, larger): (u64, &str)) -> Result<String, (String, &'static str)> {
    let unreadable = |error: std::io::Error| {
        let hint = if error.kind() == ErrorKind::NotFound {
            "write the file, or name another with --config"
        } else if error.kind() == ErrorKind::PermissionDenied {
            "let the user that golive runs as read it"
        } else {
            ""
        };
        (format!("cannot be read: {error}"), hint)
    };
    // Opening a pipe would wait for somebody to write into it.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(("is not a regular file".to_owned(), ""));
    }
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > most {
        return Err((larger.to_owned(), ""));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.split(|byte| *byte == b'\n').count();
        (format!("is not UTF-8 text: see line {line}"), "save it as UTF-8")
    })
}
