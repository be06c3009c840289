//! What ties a container to others: it lives in their network, their processes or their memory, with their volumes, or is
//! linked to them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::inspect::Inspect;

/// Where a container says that it joins another one.
pub(crate) const MODES: [&str; 3] = ["NetworkMode", "PidMode", "IpcMode"];

/// Other containers that this one cannot do without.
pub(crate) fn references(good: &Inspect) -> Vec<(&'static str, String)> {
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
pub(crate) fn joins(container: &Inspect, ids: &[&str]) -> bool {
    let mode = |field: &&str| container.text(&format!("/HostConfig/{field}")).strip_prefix("container:");
    MODES.iter().filter_map(mode).any(|id| ids.contains(&id))
}

/// What one container leans on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Leaning {
    /// Containers, by id or name, whose network, processes, memory or volumes it uses.
    pub on: BTreeSet<String>,
    /// Whether it is linked to one. A link follows the other's name when that changes.
    pub linked: bool,
}

/// What is kept of them all, by id.
pub(crate) type Known = BTreeMap<String, Leaning>;

/// What is read of an inspect.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Seen {
    pub(super) host_config: Host,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
pub(super) struct Host {
    network_mode: Option<String>,
    pid_mode: Option<String>,
    ipc_mode: Option<String>,
    volumes_from: Option<Vec<String>>,
    links: Option<Vec<String>>,
}

impl From<Host> for Leaning {
    fn from(host: Host) -> Self {
        let modes = [host.network_mode, host.pid_mode, host.ipc_mode].into_iter().flatten();
        let joined = modes.filter_map(|mode| Some(mode.strip_prefix("container:")?.to_owned()));
        let from = host.volumes_from.into_iter().flatten();
        let from = from.map(|from| from.split(':').next().unwrap_or(&from).to_owned());
        let linked = host.links.is_some_and(|links| !links.is_empty());
        Self { on: joined.chain(from).collect(), linked }
    }
}
