//! Which containers of a Compose project are a service, by the labels that Compose gives them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::labels::ENDED;
use super::labels::compose::{CONFIG_HASH, NUMBER, ONE_OFF, PREFIX, PROJECT, SERVICE};
use super::{Engine, EngineError};
use crate::config::Compose;
use crate::config::compose::{LONGEST_NAME, is_service};

#[cfg(test)]
mod tests;

/// What a container is to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A member of the set.
    Member,
    /// The set's project has it, but it keeps data and is not named: left alone.
    Left,
    /// Moved out of the way for a moment, by Compose (`<old id>_<name>`) or by golive.
    Passing,
    /// Nothing to do with it.
    Apart,
}

impl Engine {
    /// The containers of the project as the engine lists them, and what each is to the service.
    pub(crate) async fn project(&self, of: &Compose) -> Result<Vec<(Place, Value)>, EngineError> {
        let (mut found, mut passing) = (Vec::new(), Vec::new());
        for container in self.labelled(&format!("{PROJECT}={}", of.project)).await? {
            let image = self.image_labels(container["ImageID"].as_str().unwrap_or_default()).await?;
            match listed(of, &container, &image) {
                Place::Passing => passing.push((container, image)),
                place @ (Place::Member | Place::Left | Place::Apart) => found.push((place, container)),
            }
        }
        // A Compose that was disturbed starts the new container under the name that it was to have for a moment, and leaves
        // it so: it is the member then.
        for (container, image) in passing {
            let stays =
                container["State"] == "running" && !found.iter().any(|other| is_in_place(other, &container));
            let own = under_its_own_name(of, &container, &image).filter(|_| stays);
            found.push((own.unwrap_or(Place::Passing), container));
        }
        Ok(found)
    }
}

/// Whether a container of the project is what this one would be: the same replica of the same service.
fn is_in_place((place, other): &(Place, Value), container: &Value) -> bool {
    let same = |label: &str| other["Labels"][label] == container["Labels"][label];
    matches!(place, Place::Member | Place::Left) && same(SERVICE) && same(NUMBER)
}

/// What a container of the engine's list is; `image` has the labels that its image brings along.
fn listed(of: &Compose, listed: &Value, image: &Value) -> Place {
    if repeats(&listed["Labels"], image) {
        return Place::Apart;
    }
    let keeps_data = || !volumes(listed).is_empty();
    place(of, name(listed), |label| listed["Labels"][label].as_str(), keeps_data)
}

/// What a container of the engine's list would be under its own name, where Compose has put an id before it.
fn under_its_own_name(of: &Compose, listed: &Value, image: &Value) -> Option<Place> {
    let (_, own) = renamed(name(listed)).filter(|_| !repeats(&listed["Labels"], image))?;
    let keeps_data = || !volumes(listed).is_empty();
    Some(place(of, own, |label| listed["Labels"][label].as_str(), keeps_data))
}

/// What a container is, by its name and labels: Compose's own rule. One with a writable volume keeps data.
pub(crate) fn place<'l>(
    of: &Compose,
    name: &str,
    label: impl Fn(&str) -> Option<&'l str>,
    keeps_data: impl FnOnce() -> bool,
) -> Place {
    let stays = label(ONE_OFF).is_some_and(|once| once.eq_ignore_ascii_case("false"));
    let numbered = label(NUMBER).is_some_and(|number| number.parse::<u32>().is_ok());
    let made = stays && numbered && label(CONFIG_HASH).is_some_and(|hash| !hash.is_empty());
    let compose = made && name.len() <= LONGEST_NAME && label(PROJECT) == Some(&of.project);
    let Some(service) = label(SERVICE).filter(|service| compose && is_service(service)) else {
        return Place::Apart;
    };
    let named = of.services.iter().any(|named| named == service);
    if !named && !of.services.is_empty() {
        Place::Apart
    } else if is_passing(name) {
        Place::Passing
    } else if !named && keeps_data() {
        Place::Left
    } else {
        Place::Member
    }
}

/// Whether all that a container has of Compose's labels is what its image brought along: Compose did not make it. It
/// labels the images that it builds, and `docker commit` copies what the container had.
fn repeats(labels: &Value, image: &Value) -> bool {
    let labels = labels.as_object().into_iter().flatten();
    labels.filter(|(name, _)| name.starts_with(PREFIX)).all(|(name, value)| image.get(name) == Some(value))
}

/// The own name of a container of the engine's list. Links give it further ones, with a second slash in them.
pub(crate) fn name(listed: &Value) -> &str {
    let names = listed["Names"].as_array().into_iter().flatten().filter_map(Value::as_str);
    names.map(|name| name.trim_start_matches('/')).find(|name| !name.contains('/')).unwrap_or_default()
}

/// Where a container of the engine's list can write into volumes.
pub(crate) fn volumes(listed: &Value) -> Vec<&str> {
    let mounts = listed["Mounts"].as_array().into_iter().flatten();
    let writable = mounts.filter(|mount| mount["Type"] == "volume" && mount["RW"] != false);
    writable.filter_map(|mount| mount["Destination"].as_str()).collect()
}

/// Whether an inspected container has done its work and ended, as one that only prepares something does; or stands in
/// for one that has.
pub(crate) fn has_ended(inspect: &Value) -> bool {
    let policy = inspect["HostConfig"]["RestartPolicy"]["Name"].as_str().unwrap_or_default();
    let state = &inspect["State"];
    match state["Status"].as_str() {
        Some("exited") => {
            matches!(policy, "" | "no" | "on-failure") && state["ExitCode"] == 0 && state["OOMKilled"] != true
        }
        Some("created") => inspect["Config"]["Labels"][ENDED].is_string(),
        _ => false,
    }
}

/// The services that have to end well before a container is started, by its label [`DEPENDS_ON`].
pub(crate) fn waits_for(label: &str) -> Vec<String> {
    let each = label.split(',').map(|one| one.split(':').map(str::trim));
    let ended = each.filter_map(|mut parts| {
        let service = parts.next()?;
        let ends = parts.next()? == "service_completed_successfully";
        (ends && is_service(service)).then(|| service.to_owned())
    });
    ended.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Whether a name is not the one that the container is to keep.
pub(crate) fn is_passing(name: &str) -> bool {
    renamed(name).is_some() || name.contains(".golive-")
}

/// The id that Compose has put before the name of a container that is being replaced, and the name.
pub(crate) fn renamed(name: &str) -> Option<(&str, &str)> {
    name.split_once('_').filter(|(id, rest)| {
        id.len() == 12 && !rest.is_empty() && id.bytes().all(|digit| digit.is_ascii_hexdigit())
    })
}
