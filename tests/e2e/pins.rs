//! What can be gone back to stays so, and what cannot is said.

use golive_fixtures::engine::{containers_of, docker, inspect};
use golive_fixtures::host::Host;
use serde_json::Value;

/// What `golive releases` says of that version, newest first.
fn release(host: &Host, version: &str) -> Value {
    let listed = host.golive(&["releases", "--json"]).stdout;
    let listed: Vec<Value> = serde_json::from_slice(&listed).unwrap();
    listed.into_iter().find(|release| release["version"] == version).unwrap_or_default()
}

fn holder(host: &Host, version: &str) -> String {
    format!("golive-pin-{}-{}", host.name, release(host, version)["id"].as_str().unwrap())
}

#[test]
fn a_pin_that_is_taken_away_is_put_back_at_once_or_its_loss_is_said() {
    let mut host = Host::new("pins");
    host.write_rules("");
    host.with_good_version();
    assert_eq!(release(&host, "1")["ready"], true);
    let first = holder(&host, "1");
    docker(&["rm", &first]);
    host.eventually("it is pinned again", || !containers_of(&first).is_empty());

    host.deploy("2", &[]);
    host.eventually("version 2 is accepted", || release(&host, "2")["ready"] == true);
    assert_eq!(release(&host, "1")["ready"], true, "the older one is kept as well");
    // By force the image of a container that never ran can be deleted; nothing can bring it back.
    let image = inspect(&host.tag("1"), "{{.Id}}");
    docker(&["image", "rm", "-f", &image]);
    docker(&["rm", &first]);
    let lost = || release(&host, "1");
    host.eventually("the loss is noticed", || lost()["ready"] == false);
    assert!(lost()["problems"][0].as_str().unwrap().contains("is gone"), "{}", lost());
    let shown = host.golive(&["releases"]).stdout;
    let shown = String::from_utf8_lossy(&shown).into_owned();
    assert!(shown.contains("NOT ready: its image") && shown.contains("  ready\n"), "{shown}");
    assert_eq!(host.status()["readiness"]["ready"], true, "of the newest");
}

#[test]
fn evidence_of_a_bad_release_is_in_its_record() {
    let mut host = Host::new("evidence");
    host.write_rules("");
    host.with_good_version();
    host.deploy("2", &["--fail-after", "1s"]);
    host.eventually("it is rolled back", || host.hook.posts("rollback-succeeded").len() == 1);
    let record = host.golive(&["record", "--format", "json"]).stdout;
    let record: Value = serde_json::from_slice(&record).unwrap();
    assert_eq!(record["version"], "2");
    let evidence = &record["evidence"];
    let events = evidence["events"].to_string();
    assert!(events.contains(" create") && events.contains(" start"), "{events}");
    assert_eq!((&evidence["oom_killed"], &evidence["restarts"]), (&Value::Bool(false), &0.into()));
    assert_eq!(evidence["inspect"]["Name"], format!("/{}", host.name));
    let samples = record["samples"].as_array().unwrap();
    assert!(samples.iter().any(|sample| sample["outcome"] == "failed"), "{record:#}");
    let short = host.golive(&["record"]).stdout;
    let short = String::from_utf8_lossy(&short).into_owned();
    assert!(short.contains("The last lines of what Docker said of it:"), "{short}");
}
