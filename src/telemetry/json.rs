//! The log as JSON: one object a line, as `tracing-subscriber` writes it, of a bounded length.

use std::fmt;

use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

use super::{LINE_MAX, priority};
use crate::untrusted::acts;

/// One object per event.
#[derive(Debug, Clone, Copy)]
pub(super) struct Json {
    /// With the priority in front, which the journal takes off (`sd-daemon(3)`).
    pub(super) journal: bool,
}

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut timestamp = String::new();
        SystemTime.format_time(&mut Writer::new(&mut timestamp))?;
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut spans = Vec::new();
        for span in context.event_scope().into_iter().flat_map(tracing_subscriber::registry::Scope::from_root)
        {
            let extensions = span.extensions();
            let told = extensions.get::<FormattedFields<N>>().map_or("", |told| told.fields.as_str());
            let mut told: Map<String, Value> = serde_json::from_str(told).unwrap_or_default();
            told.insert("name".to_owned(), span.name().into());
            spans.push(told);
        }
        let (level, target) = (event.metadata().level(), event.metadata().target());
        let mut record =
            json!({ "timestamp": timestamp, "level": level.as_str(), "fields": fields.0, "target": target });
        if !spans.is_empty() {
            record["spans"] = spans.into();
        }
        if self.journal {
            write!(writer, "<{}>", priority(*level))?;
        }
        writeln!(writer, "{}", line(record))
    }
}

/// In one line, in which whatever acts stands by its number. Where that is too long, every text is cut.
fn line(mut record: Value) -> String {
    let mut most = LINE_MAX;
    loop {
        let line = plain(&record);
        if line.len() <= LINE_MAX {
            return line;
        }
        if most == 0 {
            // So many fields that nothing of a text is left.
            record["fields"] = json!({ "message": "a record with too many fields" });
            record["spans"].take();
        }
        most /= 2;
        cut(&mut record, most);
    }
}

fn plain(record: &Value) -> String {
    let mut line = String::new();
    for character in record.to_string().chars() {
        if acts(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                line.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            line.push(character);
        }
    }
    line
}

fn cut(value: &mut Value, most: usize) {
    match value {
        Value::String(text) if text.chars().count() > most => {
            *text = text.chars().take(most).chain(['…']).collect();
        }
        Value::Array(items) => items.iter_mut().for_each(|item| cut(item, most)),
        Value::Object(fields) => fields.values_mut().for_each(|field| cut(field, most)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[derive(Debug, Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().trim_start_matches("r#").to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }
}
