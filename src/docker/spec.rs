//! What makes a container this release and no other: its image and a hash of its configuration and of the files that came
//! with it, without what changes from one run of the same command to the next.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::untrusted::named;

use super::inspect::Inspect;
use super::labels::compose::PREFIX;
use super::labels::{IMAGE, OURS, PUT, VERSION};
use super::{digest, id};

#[cfg(test)]
mod tests;

/// Lists of the engine's whose order says nothing; Compose 2 writes some of them in random order.
const SETS: [&str; 7] =
    ["CapAdd", "CapDrop", "DeviceCgroupRules", "ExtraHosts", "GroupAdd", "SecurityOpt", "Ulimits"];

/// Compose 1.29 asks so that what replaces a container runs on the same host; nobody but Docker's first Swarm reads it.
const AFFINITY: &str = "affinity:container=";

/// The hash of a container's configuration.
pub(crate) fn hash(container: &Inspect) -> String {
    digest::of(told(container))
}

/// A container's configuration, without what changes from one run of the same command to the next.
pub(crate) fn told(container: &Inspect) -> Value {
    json!({
        "Config": config(container),
        "HostConfig": host(container),
        "Networks": networks(container),
        "put": container.at("")[PUT],
    })
}

/// The version as a person would name it.
pub(crate) fn version(container: &Inspect) -> String {
    let reference = container.text("/Config/Image");
    let label = |name| container.label(name).map(named).filter(|label| !label.is_empty());
    label(VERSION)
        .or_else(|| tag(reference).filter(|tag| *tag != "latest").map(named))
        .or_else(|| label("org.opencontainers.image.version"))
        .unwrap_or_else(|| id::short(container.image()).to_owned())
}

/// The name that people know the container's image by; none when they have none for it but its id.
pub(crate) fn known_as(container: &Inspect) -> Option<&str> {
    let name = container.label(IMAGE).unwrap_or_else(|| container.text("/Config/Image"));
    let id = container.image();
    let hex = name.len() >= 12 && name.bytes().all(|digit| digit.is_ascii_hexdigit());
    let is_id = name.is_empty() || name.starts_with("sha256:") || (hex && id.contains(name));
    (!is_id).then_some(name)
}

/// The tag of an image reference; none in an id, a digest or a bare name.
pub(crate) fn tag(reference: &str) -> Option<&str> {
    let named = reference.split('@').next().unwrap_or_default();
    if named.starts_with("sha256:") {
        return None;
    }
    let last = named.rsplit('/').next().unwrap_or_default();
    last.split_once(':').map(|(_, tag)| tag).filter(|tag| !tag.is_empty())
}

/// Whether a volume's name was made up by the engine.
pub(crate) fn is_anonymous(volume: &str) -> bool {
    id::is_id(volume)
}

/// Whether the container lives in another one's network.
pub(crate) fn borrows_network(container: &Inspect) -> bool {
    container.text("/HostConfig/NetworkMode").starts_with("container:")
}

/// Whether the container asks for a network of the engine's.
pub(crate) fn asks_for_network(container: &Inspect) -> bool {
    let mode = container.text("/HostConfig/NetworkMode");
    // The last three are Podman's.
    let without = ["none", "host", "container:", "slirp4netns", "pasta", "ns:"];
    !container.flag("/Config/NetworkDisabled") && !without.iter().any(|other| mode.starts_with(other))
}

/// Whether the container was taken off every network that it had.
pub(crate) fn is_off_all_networks(container: &Inspect) -> bool {
    let networks = container.at("/NetworkSettings/Networks").as_object();
    asks_for_network(container) && networks.is_some_and(Map::is_empty)
}

/// Whether the host name is the one that the engine gives a container that asks for none, or not its own at all.
pub(crate) fn has_generated_hostname(container: &Inspect) -> bool {
    let short = container.id().get(..12).unwrap_or_default();
    let of_host = container.text("/HostConfig/UTSMode") == "host";
    container.text("/Config/Hostname") == short || of_host || borrows_network(container)
}

/// Whether the engine made that hardware address up from the container's IPv4 address.
pub(crate) fn is_generated_mac(mac: &str, ipv4: &str) -> bool {
    let Ok(ip) = ipv4.parse::<std::net::Ipv4Addr>() else { return mac.is_empty() };
    let [a, b, c, d] = ip.octets();
    mac.is_empty() || mac.eq_ignore_ascii_case(&format!("02:42:{a:02x}:{b:02x}:{c:02x}:{d:02x}"))
}

