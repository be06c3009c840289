//! The local tags that a project's images go by.
//!
//! `docker-compose up` compares a container's image with what its tag names now. A tag that a bad release has moved is
//! put back, so that the next `up` with the old files finds everything as it should be.

use crate::docker::{Engine, EngineError, Inspect, spec};

/// The tag that a container's image goes by; none when it was created by an id or a digest.
fn reference(container: &Inspect) -> Option<&str> {
    spec::known_as(container).filter(|name| !name.contains('@'))
}

/// The tag that the good container's image goes by names that image again.
pub(super) async fn put_back(engine: &Engine, good: &Inspect) -> Result<(), EngineError> {
    let Some(reference) = reference(good) else { return Ok(()) };
    if engine.image(reference).await?.as_deref() == Some(good.image()) {
        return Ok(());
    }
    let (repo, tag) = split(reference);
    engine.tag(good.image(), repo, tag).await
}

/// Repository and tag; a colon before the last slash is a port.
fn split(reference: &str) -> (&str, &str) {
    let colon = reference.rfind(':').filter(|colon| !reference[*colon..].contains('/'));
    colon.map_or((reference, "latest"), |colon| (&reference[..colon], &reference[colon + 1..]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::docker::labels::IMAGE;

    #[test]
    fn references_are_taken_apart() {
        assert_eq!(split("shop"), ("shop", "latest"));
        assert_eq!(split("shop:1"), ("shop", "1"));
        assert_eq!(split("registry:5000/shop"), ("registry:5000/shop", "latest"));
        assert_eq!(split("registry:5000/shop:1"), ("registry:5000/shop", "1"));
    }

    #[test]
    fn only_a_tag_can_be_put_back() {
        let container = |image: &str, label: Option<&str>| {
            Inspect::of(
                json!({ "Image": "sha256:1", "Config": { "Image": image, "Labels": { IMAGE: label } } }),
            )
        };
        assert_eq!(reference(&container("shop:1", None)), Some("shop:1"));
        assert_eq!(reference(&container("sha256:1", Some("shop:1"))), Some("shop:1"));
        assert_eq!(reference(&container("sha256:1", None)), None);
        assert_eq!(reference(&container("shop@sha256:2", None)), None);
    }
}
