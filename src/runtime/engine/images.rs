//! What the engine says of images.

use std::collections::BTreeMap;
use std::sync::{MutexGuard, PoisonError};

use serde_json::Value;

use super::{Engine, EngineError, QUICK, id, there};

/// The configurations of so many images are remembered; then all are forgotten.
const REMEMBERED: usize = 256;
/// A larger one is asked for each time.
const LARGEST_REMEMBERED: usize = 64 << 10;

impl Engine {
    /// The names, with digests, that registries gave an image: none for one that was only made here, `None` where it is
    /// not here.
    pub(in super::super) async fn digests(&self, image: &str) -> Result<Option<Vec<String>>, EngineError> {
        let found = self.get("look at an image", &format!("/images/{image}/json"), &[]).await?;
        Ok(found.map(|image| {
            let digests = image["RepoDigests"].as_array().into_iter().flatten();
            digests.filter_map(Value::as_str).map(str::to_owned).collect()
        }))
    }

    /// The tags that an image has here; none where it is not here.
    pub(in super::super) async fn tags(&self, image: &str) -> Result<Vec<String>, EngineError> {
        let found = self.get("look at an image", &format!("/images/{image}/json"), &[]).await?;
        let tags = found.map(|mut image| image["RepoTags"].take());
        let tags = tags.as_ref().and_then(Value::as_array).into_iter().flatten();
        Ok(tags.filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// The labels that an image brings along.
    pub(in super::super) async fn image_labels(&self, id: &str) -> Result<Value, EngineError> {
        Ok(self.image_config(id).await?["Labels"].take())
    }

    /// The configuration that an image gives its containers; null when it is not there. An id always means the same one.
    pub(in super::super) async fn image_config(&self, id: &str) -> Result<Value, EngineError> {
        if let Some(known) = self.images().get(id) {
            return Ok(known.clone());
        }
        let found = self.get("look at an image", &format!("/images/{id}/json"), &[]).await?;
        let Some(mut found) = found else { return Ok(Value::Null) };
        let config = found["Config"].take();
        if config.to_string().len() <= LARGEST_REMEMBERED {
            let mut all = self.images();
            if all.len() >= REMEMBERED {
                all.clear();
            }
            all.insert(id.to_owned(), config.clone());
        }
        Ok(config)
    }

    fn images(&self) -> MutexGuard<'_, BTreeMap<String, Value>> {
        self.images.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The id of the image that goes by that reference now.
    pub(in super::super) async fn image(&self, reference: &str) -> Result<Option<String>, EngineError> {
        let doing = format!("look for the image {reference}");
        there(self.look(&doing, QUICK, &format!("/images/{reference}/json"), &[], id).await)
    }
}
