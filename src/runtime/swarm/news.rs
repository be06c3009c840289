//! That something has happened in the Swarm or to a container here. What, a look tells better than the event.

use std::time::Duration;

use reqwest::Response;
use serde_json::json;

use crate::runtime::engine::{Engine, EngineError};

/// Events come in swarms, too: one look serves all that come within this.
const TOGETHER: Duration = Duration::from_millis(100);

/// The stream of such news.
pub(super) struct News {
    stream: Response,
}

/// The stream has ended; why.
pub(super) struct Broken(pub(super) String);

impl News {
    pub(super) async fn subscribe(engine: &Engine) -> Result<Self, EngineError> {
        let filters = json!({
            "type": ["service", "node", "config", "container"],
            "event": ["create", "update", "remove", "start", "die"],
        });
        Ok(Self { stream: engine.events(&filters, None).await? })
    }

    /// Waits for news, and no longer than that.
    pub(super) async fn wait(&mut self, at_most: Duration) -> Result<(), Broken> {
        let Ok(chunk) = tokio::time::timeout(at_most, self.stream.chunk()).await else { return Ok(()) };
        match chunk {
            Ok(Some(_)) => {}
            Ok(None) => return Err(Broken("the engine ended it".to_owned())),
            Err(error) => return Err(Broken(error.to_string())),
        }
        let more = async { while let Ok(Some(_)) = self.stream.chunk().await {} };
        drop(tokio::time::timeout(TOGETHER, more).await);
        Ok(())
    }
}
