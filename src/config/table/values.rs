//! The kinds of value that a key can have.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{Span, SpanRelativeTo};
use toml::Value;

use super::Section;
use crate::config::nearest::nearest;

/// How durations are spelled.
const DURATION: &str = "write a number with a unit, e.g. \"500ms\", \"10s\", \"1m 30s\", \"2h\", \"7d\"";

/// No list is longer: what is looked up in it, is looked up one by one.
const ITEMS_MAX: usize = 1_000;

/// No duration is longer: one hundred years can be added to any time that a host shows.
const LONGEST: Duration = Duration::from_hours(24 * 36_525);

impl Section<'_> {
    /// A text that is not empty.
    pub(in crate::config) fn string(&mut self, key: &'static str) -> Option<String> {
        let value = self.take(key)?;
        // In the environment, `+4930123` may be a number or a phone: only the key knows.
        let path = self.at(&[key]);
        match value.as_str().or_else(|| self.layers.variable(&path)) {
            Some(text) if text.trim().is_empty() => self.none(key, "is empty", ""),
            Some(text) => Some(text.to_owned()),
            None => self.type_of(key, value, "write a text in quotes"),
        }
    }

    pub(in crate::config) fn boolean(&mut self, key: &'static str) -> Option<bool> {
        let value = self.take(key)?;
        value.as_bool().or_else(|| self.type_of(key, value, "write true or false"))
    }

    /// A list of at least one text.
    pub(in crate::config) fn strings(&mut self, key: &'static str) -> Option<Vec<String>> {
        const HINT: &str = "write [\"…\", \"…\"]";
        let value = self.take(key)?;
        let Some(items) = value.as_array() else { return self.type_of(key, value, HINT) };
        if items.is_empty() {
            return self.none(key, "is empty", HINT);
        }
        if items.len() > ITEMS_MAX {
            return self.none(key, format!("has more than {ITEMS_MAX} entries"), "leave some out");
        }
        let mut texts = Vec::new();
        for (index, item) in items.iter().enumerate() {
            match item.as_str() {
                Some(text) => texts.push(text.to_owned()),
                None => {
                    let message = format!("is {}, not a text", kind(item));
                    self.wrong_in(&[key, &index.to_string()], message, HINT);
                }
            }
        }
        (texts.len() == items.len()).then_some(texts)
    }

    /// A list of at least one text, none of them twice.
    pub(in crate::config) fn distinct(&mut self, key: &'static str) -> Option<Vec<String>> {
        let texts = self.strings(key)?;
        for (index, text) in texts.iter().enumerate().filter(|(index, text)| texts[..*index].contains(text)) {
            self.wrong_in(
                &[key, &index.to_string()],
                format!("\"{text}\" is there twice"),
                "keep one of them",
            );
        }
        Some(texts)
    }

    /// One text, or several of them; whether they were given as a list.
    pub(in crate::config) fn one_or_more(&mut self, key: &'static str) -> Option<(Vec<String>, bool)> {
        if self.take(key)?.as_array().is_some() {
            return Some((self.distinct(key)?, true));
        }
        Some((vec![self.string(key)?], false))
    }

    /// A program with its arguments.
    pub(in crate::config) fn argv(&mut self, key: &'static str) -> Option<Vec<String>> {
        let argv = self.strings(key)?;
        if argv[0].trim().is_empty() {
            self.wrong_in(&[key, "0"], "names no program", "write [\"/path/program\", \"argument\"]");
            return None;
        }
        if argv.iter().any(|argument| argument.contains('\0')) {
            return self.none(key, "holds a NUL, which no program can be given", "");
        }
        Some(argv)
    }

    /// A table of texts and other plain values; each pair is looked at, and dropped when it is told wrong.
    pub(in crate::config) fn pairs<T>(
        &mut self,
        key: &'static str,
        hint: &str,
        read: impl Fn(&str, &Value) -> Result<T, String>,
    ) -> BTreeMap<String, T> {
        let mut pairs = BTreeMap::new();
        let Some(value) = self.take(key) else { return pairs };
        let Some(table) = value.as_table() else {
            self.type_of::<()>(key, value, hint);
            return pairs;
        };
        for (name, value) in table {
            match read(name, value) {
                Ok(value) => drop(pairs.insert(name.clone(), value)),
                Err(why) => self.wrong_key(&[key, name], why, hint),
            }
        }
        pairs
    }

    /// A whole number from `least` on.
    pub(in crate::config) fn count(&mut self, key: &'static str, default: u32, least: u32) -> u32 {
        let Some(value) = self.take(key) else { return default };
        let hint = format!("write a whole number from {least} on, e.g. {default}");
        let Some(number) = value.as_integer() else {
            self.type_of::<()>(key, value, &hint);
            return default;
        };
        match u32::try_from(number).ok().filter(|number| (least..=1_000_000).contains(number)) {
            Some(number) => number,
            None => {
                let why = if number < i64::from(least) { "too small" } else { "too large" };
                self.wrong(key, format!("{number} is {why}"), &hint);
                default
            }
        }
    }

    /// A duration above zero.
    pub(in crate::config) fn duration(&mut self, key: &'static str, default: Duration) -> Duration {
        self.optional_duration(key).unwrap_or(default)
    }

    /// A duration above zero, or none.
    pub(in crate::config) fn optional_duration(&mut self, key: &'static str) -> Option<Duration> {
        match self.any_duration(key)? {
            Duration::ZERO => self.none(key, "is zero", DURATION),
            duration => Some(duration),
        }
    }

    /// A duration within bounds.
    pub(in crate::config) fn duration_within(
        &mut self,
        key: &'static str,
        default: Duration,
        (least, most): (&str, &str),
    ) -> Duration {
        let Some(duration) = self.optional_duration(key) else { return default };
        let bound =
            |text| length(text).expect("the bounds in the code are durations: every default is tested");
        let why = if duration < bound(least) {
            format!("is shorter than {least}")
        } else if duration > bound(most) {
            format!("is longer than {most}")
        } else {
            return duration;
        };
        self.wrong(key, why, &format!("write \"{least}\" to \"{most}\""));
        default
    }

    /// A duration within bounds, or none where it is switched off: by `false`, or by zero.
    pub(in crate::config) fn duration_or_off(
        &mut self,
        key: &'static str,
        default: Option<Duration>,
        bounds: (&str, &str),
    ) -> Option<Duration> {
        let value = self.take(key);
        if value.is_none() {
            return default;
        }
        let off = value.and_then(Value::as_bool) == Some(false)
            || value.and_then(Value::as_str).is_some_and(|text| length(text) == Ok(Duration::ZERO));
        (!off).then(|| self.duration_within(key, default.unwrap_or_default(), bounds))
    }

    /// A duration that may be zero.
    pub(in crate::config) fn any_duration(&mut self, key: &'static str) -> Option<Duration> {
        let value = self.take(key)?;
        let path = self.at(&[key]);
        let Some(text) = value.as_str().or_else(|| self.layers.variable(&path)) else {
            let unit = "\"10s\" or \"10m\", say";
            return match value.as_integer().filter(|number| *number >= 0) {
                Some(number) => self.none(key, format!("{number} has no unit"), &format!("write {unit}")),
                None => self.type_of(key, value, DURATION),
            };
        };
        match length(text) {
            Ok(duration) => Some(duration),
            Err(why) => self.none(key, format!("\"{text}\" {why}"), DURATION),
        }
    }

    /// Any number, to be compared with what is measured.
    pub(in crate::config) fn number(&mut self, key: &'static str) -> Option<f64> {
        let value = self.take(key)?;
        #[expect(clippy::cast_precision_loss, reason = "what is measured is such a number too")]
        let whole = value.as_integer().map(|number| number as f64);
        whole.or(value.as_float()).or_else(|| self.type_of(key, value, "write a number, e.g. 3 or 0.9"))
    }

    /// One of a few words.
    pub(in crate::config) fn word<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&'static str, T)],
        default: T,
    ) -> T {
        self.optional_word(key, words).unwrap_or(default)
    }

    /// One of a few words, or none.
    pub(in crate::config) fn optional_word<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&'static str, T)],
    ) -> Option<T> {
        let text = self.string(key)?;
        self.one_of(&[key], &text, words)
    }

    /// A list of some of a few words, none of them twice.
    pub(in crate::config) fn words(
        &mut self,
        key: &'static str,
        words: &[(&'static str, ())],
    ) -> Option<Vec<String>> {
        let texts = self.distinct(key)?;
        for (index, text) in texts.iter().enumerate() {
            self.one_of(&[key, &index.to_string()], text, words);
        }
        Some(texts)
    }

    fn one_of<T: Copy>(&mut self, keys: &[&str], text: &str, words: &[(&'static str, T)]) -> Option<T> {
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let known = words.iter().map(|(word, _)| *word);
        let hint = match nearest(text, known.clone()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("write one of {}", one_of(known)),
        };
        self.wrong_in(keys, format!("\"{text}\" is not known here"), &hint);
        None
    }

    /// A mistake in place of a value.
    fn none<T>(&mut self, key: &str, message: impl AsRef<str>, hint: &str) -> Option<T> {
        self.wrong(key, message, hint);
        None
    }

    /// A value of the wrong type.
    pub(in crate::config) fn type_of<T>(&mut self, key: &str, found: &Value, hint: &str) -> Option<T> {
        self.none(key, format!("cannot be {}", kind(found)), hint)
    }
}

/// Words for a list in a sentence.
pub(in crate::config) fn one_of(words: impl Iterator<Item = impl AsRef<str>>) -> String {
    let words: Vec<String> = words.map(|word| format!("`{}`", word.as_ref())).collect();
    words.join(", ")
}

pub(super) fn kind(value: &Value) -> &'static str {
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

/// A duration as it is spelled in the configuration: `"1m 30s"`, `"7d"`.
pub fn duration(text: &str) -> Option<Duration> {
    length(text).ok()
}

/// A day is 24 hours here, and a week seven of them.
fn length(text: &str) -> Result<Duration, &'static str> {
    let number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let span: Span = text.parse().map_err(|_| if number { "has no unit" } else { "is not a duration" })?;
    let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| "is not a duration")?;
    let length = Duration::try_from(length).map_err(|_| "is negative")?;
    if length > LONGEST { Err("is longer than a hundred years") } else { Ok(length) }
}
