//! What a Swarm's managers are asked, as raw JSON both ways: a typed client refuses an update that is being rolled back,
//! and drops the fields of a specification that it does not know.

use std::time::Duration;

use serde_json::Value;

use super::{Class, Engine, EngineError, SLOW, object, there, url};

/// A manager hands calls on to the leader, and gives up after 20 seconds by itself.
const ASK: Duration = Duration::from_secs(25);

impl Engine {
    /// What is there; `None` when nothing is.
    pub(in super::super) async fn get(
        &self,
        doing: &str,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Option<Value>, EngineError> {
        there(self.look(doing, ASK, path, query, object).await)
    }

    /// All that fit a filter.
    pub(in super::super) async fn all(
        &self,
        doing: &str,
        path: &str,
        filters: &Value,
    ) -> Result<Vec<Value>, EngineError> {
        self.all_within(doing, path, filters, ASK).await
    }

    /// The same, answered in time.
    pub(in super::super) async fn all_within(
        &self,
        doing: &str,
        path: &str,
        filters: &Value,
        limit: Duration,
    ) -> Result<Vec<Value>, EngineError> {
        let list = |body: &str| serde_json::from_str(body).map_err(|error| error.to_string());
        let found = self.look(doing, limit, path, &[("filters", &filters.to_string())], list).await;
        Ok(there(found)?.unwrap_or_default())
    }

    /// Makes or changes something.
    pub(in super::super) async fn post(
        &self,
        doing: &str,
        path: &str,
        query: &[(&str, &str)],
        body: &Value,
    ) -> Result<(), EngineError> {
        self.post_within(doing, path, query, body, SLOW).await
    }

    /// The same, done in time.
    pub(in super::super) async fn post_within(
        &self,
        doing: &str,
        path: &str,
        query: &[(&str, &str)],
        body: &Value,
        limit: Duration,
    ) -> Result<(), EngineError> {
        self.act(doing, limit, self.raw.post(url(path, query)).json(body)).await
    }

    /// Removes something; what is gone is fine.
    pub(in super::super) async fn delete(&self, doing: &str, path: &str) -> Result<(), EngineError> {
        match self.act(doing, SLOW, self.raw.delete(url(path, &[]))).await {
            Err(error) if error.class() == Class::NotThere => Ok(()),
            result => result,
        }
    }
}
