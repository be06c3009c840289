//! Reading one table: every key that is asked for is a known key, and every other one is a mistake.

use std::collections::BTreeSet;
use std::time::Duration;

use toml::{Table, Value};

use super::layers::Layers;
use super::mistakes::{Mistake, Place};

/// A table of the configuration, at its path.
pub(super) struct Section<'a> {
    layers: &'a Layers,
    path: Vec<String>,
    table: &'a Table,
    asked: BTreeSet<&'static str>,
    mistakes: &'a mut Vec<Mistake>,
}

impl<'a> Section<'a> {
    pub(super) fn root(layers: &'a Layers, mistakes: &'a mut Vec<Mistake>) -> Self {
        Self { layers, path: Vec::new(), table: &layers.merged, asked: BTreeSet::new(), mistakes }
    }

    /// Everything has been asked for: what is left over is not known. Keys of later versions are said to be so.
    pub(super) fn end(self, later: &[&str]) {
        for key in self.table.keys().filter(|key| !self.asked.contains(key.as_str())) {
            let mut path = self.path.clone();
            path.push(key.clone());
            let place = self.layers.key(&path);
            let (message, hint) = if later.contains(&key.as_str()) {
                ("is not supported by this version of golive".to_owned(), Some("leave it out".to_owned()))
            } else {
                let hint = nearest(key, &self.asked).map(|near| format!("did you mean `{near}`?"));
                let known: Vec<&str> = self.asked.iter().copied().collect();
                let hint = hint.or_else(|| Some(format!("known here: {}", known.join(", "))));
                ("is not a known key".to_owned(), hint.filter(|_| !self.asked.is_empty()))
            };
            self.mistakes.push(Mistake::new(&path.join("."), place, message, hint));
        }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// A mistake at a key of this table.
    pub(super) fn wrong(&mut self, key: &str, message: impl Into<String>, hint: &str) {
        let path = self.at(key);
        let place = if self.has(key) { self.layers.value(&path) } else { self.layers.key(&path) };
        let hint = (!hint.is_empty()).then(|| hint.to_owned());
        self.mistakes.push(Mistake::new(&path.join("."), place, message.into(), hint));
    }

    /// A mistake at a key of this table, in place of a value.
    fn none<T>(&mut self, key: &str, message: impl Into<String>, hint: &str) -> Option<T> {
        self.wrong(key, message, hint);
        None
    }

    /// A mistake of the table as a whole.
    pub(super) fn wrong_here(&mut self, message: impl Into<String>, hint: &str) {
        let place = if self.path.is_empty() { Place::Nowhere } else { self.layers.key(&self.path) };
        let hint = (!hint.is_empty()).then(|| hint.to_owned());
        self.mistakes.push(Mistake::new(&self.path.join("."), place, message.into(), hint));
    }

    pub(super) fn string(&mut self, key: &'static str) -> Option<String> {
        let value = self.take(key)?;
        match value.as_str() {
            Some(text) if text.trim().is_empty() => self.none(key, "is empty", ""),
            Some(text) => Some(text.to_owned()),
            None => self.type_of(key, value, "a text in quotes"),
        }
    }

    pub(super) fn boolean(&mut self, key: &'static str) -> Option<bool> {
        let value = self.take(key)?;
        value.as_bool().or_else(|| self.type_of(key, value, "true or false"))
    }

    pub(super) fn strings(&mut self, key: &'static str) -> Option<Vec<String>> {
        let Value::Array(items) = self.take(key)? else {
            return self.none(key, "is not a list", "write [\"…\", \"…\"]");
        };
        let texts: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
        match texts {
            Some(texts) if texts.is_empty() => self.none(key, "is empty", ""),
            Some(texts) => Some(texts),
            None => self.none(key, "is not a list of texts", "write [\"…\", \"…\"]"),
        }
    }

    /// A program with its arguments.
    pub(super) fn argv(&mut self, key: &'static str) -> Option<Vec<String>> {
        let argv = self.strings(key)?;
        if argv.first().is_some_and(String::is_empty) {
            return self.none(key, "names no program", "");
        }
        Some(argv)
    }

    pub(super) fn count(&mut self, key: &'static str, default: u32, least: u32) -> u32 {
        let Some(value) = self.take(key) else { return default };
        match value.as_integer().and_then(|value| u32::try_from(value).ok()).filter(|value| *value >= least) {
            Some(value) => value,
            None => {
                self.wrong(
                    key,
                    "is not a whole number that fits",
                    &format!("write a number from {least} on, e.g. {default}"),
                );
                default
            }
        }
    }

    /// A duration above zero.
    pub(super) fn duration(&mut self, key: &'static str, default: Duration) -> Duration {
        self.optional_duration(key).unwrap_or(default)
    }

    pub(super) fn optional_duration(&mut self, key: &'static str) -> Option<Duration> {
        const HINT: &str = "write a number with a unit, e.g. \"500ms\", \"10s\", \"1m 30s\", \"2h\", \"7d\"";
        let value = self.take(key)?;
        let Some(text) = value.as_str() else { return self.type_of(key, value, HINT) };
        match duration(text) {
            Some(value) if value.is_zero() => self.none(key, "is zero", HINT),
            Some(value) => Some(value),
            None => self.none(key, format!("\"{text}\" is not a duration"), HINT),
        }
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)], default: T) -> T {
        let Some(text) = self.string(key) else { return default };
        match words.iter().find(|(word, _)| *word == text) {
            Some((_, value)) => *value,
            None => {
                let known: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
                self.wrong(
                    key,
                    format!("\"{text}\" is not known here"),
                    &format!("write {}", known.join(", ")),
                );
                default
            }
        }
    }

    /// A table within this one.
    pub(super) fn section(&mut self, key: &'static str) -> Option<Section<'_>> {
        let value = self.take(key)?;
        let Some(table) = value.as_table() else { return self.type_of(key, value, "a table") };
        let path = self.at(key);
        Some(Section { layers: self.layers, path, table, asked: BTreeSet::new(), mistakes: self.mistakes })
    }

    /// Every table within the table `key`, by name.
    pub(super) fn named(&mut self, key: &'static str, mut each: impl FnMut(&str, Section<'_>)) {
        let Some(mut all) = self.section(key) else { return };
        let table = all.table;
        for (name, value) in table {
            if let Some(table) = value.as_table() {
                let path = all.at(name);
                let asked = BTreeSet::new();
                each(name, Section { layers: all.layers, path, table, asked, mistakes: all.mistakes });
            } else {
                all.wrong(name, "is not a table", &format!("write [{}.{name}]", all.path.join(".")));
            }
        }
    }

    /// A raw value, for what has more than one form.
    pub(super) fn take(&mut self, key: &'static str) -> Option<&'a Value> {
        self.asked.insert(key);
        self.table.get(key)
    }

    fn type_of<T>(&mut self, key: &str, found: &Value, wanted: &str) -> Option<T> {
        let hint = if wanted.starts_with("write") { wanted.to_owned() } else { format!("write {wanted}") };
        self.wrong(key, format!("cannot be {}", kind(found)), &hint);
        None
    }

    fn at(&self, key: &str) -> Vec<String> {
        self.path.iter().cloned().chain([key.to_owned()]).collect()
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Integer(_) => "a number",
        Value::Float(_) => "a fraction",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    }
}

/// A duration in the friendly form.
pub fn duration(text: &str) -> Option<Duration> {
    let span: jiff::SignedDuration = match text.strip_suffix('d') {
        // A day is 24 hours here.
        Some(days) if days.bytes().all(|byte| byte.is_ascii_digit()) && !days.is_empty() => {
            jiff::SignedDuration::from_hours(days.parse::<i64>().ok()?.checked_mul(24)?)
        }
        Some(_) | None => text.parse().ok()?,
    };
    Duration::try_from(span).ok()
}

/// The known key that is most alike, if one is alike at all.
fn nearest(key: &str, known: &BTreeSet<&'static str>) -> Option<&'static str> {
    let near = known.iter().map(|known| (distance(key, known), *known)).min()?;
    (near.0 <= key.len().max(3) / 3).then_some(near.1)
}

/// Levenshtein's edit distance.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.chars().enumerate() {
            let changed = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}
