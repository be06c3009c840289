use serde_json::{Value, json};

use super::*;

fn inspect(container: &Value) -> Inspect {
    Inspect::parse(container.to_string()).unwrap()
}

fn why(container: &Value) -> Option<String> {
    obstacle(&inspect(container), &inspect(container))
}

#[test]
fn what_only_one_can_have_stands_in_the_way() {
    let volume = |rw: bool| json!({ "Mounts": [{ "Type": "volume", "Name": "orders", "RW": rw }] });
    let ports =
        |port: &str| json!({ "HostConfig": { "PortBindings": { "80/tcp": [{ "HostPort": port }] } } });
    for (container, wanted) in [
        (ports("8080"), Some("both publish the port 8080/tcp")),
        (ports("0"), None),
        (ports(""), None),
        (
            json!({ "HostConfig": { "NetworkMode": "host" } }),
            Some("one of them has no network of its own: host"),
        ),
        (
            json!({ "NetworkSettings": { "Networks": { "n": { "IPAMConfig": { "IPv4Address": "10.9.0.7" } } } } }),
            Some("both have the address 10.9.0.7"),
        ),
        (
            json!({ "Config": { "MacAddress": "02:42:ac:11:00:09" } }),
            Some("both have the address 02:42:ac:11:00:09"),
        ),
        (volume(true), Some("both write to orders")),
        (volume(false), None),
        (json!({ "Mounts": [{ "Type": "bind", "Source": "/var/run/docker.sock", "RW": true }] }), None),
        (json!({ "HostConfig": { "NetworkMode": "shop" } }), None),
    ] {
        assert_eq!(why(&container).as_deref(), wanted, "{container}");
    }
}

#[test]
fn what_the_other_does_not_have_does_not() {
    let one = |port: &str, volume: &str| {
        inspect(&json!({
            "HostConfig": { "PortBindings": { "80/tcp": [{ "HostPort": port }] } },
            "Mounts": [{ "Type": "volume", "Name": volume, "RW": true }],
        }))
    };
    assert_eq!(obstacle(&one("8080", "a"), &one("8081", "b")), None);
    assert!(obstacle(&one("8080", "a"), &one("8081", "a")).is_some());
}

#[test]
fn its_own_health_is_waited_for() {
    let state = |state: Value| inspect(&json!({ "Id": "a04c8cb06b9f2f6a", "State": state }));
    let health = |word: &str| state(json!({ "Running": true, "Health": { "Status": word } }));
    assert!(well(&state(json!({ "Running": true }))).is_ok());
    assert!(well(&health("healthy")).is_ok());
    assert_eq!(well(&health("starting")).unwrap_err().kind, FaultKind::Pending);
    assert_eq!(well(&health("unhealthy")).unwrap_err().kind, FaultKind::Refused);
    let ended = well(&state(json!({ "Running": false, "ExitCode": 3 }))).unwrap_err();
    assert!(ended.text.ends_with("it ended with exit code 3"), "{}", ended.text);
}
