use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::inspect::{Inspect, ROLLBACK};
use super::*;

const ID: &str = "a04c8cb06b9f2f6ab7776d87910e571eb9da2245128e67c20537732770e2adf7";
const VOLUME: &str = "b15d9dc17ca0307bc888798fa21f682fc0eb3356239f78d31648843881f3be08";

fn made(container: &Value) -> Blueprint {
    let good = Inspect::parse(container.to_string()).unwrap();
    blueprint(&good, &BTreeMap::from([(ROLLBACK, "rb-2".to_owned())]))
}

#[test]
fn what_golive_does_not_know_survives() {
    let body = made(&json!({
        "Id": ID,
        "Image": "sha256:00ff",
        "Config": { "Image": "shop:v1", "Novel": { "a": 1 }, "Labels": { "team": "shop", "golive.rollback": "rb-1" } },
        "HostConfig": { "NetworkMode": "none", "Novel": ["b"], "AutoRemove": true },
    }))
    .body;
    assert_eq!(body["Image"], "sha256:00ff");
    assert_eq!(body["Novel"]["a"], 1);
    assert_eq!(body["HostConfig"]["Novel"], json!(["b"]));
    assert_eq!(body["HostConfig"]["AutoRemove"], false);
    assert_eq!(body["Labels"], json!({ "team": "shop", "golive.rollback": "rb-2" }));
}

#[test]
fn anonymous_volumes_are_bound_by_name_once() {
    let volume = |name: &str, to: &str, rw: bool| json!({ "Type": "volume", "Name": name, "Destination": to, "RW": rw });
    let body = made(&json!({
        "Id": ID,
        "Config": { "Volumes": { "/data": {}, "/named": {} } },
        "HostConfig": { "Binds": ["shop:/named"], "Mounts": [{ "Type": "volume", "Target": "/mounted" }] },
        "Mounts": [
            volume(VOLUME, "/data", true), volume("shop", "/named", true), volume("m", "/mounted", true),
            volume("r", "/readonly", false), { "Type": "bind", "Source": "/b", "Destination": "/b" },
        ],
    }))
    .body;
    let expected = json!(["shop:/named", format!("{VOLUME}:/data:nocopy"), "r:/readonly:ro,nocopy"]);
    assert_eq!(body["HostConfig"]["Binds"], expected);
    assert_eq!(
        body["HostConfig"]["Mounts"],
        json!([{ "Type": "volume", "Target": "/mounted", "Source": "m" }])
    );
}

#[test]
fn volumes_from_another_container_are_left_to_it() {
    let body = made(&json!({
        "Id": ID,
        "Config": { "Volumes": { "/own": {} } },
        "HostConfig": { "VolumesFrom": ["side"] },
        "Mounts": [
            { "Type": "volume", "Name": "a", "Destination": "/own", "RW": true },
            { "Type": "volume", "Name": "b", "Destination": "/shared", "RW": true },
        ],
    }))
    .body;
    assert_eq!(body["HostConfig"]["Binds"], json!(["a:/own:nocopy"]));
}

#[test]
fn networks_keep_what_was_asked_for_and_nothing_that_was_given() {
    let made = made(&json!({
        "Id": ID,
        "Config": { "Hostname": &ID[..12], "MacAddress": "02:00:5e:10:00:07" },
        "HostConfig": { "NetworkMode": "0123" },
        "NetworkSettings": { "Networks": {
            "front": {
                "NetworkID": "0123", "IPAMConfig": { "IPv4Address": "10.0.0.9" }, "Aliases": ["web", &ID[..12]],
                "IPAddress": "10.0.0.9", "MacAddress": "52:41:3d:a2:dd:6c", "Gateway": "10.0.0.1",
            },
            "back": { "NetworkID": "4567", "IPAMConfig": null, "IPAddress": "10.1.0.2", "MacAddress": "aa:bb:cc:00:00:01" },
        } },
    }));
    assert_eq!(made.body["Hostname"], "");
    assert_eq!(made.body["HostConfig"]["NetworkMode"], "front");
    let front = json!({ "IPAMConfig": { "IPv4Address": "10.0.0.9" }, "Aliases": ["web"], "MacAddress": "02:00:5e:10:00:07" });
    assert_eq!(made.body["NetworkingConfig"]["EndpointsConfig"], json!({ "front": front }));
    let back = json!({ "Aliases": [], "MacAddress": "aa:bb:cc:00:00:01" });
    assert_eq!(made.further, [("back".to_owned(), back)]);
}

#[test]
fn another_containers_network_takes_no_host_name_and_no_ports() {
    let body = made(&json!({
        "Id": ID,
        "Config": { "Hostname": "side", "ExposedPorts": { "80/tcp": {} } },
        "HostConfig": { "NetworkMode": format!("container:{VOLUME}") },
        "NetworkSettings": { "Networks": {} },
    }))
    .body;
    assert_eq!(body["Hostname"], "");
    assert_eq!(body["ExposedPorts"], json!({}));
    assert_eq!(body["HostConfig"]["NetworkMode"], format!("container:{VOLUME}"));
    assert_eq!(body["NetworkingConfig"], Value::Null);
}

#[test]
fn a_host_name_that_was_asked_for_stays() {
    let body = made(&json!({ "Id": ID, "Config": { "Hostname": "shop" }, "HostConfig": {} })).body;
    assert_eq!(body["Hostname"], "shop");
}
