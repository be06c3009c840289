use serde_json::{Value, json};

use super::*;
use crate::docker::labels::compose::{NUMBER, SERVICE};

fn member(service: &str, number: u32, version: &str, host: &Value) -> Member {
    Member::new(Inspect::of(json!({
        "Id": format!("{service}{number}-{version}"),
        "Name": format!("/shop_{service}_{number}"),
        "Image": format!("sha256:{version}"),
        "Config": { "Labels": { SERVICE: service, NUMBER: number.to_string() } },
        "HostConfig": host,
    })))
}

fn same(good: &[Member], bad: &[Member]) -> Vec<String> {
    unchanged(good, bad).into_iter().map(|key| format!("{}{}", key.service, key.number)).collect()
}

#[test]
fn what_a_release_did_not_change_is_not_touched() {
    let none = json!({});
    let good = [member("api", 1, "1", &none), member("cron", 1, "1", &none), member("worker", 1, "1", &none)];
    let bad = [
        member("api", 1, "2", &none),
        member("cron", 1, "1", &json!({ "Memory": 5 })),
        member("new", 1, "1", &none),
        member("worker", 1, "1", &none),
    ];
    assert_eq!(same(&good, &bad), ["worker1"]);
    assert_eq!(same(&good, &good), ["api1", "cron1", "worker1"]);
    assert_eq!(same(&[], &bad), [""; 0]);
}

#[test]
fn what_lives_with_a_swapped_member_is_swapped_too() {
    let none = json!({});
    let joined = |to: &str| json!({ "NetworkMode": format!("container:{to}") });
    let good = [
        member("vpn", 1, "1", &none),
        member("api", 1, "1", &joined("vpn1-1")),
        member("log", 1, "1", &json!({ "VolumesFrom": ["api1-1"] })),
        member("web", 1, "1", &none),
    ];
    let bad = [
        member("vpn", 1, "2", &none),
        member("api", 1, "1", &joined("vpn1-2")),
        member("log", 1, "1", &json!({ "VolumesFrom": ["api1-1"] })),
        member("web", 1, "1", &none),
    ];
    assert_eq!(same(&good, &bad), ["web1"]);
}

#[test]
fn what_compose_left_in_the_network_of_what_is_gone_is_swapped_too() {
    let none = json!({});
    let stale = json!({ "NetworkMode": "container:vpn1-1" });
    let good = [member("vpn", 1, "1", &none), member("api", 1, "1", &stale)];
    let bad = [member("vpn", 1, "2", &none), member("api", 1, "1", &stale)];
    assert_eq!(same(&good, &bad), [""; 0]);
}
