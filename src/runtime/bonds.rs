//! What ties a container to others: it lives in their network, their processes or their memory, with their volumes, or is
//! linked to them.

use serde_json::Value;

use super::inspect::Inspect;

/// Where a container says that it joins another one.
pub(super) const MODES: [&str; 3] = ["NetworkMode", "PidMode", "IpcMode"];

/// Other containers that this one cannot do without.
pub(super) fn references(good: &Inspect) -> Vec<(&'static str, String)> {
    let mut references = Vec::new();
    for (what, field) in ["network", "processes", "memory"].into_iter().zip(MODES) {
        let mode = good.text(&format!("/HostConfig/{field}"));
        references.extend(mode.strip_prefix("container:").map(|other| (what, other.to_owned())));
    }
    let from = good.items("/HostConfig/VolumesFrom").filter_map(Value::as_str);
    references.extend(from.map(|from| ("volumes", from.split(':').next().unwrap_or(from).to_owned())));
    let links = good.items("/HostConfig/Links").filter_map(Value::as_str);
    let target = |link: &str| link.split(':').next().unwrap_or(link).trim_start_matches('/').to_owned();
    references.extend(links.map(|link| ("address", target(link))));
    references
}

/// Whether it lives in the network, the processes or the memory of one of these.
pub(super) fn joins(container: &Inspect, ids: &[&str]) -> bool {
    let mode = |field: &&str| container.text(&format!("/HostConfig/{field}")).strip_prefix("container:");
    MODES.iter().filter_map(mode).any(|id| ids.contains(&id))
}
