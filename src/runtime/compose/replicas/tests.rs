use serde_json::json;

use super::*;
use crate::docker::labels::compose::SERVICE;

fn member(service: &str, number: u32, version: &str, more: &Value) -> Member {
    let mut inspect = json!({
        "Id": format!("{service}{number}-{version}"),
        "Name": format!("/shop_{service}_{number}"),
        "Image": format!("sha256:{version}"),
        "Config": { "Labels": { SERVICE: service, NUMBER: number.to_string() } },
        "HostConfig": {},
        "NetworkSettings": { "Networks": { "shop": { "Aliases": [service, format!("shop_{service}_{number}")] } } },
    });
    for (field, value) in more.as_object().unwrap() {
        inspect[field] = value.clone();
    }
    Member::new(Inspect::of(inspect))
}

fn plain(service: &str, number: u32, version: &str) -> Member {
    member(service, number, version, &json!({}))
}

fn told(members: &[Member]) -> Vec<String> {
    members.iter().map(|it| format!("{} {}", it.found.name(), it.found.image())).collect()
}

#[test]
fn there_are_as_many_as_now_and_all_are_of_the_good_version() {
    let good = || vec![plain("api", 1, "1"), plain("worker", 1, "1"), plain("worker", 2, "1")];
    for (now, wanted) in [
        (&[("api", 1), ("worker", 1), ("worker", 2)][..], &["api_1", "worker_1", "worker_2"][..]),
        (&[("api", 1), ("api", 2), ("worker", 1)], &["api_1", "api_2", "worker_1"]),
        (&[("api", 3), ("worker", 2), ("worker", 5)], &["api_3", "worker_2", "worker_5"]),
        (&[("worker", 1)], &["api_1", "worker_1"]),
        (&[("api", 1), ("new", 1)], &["api_1", "worker_1", "worker_2"]),
    ] {
        let now: Vec<Member> = now.iter().map(|(service, number)| plain(service, *number, "2")).collect();
        let wanted: Vec<String> = wanted.iter().map(|name| format!("shop_{name} sha256:1")).collect();
        assert_eq!(told(&as_many(good(), &now)), wanted);
    }
}

#[test]
fn one_more_is_configured_like_the_others_and_called_like_itself() {
    let more = as_many(vec![plain("api", 1, "1")], &[plain("api", 1, "2"), plain("api", 2, "2")]);
    let (first, second) = (&more[0].found, &more[1].found);
    assert_eq!(second.label(NUMBER), Some("2"));
    assert_eq!(second.at("/NetworkSettings/Networks/shop/Aliases"), &json!(["api", "shop_api_2"]));
    assert_eq!(spec::hash(first), spec::hash(second), "a replica is no other release");
}

#[test]
fn what_only_one_can_have_is_not_made_twice() {
    let port = json!({ "HostConfig": { "PortBindings": { "80/tcp": [{ "HostPort": "8080" }] } } });
    let address = json!({
        "NetworkSettings": { "Networks": { "shop": { "IPAMConfig": { "IPv4Address": "172.18.0.9" } } } },
    });
    for own in [port, address] {
        let good = vec![member("api", 1, "1", &own)];
        let now = [plain("api", 1, "2"), plain("api", 2, "2")];
        assert_eq!(told(&as_many(good, &now)), ["shop_api_1 sha256:1"]);
    }
    let ports = json!({ "PortBindings": { "80/tcp": [{ "HostPort": "8080-8089" }], "81/tcp": [{ "HostPort": "" }] } });
    let good = vec![member("api", 1, "1", &json!({ "HostConfig": ports }))];
    assert_eq!(as_many(good, &[plain("api", 1, "2"), plain("api", 2, "2")]).len(), 2);
}

#[test]
fn each_keeps_its_own_anonymous_volume() {
    let volume = |letter: &str| {
        let name = letter.repeat(64);
        json!({ "Mounts": [
            { "Type": "volume", "Name": name, "Destination": "/data" },
            { "Type": "volume", "Name": "shared", "Destination": "/shared" },
        ] })
    };
    let good = || vec![member("api", 1, "1", &volume("a"))];
    let more = as_many(good(), &[member("api", 1, "2", &volume("a")), member("api", 2, "2", &volume("b"))]);
    let names = |member: &Member| -> Vec<String> {
        member.found.items("/Mounts").map(|mount| mount["Name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&more[1]), ["b".repeat(64), "shared".to_owned()]);
    let none = as_many(good(), &[member("api", 1, "2", &volume("a")), plain("api", 2, "2")]);
    assert_eq!(names(&none[1]), ["shared"]);
}
