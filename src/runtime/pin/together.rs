//! One holder for all members of a set and all of its releases that have the same image.
//!
//! Which releases still need it is said by tags on the image, one for each release. A member with anonymous volumes has a
//! holder of its own, for that holds these too.

use crate::docker::{Class, EngineError, Inspect, KEPT, spec};
use crate::runtime::container::{Container, token};

/// So many digits of an image's id stand for it.
const DIGITS: usize = 12;

/// The holder's name; none for a container that has one of its own.
pub(super) fn name(on: &Container, good: &Inspect) -> Option<String> {
    let set = on.set.as_ref()?;
    let anonymous = good.items("/Mounts").any(|mount| mount["Name"].as_str().is_some_and(spec::is_anonymous));
    let (project, service) = (token(&set.project), token(&on.service));
    (!anonymous).then(|| format!("golive-pin-{project}-{service}-{}", digits(good.image())))
}

/// The tag of a release on that image.
pub(super) fn tag(on: &Container, release: &str, good: &Inspect) -> String {
    let end = format!("{}.{}", token(release), digits(good.image()));
    format!("{}{}", of_service(on), &end[end.len().saturating_sub(128 - of_service(on).len())..])
}

/// What all tags of the service begin with: no other one has a capital letter in its name.
fn of_service(on: &Container) -> String {
    format!("{}.R.", token(&on.service))
}

fn digits(image: &str) -> &str {
    let digits = image.strip_prefix("sha256:").unwrap_or(image);
    &digits[..digits.len().min(DIGITS)]
}

/// Whether no other release of the service has a tag on that image beside this one.
pub(super) async fn is_last(on: &Container, own: &str, good: &Inspect) -> Result<bool, EngineError> {
    let of_service = format!("{KEPT}:{}", of_service(on));
    let tags = on.engine.tags(good.image()).await?;
    Ok(!tags.iter().any(|tag| tag != own && tag.starts_with(&of_service)))
}

/// In use under no other name, it stays with the image as long as somebody's container does.
pub(super) async fn untag(on: &Container, reference: &str) -> Result<(), EngineError> {
    match on.engine.untag(reference).await {
        Err(error) if matches!(error.class(), Class::NotThere | Class::Conflict) => Ok(()),
        result => result,
    }
}
