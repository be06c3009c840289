//! What happens, as the engine tells it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use reqwest::Response;
use serde::Deserialize;
use serde_json::Value;

use super::client::{QUICK, patiently, url};
use super::id::short;
use super::{Engine, EngineError};

mod lines;

pub(crate) use lines::LONGEST;
use lines::{Line, Lines};

/// The events from a moment on, one after the other.
#[derive(Debug)]
pub(crate) struct Stream {
    response: Response,
    lines: Lines,
}

/// What the stream has told.
#[derive(Debug)]
pub(crate) enum Told {
    Heard(Heard),
    /// Something longer than anybody wants to read.
    TooLong {
        /// When it happened, in nanoseconds.
        time: Option<i64>,
    },
    /// Something that no engine says; why not.
    Nonsense(String),
}

/// The stream has ended; why.
#[derive(Debug)]
pub(crate) struct Broken(pub(crate) String);

impl Engine {
    /// The stream of events, once the engine has said that it begins. Not bounded in time: whoever reads it has to
    /// look at the world by itself now and then.
    pub(crate) async fn events(&self, filters: &Value, since: Option<&str>) -> Result<Stream, EngineError> {
        let doing = "subscribe to the events";
        let filters = filters.to_string();
        let mut query = vec![("filters", filters.as_str())];
        query.extend(since.map(|since| ("since", since)));
        let query = &query;
        let subscribe = || async move { self.begun(doing, self.raw.get(url("/events", query))).await };
        let response = patiently(doing, QUICK, subscribe).await?;
        Ok(Stream { response, lines: Lines::default() })
    }

    /// What the engine remembers of a container, oldest first, but for what is done inside it.
    pub(crate) async fn past(&self, id: &str, until: Timestamp) -> Result<Vec<Value>, EngineError> {
        let filters = serde_json::json!({
            "type": ["container"],
            "container": [id],
            "event": ["create", "start", "restart", "die", "oom", "kill", "stop", "health_status", "pause", "unpause",
                "rename", "update"],
        });
        let until = format!("{}.{:09}", until.as_second(), until.subsec_nanosecond());
        let query = [("since", "1"), ("until", &until), ("filters", &filters.to_string())];
        let doing = format!("read the events of container {}", short(id));
        let lines = |body: &str| {
            let lines = body.lines().map(|line| serde_json::from_str(line.trim_start_matches('\x1e')));
            lines.collect::<Result<_, _>>().map_err(|error| error.to_string())
        };
        self.look(&doing, QUICK, "/events", &query, lines).await
    }
}

impl Stream {
    /// What comes next. May be dropped at any time: what has come is not lost.
    pub(crate) async fn next(&mut self) -> Result<Told, Broken> {
        loop {
            if let Some(line) = self.lines.next() {
                return Ok(match line {
                    Line::Whole(line) => match Heard::parse(&line) {
                        Ok(heard) => Told::Heard(heard),
                        Err(error) => Told::Nonsense(error.to_string()),
                    },
                    Line::TooLong { time } => Told::TooLong { time },
                });
            }
            match self.response.chunk().await {
                Ok(Some(chunk)) => self.lines.take(&chunk),
                Ok(None) => return Err(Broken("the engine ended it".to_owned())),
                Err(error) => return Err(Broken(error.to_string())),
            }
        }
    }
}

/// One event, as the engine words it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Heard {
    /// What kind of thing it happened to.
    #[serde(rename = "Type", default)]
    pub(crate) kind: String,
    pub(crate) action: String,
    pub(crate) actor: Actor,
    /// In nanoseconds.
    #[serde(rename = "timeNano")]
    pub(crate) time: i64,
}

/// What it happened to.
#[derive(Debug, Deserialize)]
pub(crate) struct Actor {
    #[serde(rename = "ID")]
    pub(crate) id: String,
    #[serde(rename = "Attributes", default)]
    pub(crate) attributes: BTreeMap<String, String>,
}

impl Heard {
    pub(crate) fn parse(line: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(line.strip_prefix(b"\x1e").unwrap_or(line))
    }

    pub(crate) fn attribute(&self, name: &str) -> &str {
        self.actor.attributes.get(name).map(String::as_str).unwrap_or_default()
    }

    pub(crate) fn name(&self) -> &str {
        self.attribute("name")
    }

    pub(crate) fn old_name(&self) -> &str {
        self.attribute("oldName").trim_start_matches('/')
    }

    pub(crate) fn exit(&self) -> Option<i64> {
        self.actor.attributes.get("exitCode").and_then(|code| code.parse().ok())
    }
}

/// The moment after that one, as the engine wants it.
pub(crate) fn just_after(nanos: i64) -> String {
    let next = nanos.saturating_add(1);
    format!("{}.{:09}", next / 1_000_000_000, next % 1_000_000_000)
}
