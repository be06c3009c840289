//! One container as the engine described it, kept as the raw text and read field by field.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::config::compose;

mod long;
mod running;

/// The service that a container holds the image of a release for.
pub(super) const KEEP: &str = "golive.keep";
/// The release that it holds.
pub(super) const RELEASE: &str = "golive.release";
/// The version that golive gave a successor, whose image is named by its id alone.
pub(super) const VERSION: &str = "golive.version";
/// The rollback that made a container.
pub(super) const ROLLBACK: &str = "golive.rollback";
/// The rollback that a container was made anew with, because it lives in the service's.
pub(super) const DEPENDENT: &str = "golive.dependent-of";
/// The service for which it was tried whether a container can be made.
pub(super) const REHEARSAL: &str = "golive.rehearsal-of";
/// The service that a container was made for.
pub(super) const SERVICE: &str = "golive.service";
/// The container that a successor stands in for.
pub(super) const REPLACES: &str = "golive.replaces";
/// The restart policy of the container that a successor stands in for, as JSON: what undoing gives back.
pub(super) const RESTART: &str = "golive.replaces-restart";

/// The name that people know a container's image by, which the engine may not know any more.
pub(super) const IMAGE: &str = "golive.image";

/// What tells apart the files that were put into a container as it was made: in an inspect, and on a successor.
pub(super) const PUT: &str = "golive.put";

static NULL: Value = Value::Null;

/// What `GET /containers/{id}/json` said.
#[derive(Debug, Clone)]
pub(super) struct Inspect {
    raw: String,
    json: Value,
}

impl Inspect {
    pub(super) fn parse(raw: String) -> Result<Self, serde_json::Error> {
        let json = serde_json::from_str(&raw)?;
        Ok(Self { raw, json })
    }

    /// From an engine's answer, in which anybody's labels can be as long as he likes.
    pub(super) fn told(answer: &str) -> Result<Self, serde_json::Error> {
        let mut json = serde_json::from_str(answer)?;
        Ok(if long::cut(&mut json) { Self::of(json) } else { Self { raw: answer.to_owned(), json } })
    }

    /// Labels of which only the length and a hash are known.
    pub(super) fn cut_labels(&self) -> impl Iterator<Item = &str> {
        self.entries("/Config/Labels").filter(|(_, value)| long::is_cut(value)).map(|(name, _)| name.as_str())
    }

    /// From the engine's answer within a longer text.
    pub(super) fn of(json: Value) -> Self {
        Self { raw: json.to_string(), json }
    }

    /// With one more field at the top.
    pub(super) fn with(mut self, field: &str, value: Value) -> Self {
        self.json[field] = value;
        Self::of(self.json)
    }

    /// The text as the engine gave it.
    pub(super) fn raw(&self) -> &str {
        &self.raw
    }

    /// A field, by its JSON pointer; null when it is not there.
    pub(super) fn at(&self, pointer: &str) -> &Value {
        self.json.pointer(pointer).unwrap_or(&NULL)
    }

    /// A text, by its JSON pointer; empty when it is not there.
    pub(super) fn text(&self, pointer: &str) -> &str {
        self.at(pointer).as_str().unwrap_or_default()
    }

    /// A switch, by its JSON pointer; off when it is not there.
    pub(super) fn flag(&self, pointer: &str) -> bool {
        self.at(pointer).as_bool().unwrap_or_default()
    }

    /// An object's entries; none when it is not there.
    pub(super) fn entries(&self, pointer: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.at(pointer).as_object().into_iter().flat_map(Map::iter)
    }

    /// An array's items; none when it is not there.
    pub(super) fn items(&self, pointer: &str) -> impl Iterator<Item = &Value> {
        self.at(pointer).as_array().into_iter().flatten()
    }

    pub(super) fn id(&self) -> &str {
        self.text("/Id")
    }

    /// Its name, without the slash that the engine puts before it.
    pub(super) fn name(&self) -> &str {
        self.text("/Name").trim_start_matches('/')
    }

    pub(super) fn image(&self) -> &str {
        self.text("/Image")
    }

    pub(super) fn label(&self, label: &str) -> Option<&str> {
        self.at("/Config/Labels").get(label)?.as_str()
    }

    /// Whether it runs, or is about to be restarted by the engine.
    pub(super) fn up(&self) -> bool {
        self.flag("/State/Running") || self.flag("/State/Restarting")
    }

    /// Whether the engine is removing it, or has failed to.
    pub(super) fn going(&self) -> bool {
        matches!(self.text("/State/Status"), "removing" | "dead")
    }

    /// Whether it has done its work and ended.
    pub(super) fn has_ended(&self) -> bool {
        compose::has_ended(self.at(""))
    }

    /// Whether that rollback made it.
    pub(super) fn made_by(&self, rollback: &str) -> bool {
        self.label(ROLLBACK) == Some(rollback)
    }

    /// When it was made.
    pub(super) fn created(&self) -> Option<Timestamp> {
        self.time("/Created")
    }

    /// When it was started last.
    pub(super) fn started(&self) -> Option<Timestamp> {
        self.time("/State/StartedAt")
    }

    /// When it ended last.
    pub(super) fn ended(&self) -> Option<Timestamp> {
        self.time("/State/FinishedAt")
    }

    /// The engine writes the year 1 for what has never happened.
    fn time(&self, pointer: &str) -> Option<Timestamp> {
        let time: Timestamp = self.text(pointer).parse().ok()?;
        (time > Timestamp::UNIX_EPOCH).then_some(time)
    }
}
