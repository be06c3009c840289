//! What images, containers and neighbours say of themselves.

use std::process::Command;

use golive_fixtures::engine::{self, docker, inspect};
use golive_fixtures::host::Host;

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
    let file = host.path("body.json");
    std::fs::write(&file, body.to_string()).unwrap();
    let made = Command::new("curl")
        .arg("--unix-socket")
        .arg(engine::socket())
        .args(["-sS", "--fail-with-body", "-H", "Content-Type: application/json", "-d"])
        .args([&format!("@{}", file.display()), &format!("http://docker/containers/create?name={name}")])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
}

#[test]
fn whatever_labels_say_a_bad_release_is_taken_back_and_its_neighbours_are_heard() {
    let mut host = Host::new("strangers");
    host.write_rules("");
    let told = host.path("told");
    let hook = format!("before = [\"/bin/sh\", \"-c\", \"printenv GOLIVE_FROM >{}\"]", told.display());
    host.replace_in_rules("verify = \"1s\"", &format!("verify = \"1s\"\n{hook}"));
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
    host.says(10, &["wait", "shop", "--timeout", "60s"]);
    docker(&["rm", "-f", &loud]);
    host.assert_only("1");

    let told = std::fs::read_to_string(told).unwrap();
    assert!(told.starts_with("2    [2J$(touch oops) 999"), "{told:?}");
    assert!(told.len() < 300 && told.lines().count() == 1, "{told:?}");
    let size = |name: &str| std::fs::metadata(host.path("state").join(name)).map_or(0, |it| it.len());
    // The whole label is in the record of the bad release's container, once, as evidence.
    assert!(size("golive.db") + size("golive.db-wal") < 16 << 20, "{}", size("golive.db"));
    let log = host.logged();
    assert!(log.contains("are not read; some container has labels as long"));
    assert!(!log.contains("the event stream broke off"));
    assert_eq!(inspect(&host.name, "{{.State.Running}}"), "true");
}

#[test]
fn a_release_with_endless_labels_is_watched_and_told_not_to_be_ready() {
    let mut host = Host::new("endless");
    host.write_rules("");
    host.with_good_version();
    let labels = serde_json::json!({ "x": "y".repeat(5 << 20) });
    deploy_labelled(&host, &labels, &[]);
    host.eventually("it is told that not all of it would come back", || {
        let told = host.hook.posts("rollback-not-ready");
        told.iter().any(|post| post.to_string().contains("its label x is too long"))
    });
    deploy_labelled(&host, &serde_json::json!({ "x": "z".repeat(5 << 20) }), &["--fail-after", "2s"]);
    host.says(10, &["wait", "shop", "--timeout", "60s"]);
}
