//! golive's labels on a container, as far as they are the container's own.
//!
//! An image brings its labels along: one made by `docker commit` of a container that golive restored, or by anybody who
//! writes them there. Such a label says nothing of the container.

use super::labels::{OURS, ROLLBACK};
use super::{Engine, EngineError, Inspect};

impl Engine {
    /// The container without those labels of golive's that its image has too. Where golive has made the container, it
    /// has written them all itself.
    pub(super) async fn believed(&self, found: Inspect) -> Result<Inspect, EngineError> {
        if !found.entries("/Config/Labels").any(|(name, _)| name.starts_with(OURS)) {
            return Ok(found);
        }
        let of_image = self.image_labels(found.image()).await?;
        let brought = |name: &str, value: &str| of_image[name] == value;
        if found.label(ROLLBACK).is_some_and(|made| !brought(ROLLBACK, made)) {
            return Ok(found);
        }
        let mut json = found.at("").clone();
        if let Some(labels) = json["Config"]["Labels"].as_object_mut() {
            let keep = |name: &str, value: &str| !name.starts_with(OURS) || !brought(name, value);
            labels.retain(|name, value| keep(name, value.as_str().unwrap_or_default()));
        }
        Ok(if json == *found.at("") { found } else { Inspect::of(json) })
    }
}
