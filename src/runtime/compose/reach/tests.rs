use serde_json::json;

use super::*;
use crate::docker::labels::compose::SERVICE;
use crate::runtime::compose::found::Member;

fn looked(host: &str, port: u16) -> Looked {
    Looked { check: "web".to_owned(), host: host.to_owned(), port }
}

fn left(more: &Value) -> Found {
    let mut inspect = json!({ "Id": "1", "Name": "/shop_app_1", "Config": { "Labels": { SERVICE: "app" } } });
    for (field, value) in more.as_object().unwrap() {
        inspect[field] = value.clone();
    }
    let it = Member::new(Inspect::of(inspect));
    Found { left: vec![Bystander { it, keeps: "/data".to_owned() }], ..Found::default() }
}

fn published(ip: &str, port: &str) -> Found {
    left(&json!({ "HostConfig": { "PortBindings": { "80/tcp": [{ "HostIp": ip, "HostPort": port }] } } }))
}

#[test]
fn what_is_published_by_what_is_left_alone_is_beyond_reach() {
    for (ip, host) in [
        ("", "127.0.0.1"),
        ("0.0.0.0", "localhost"),
        ("127.0.0.1", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("", "192.0.2.7"),
        ("192.0.2.7", "192.0.2.7"),
        ("::", "::1"),
    ] {
        let told = beyond(&[looked(host, 8080)], &published(ip, "8080"));
        assert_eq!(told.len(), 1, "{ip} {host}");
        assert!(
            told[0].contains("health check web looks at") && told[0].contains("leaves app alone"),
            "{told:?}"
        );
    }
    let given = left(
        &json!({ "NetworkSettings": { "Ports": { "80/tcp": [{ "HostIp": "0.0.0.0", "HostPort": "49153" }] } } }),
    );
    assert_eq!(beyond(&[looked("127.0.0.1", 49153)], &given).len(), 1, "the engine chose the port");
    let own = left(&json!({ "NetworkSettings": { "Networks": { "shop": { "IPAddress": "172.18.0.3" } } } }));
    assert_eq!(beyond(&[looked("172.18.0.3", 80)], &own).len(), 1, "its own address");
    let host = left(&json!({
        "HostConfig": { "NetworkMode": "host" },
        "Config": { "Labels": { SERVICE: "app" }, "ExposedPorts": { "80/tcp": {} } },
    }));
    assert_eq!(beyond(&[looked("127.0.0.1", 80)], &host).len(), 1, "the host's network");
}

#[test]
fn what_others_publish_is_not() {
    for (ip, port, host) in [
        ("", "8081", "127.0.0.1"),
        ("192.0.2.7", "8080", "192.0.2.8"),
        ("127.0.0.1", "8080", "192.0.2.8"),
        ("", "8080", "shop.example.com"),
    ] {
        assert_eq!(beyond(&[looked(host, 8080)], &published(ip, port)), [""; 0], "{ip} {port} {host}");
    }
    assert_eq!(beyond(&[looked("127.0.0.1", 8080)], &Found::default()), [""; 0]);
}
