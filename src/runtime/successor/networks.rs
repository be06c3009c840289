//! The networks that a container is in, as they are asked for.

use serde_json::{Map, Value};

use crate::docker::{Inspect, spec};

/// From here on the engine tells no hardware address but the endpoint's.
const ENDPOINTS_ALONE: (u32, u32) = (1, 52);

/// The network that the container is created in, by its name: a network made anew has another id. It is another one
/// than asked for when the container was taken off that.
pub(super) fn first(good: &Inspect) -> Option<String> {
    let joined = || good.entries("/NetworkSettings/Networks").map(|(name, _)| name.as_str());
    asked_for(good).or_else(|| joined().min().filter(|_| spec::asks_for_network(good))).map(str::to_owned)
}

/// The mode of a container that was taken off all its networks.
pub(super) fn none(good: &Inspect) -> Option<&'static str> {
    spec::is_off_all_networks(good).then_some("none")
}

/// Whether the container is in the network that it was created in.
pub(super) fn is_in_its_first(good: &Inspect) -> bool {
    asked_for(good).is_some()
}

fn asked_for(good: &Inspect) -> Option<&str> {
    let mode = good.text("/HostConfig/NetworkMode");
    let mode = if mode == "default" || mode.is_empty() { "bridge" } else { mode };
    let mut networks = good.entries("/NetworkSettings/Networks");
    let found = networks.find(|(name, network)| *name == mode || network["NetworkID"].as_str() == Some(mode));
    found.map(|(name, _)| name.as_str())
}

/// What was asked for of each network.
pub(super) fn endpoints(good: &Inspect, api: (u32, u32)) -> Vec<(String, Value)> {
    // What Podman lists there is the other container's.
    let networks = good.entries("/NetworkSettings/Networks").filter(|_| !spec::borrows_network(good));
    networks.map(|(name, network)| (name.clone(), endpoint(good, name, network, api))).collect()
}

fn endpoint(good: &Inspect, name: &str, network: &Value, api: (u32, u32)) -> Value {
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
    if let Some(mac) = hardware_address(good, name, network, api) {
        endpoint.insert("MacAddress".to_owned(), Value::from(mac));
    }
    Value::Object(endpoint)
}

/// The hardware address that was asked for. The one of the first network is told apart from made-up ones by engines that
/// have a field of its own for it; later ones make addresses up at random, and one of those may as well stay.
fn hardware_address<'a>(
    good: &'a Inspect,
    name: &str,
    network: &'a Value,
    api: (u32, u32),
) -> Option<&'a str> {
    if asked_for(good) == Some(name) {
        let asked_for = good.text("/Config/MacAddress");
        if !asked_for.is_empty() || api < ENDPOINTS_ALONE {
            return Some(asked_for).filter(|mac| !mac.is_empty());
        }
    }
    let ip = network["IPAddress"].as_str().unwrap_or_default();
    network["MacAddress"].as_str().filter(|mac| !spec::is_generated_mac(mac, ip))
}
