//! The order in which a set's services are started: what others need comes first.
//!
//! Who needs whom is said by the label that Compose v2 writes, by links, and by networks, processes, memory and
//! volumes that are shared. Compose 1.29 writes no such label; then the order of `services` in the configuration
//! counts, and without it the order in which Compose created the containers, which is that of its dependencies.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::found::Member;
use crate::config::Compose;
use crate::docker::bonds::references;
use crate::docker::labels::compose::DEPENDS_ON;

#[cfg(test)]
mod tests;

/// What is known of a service.
#[derive(Debug, Default)]
struct Node {
    needs: BTreeSet<String>,
    /// Where it is named, and when it was created.
    rank: (usize, Option<Timestamp>),
}

/// The services of those members, what others need first.
pub(super) fn services(members: &[&Member], of: &Compose) -> Vec<String> {
    let mut nodes: BTreeMap<String, Node> = BTreeMap::new();
    for member in members {
        let service = &member.key.service;
        let created: Option<Timestamp> = member.found.text("/Created").parse().ok();
        let named = of.services.iter().position(|named| named == service);
        let node = nodes.entry(service.clone()).or_default();
        node.needs.extend(needs(member, members));
        let earlier = [node.rank.1, created].into_iter().flatten().min();
        node.rank = (named.unwrap_or(usize::MAX), earlier);
    }
    sorted(nodes)
}

/// The services that a member cannot do without.
fn needs(member: &Member, members: &[&Member]) -> BTreeSet<String> {
    let label = member.found.label(DEPENDS_ON).unwrap_or_default();
    let said = label.split(',').filter_map(|one| one.split(':').next()).filter(|name| !name.is_empty());
    let mut needs: BTreeSet<String> = said.map(str::to_owned).collect();
    for (_, other) in references(&member.found) {
        let of_set =
            members.iter().filter(|fellow| fellow.found.id() == other || fellow.found.name() == other);
        needs.extend(of_set.map(|fellow| fellow.key.service.clone()));
    }
    needs.remove(&member.key.service);
    needs
}

/// One after the other, whoever waits for nobody that is left; in a circle, by rank alone.
fn sorted(mut nodes: BTreeMap<String, Node>) -> Vec<String> {
    let mut sorted = Vec::new();
    while !nodes.is_empty() {
        let free = nodes.iter().filter(|(_, node)| !node.needs.iter().any(|other| nodes.contains_key(other)));
        let next = free.min_by_key(|(_, node)| node.rank).or(nodes.iter().min_by_key(|(_, node)| node.rank));
        let Some(next) = next.map(|(name, _)| name.clone()) else { break };
        nodes.remove(&next);
        sorted.push(next);
    }
    sorted
}
