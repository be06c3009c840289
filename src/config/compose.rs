//! `compose = { project = "…" }`: which services of a Compose project go together.

use super::Runtime;
use super::table::Section;

/// No service and no container of Compose's has a name longer than this, in bytes; anybody can write such a label.
pub const LONGEST_NAME: usize = 255;

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

impl Compose {
    /// Whether a container may be a member of both.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let all = self.services.is_empty() || other.services.is_empty();
        self.project == other.project
            && (all || self.services.iter().any(|service| other.services.contains(service)))
    }
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
pub(super) fn is_project(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.bytes().next().is_some_and(fits)
        && name.bytes().all(|byte| fits(byte) || byte == b'-' || byte == b'_')
}

/// Whether a Compose file can name a service so.
pub fn is_service(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= LONGEST_NAME
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}
