//! What the engine says of images.

use std::collections::BTreeMap;
use std::sync::{MutexGuard, PoisonError};

use serde_json::Value;

use super::client::{QUICK, SLOW, id, there, url};
use super::id::short;
use super::{Engine, EngineError};

/// What images are tagged as that golive keeps.
pub(crate) const KEPT: &str = "golive/pin";

/// The configurations of so many images are remembered; then all are forgotten.
const REMEMBERED: usize = 256;
/// A larger one is asked for each time.
const LARGEST_REMEMBERED: usize = 64 << 10;

impl Engine {
    /// The names, with digests, by which a registry may have an image, but for those that golive keeps it under: none for
    /// one that is not here, or that the engine knows to have been made here.
    pub(crate) async fn digests(&self, image: &str) -> Result<Vec<String>, EngineError> {
        let found = self.described(image).await?;
        let digests = found.as_ref().map(digests).into_iter().flatten();
        Ok(digests
            .filter(|name| !name.split('@').any(|name| name.ends_with(KEPT)))
            .map(str::to_owned)
            .collect())
    }

    /// Whether a registry has surely given an image; `None` where it is not here.
    pub(crate) async fn is_pulled(&self, image: &str) -> Result<Option<bool>, EngineError> {
        let found = self.described(image).await?;
        Ok(found.map(|image| is_pulled(&image)))
    }

    /// The tags that an image has here; none where it is not here.
    pub(crate) async fn tags(&self, image: &str) -> Result<Vec<String>, EngineError> {
        let found = self.described(image).await?;
        let tags = found.map(|mut image| image["RepoTags"].take());
        let tags = tags.as_ref().and_then(Value::as_array).into_iter().flatten();
        Ok(tags.filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// The labels that an image brings along.
    pub(crate) async fn image_labels(&self, id: &str) -> Result<Value, EngineError> {
        Ok(self.image_config(id).await?["Labels"].take())
    }

    /// The configuration that an image gives its containers; null when it is not there. An id always means the same one.
    pub(crate) async fn image_config(&self, id: &str) -> Result<Value, EngineError> {
        if let Some(known) = self.images().get(id) {
            return Ok(known.clone());
        }
        let found = self.described(id).await?;
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

    /// An image as the engine describes it.
    async fn described(&self, image: &str) -> Result<Option<Value>, EngineError> {
        self.get("look at an image", &format!("/images/{image}/json")).await
    }

    fn images(&self) -> MutexGuard<'_, BTreeMap<String, Value>> {
        self.images.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The id of the image that goes by that reference now.
    pub(crate) async fn image(&self, reference: &str) -> Result<Option<String>, EngineError> {
        let doing = format!("look for the image {reference}");
        there(self.look(&doing, QUICK, &format!("/images/{reference}/json"), &[], id).await)
    }

    /// Tags an image.
    pub(crate) async fn tag(&self, image: &str, repo: &str, tag: &str) -> Result<(), EngineError> {
        let doing = format!("tag image {}", short(image));
        self.tell(&doing, QUICK, &format!("/images/{image}/tag"), &[("repo", repo), ("tag", tag)]).await
    }

    /// Takes a tag away; the image goes with it where nothing else holds it.
    pub(crate) async fn untag(&self, reference: &str) -> Result<(), EngineError> {
        let doing = format!("remove the tag {reference}");
        self.act(&doing, SLOW, self.raw.delete(url(&format!("/images/{reference}"), &[]))).await
    }
}

fn digests(image: &Value) -> impl Iterator<Item = &str> {
    image["RepoDigests"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// Docker's own image store knows digests from registries alone. That of containerd gives each name of each image the
/// image's own, pulled or made here; Docker 29 tells which of both it was.
fn is_pulled(image: &Value) -> bool {
    let id = image["Id"].as_str().unwrap_or_default();
    let from_elsewhere =
        digests(image).any(|name| name.split_once('@').is_some_and(|(_, digest)| digest != id));
    from_elsewhere || image["Identity"]["Pull"].as_array().is_some_and(|pulls| !pulls.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_registrys_digest_is_told_from_the_engines_own() {
        let image = |id: &str, names: &[&str]| json!({ "Id": id, "RepoDigests": names });
        let here = "sha256:aa";
        assert!(!is_pulled(&image(here, &[])), "built here, in Docker's own store");
        assert!(is_pulled(&image(here, &["shop@sha256:bb"])), "pulled, in Docker's own store");
        assert!(
            !is_pulled(&image(here, &["shop@sha256:aa", "golive/pin@sha256:aa"])),
            "in containerd's store"
        );
        assert!(!is_pulled(&json!({ "Id": here, "RepoDigests": null })));
        let mut told = image(here, &["shop@sha256:aa"]);
        told["Identity"] = json!({ "Pull": [{ "Repository": "docker.io/library/shop" }] });
        assert!(is_pulled(&told));
        told["Identity"] = json!({ "Build": [{ "Ref": "x" }] });
        assert!(!is_pulled(&told));
    }
}
