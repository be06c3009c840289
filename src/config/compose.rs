//! `compose = { project = "…" }`: which containers of a Compose project are a service, by the labels that Compose
//! gives them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Runtime;
use super::table::Section;

#[cfg(test)]
mod tests;

/// The label that names a container's project.
pub const PROJECT: &str = "com.docker.compose.project";
/// The label that names its service there.
pub const SERVICE: &str = "com.docker.compose.service";
/// The label that says which of the service's replicas it is.
pub const NUMBER: &str = "com.docker.compose.container-number";
/// The label with a hash of what Compose made a container from: without it, Compose itself looks past a container.
pub const CONFIG_HASH: &str = "com.docker.compose.config-hash";
/// The label that names the services that it needs, and what of them: `name:condition:whether to restart with it`.
pub const DEPENDS_ON: &str = "com.docker.compose.depends_on";
/// golive's label of a container that is not to be started: what it stands in for had done its work and ended.
pub const ENDED: &str = "golive.ended";
/// The label that says whether `docker-compose run` started it.
pub const ONE_OFF: &str = "com.docker.compose.oneoff";
/// No service and no container of Compose's has a name longer than this, in bytes; anybody can write such a label.
const LONGEST_NAME: usize = 255;
/// What all of Compose's labels begin with.
const COMPOSE: &str = "com.docker.compose.";

/// One or more services of a Compose project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compose {
    /// The project's name.
    pub project: String,
    /// The project's services that go together, in the order in which they are started; when there is none, all that
    /// keep no data.
    pub services: Vec<String>,
    /// Whether the local tags that the services' images go by are put back on the old images.
    pub retag: bool,
}

/// What a container is to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A member of the set.
    Member,
    /// The set's project has it, but it keeps data and is not named: left alone.
    Left,
    /// Moved out of the way for a moment, by Compose (`<old id>_<name>`) or by golive.
    Passing,
    /// Nothing to do with it.
    Apart,
}

impl Compose {
    /// Whether a container may be a member of both.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let all = self.services.is_empty() || other.services.is_empty();
        self.project == other.project
            && (all || self.services.iter().any(|service| other.services.contains(service)))
    }

    /// What a container of the engine's list is; `image` has the labels that its image brings along.
    pub fn listed(&self, listed: &Value, image: &Value) -> Place {
        if repeats(&listed["Labels"], image) {
            return Place::Apart;
        }
        let keeps_data = || !volumes(listed).is_empty();
        self.place(name(listed), |label| listed["Labels"][label].as_str(), keeps_data)
    }

    /// What a container of the engine's list would be under its own name, where Compose has put an id before it.
    pub fn renamed(&self, listed: &Value, image: &Value) -> Option<Place> {
        let (_, own) = renamed(name(listed)).filter(|_| !repeats(&listed["Labels"], image))?;
        let keeps_data = || !volumes(listed).is_empty();
        Some(self.place(own, |label| listed["Labels"][label].as_str(), keeps_data))
    }

    /// What a container is, by its name and labels: Compose's own rule. One with a writable volume keeps data.
    pub fn place<'l>(
        &self,
        name: &str,
        label: impl Fn(&str) -> Option<&'l str>,
        keeps_data: impl FnOnce() -> bool,
    ) -> Place {
        let stays = label(ONE_OFF).is_some_and(|once| once.eq_ignore_ascii_case("false"));
        let numbered = label(NUMBER).is_some_and(|number| number.parse::<u32>().is_ok());
        let made = stays && numbered && label(CONFIG_HASH).is_some_and(|hash| !hash.is_empty());
        let compose = made && name.len() <= LONGEST_NAME && label(PROJECT) == Some(&self.project);
        let Some(service) = label(SERVICE).filter(|service| compose && is_service(service)) else {
            return Place::Apart;
        };
        let named = self.services.iter().any(|named| named == service);
        if !named && !self.services.is_empty() {
            Place::Apart
        } else if is_passing(name) {
            Place::Passing
        } else if !named && keeps_data() {
            Place::Left
        } else {
            Place::Member
        }
    }
}

/// Whether all that a container has of Compose's labels is what its image brought along: Compose did not make it. It
/// labels the images that it builds, and `docker commit` copies what the container had.
fn repeats(labels: &Value, image: &Value) -> bool {
    let labels = labels.as_object().into_iter().flatten();
    labels.filter(|(name, _)| name.starts_with(COMPOSE)).all(|(name, value)| image.get(name) == Some(value))
}

/// The own name of a container of the engine's list. Links give it further ones, with a second slash in them.
pub fn name(listed: &Value) -> &str {
    let names = listed["Names"].as_array().into_iter().flatten().filter_map(Value::as_str);
    names.map(|name| name.trim_start_matches('/')).find(|name| !name.contains('/')).unwrap_or_default()
}

/// Where a container of the engine's list can write into volumes.
pub fn volumes(listed: &Value) -> Vec<&str> {
    let mounts = listed["Mounts"].as_array().into_iter().flatten();
    let writable = mounts.filter(|mount| mount["Type"] == "volume" && mount["RW"] != false);
    writable.filter_map(|mount| mount["Destination"].as_str()).collect()
}

/// Whether an inspected container has done its work and ended, as one that only prepares something does; or stands in
/// for one that has.
pub fn has_ended(inspect: &Value) -> bool {
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
pub fn waits_for(label: &str) -> Vec<String> {
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

/// Reads the table; `None` when it is not there or makes no sense, which is said.
pub(super) fn read(section: &mut Section<'_>) -> Option<Runtime> {
    const SHAPE: &str = "write { project = \"…\" }, and services = [\"…\"] for some of them only";
    let mut table = section.section("compose")?;
    let project = table.string("project");
    table.required(&["project"], SHAPE);
    if project.as_ref().is_some_and(|project| !is_project(project)) {
        table.wrong(
            "project",
            "cannot be a Compose project",
            "write the NAME that `docker-compose -p` takes or `docker compose ls` shows: small letters, digits, `-`, `_`",
        );
    }
    let services = table.distinct("services").unwrap_or_default();
    for (index, name) in services.iter().enumerate() {
        if !is_service(name) {
            table.wrong_in(
                &["services", &index.to_string()],
                format!("\"{name}\" cannot be a service of a Compose file"),
                "write the name that stands under `services:` there",
            );
        }
    }
    let retag = table.boolean("retag").unwrap_or(true);
    table.end(&[]);
    Some(Runtime::Compose(Compose { project: project?, services, retag }))
}

/// What Compose makes of a project's name.
fn is_project(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.bytes().next().is_some_and(fits)
        && name.bytes().all(|byte| fits(byte) || byte == b'-' || byte == b'_')
}

fn is_service(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= LONGEST_NAME
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}
