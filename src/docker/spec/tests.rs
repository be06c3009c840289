use serde_json::{Value, json};

use super::super::inspect::Inspect;
use super::*;

const ID: &str = "a04c8cb06b9f2f6ab7776d87910e571eb9da2245128e67c20537732770e2adf7";
const OTHER: &str = "b15d9dc17ca0307bc888798fa21f682fc0eb3356239f78d31648843881f3be08";

fn container() -> Value {
    json!({
        "Id": ID,
        "Image": "sha256:9a5b11e57b546ae4dafc5ca43dba6cec3e7bf7ca08ca242e3ecd7f678ef0fb89",
        "Config": {
            "Hostname": &ID[..12],
            "Image": "registry:5000/shop/api:v1",
            "Env": ["B=2", "A=1"],
            "Volumes": { "/data": {}, "/log": {} },
            "Labels": { "team": "shop" },
        },
        "HostConfig": {
            "NetworkMode": "shop",
            "Binds": [],
            "Mounts": [{ "Type": "volume", "Target": "/m" }, { "Type": "bind", "Source": "/b", "Target": "/b" }],
            "Links": ["/db:/web/primary"],
            "VolumesFrom": [format!("{ID}:ro"), "other"],
            "ExtraHosts": ["a:2", "b:1"],
            "Ulimits": [{ "Name": "core" }, { "Name": "nproc" }],
            "RestartPolicy": { "Name": "always", "MaximumRetryCount": 0 },
        },
        "NetworkSettings": {
            "Networks": {
                "shop": {
                    "IPAMConfig": { "IPv4Address": "10.0.0.9" },
                    "Aliases": ["web", &ID[..12]],
                    "NetworkID": OTHER,
                    "IPAddress": "10.0.0.9",
                    "MacAddress": "02:42:0a:00:00:09",
                },
                "back": { "IPAMConfig": {}, "Aliases": null, "IPAddress": "172.18.0.2" },
            },
        },
    })
}

fn changed(change: impl FnOnce(&mut Value)) -> Inspect {
    let mut container = container();
    change(&mut container);
    Inspect::parse(container.to_string()).unwrap()
}

