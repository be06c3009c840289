use serde_json::json;

use super::*;
use crate::docker::labels::compose::PROJECT;
use crate::tests::world;

fn of(services: &[&str]) -> Compose {
    let services = services.iter().map(|name| (*name).to_owned()).collect();
    Compose { project: "shop".to_owned(), services, retag: true }
}

fn member(service: &str, number: u32, version: &str, state: &Value) -> Member {
    let labels = json!({ PROJECT: "shop", SERVICE: service, NUMBER: number.to_string() });
    Member::new(Inspect::of(json!({
        "Id": format!("{service}{number}{version}"),
        "Name": format!("/shop_{service}_{number}"),
        "Image": format!("sha256:{version}"),
        "RestartCount": 1,
        "Config": { "Image": format!("shop:{version}"), "Labels": labels, "Env": [format!("SERVICE={service}")] },
        "State": state,
    })))
}

fn up(at: &str) -> Value {
    json!({ "Status": "running", "Running": true, "StartedAt": at })
}

fn set(members: Vec<Member>) -> Found {
    let db = member("db", 1, "9", &up("2026-01-01T00:00:00Z"));
    let left = vec![Bystander { it: db, keeps: "/data".to_owned() }];
    Found { members, left, passing: Vec::new() }
}

fn alike() -> Vec<Member> {
    let at = "2026-01-01T00:00:00Z";
    vec![member("api", 1, "2", &up(at)), member("worker", 1, "2", &up("2026-01-01T00:00:05Z"))]
}

#[test]
fn several_containers_run_as_one() {
    let running = set(alike()).running(&of(&[])).unwrap();
    assert_eq!(running.instance, "api12,worker12");
    assert!(running.has("api12") && running.has("worker12") && !running.has("api"));
    assert_eq!((running.version.as_str(), running.identity.image.as_str()), ("2", "sha256:2"));
    assert!(running.alive);
    assert_eq!(running.started, Some("2026-01-01T00:00:05Z".parse().unwrap()));
    assert_eq!(running.restarts, 2);
    let about = "shop_api_1 runs 2, shop_worker_1 runs 2; db is left alone: it keeps data in /data";
    assert_eq!(running.about.as_deref(), Some(about));
    assert_eq!(set(Vec::new()).running(&of(&[])), None);
}

#[test]
fn half_of_each_is_said_to_be_so() {
    let at = "2026-01-01T00:00:00Z";
    let mixed = vec![member("api", 1, "2", &up(at)), member("worker", 1, "1", &up(at))];
    let running = set(mixed).running(&of(&[])).unwrap();
    assert_eq!(running.version, "api 2, worker 1");
    assert_eq!(running.identity.image, "api=sha256:2, worker=sha256:1");
    assert_ne!(running.identity, set(alike()).running(&of(&[])).unwrap().identity);
}

#[test]
fn more_replicas_of_the_same_are_no_other_release() {
    let one = set(alike()).running(&of(&[])).unwrap();
    let mut more = alike();
    more.push(member("worker", 2, "2", &up("2026-01-01T00:00:07Z")));
    let two = set(more).running(&of(&[])).unwrap();
    assert_eq!(one.identity, two.identity);
    assert_ne!(one.instance, two.instance);
}

#[test]
fn a_set_lives_while_every_member_does() {
    let down = json!({ "Status": "exited", "ExitCode": 1 });
    let done = json!({ "Status": "exited", "ExitCode": 0 });
    let with = |state: &Value| {
        let mut members = alike();
        members.push(member("migrate", 1, "2", state));
        set(members).running(&of(&[])).unwrap()
    };
    assert!(!with(&down).alive);
    assert!(with(&done).alive);
    assert!(with(&done).about.unwrap().contains("shop_migrate_1 of 2 has ended as it should"));
    let missing = set(alike()).running(&of(&["api", "worker", "cron"])).unwrap();
    assert!(!missing.alive && missing.about.unwrap().contains("cron has no container"));
}

#[test]
fn two_that_are_the_same_replica_are_named() {
    let at = "2026-01-01T00:00:00Z";
    assert_eq!(twins(&alike()), None);
    let mut members = alike();
    members.insert(1, member("api", 1, "1", &up(at)));
    assert_eq!(twins(&members).as_deref(), Some("shop_api_1 and shop_api_1 are both api 1"));
}

/// Looks at a set as Compose and the engine made it again and again.
#[test]
fn the_same_files_are_the_same_release_and_others_are_not() {
    let mut wrong = Vec::new();
    for case in world::cases("sets") {
        let looks: Vec<Vec<Value>> = serde_json::from_slice(&case.input).unwrap();
        let mut looks = looks.into_iter().map(|look| {
            let members = look.into_iter().map(|inspect| Member::new(Inspect::of(inspect))).collect();
            set(members).running(&of(&[])).unwrap().identity
        });
        let first = looks.next().unwrap();
        let same = case.right["release"].as_str() == Some("same");
        for (number, look) in looks.enumerate() {
            if (look == first) != same {
                wrong.push(format!("{}, look {}", case.name, number + 2));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
