//! What a Swarm's managers are asked, as raw JSON both ways: a typed client refuses an update that is being rolled back,
//! and drops the fields of a specification that it does not know.

use std::time::Duration;

use serde_json::Value;

use super::client::{object, there, url};
use super::labels::swarm::STACK;
use super::{Class, Engine, EngineError};
use crate::config::SwarmSet;

pub(crate) mod service;
mod task;

pub(crate) use task::Task;

/// A manager hands calls on to the leader, and gives up after 20 seconds by itself.
const ASK: Duration = Duration::from_secs(25);

/// What the managers keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Configs,
    Networks,
    Nodes,
    Secrets,
    Services,
    Tasks,
}

impl Kind {
    /// In the engine's words.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Configs => "configs",
            Self::Networks => "networks",
            Self::Nodes => "nodes",
            Self::Secrets => "secrets",
            Self::Services => "services",
            Self::Tasks => "tasks",
        }
    }

    /// Updates of a service go on with the login that it was made with.
    fn query(self, version: &str) -> Vec<(&'static str, &str)> {
        let mut query = vec![("version", version)];
        query.extend((self == Self::Services).then_some(("registryAuthFrom", "spec")));
        query
    }
}

impl Engine {
    /// What the engine says of itself and its Swarm.
    pub(crate) async fn info(&self) -> Result<Value, EngineError> {
        Ok(self.get("ask about the Swarm", "/info").await?.unwrap_or_default())
    }

    /// One object, by its id or name; `None` when it is not there.
    pub(crate) async fn object(
        &self,
        doing: &str,
        kind: Kind,
        id: &str,
    ) -> Result<Option<Value>, EngineError> {
        self.get(doing, &format!("/{}/{id}", kind.name())).await
    }

    /// All objects that fit a filter.
    pub(crate) async fn objects(
        &self,
        doing: &str,
        kind: Kind,
        filters: &Value,
    ) -> Result<Vec<Value>, EngineError> {
        self.objects_within(doing, kind, filters, ASK).await
    }

    /// The same, answered in time.
    pub(crate) async fn objects_within(
        &self,
        doing: &str,
        kind: Kind,
        filters: &Value,
        limit: Duration,
    ) -> Result<Vec<Value>, EngineError> {
        let list = |body: &str| serde_json::from_str(body).map_err(|error| error.to_string());
        let query = [("filters", filters.to_string())];
        let query = query.each_ref().map(|(name, value)| (*name, value.as_str()));
        let found = self.look(doing, limit, &format!("/{}", kind.name()), &query, list).await;
        Ok(there(found)?.unwrap_or_default())
    }

    /// Makes an object of that specification.
    pub(crate) async fn create_object(
        &self,
        doing: &str,
        kind: Kind,
        spec: &Value,
        limit: Duration,
    ) -> Result<(), EngineError> {
        let path = format!("/{}/create", kind.name());
        self.act(doing, limit, self.raw.post(url(&path, &[])).json(spec)).await
    }

    /// Gives an object another specification, unless it has changed since that version.
    pub(crate) async fn update_object(
        &self,
        doing: &str,
        kind: Kind,
        (id, version): (&str, u64),
        spec: &Value,
        limit: Duration,
    ) -> Result<(), EngineError> {
        let (path, version) = (format!("/{}/{id}/update", kind.name()), version.to_string());
        self.act(doing, limit, self.raw.post(url(&path, &kind.query(&version))).json(spec)).await
    }

    /// Removes an object; one that is gone is fine.
    pub(crate) async fn remove_object(
        &self,
        doing: &str,
        kind: Kind,
        id: &str,
        limit: Duration,
    ) -> Result<(), EngineError> {
        let path = format!("/{}/{id}", kind.name());
        match self.act(doing, limit, self.raw.delete(url(&path, &[]))).await {
            Err(error) if error.class() == Class::NotThere => Ok(()),
            result => result,
        }
    }

    /// What is there; `None` when nothing is.
    pub(super) async fn get(&self, doing: &str, path: &str) -> Result<Option<Value>, EngineError> {
        there(self.look(doing, ASK, path, &[], object).await)
    }
}

/// Whether a service of that specification is one of the set.
pub(crate) fn belongs(set: &SwarmSet, spec: &Value) -> bool {
    match set {
        SwarmSet::Service(name) => spec["Name"] == name.as_str(),
        SwarmSet::Stack(name) => spec["Labels"][STACK] == name.as_str(),
    }
}

/// Which version of an object that is, for an update.
pub(crate) fn version(object: &Value) -> u64 {
    object.pointer("/Version/Index").and_then(Value::as_u64).unwrap_or_default()
}

/// A text in an answer, by its JSON pointer; empty when it is not there.
pub(crate) fn text<'a>(json: &'a Value, pointer: &str) -> &'a str {
    json.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