/// What is changed, and how.
type Change = (&'static str, fn(&mut Value));

/// Changes that come with every run of the same command, with golive's own doing, or with another engine.
#[test]
fn what_says_nothing_about_the_release_is_left_out() {
    let first = hash(&changed(|_| {}));
    let same: [Change; 19] = [
        ("another container", |c| {
            c["Id"] = OTHER.into();
            c["Config"]["Hostname"] = OTHER[..12].into();
            c["NetworkSettings"]["Networks"]["shop"]["Aliases"] = json!([&OTHER[..12], "web"]);
        }),
        ("another address", |c| c["NetworkSettings"]["Networks"]["back"]["IPAddress"] = "172.18.0.7".into()),
        ("environment in another order", |c| c["Config"]["Env"] = json!(["A=1", "B=2"])),
        ("mounts in another order", |c| c["HostConfig"]["Mounts"].as_array_mut().unwrap().reverse()),
        ("an anonymous volume bound by name", |c| {
            c["HostConfig"]["Binds"] = json!([format!("{OTHER}:/data:nocopy")]);
            c["HostConfig"]["Mounts"][0]["Source"] = OTHER.into();
        }),
        ("disarmed", |c| c["HostConfig"]["RestartPolicy"] = json!({ "Name": "no" })),
        ("--rm", |c| c["HostConfig"]["AutoRemove"] = true.into()),
        ("golive's labels", |c| c["Config"]["Labels"]["golive.rollback"] = "x".into()),
        ("the image by its id", |c| c["Config"]["Image"] = c["Image"].clone()),
        ("the network by its id", |c| c["HostConfig"]["NetworkMode"] = OTHER.into()),
        ("a hardware address, which engines tell or do not", |c| {
            c["Config"]["MacAddress"] = "02:00:5e:10:00:07".into();
        }),
        ("another network first", |c| c["HostConfig"]["NetworkMode"] = "back".into()),
        ("renamed", |c| c["HostConfig"]["Links"] = json!(["/db:/web.golive-1/primary"])),
        ("its own name among the aliases", |c| {
            c["Name"] = "/shop-web-2".into();
            c["NetworkSettings"]["Networks"]["shop"]["Aliases"] = json!(["shop-web-2", "web"]);
        }),
        ("volumes of a container made anew", |c| {
            c["HostConfig"]["VolumesFrom"] = json!([format!("{OTHER}:ro"), "other"]);
        }),
        ("what Compose says of itself", |c| {
            for label in ["config-hash", "image", "depends_on", "version", "anything"] {
                c["Config"]["Labels"][format!("com.docker.compose.{label}")] = "x".into();
            }
        }),
        ("where Compose 1.29 wants it", |c| {
            c["Config"]["Env"] = json!(["B=2", "A=1", format!("affinity:container=={OTHER}")]);
        }),
        ("sets in another order", |c| {
            c["HostConfig"]["ExtraHosts"] = json!(["b:1", "a:2"]);
            c["HostConfig"]["Ulimits"] = json!([{ "Name": "nproc" }, { "Name": "core" }]);
        }),
        ("fields with a default of a newer engine", |c| {
            c["HostConfig"]["Novel"] = json!({ "Off": false, "None": null, "Zero": 0, "Empty": [] });
            c["HostConfig"]["Annotations"] = json!({});
            c["NetworkSettings"]["Networks"]["shop"]["DNSNames"] = json!(["web"]);
        }),
    ];
    for (what, change) in same {
        assert_eq!(hash(&changed(change)), first, "{what}");
    }
}

#[test]
fn what_an_operator_changes_is_another_release() {
    let first = hash(&changed(|_| {}));
    let other: [Change; 13] = [
        ("environment", |c| c["Config"]["Env"] = json!(["A=1"])),
        ("label", |c| c["Config"]["Labels"]["team"] = "ops".into()),
        ("host name", |c| c["Config"]["Hostname"] = "shop".into()),
        ("volume", |c| c["Config"]["Volumes"] = json!({ "/data": {} })),
        ("bind", |c| c["HostConfig"]["Binds"] = json!(["/etc/shop:/etc/shop:ro"])),
        ("mount", |c| c["HostConfig"]["Mounts"][0]["Source"] = "named".into()),
        ("address", |c| {
            c["NetworkSettings"]["Networks"]["shop"]["IPAMConfig"]["IPv4Address"] = "10.0.0.8".into();
        }),
        ("alias", |c| c["NetworkSettings"]["Networks"]["shop"]["Aliases"] = json!(["web", "www"])),
        ("lender of volumes", |c| c["HostConfig"]["VolumesFrom"] = json!([format!("{ID}:ro"), "another"])),
        ("how volumes are lent", |c| c["HostConfig"]["VolumesFrom"] = json!([format!("{ID}:rw"), "other"])),
        ("entry in a set", |c| c["HostConfig"]["ExtraHosts"] = json!(["a:2", "b:9"])),
        ("network", |c| drop(c["NetworkSettings"]["Networks"].as_object_mut().unwrap().remove("back"))),
        ("a field that golive does not know", |c| c["HostConfig"]["Novel"] = "on".into()),
    ];
    for (what, change) in other {
        assert_ne!(hash(&changed(change)), first, "{what}");
    }
}

#[test]
fn a_container_that_left_its_networks_is_like_one_that_never_was_in_them() {
    let left = |mode: &'static str| {
        hash(&changed(|c| {
            c["HostConfig"]["NetworkMode"] = mode.into();
            c["NetworkSettings"]["Networks"] =
                if mode == "none" { json!({ "none": { "NetworkID": OTHER } }) } else { json!({}) };
        }))
    };
    assert_eq!(left("shop"), left("none"));
    assert_eq!(left("default"), left("none"));
    assert_ne!(left("host"), left("none"));
    assert_ne!(left("none"), hash(&changed(|_| {})));
}

