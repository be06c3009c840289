//! A container that has nothing to do with the one that it is made after.

use serde_json::{Map, Value, json};

use crate::docker::Inspect;

/// What the engine is asked for, changed so.
pub(super) fn from_everything(body: &mut Value, good: &Inspect) {
    body["ExposedPorts"] = json!({});
    body["Volumes"] = Value::Object(fresh(good));
    if let Some(body) = body.as_object_mut() {
        body.remove("NetworkingConfig");
        body.remove("MacAddress");
    }
    let Some(host) = body["HostConfig"].as_object_mut() else { return };
    for of_others in ["Links", "VolumesFrom", "ExtraHosts", "Dns", "DnsSearch", "DnsOptions"] {
        host.remove(of_others);
    }
    let kept: Vec<Value> =
        super::list(host, "Mounts").into_iter().filter(|mount| mount["Type"] == "tmpfs").collect();
    host.insert("Mounts".to_owned(), kept.into());
    host.insert("Binds".to_owned(), read_only(good).into());
    host.insert("NetworkMode".to_owned(), "none".into());
    host.insert("PortBindings".to_owned(), json!({}));
    host.insert("PublishAllPorts".to_owned(), false.into());
    host.insert("RestartPolicy".to_owned(), json!({ "Name": "no" }));
}

/// What is there to be read: what was never written stays as it is, and what comes from the host is only read.
fn read_only(good: &Inspect) -> Vec<String> {
    let read = good.items("/Mounts").filter(|mount| mount["Type"] == "bind" || mount["RW"] == false);
    read.filter_map(|mount| {
        let source = if mount["Type"] == "volume" { &mount["Name"] } else { &mount["Source"] };
        Some(format!("{}:{}:ro", source.as_str()?, mount["Destination"].as_str()?))
    })
    .collect()
}

/// Where a volume was written: a fresh one is there instead.
fn fresh(good: &Inspect) -> Map<String, Value> {
    let written = good.items("/Mounts").filter(|mount| mount["Type"] == "volume" && mount["RW"] != false);
    written.filter_map(|mount| Some((mount["Destination"].as_str()?.to_owned(), json!({})))).collect()
}
