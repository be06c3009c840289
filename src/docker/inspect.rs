//! One container as the engine described it, kept as the raw text and read field by field.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::compose;
use super::labels::ROLLBACK;

mod long;
mod running;
mod state;

pub(crate) use state::Health;

static NULL: Value = Value::Null;

/// What `GET /containers/{id}/json` said.
#[derive(Debug, Clone)]
pub(crate) struct Inspect {
    raw: String,
    json: Value,
}

impl Inspect {
    pub(crate) fn parse(raw: String) -> Result<Self, serde_json::Error> {
        let json = serde_json::from_str(&raw)?;
        Ok(Self { raw, json })
    }

    /// From an engine's answer, in which anybody's labels can be as long as he likes.
    pub(crate) fn told(answer: &str) -> Result<Self, serde_json::Error> {
        let mut json = serde_json::from_str(answer)?;
        Ok(if long::cut(&mut json) { Self::of(json) } else { Self { raw: answer.to_owned(), json } })
    }

    /// Labels of which only the length and a hash are known.
    pub(crate) fn cut_labels(&self) -> impl Iterator<Item = &str> {
        self.entries("/Config/Labels").filter(|(_, value)| long::is_cut(value)).map(|(name, _)| name.as_str())
    }

    /// From the engine's answer within a longer text.
    pub(crate) fn of(json: Value) -> Self {
        Self { raw: json.to_string(), json }
    }

    /// With one more field at the top.
    pub(crate) fn with(mut self, field: &str, value: Value) -> Self {
        self.json[field] = value;
        Self::of(self.json)
    }

    /// The text as the engine gave it.
    pub(crate) fn raw(&self) -> &str {
        &self.raw
    }

    /// A field, by its JSON pointer; null when it is not there.
    pub(crate) fn at(&self, pointer: &str) -> &Value {
        self.json.pointer(pointer).unwrap_or(&NULL)
    }

    /// A text, by its JSON pointer; empty when it is not there.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.at(pointer).as_str().unwrap_or_default()
    }

    /// A switch, by its JSON pointer; off when it is not there.
    pub(crate) fn flag(&self, pointer: &str) -> bool {
        self.at(pointer).as_bool().unwrap_or_default()
    }

    /// An object's entries; none when it is not there.
    pub(crate) fn entries(&self, pointer: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.at(pointer).as_object().into_iter().flat_map(Map::iter)
    }

    /// An array's items; none when it is not there.
    pub(crate) fn items(&self, pointer: &str) -> impl Iterator<Item = &Value> {
        self.at(pointer).as_array().into_iter().flatten()
    }

    pub(crate) fn id(&self) -> &str {
        self.text("/Id")
    }

    /// Its name, without the slash that the engine puts before it.
    pub(crate) fn name(&self) -> &str {
        self.text("/Name").trim_start_matches('/')
    }

    pub(crate) fn image(&self) -> &str {
        self.text("/Image")
    }

    pub(crate) fn label(&self, label: &str) -> Option<&str> {
        self.at("/Config/Labels").get(label)?.as_str()
    }

    /// Whether it runs, or is about to be restarted by the engine.
    pub(crate) fn up(&self) -> bool {
        self.runs() || self.restarting()
    }

    /// Whether the engine is removing it, or has failed to.
    pub(crate) fn going(&self) -> bool {
        matches!(self.status(), "removing" | "dead")
    }

    /// Whether it has done its work and ended.
    pub(crate) fn has_ended(&self) -> bool {
        compose::has_ended(self.at(""))
    }

    /// Whether that rollback made it.
    pub(crate) fn made_by(&self, rollback: &str) -> bool {
        self.label(ROLLBACK) == Some(rollback)
    }

    /// When it was made.
    pub(crate) fn created(&self) -> Option<Timestamp> {
        self.time("/Created")
    }

    /// When it was started last.
    pub(crate) fn started(&self) -> Option<Timestamp> {
        self.time("/State/StartedAt")
    }

    /// When it ended last.
    pub(crate) fn ended(&self) -> Option<Timestamp> {
        self.time("/State/FinishedAt")
    }

    /// The engine writes the year 1 for what has never happened.
    fn time(&self, pointer: &str) -> Option<Timestamp> {
        let time: Timestamp = self.text(pointer).parse().ok()?;
        (time > Timestamp::UNIX_EPOCH).then_some(time)
    }
}
