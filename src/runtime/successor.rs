//! The body that creates a container anew from the inspect saved while it was good.
//!
//! It is built from the raw JSON, so that what golive does not know survives. What must not be copied is changed
//! here and nowhere else.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::inspect::{DEPENDENT, Inspect, REPLACES, RESTART, ROLLBACK};
use super::spec;

#[cfg(test)]
mod tests;

/// What creates a container: the body, and the networks that have to be connected before it starts.
#[derive(Debug)]
pub(super) struct Blueprint {
    /// For `POST /containers/create`.
    pub(super) body: Value,
    /// Networks beyond the first, with the endpoint's settings: old engines accept one at creation.
    pub(super) further: Vec<(String, Value)>,
}

/// The blueprint of `good` anew, with these labels besides its own.
pub(super) fn blueprint(good: &Inspect, labels: &BTreeMap<&str, String>) -> Blueprint {
    let first = first_network(good);
    let mut endpoints = endpoints(good, first.as_deref());
    let mut host = host(good);
    if let Some(first) = &first {
        host.insert("NetworkMode".to_owned(), Value::from(first.as_str()));
    }
    let mut body = config(good, labels);
    body.insert("HostConfig".to_owned(), Value::Object(host));
    if let Some((name, endpoint)) = first.and_then(|first| endpoints.remove_entry(&first)) {
        body.insert("NetworkingConfig".to_owned(), json!({ "EndpointsConfig": { name: endpoint } }));
    }
    Blueprint { body: Value::Object(body), further: endpoints.into_iter().collect() }
}

fn config(good: &Inspect, labels: &BTreeMap<&str, String>) -> Map<String, Value> {
    let mut config = good.at("/Config").as_object().cloned().unwrap_or_default();
    // By id: a tag may name the bad image by now.
    config.insert("Image".to_owned(), Value::from(good.image()));
    if spec::has_generated_hostname(good) {
        config.insert("Hostname".to_owned(), Value::from(""));
    }
    if spec::borrows_network(good) {
        // The engine refuses host name and ports beside another container's network.
        config.insert("ExposedPorts".to_owned(), json!({}));
        config.remove("MacAddress");
    }
    let mut kept = good.at("/Config/Labels").as_object().cloned().unwrap_or_default();
    for stale in [ROLLBACK, DEPENDENT, REPLACES, RESTART, "com.docker.compose.replace"] {
        kept.remove(stale);
    }
    kept.extend(labels.iter().map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str()))));
    config.insert("Labels".to_owned(), Value::Object(kept));
    config
}

fn host(good: &Inspect) -> Map<String, Value> {
    let mut host = good.at("/HostConfig").as_object().cloned().unwrap_or_default();
    // A restored container that ends must stay there to be looked at.
    host.insert("AutoRemove".to_owned(), Value::from(false));
    let (mut binds, mut mounts) = (list(&host, "Binds"), list(&host, "Mounts"));
    for volume in good.items("/Mounts").filter(|mount| mount["Type"] == "volume") {
        let (Some(name), Some(path)) = (volume["Name"].as_str(), volume["Destination"].as_str()) else {
            continue;
        };
        if let Some(mount) = mounts.iter_mut().find(|mount| mount["Target"] == path) {
            mount["Source"] = Value::from(name);
        } else if !is_bound(&binds, path) && is_its_own(good, path) {
            // Without `nocopy` the engine would fill a volume that the release has emptied.
            let mode = if volume["RW"] == false { "ro,nocopy" } else { "nocopy" };
            binds.push(Value::from(format!("{name}:{path}:{mode}")));
        }
    }
    host.insert("Binds".to_owned(), Value::Array(binds));
    host.insert("Mounts".to_owned(), Value::Array(mounts));
    host
}

fn list(host: &Map<String, Value>, field: &str) -> Vec<Value> {
    host.get(field).and_then(Value::as_array).cloned().unwrap_or_default()
}

fn is_bound(binds: &[Value], path: &str) -> bool {
    binds.iter().filter_map(Value::as_str).any(|bind| bind.split(':').nth(1) == Some(path))
}

/// Whether a volume that nothing names is the container's own, and not one that `--volumes-from` brings again.
fn is_its_own(good: &Inspect, path: &str) -> bool {
    good.items("/HostConfig/VolumesFrom").next().is_none() || !good.at("/Config/Volumes")[path].is_null()
}

/// The network that the container is created in, by its name: a network made anew has another id.
fn first_network(good: &Inspect) -> Option<String> {
    let mode = good.text("/HostConfig/NetworkMode");
    let mode = if mode == "default" || mode.is_empty() { "bridge" } else { mode };
    let mut networks = good.entries("/NetworkSettings/Networks");
    let found = networks.find(|(name, network)| *name == mode || network["NetworkID"].as_str() == Some(mode));
    found.map(|(name, _)| name.clone())
}

fn endpoints(good: &Inspect, first: Option<&str>) -> BTreeMap<String, Value> {
    // What Podman lists there is the other container's.
    let networks = good.entries("/NetworkSettings/Networks").filter(|_| !spec::borrows_network(good));
    let named = |(name, network): (&String, &Value)| {
        (name.clone(), endpoint(good, name, network, first == Some(name.as_str())))
    };
    networks.map(named).collect()
}

fn endpoint(good: &Inspect, name: &str, network: &Value, is_first: bool) -> Value {
    let mut endpoint = Map::new();
    // A static address is in IPAMConfig alone; IPAddress is what the engine happened to give.
    for field in ["IPAMConfig", "Links", "DriverOpts", "GwPriority"] {
        let value = &network[field];
        if !value.is_null() {
            endpoint.insert(field.to_owned(), value.clone());
        }
    }
    // The default networks take no aliases; elsewhere old engines add the short id, which would pile up.
    if !matches!(name, "bridge" | "host" | "none") {
        let short = good.id().get(..12).unwrap_or_default();
        let aliases = network["Aliases"].as_array().into_iter().flatten();
        endpoint.insert("Aliases".to_owned(), aliases.filter(|alias| *alias != short).cloned().collect());
    }
    let mac = if is_first {
        // New engines make hardware addresses up that cannot be told from configured ones. This one is.
        Some(good.text("/Config/MacAddress")).filter(|mac| !mac.is_empty())
    } else {
        let ip = network["IPAddress"].as_str().unwrap_or_default();
        network["MacAddress"].as_str().filter(|mac| !spec::is_generated_mac(mac, ip))
    };
    if let Some(mac) = mac {
        endpoint.insert("MacAddress".to_owned(), Value::from(mac));
    }
    Value::Object(endpoint)
}
