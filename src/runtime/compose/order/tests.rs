use serde_json::{Value, json};

use super::*;
use crate::docker::Inspect;
use crate::docker::labels::compose::SERVICE;

fn of(services: &[&str]) -> Compose {
    let services = services.iter().map(|name| (*name).to_owned()).collect();
    Compose { project: "shop".to_owned(), services, retag: true }
}

fn member(service: &str, second: u32, needs: &str, host: &Value) -> Member {
    Member::new(Inspect::of(json!({
        "Id": format!("id-{service}"),
        "Name": format!("/shop_{service}_1"),
        "Created": format!("2026-01-01T00:00:{second:02}.5Z"),
        "Config": { "Labels": { SERVICE: service, DEPENDS_ON: needs } },
        "HostConfig": host,
    })))
}

fn order(members: &[Member], named: &[&str]) -> Vec<String> {
    services(&members.iter().collect::<Vec<_>>(), &of(named))
}

#[test]
fn what_others_need_comes_first() {
    let none = json!({});
    let labelled = [
        member("api", 1, "db:service_healthy:true,cache:service_started:false", &none),
        member("cache", 2, "db:service_started:false", &none),
        member("db", 3, "", &none),
    ];
    assert_eq!(order(&labelled, &[]), ["db", "cache", "api"]);
    assert_eq!(order(&labelled, &["api", "db", "cache"]), ["db", "cache", "api"], "labels count for more");
    for host in [
        json!({ "NetworkMode": "container:id-vpn" }),
        json!({ "PidMode": "container:id-vpn" }),
        json!({ "VolumesFrom": ["id-vpn:rw"] }),
        json!({ "Links": ["/shop_vpn_1:/shop_api_1/vpn"] }),
    ] {
        let joined = [member("api", 1, "", &host), member("vpn", 2, "", &none)];
        assert_eq!(order(&joined, &[]), ["vpn", "api"], "{host}");
    }
}

#[test]
fn what_is_not_said_is_told_by_the_configuration_or_by_the_order_of_creation() {
    let none = json!({});
    let plain = [member("a", 3, "", &none), member("b", 1, "", &none), member("c", 2, "", &none)];
    assert_eq!(order(&plain, &[]), ["b", "c", "a"]);
    assert_eq!(order(&plain, &["c", "a", "b"]), ["c", "a", "b"]);
}

#[test]
fn a_circle_is_cut() {
    let none = json!({});
    let circle = [member("a", 2, "b:x:y", &none), member("b", 1, "a:x:y", &none), member("c", 3, "a", &none)];
    assert_eq!(order(&circle, &[]), ["b", "a", "c"]);
}
