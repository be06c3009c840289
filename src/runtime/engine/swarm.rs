//! What a Swarm's managers are asked, as raw JSON both ways: a typed client refuses an update that is being rolled back,
//! and drops the fields of a specification that it does not know.

use std::time::Duration;

use reqwest::RequestBuilder;
use serde_json::Value;

use super::{Engine, EngineError, SLOW, url};

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
        let answer = self.ask(doing, self.raw.get(url(path, query)), ASK).await?;
        if answer.status == 404 {
            return Ok(None);
        }
        let body = answer.expect(doing, 200)?;
        let garbled = |why: serde_json::Error| garbled(doing, &why.to_string());
        serde_json::from_str(&body).map(Some).map_err(garbled)
    }

    /// All that fit a filter.
    pub(in super::super) async fn all(
        &self,
        doing: &str,
        path: &str,
        filters: &Value,
    ) -> Result<Vec<Value>, EngineError> {
        match self.get(doing, path, &[("filters", &filters.to_string())]).await? {
            Some(Value::Array(found)) => Ok(found),
            Some(_) => Err(garbled(doing, "it is no list")),
            None => Ok(Vec::new()),
        }
    }

    /// Makes or changes something.
    pub(in super::super) async fn post(
        &self,
        doing: &str,
        path: &str,
        query: &[(&str, &str)],
        body: &Value,
    ) -> Result<(), EngineError> {
        self.done(doing, self.raw.post(url(path, query)).json(body)).await
    }

    /// Removes something; what is gone is fine.
    pub(in super::super) async fn delete(&self, doing: &str, path: &str) -> Result<(), EngineError> {
        match self.done(doing, self.raw.delete(url(path, &[]))).await {
            Err(error) if error.is(404) => Ok(()),
            result => result,
        }
    }

    async fn done(&self, doing: &str, request: RequestBuilder) -> Result<(), EngineError> {
        let answer = self.ask(doing, request, SLOW).await?;
        let status = answer.status;
        if (200..300).contains(&status) { Ok(()) } else { answer.expect(doing, 200).map(drop) }
    }
}

fn garbled(doing: &str, why: &str) -> EngineError {
    EngineError::Garbled { doing: doing.to_owned(), why: why.to_owned() }
}
