//! Two containers of one service beside each other for a moment, so that there is none without service.

use std::path::Path;

use serde_json::Value;

use crate::docker::Inspect;
use crate::docker::id::short;
use crate::model::step::{Fault, FaultKind};

use super::{Done, refused};

#[cfg(test)]
mod tests;

/// What both need and only one can have: an address, a host port, data that both write.
pub(super) fn obstacle(one: &Inspect, other: &Inspect) -> Option<String> {
    for mode in [one, other].map(|it| it.text("/HostConfig/NetworkMode")) {
        if mode == "host" || mode.starts_with("container:") {
            return Some(format!("one of them has no network of its own: {mode}"));
        }
    }
    common(&ports(one), &ports(other))
        .map(|port| format!("both publish the port {port}"))
        .or_else(|| {
            common(&addresses(one), &addresses(other)).map(|at| format!("both have the address {at}"))
        })
        .or_else(|| common(&written(one), &written(other)).map(|what| format!("both write to {what}")))
}

/// Whether there can be no second one of it beside it: it has a port or an address to itself.
pub(super) fn is_only_one(container: &Inspect) -> bool {
    let one = |port: &String| !port.contains('-');
    ports(container).iter().any(one) || !addresses(container).is_empty()
}

fn common(these: &[String], those: &[String]) -> Option<String> {
    these.iter().find(|this| those.contains(this)).cloned()
}

/// Host ports that are not left to the engine, with their protocol.
fn ports(container: &Inspect) -> Vec<String> {
    let fixed = |(inside, bindings): (&String, &Value)| {
        let protocol = inside.rsplit('/').next().unwrap_or("tcp").to_owned();
        let bindings: Vec<&str> =
            bindings.as_array().into_iter().flatten().filter_map(|one| one["HostPort"].as_str()).collect();
        let bindings = bindings.into_iter().filter(|port| !matches!(*port, "" | "0"));
        bindings.map(|port| format!("{port}/{protocol}")).collect::<Vec<_>>()
    };
    container.entries("/HostConfig/PortBindings").flat_map(fixed).collect()
}

/// Addresses that are not left to the engine.
fn addresses(container: &Inspect) -> Vec<String> {
    let fixed = |(_, network): (&String, &Value)| {
        let of = |key: &str| network["IPAMConfig"][key].as_str().map(str::to_owned);
        [of("IPv4Address"), of("IPv6Address")]
    };
    let networks = container.entries("/NetworkSettings/Networks").flat_map(fixed).flatten();
    networks.chain([container.text("/Config/MacAddress").to_owned()]).filter(|at| !at.is_empty()).collect()
}

/// Volumes and directories of the host that it writes to. Sockets are made for many.
fn written(container: &Inspect) -> Vec<String> {
    let writable = container.items("/Mounts").filter(|mount| mount["RW"] != false);
    let source = |mount: &Value| {
        let source = mount["Name"].as_str().or(mount["Source"].as_str()).unwrap_or_default();
        source.to_owned()
    };
    let socket = |source: &str| Path::new(source).extension().is_some_and(|kind| kind == "sock");
    writable.map(source).filter(|source| !source.is_empty() && !socket(source)).collect()
}

/// A container that runs beside the bad one is well: by its own HEALTHCHECK, where it has one.
pub(super) fn well(found: &Inspect) -> Result<Done, Fault> {
    let id = short(found.id());
    if !found.up() {
        let exit = found.at("/State/ExitCode");
        return Err(refused(format!("start {id} beside the bad one: it ended with exit code {exit}")));
    }
    match found.text("/State/Health/Status") {
        "starting" => {
            let text = format!("wait for {id}, which runs beside the bad one, to become healthy");
            Err(Fault { kind: FaultKind::Pending, text })
        }
        "unhealthy" => Err(refused(format!("start {id} beside the bad one: it is not healthy"))),
        _ => Ok(Done::by(found.id())),
    }
}
