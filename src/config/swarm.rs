//! `swarm = { service = "…" }` or `swarm = { stack = "…" }`

use super::Runtime;
use super::table::Section;

/// Services of a Docker Swarm that are released and taken back as one set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SwarmSet {
    /// One service, by name.
    Service(String),
    /// All services of a stack.
    Stack(String),
}

impl SwarmSet {
    /// The name of the service or of the stack.
    pub fn name(&self) -> &str {
        let (Self::Service(name) | Self::Stack(name)) = self;
        name
    }
}

/// Which services of a Docker Swarm carry a service.
pub(super) fn read(mut section: Section<'_>) -> Option<Runtime> {
    const SHAPE: &str =
        "write { service = \"shop_api\" }, or { stack = \"shop\" } for all services of a stack";
    let service = section.string("service");
    let stack = section.string("stack");
    match section.given(&["service", "stack"]).as_slice() {
        [] => section.missing("does not say which service or stack", SHAPE),
        [one] => {
            let name = service.as_ref().or(stack.as_ref());
            if name.is_some_and(|name| !is_swarm_name(name)) {
                let message = format!("cannot be the name of a {one}");
                section.wrong(
                    one,
                    message,
                    "write the name that `docker service ls` or `docker stack ls` shows",
                );
            }
        }
        [first, more @ ..] => {
            for key in more {
                let message = format!("stands beside `{first}`, which says the same in another way");
                section.wrong_key(&[key], message, SHAPE);
            }
        }
    }
    section.end(&[]);
    service.map(SwarmSet::Service).or(stack.map(SwarmSet::Stack)).map(Runtime::Swarm)
}

/// What the engine takes as a name of a service.
pub(super) fn is_swarm_name(name: &str) -> bool {
    (1..=63).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.ends_with(|last: char| last.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}
