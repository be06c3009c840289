//! What images, containers and neighbours say of themselves.

use std::process::Command;

use crate::host::{Host, docker, engine, inspect};

/// `docker run` of version 2 with labels that no command line takes.
fn deploy_labelled(host: &Host, labels: &serde_json::Value, behaviour: &[&str]) {
    let command = ["/golive", "demo-service", "--listen", "0.0.0.0:8080", "--version", "2"];
    let body = serde_json::json!({
        "Image": host.tag("2"),
        "Cmd": ([&command, behaviour].concat()),
        "Labels": labels,
        "ExposedPorts": { "8080/tcp": {} },
        "HostConfig": {
            "RestartPolicy": { "Name": "always" },
            "PortBindings": { "8080/tcp": [{ "HostIp": "127.0.0.1", "HostPort": host.port.to_string() }] },
        },
    });
    docker(&["rm", "-f", "-v", &host.name]);
    create(host, &host.name, &body);
    assert!(docker(&["start", &host.name]).status.success());
}

fn create(host: &Host, name: &str, body: &serde_json::Value) {
    let file = host.dir.path().join("body.json");
    std::fs::write(&file, body.to_string()).unwrap();
    let made = Command::new("curl")
        .arg("--unix-socket")
        .arg(engine())
        .args(["-sS", "--fail-with-body", "-H", "Content-Type: application/json", "-d"])
        .args([&format!("@{}", file.display()), &format!("http://docker/containers/create?name={name}")])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
}

#[test]
fn whatever_labels_say_a_bad_release_is_taken_back_and_its_neighbours_are_heard() {
    let mut host = Host::new("strangers");
    host.rules("");
    let (rules, told) = (host.dir.path().join("rules.toml"), host.dir.path().join("told"));
    let hook = format!("before = [\"/bin/sh\", \"-c\", \"printenv GOLIVE_FROM >{}\"]", told.display());
    let text = std::fs::read_to_string(&rules).unwrap();
    std::fs::write(&rules, text.replace("verify = \"1s\"", &format!("verify = \"1s\"\n{hook}"))).unwrap();
    host.with_good_version();

    let version = format!("2\0\r\n\u{1b}[2J$(touch oops)\u{202e}{}", "9".repeat(1 << 20));
    deploy_labelled(&host, &serde_json::json!({ "golive.version": version }), &["--fail-after", "2s"]);
    // A neighbour whose every event is longer than golive reads.
    let loud = format!("{}-loud", host.name);
    let labels = serde_json::json!({ "x": "y".repeat(2 << 20) });
    create(&host, &loud, &serde_json::json!({ "Image": host.tag("2"), "Cmd": ["/none"], "Labels": labels }));
    for _ in 0..5 {
        docker(&["start", &loud]);
    }
    let wait = host.golive(&["wait", "shop", "--timeout", "60s"]);
    assert_eq!(wait.status.code(), Some(10), "{wait:?}\n{}", host.story());
    docker(&["rm", "-f", &loud]);
    host.assert_only("1");

    let told = std::fs::read_to_string(told).unwrap();
    assert!(told.starts_with("2    [2J$(touch oops) 999"), "{told:?}");
    assert!(told.len() < 300 && told.lines().count() == 1, "{told:?}");
    let size =
        |name: &str| std::fs::metadata(host.dir.path().join("state").join(name)).map_or(0, |it| it.len());
    // The whole label is in the record of the bad release's container, once, as evidence.
    assert!(size("golive.db") + size("golive.db-wal") < 16 << 20, "{}", size("golive.db"));
    let log = std::fs::read_to_string(host.dir.path().join("daemon.log")).unwrap();
    assert!(log.contains("are not read; some container has labels as long"), "{}", host.story());
    assert!(!log.contains("the event stream broke off"), "{}", host.story());
    assert_eq!(inspect(&host.name, "{{.State.Running}}"), "true");
}

#[test]
fn a_release_with_endless_labels_is_watched_and_told_not_to_be_ready() {
    let mut host = Host::new("endless");
    host.rules("");
    host.with_good_version();
    let labels = serde_json::json!({ "x": "y".repeat(5 << 20) });
    deploy_labelled(&host, &labels, &[]);
    host.eventually("it is told that not all of it would come back", || {
        let told = host.sinks.posts("not-ready");
        told.iter().any(|post| post.to_string().contains("its label x is too long"))
    });
    deploy_labelled(&host, &serde_json::json!({ "x": "z".repeat(5 << 20) }), &["--fail-after", "2s"]);
    let wait = host.golive(&["wait", "shop", "--timeout", "60s"]);
    assert_eq!(wait.status.code(), Some(10), "{wait:?}\n{}", host.story());
}