fn config(container: &Inspect) -> Value {
    let mut config = container.at("/Config").clone();
    let Some(fields) = config.as_object_mut() else { return config };
    // How the image was written on the command line, and whether somebody looked on, is not configuration.
    // Of a hardware address, engines differ in whether they tell it, and whose it is.
    for field in ["Image", "MacAddress", "AttachStdin", "AttachStdout", "AttachStderr", "StdinOnce"] {
        fields.remove(field);
    }
    if has_generated_hostname(container) {
        fields.remove("Hostname");
    }
    if let Some(labels) = fields.get_mut("Labels").and_then(Value::as_object_mut) {
        labels.retain(|name, _| !name.starts_with(OURS) && !name.starts_with(PREFIX));
    }
    for set in ["Volumes", "ExposedPorts"] {
        let keys = fields.get(set).and_then(Value::as_object).map(|set| set.keys().cloned().collect());
        fields.insert(set.to_owned(), sorted(keys.unwrap_or_default()));
    }
    if borrows_network(container) {
        fields.remove("ExposedPorts");
    }
    let env = container.items("/Config/Env").filter_map(Value::as_str);
    let env = env.filter(|variable| !variable.starts_with(AFFINITY)).map(str::to_owned);
    fields.insert("Env".to_owned(), sorted(env.collect()));
    config
}

fn host(container: &Inspect) -> Value {
    let mut host = container.at("/HostConfig").clone();
    let Some(fields) = host.as_object_mut() else { return host };
    // golive changes the restart policy and `--rm` in a rollback; the rest is about the terminal and the command.
    for field in ["RestartPolicy", "AutoRemove", "ContainerIDFile", "ConsoleSize"] {
        fields.remove(field);
    }
    for mode in ["NetworkMode", "PidMode", "IpcMode"] {
        let value = container.text(&format!("/HostConfig/{mode}"));
        fields.insert(mode.to_owned(), Value::from(mode_name(value)));
    }
    if asks_for_network(container) {
        // Which one is the first says nothing: it is among those that the container is in, or was left.
        let mode = if is_off_all_networks(container) { "none" } else { "" };
        fields.insert("NetworkMode".to_owned(), Value::from(mode));
    }
    let binds = container.items("/HostConfig/Binds").filter_map(Value::as_str);
    let binds = binds.filter(|bind| !is_anonymous(bind.split(':').next().unwrap_or_default()));
    fields.insert("Binds".to_owned(), sorted(binds.map(str::to_owned).collect()));
    fields.insert("Mounts".to_owned(), mounts(container));
    let links = container.items("/HostConfig/Links").filter_map(Value::as_str).map(link);
    fields.insert("Links".to_owned(), sorted(links.collect()));
    for set in SETS {
        let mut items: Vec<Value> = container.items(&format!("/HostConfig/{set}")).cloned().collect();
        items.sort_by_cached_key(Value::to_string);
        fields.insert(set.to_owned(), items.into());
    }
    let from = container.items("/HostConfig/VolumesFrom").filter_map(Value::as_str).map(lender);
    fields.insert("VolumesFrom".to_owned(), from.collect());
    host
}

/// A container that lends its volumes is named by its id, which does not last, or by its name.
fn lender(from: &str) -> String {
    let (lender, mode) = from.split_once(':').unwrap_or((from, ""));
    format!("{}:{mode}", if id::is_id(lender) { "container" } else { lender })
}

/// A container that is joined is named by its id, which does not last.
fn mode_name(mode: &str) -> &str {
    if mode.starts_with("container:") { "container" } else { mode }
}

/// Anonymous volumes have no name of their own, whether the engine or golive bound them.
fn mounts(container: &Inspect) -> Value {
    let mut mounts: Vec<Value> = container.items("/HostConfig/Mounts").cloned().collect();
    for mount in &mut mounts {
        let anonymous = mount["Source"].as_str().is_some_and(is_anonymous);
        if let Some(fields) = mount.as_object_mut().filter(|_| anonymous) {
            fields.remove("Source");
        }
    }
    mounts.sort_by_key(|mount| mount["Target"].as_str().unwrap_or_default().to_owned());
    Value::Array(mounts)
}

/// `/db:/web/primary` as `db:primary`: the container's own name in it changes when it is renamed.
fn link(link: &str) -> String {
    let (target, alias) = link.split_once(':').unwrap_or((link, link));
    format!("{}:{}", target.trim_start_matches('/'), alias.rsplit('/').next().unwrap_or_default())
}

fn networks(container: &Inspect) -> Value {
    // Engines before 25 add the short id and the host name to the aliases when they start a container; Compose adds its
    // name, which is another one for each replica.
    let own =
        [container.id().get(..12).unwrap_or_default(), container.text("/Config/Hostname"), container.name()];
    let mut networks = BTreeMap::new();
    // To be in none is not to be in one.
    for (name, network) in container.entries("/NetworkSettings/Networks").filter(|(name, _)| *name != "none")
    {
        let mut kept = Map::new();
        for field in ["IPAMConfig", "DriverOpts", "GwPriority"] {
            kept.insert(field.to_owned(), network[field].clone());
        }
        for field in ["Aliases", "Links"] {
            let texts = network[field].as_array().into_iter().flatten().filter_map(Value::as_str);
            let texts = texts.filter(|text| !own.contains(text)).map(str::to_owned).collect();
            kept.insert(field.to_owned(), sorted(texts));
        }
        networks.insert(name.clone(), Value::Object(kept));
    }
    // As pairs, so that a network without settings of its own is not taken for nothing.
    networks.into_iter().map(|(name, kept)| json!([name, kept])).collect()
}

fn sorted(mut texts: Vec<String>) -> Value {
    texts.sort_unstable();
    texts.dedup();
    texts.into()
}
