//! Reading one table: every key that is asked for is a known key, and every other one is a mistake.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::LazyLock;

use toml::{Table, Value};

use super::layers::Layers;
use super::mistakes::{Mistake, Mistakes};
use super::nearest::nearest;
use crate::untrusted::acts;

mod ratio;
mod values;

pub use values::duration;
pub(super) use values::one_of;

/// What stands for a table that is not written, so that its defaults are where its keys are read.
static EMPTY: LazyLock<Table> = LazyLock::new(Table::new);

/// A table of the configuration, at its path.
pub(super) struct Section<'a> {
    layers: &'a Layers,
    path: Vec<String>,
    table: &'a Table,
    asked: BTreeSet<&'a str>,
    mistakes: &'a mut Mistakes,
}

impl<'a> Section<'a> {
    pub(super) fn root(layers: &'a Layers, mistakes: &'a mut Mistakes) -> Self {
        Self { layers, path: Vec::new(), table: &layers.merged, asked: BTreeSet::new(), mistakes }
    }

    /// Everything has been asked for: what is left over is not known. Keys of later versions are said to be so.
    pub(super) fn end(self, later: &[&str]) {
        for key in self.table.keys().filter(|key| !self.asked.contains(key.as_str())) {
            let path = self.at(&[key]);
            let (layers, asked) = (self.layers, &self.asked);
            self.mistakes.push(|| {
                let (message, hint) = if later.contains(&key.as_str()) {
                    ("is not supported by this version of golive", "leave it out".to_owned())
                } else {
                    ("is not a known key", meant(key, asked))
                };
                Mistake::new(&path.join("."), layers.find(&path, true), message, &hint)
            });
        }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Those of some keys that are there.
    pub(super) fn given<'k>(&self, keys: &[&'k str]) -> Vec<&'k str> {
        keys.iter().copied().filter(|key| self.has(key)).collect()
    }

    /// The directory that holds the configuration: relative paths begin there.
    pub(super) fn beside(&self, path: &str) -> PathBuf {
        self.layers.dir.join(path)
    }

    /// A mistake in the value of a key.
    pub(super) fn wrong(&mut self, key: &str, message: impl AsRef<str>, hint: &str) {
        self.wrong_in(&[key], message, hint);
    }

    /// A mistake in a value within a key's list or table.
    pub(super) fn wrong_in(&mut self, keys: &[&str], message: impl AsRef<str>, hint: &str) {
        self.push(keys, false, message.as_ref(), hint);
    }

    /// A key, or one within its table, that cannot be one.
    pub(super) fn wrong_key(&mut self, keys: &[&str], message: impl AsRef<str>, hint: &str) {
        self.push(keys, true, message.as_ref(), hint);
    }

    /// A mistake of the table as a whole.
    pub(super) fn wrong_here(&mut self, message: impl AsRef<str>, hint: &str) {
        self.push(&[], true, message.as_ref(), hint);
    }

    /// Something is missing in the table. Not said when a file could not be read: it may be there.
    pub(super) fn missing(&mut self, message: impl AsRef<str>, hint: &str) {
        if !self.layers.partial {
            self.wrong_here(message, hint);
        }
    }

    /// A name that stands for nothing, within a key's list. Not said when a file could not be read.
    pub(super) fn missing_in(&mut self, keys: &[&str], message: impl AsRef<str>, hint: &str) {
        if !self.layers.partial {
            self.wrong_in(keys, message, hint);
        }
    }

    /// Keys without which the table makes no sense.
    pub(super) fn required(&mut self, keys: &[&str], hint: &str) {
        for key in keys.iter().filter(|key| !self.table.contains_key(**key)) {
            self.missing(format!("has no `{key}`"), hint);
        }
    }

    /// A table within this one.
    pub(super) fn section(&mut self, key: &'static str) -> Option<Section<'_>> {
        let value = self.take(key)?;
        let Some(table) = value.as_table() else { return self.type_of(key, value, "write a table") };
        Some(self.within(key, table))
    }

    /// A table within this one, empty when it is not written.
    pub(super) fn table(&mut self, key: &'static str) -> Section<'_> {
        let table = self.take(key).map_or(Some(&*EMPTY), |value| {
            value.as_table().or_else(|| self.type_of(key, value, "write a table"))
        });
        self.within(key, table.unwrap_or(&EMPTY))
    }

    /// A table within this one, empty when it is not written; `None` when it is switched off.
    pub(super) fn switched(&mut self, key: &'static str) -> Option<Section<'_>> {
        let table = match self.take(key) {
            None => &*EMPTY,
            Some(value) => match (value.as_table(), value.as_bool()) {
                (Some(table), _) => table,
                (None, Some(true)) => &*EMPTY,
                (None, Some(false)) => return None,
                (None, None) => {
                    self.type_of(key, value, "write a table, or false to switch it off").unwrap_or(&EMPTY)
                }
            },
        };
        Some(self.within(key, table))
    }

    /// Every table within the table `key`, by name.
    pub(super) fn named(&mut self, key: &'static str, mut each: impl FnMut(&str, Section<'_>)) {
        let Some(mut all) = self.section(key) else { return };
        let table = all.table;
        for (name, value) in table {
            let Some(table) = value.as_table() else {
                let hint = format!("write [{}.NAME]", all.path.join("."));
                all.wrong(name, format!("is {}, not a table", values::kind(value)), &hint);
                continue;
            };
            if name.is_empty() || name.len() > 63 || name.chars().any(|c| acts(c) || c.is_whitespace()) {
                all.wrong_key(&[name], "is not a name", "write one without spaces, at most 63 letters long");
            }
            each(name, all.within(name, table));
        }
    }

    /// Every table within this one but those of some keys, by name.
    pub(super) fn others(&mut self, keys: &[&str], mut each: impl FnMut(&str, Section<'_>)) {
        for (name, value) in self.table {
            let Some(table) = value.as_table().filter(|_| !keys.contains(&name.as_str())) else { continue };
            self.asked.insert(name);
            each(name, self.within(name, table));
        }
    }

    /// Whether there are more than so many keys.
    pub(super) fn is_more_than(&self, keys: usize) -> bool {
        self.table.len() > keys
    }

    /// A raw value, for what has more than one form.
    pub(super) fn take(&mut self, key: &'static str) -> Option<&'a Value> {
        self.asked.insert(key);
        self.table.get(key)
    }

    fn within<'b>(&'b mut self, key: &str, table: &'b Table) -> Section<'b> {
        let path = self.at(&[key]);
        Section { layers: self.layers, path, table, asked: BTreeSet::new(), mistakes: self.mistakes }
    }

    fn push(&mut self, keys: &[&str], key: bool, message: &str, hint: &str) {
        let path = self.at(keys);
        let layers = self.layers;
        self.mistakes.push(|| Mistake::new(&path.join("."), layers.find(&path, key), message, hint));
    }

    fn at(&self, keys: &[&str]) -> Vec<String> {
        self.path.iter().cloned().chain(keys.iter().map(|key| (*key).to_owned())).collect()
    }
}

fn meant(key: &str, known: &BTreeSet<&str>) -> String {
    match nearest(key, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here: {}", one_of(known.iter())),
    }
}
