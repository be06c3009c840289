use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::docker::Inspect;
use crate::docker::labels::ROLLBACK;

const ID: &str = "a04c8cb06b9f2f6ab7776d87910e571eb9da2245128e67c20537732770e2adf7";
const VOLUME: &str = "b15d9dc17ca0307bc888798fa21f682fc0eb3356239f78d31648843881f3be08";

fn made(container: &Value) -> Blueprint {
    on((1, 41), false, container)
}

/// On an engine of that API, from an image with an entrypoint or without.
fn on(api: (u32, u32), entrypoint: bool, container: &Value) -> Blueprint {
    let good = Inspect::parse(container.to_string()).unwrap();
    let ground = Ground { image: good.image().to_owned(), entrypoint, api };
    blueprint(&good, &BTreeMap::from([(ROLLBACK, "rb-2".to_owned())]), &ground)
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
    let labels = json!({ "team": "shop", "golive.rollback": "rb-2", "golive.image": "shop:v1" });
    assert_eq!(body["Labels"], labels);
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

#[test]
fn an_entrypoint_that_was_cleared_stays_cleared() {
    let entrypoint = |of: Value, image_has_one: bool| {
        let config = json!({ "Entrypoint": of, "Cmd": ["shop"] });
        on((1, 41), image_has_one, &json!({ "Id": ID, "Config": config, "HostConfig": {} })).body["Entrypoint"].take()
    };
    assert_eq!(entrypoint(Value::Null, true), json!([""]));
    assert_eq!(entrypoint(json!([]), true), json!([""]));
    assert_eq!(entrypoint(Value::Null, false), Value::Null);
    assert_eq!(entrypoint(json!(["/start"]), true), json!(["/start"]));
}

#[test]
fn paths_are_compared_as_the_engine_takes_them() {
    let volume =
        |to: &str| json!({ "Type": "volume", "Name": format!("v{to}"), "Destination": to, "RW": true });
    let body = made(&json!({
        "Id": ID,
        "Config": { "Volumes": { "/data/": {}, "/own//dir/.": {} } },
        "HostConfig": {
            "Binds": ["logs:/var//log/", "data:/data/:ro"],
            "Mounts": [{ "Type": "volume", "Target": "/m/" }, { "Type": "volume", "Source": "named", "Target": "/m2/." }],
            "VolumesFrom": ["side"],
        },
        "Mounts": [volume("/var/log"), volume("/data"), volume("/own/dir"), volume("/m"), volume("/m2"), volume("/side")],
    }))
    .body;
    let binds = json!(["logs:/var//log/", "data:/data/:ro", "v/own/dir:/own/dir:nocopy"]);
    assert_eq!(body["HostConfig"]["Binds"], binds);
    let sources: Vec<&Value> =
        body["HostConfig"]["Mounts"].as_array().unwrap().iter().map(|mount| &mount["Source"]).collect();
    assert_eq!(sources, ["v/m", "v/m2"]);
}

#[test]
fn the_hosts_name_is_not_given_to_it() {
    let body = made(&json!({
        "Id": ID,
        "Config": { "Hostname": "host-7", "Domainname": "example.org" },
        "HostConfig": { "NetworkMode": "host", "UTSMode": "host" },
        "NetworkSettings": { "Networks": { "host": {} } },
    }))
    .body;
    assert_eq!((&body["Hostname"], &body["Domainname"]), (&json!(""), &json!("example.org")));
}

/// In these networks, created in that one.
fn joined(mode: &str, networks: &Value) -> Value {
    json!({
        "Id": ID,
        "Config": { "MacAddress": "02:00:5e:10:00:07" },
        "HostConfig": { "NetworkMode": mode },
        "NetworkSettings": { "Networks": networks },
    })
}

#[test]
fn a_network_that_was_left_is_not_joined_again() {
    for (mode, networks, wanted, further) in [
        ("front", json!({ "back": {}, "third": {} }), "back", vec!["third"]),
        ("default", json!({ "front": {} }), "front", vec![]),
        // As Podman tells it of every network of a user's.
        ("bridge", json!({ "shop": { "NetworkID": "shop" } }), "shop", vec![]),
        ("front", json!({}), "none", vec![]),
        ("default", json!({}), "none", vec![]),
        ("none", json!({ "none": {} }), "none", vec![]),
        ("host", json!({ "host": {} }), "host", vec![]),
        ("container:abc", json!({}), "container:abc", vec![]),
        ("pasta", json!({}), "pasta", vec![]),
    ] {
        let made = made(&joined(mode, &networks));
        assert_eq!(made.body["HostConfig"]["NetworkMode"], wanted, "{mode} {networks}");
        let names: Vec<&str> = made.further.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, further, "{mode} {networks}");
        let first = networks.get(mode).is_some();
        assert_eq!(made.body["MacAddress"].is_string(), first, "{mode} {networks}");
    }
}