#[test]
fn the_hosts_name_is_no_containers_own() {
    let named = |name: &'static str| {
        hash(&changed(|c| {
            c["HostConfig"]["UTSMode"] = "host".into();
            c["Config"]["Hostname"] = name.into();
        }))
    };
    assert_eq!(named("host-7"), named("host-8"));
}

#[test]
fn a_name_is_known_unless_it_is_the_image_itself() {
    let known = |image: &str| {
        let container = changed(|c| c["Config"]["Image"] = image.into());
        known_as(&container).map(str::to_owned)
    };
    for name in ["shop", "shop:v1", "registry:5000/shop/api:v1", "shop@sha256:00ff", "cafe", "deadbeef:v1"] {
        assert_eq!(known(name).as_deref(), Some(name));
    }
    for id in [
        "",
        "9a5b11e57b54",
        "sha256:9a5b11e57b54",
        "9a5b11e57b546ae4dafc5ca43dba6cec3e7bf7ca08ca242e3ecd7f678ef0fb89",
    ] {
        assert_eq!(known(id), None);
    }
}

#[test]
fn a_version_is_the_tag_the_label_or_the_image() {
    let version = |image: &str, labels: Value| {
        version(&changed(|c| {
            c["Config"]["Image"] = image.into();
            c["Config"]["Labels"] = labels;
        }))
    };
    let oci = json!({ "org.opencontainers.image.version": "1.2.3" });
    assert_eq!(version("shop/api:v7", oci.clone()), "v7");
    assert_eq!(version("registry:5000/shop/api:v7", json!(null)), "v7");
    assert_eq!(version("registry:5000/shop/api", oci.clone()), "1.2.3");
    assert_eq!(version("shop:latest", oci.clone()), "1.2.3");
    assert_eq!(version("shop:v7@sha256:00ff", json!({})), "v7");
    assert_eq!(version("shop@sha256:00ff", json!({})), "9a5b11e57b54");
    assert_eq!(version("sha256:9a5b11e57b54", oci), "1.2.3");
    assert_eq!(version("sha256:9a5b", json!({ "golive.version": "v3" })), "v3");
}

/// Whoever builds an image, or starts a container, writes what he likes into its labels.
#[test]
fn what_labels_say_is_one_line_and_not_long() {
    let labelled = |name: &str, value: &str| {
        changed(|c| {
            c["Config"]["Image"] = "shop".into();
            c["Config"]["Labels"] = json!({ name: value });
        })
    };
    let long = "9".repeat(10 << 20);
    for label in ["org.opencontainers.image.version", "golive.version"] {
        assert_eq!(version(&labelled(label, &long)).chars().count(), 128, "{label}");
        assert_eq!(version(&labelled(label, "1\u{0}\r\n\u{1b}[2J\u{202e}2")), "1    [2J 2", "{label}");
        assert_eq!(version(&labelled(label, "\n\u{200b}")), "9a5b11e57b54", "{label}");
    }
    let why = |value: &str| labelled("golive.irreversible", value).running().irreversible.unwrap();
    assert!(why(&long).len() < 400);
    assert_eq!(why("drops\na\u{0}table"), "drops a table");
}

#[test]
fn hardware_addresses_made_from_the_address_are_known() {
    assert!(is_generated_mac("02:42:0a:00:00:09", "10.0.0.9"));
    assert!(is_generated_mac("", "") && is_generated_mac("", "10.0.0.9"));
    assert!(!is_generated_mac("02:42:0a:00:00:09", "10.0.0.8"));
    assert!(!is_generated_mac("aa:bb:cc:00:00:09", "10.0.0.9"));
}
