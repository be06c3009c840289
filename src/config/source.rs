//! One file of the configuration: its values for the `config` crate, and where each of them stands.

use std::collections::BTreeMap;
use std::ops::Range;

use config::{ConfigError, Map, Source, Value, ValueKind};
use toml::de::{DeTable, DeValue};

use super::mask::mask;
use super::mistakes::{Mistake, Mistakes, Place};

/// So many errors of syntax are told per file: what follows the first few is mostly their echo.
const SYNTAX_MOST: usize = 5;

/// Where a key and its value stand in a text.
#[derive(Debug)]
struct Spans {
    key: Range<usize>,
    value: Range<usize>,
}

/// One file, read.
#[derive(Debug)]
pub(super) struct File {
    /// Its name, as people know it.
    pub(super) name: String,
    /// Its text with the secrets masked: nothing else of it is ever shown.
    shown: String,
    /// By path; an element of a list has its number as the last key.
    spans: BTreeMap<Vec<String>, Spans>,
    values: Map<String, Value>,
}

impl File {
    /// Reads a text; `None` when it is not TOML, which is told.
    pub(super) fn parse(name: String, text: &str, mistakes: &mut Mistakes) -> Option<Self> {
        let shown = mask(text);
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors.iter().take(SYNTAX_MOST) {
            let span = error.span().unwrap_or_default();
            mistakes.push(|| Mistake::new("", Place::in_file(&name, &shown, &span), error.message(), ""));
        }
        if !errors.is_empty() {
            return None;
        }
        let mut file = Self { name, shown, spans: BTreeMap::new(), values: Map::new() };
        file.values = file.table(&mut Vec::new(), table.into_inner(), mistakes);
        Some(file)
    }

    /// What the `config` crate is given.
    pub(super) fn layer(&self) -> Layer {
        Layer(self.values.clone())
    }

    /// Where the key or the value at a path stands.
    pub(super) fn find(&self, path: &[String], key: bool) -> Option<Place> {
        let spans = self.spans.get(path)?;
        Some(Place::in_file(&self.name, &self.shown, if key { &spans.key } else { &spans.value }))
    }

    fn table(
        &mut self,
        path: &mut Vec<String>,
        table: DeTable<'_>,
        mistakes: &mut Mistakes,
    ) -> Map<String, Value> {
        let mut values = Map::new();
        for (key, value) in table {
            let (span, key) = (key.span(), key.into_inner().into_owned());
            path.push(key.clone());
            self.spans.insert(path.clone(), Spans { key: span, value: value.span() });
            if path.len() == 1 && !is_bare(&key) {
                // The `config` crate would take it for a path: `"a[9999999999]"` for so long a list.
                mistakes.push(|| {
                    Mistake::new(
                        &key,
                        self.find(path, true).unwrap_or(Place::Nowhere),
                        "is not a known key",
                        "",
                    )
                });
            } else if let Some(value) = self.value(path, value.into_inner(), mistakes) {
                values.insert(key, value);
            }
            path.pop();
        }
        values
    }

    fn value(
        &mut self,
        path: &mut Vec<String>,
        value: DeValue<'_>,
        mistakes: &mut Mistakes,
    ) -> Option<Value> {
        let kind = match value {
            DeValue::String(text) => Some(ValueKind::String(text.into_owned())),
            DeValue::Boolean(value) => Some(ValueKind::Boolean(value)),
            DeValue::Datetime(time) => Some(ValueKind::String(time.to_string())),
            DeValue::Integer(number) => {
                i64::from_str_radix(number.as_str(), number.radix()).ok().map(ValueKind::I64)
            }
            DeValue::Float(number) => {
                number.as_str().parse().ok().filter(|value: &f64| value.is_finite()).map(ValueKind::Float)
            }
            DeValue::Table(table) => Some(ValueKind::Table(self.table(path, table, mistakes))),
            DeValue::Array(items) => {
                let mut values = Vec::new();
                for (index, item) in items.into_iter().enumerate() {
                    path.push(index.to_string());
                    self.spans.insert(path.clone(), Spans { key: item.span(), value: item.span() });
                    values.extend(self.value(path, item.into_inner(), mistakes));
                    path.pop();
                }
                Some(ValueKind::Array(values))
            }
        };
        if kind.is_none() {
            mistakes.push(|| {
                let place = self.find(path, false).unwrap_or(Place::Nowhere);
                Mistake::new(&path.join("."), place, "is too large a number", "")
            });
        }
        kind.map(|kind| Value::new(Some(&self.name), kind))
    }
}

fn is_bare(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// Values for the `config` crate. Their top-level keys are bare: it takes all others for paths.
#[derive(Debug, Clone)]
pub(super) struct Layer(pub(super) Map<String, Value>);

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(self.0.clone())
    }
}