#[test]
fn new_engines_are_given_all_networks_at_once_with_their_hardware_addresses() {
    let networks = json!({
        "front": { "MacAddress": "02:00:5e:10:00:07", "IPAddress": "10.0.0.2" },
        "back": { "MacAddress": "aa:bb:cc:00:00:01", "IPAddress": "10.1.0.2", "Aliases": ["inner"] },
        "third": { "MacAddress": "02:42:0a:02:00:02", "IPAddress": "10.2.0.2" },
    });
    let of = |api, container: &Value| {
        let made = on(api, false, container);
        assert_eq!(made.further.is_empty(), api >= (1, 44), "{api:?}");
        assert_eq!(made.body["MacAddress"].is_null(), api >= (1, 44), "{api:?}");
        let endpoints = made.body["NetworkingConfig"]["EndpointsConfig"].as_object().unwrap().clone();
        let further = made.further.into_iter();
        let all: BTreeMap<String, Value> = endpoints.into_iter().chain(further).collect();
        all.into_iter()
            .map(|(name, it)| (name, it["MacAddress"].as_str().map(str::to_owned)))
            .collect::<Vec<_>>()
    };
    let mac = |name: &str, mac: Option<&str>| (name.to_owned(), mac.map(str::to_owned));
    let wanted =
        [mac("back", Some("aa:bb:cc:00:00:01")), mac("front", Some("02:00:5e:10:00:07")), mac("third", None)];
    let container = joined("front", &networks);
    for api in [(1, 41), (1, 43), (1, 44), (1, 51)] {
        assert_eq!(of(api, &container), wanted, "{api:?}");
    }
    // From API 1.52 on the container's configuration does not tell it any more.
    let mut newest = container;
    newest["Config"].as_object_mut().unwrap().remove("MacAddress");
    assert_eq!(of((1, 52), &newest), wanted);
    // Before that, what is not told there was not asked for.
    newest["NetworkSettings"]["Networks"]["front"]["MacAddress"] = "6a:1f:00:99:12:07".into();
    assert_eq!(of((1, 51), &newest)[1], mac("front", None));
}

#[test]
fn an_image_is_asked_for_by_the_name_that_people_know() {
    let made = |image: &str, label: Value| {
        let config = json!({ "Image": image, "Labels": { IMAGE: label } });
        let good =
            Inspect::of(json!({ "Id": ID, "Image": "sha256:00ff", "Config": config, "HostConfig": {} }));
        let ground = Ground { image: "shop:v1".to_owned(), entrypoint: false, api: (1, 41) };
        let made = blueprint(&good, &BTreeMap::new(), &ground);
        let label = made.body["Labels"][IMAGE].clone();
        assert_eq!(made.body["Image"], "shop:v1");
        assert_eq!(made.by_id(&good).body["Image"], "sha256:00ff");
        label
    };
    assert_eq!(made("shop:v1", Value::Null), "shop:v1");
    assert_eq!(made("sha256:00ff", json!("shop:v1")), "shop:v1");
    assert_eq!(made("sha256:00ff", Value::Null), Value::Null);
}
