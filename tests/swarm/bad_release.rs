//! One manager, one service: releases that are accepted, taken back, taken back by somebody else.

use std::time::Duration;

use golive_fixtures::cluster::Cluster;
use golive_fixtures::receiver::Receiver;

use crate::manager::Manager;

const WEB: &str = "[service.shop.health.web]\nurl = \"http://127.0.0.1:8080/health\"\ntimeout = \"2s\"";
const SET: &str = "{ service = \"shop_api\" }";

/// v1 runs, is accepted, and can be gone back to.
fn with_good_version() -> (Cluster, Receiver, Manager) {
    let cluster = Cluster::new(1);
    let sink = Receiver::start_at(&cluster.gateway());
    cluster.node().create("shop_api", "v1", &[]);
    let golive = Manager::new(&cluster, cluster.node(), &sink, SET, WEB);
    golive.start();
    golive.eventually("v1 is accepted and ready to go back to", || golive.accepted("v1"));
    (cluster, sink, golive)
}

#[test]
fn a_bad_release_is_taken_back_and_a_bad_configuration_too() {
    let (cluster, sink, golive) = with_good_version();
    let node = cluster.node();
    node.deploy("shop_api", "v2", &["--env-add", "BAD=1"]);
    golive.eventually("v2 is taken back", || golive.rolled_back());
    assert_eq!(node.image_of("shop_api"), "localhost:1/app:v1");
    assert_eq!(node.answer(8080).as_deref(), Some("v1"));
    assert!(!node.service("shop_api", "{{index .Spec.Labels \"golive.rollback\"}}").is_empty());
    assert_eq!(sink.posts("rollback-started").len(), 1, "{:?}", sink.events());
    golive.eventually("the rollback is told as done", || sink.posts("rollback-succeeded").len() == 1);
    // What was kept for the way back out is gone; v1, what is known and the lease are there.
    let kept = || node.docker(&["config", "ls", "--format", "{{.Name}}"]).lines().count();
    golive.eventually("three config objects are left", || kept() == 3);

    // The same image with another configuration is a release, scaling and forcing are none.
    let (before, _) = golive.decided();
    node.update("shop_api", &["--force"]);
    node.update("shop_api", &["--env-add", "COLOUR=blue"]);
    golive.eventually("a configuration is accepted", || {
        golive.decided().0 != before && golive.decided().1 == "accepted" && golive.accepted("v1")
    });
    node.update("shop_api", &["--env-add", "BAD=1"]);
    golive.eventually("a bad configuration is taken back", || golive.rolled_back());
    let env = node.service("shop_api", "{{.Spec.TaskTemplate.ContainerSpec.Env}}");
    assert_eq!(env, "[COLOUR=blue]");
    let releases = String::from_utf8(golive.golive(&["releases", "--json"]).stdout).unwrap();
    let releases: serde_json::Value = serde_json::from_str(&releases).unwrap();
    assert_eq!(releases.as_array().map(Vec::len), Some(4), "{releases:#}");
}

#[test]
fn a_rollback_goes_on_after_a_kill_and_past_changes_of_the_swarms_own() {
    let (cluster, sink, golive) = with_good_version();
    let node = cluster.node();
    // Every replacement takes its time, so that there is a middle to be killed in.
    node.deploy("shop_api", "v2", &["--env-add", "BAD=1", "--update-monitor", "6s"]);
    for delay in 0..6 {
        golive.eventually("v2 is being taken back", || {
            let phase = golive.status()["phase"].as_str().unwrap_or_default().to_owned();
            matches!(phase.as_str(), "rolling-back" | "verifying") || golive.rolled_back()
        });
        golive.kill();
        // Moves the version that an update has to name, and nothing else that matters.
        node.update("shop_api", &["--update-delay", &format!("{}ms", delay + 1)]);
        golive.start();
        std::thread::sleep(Duration::from_millis(300 * delay));
    }
    golive.eventually("v2 is taken back all the same", || golive.rolled_back());
    assert_eq!(node.image_of("shop_api"), "localhost:1/app:v1");
    golive.eventually("told", || !sink.posts("rollback-succeeded").is_empty());
    // What was sent when the daemon was killed may be sent again, under the same id.
    let begun = sink.ids("rollback-started");
    assert_eq!(begun.len(), 1, "{begun:?}");
}

#[test]
fn a_person_who_deploys_in_the_middle_comes_first() {
    let (cluster, sink, golive) = with_good_version();
    let node = cluster.node();
    node.deploy("shop_api", "v2", &["--env-add", "BAD=1"]);
    golive.eventually("v2 is being taken back", || {
        !node.service("shop_api", "{{index .Spec.Labels \"golive.rollback\"}}").is_empty()
    });
    node.deploy("shop_api", "v3", &["--env-rm", "BAD"]);
    golive.eventually("v3 is accepted", || golive.accepted("v3"));
    assert_eq!(node.image_of("shop_api"), "localhost:1/app:v3");
    assert_eq!(node.answer(8080).as_deref(), Some("v3"));
    assert_eq!(sink.posts("release-superseded").len(), 1, "{:?}", sink.events());
    assert!(sink.posts("rollback-succeeded").is_empty(), "{:?}", sink.events());
}

#[test]
fn what_its_tasks_are_bound_to_is_looked_for_on_this_node() {
    let cluster = Cluster::new(1);
    let sink = Receiver::start_at(&cluster.gateway());
    let bound = cluster.dir().join("app.d");
    std::fs::create_dir(&bound).unwrap();
    let mount = format!("type=bind,source={},target=/etc/app", bound.display());
    cluster.node().create("shop_api", "v1", &["--mount", &mount]);
    let golive = Manager::new(&cluster, cluster.node(), &sink, SET, WEB);
    golive.start();
    golive.eventually("v1 is accepted and ready to go back to", || golive.accepted("v1"));

    std::fs::remove_dir(&bound).unwrap();
    // It looks anew when it starts.
    golive.kill();
    golive.start();
    golive.eventually("its path is missed", || golive.status()["readiness"]["ready"] == false);
    let problems = golive.status()["readiness"]["problems"].to_string();
    let gone = format!("shop_api: {} is gone, which it needs at /etc/app", bound.display());
    assert!(problems.contains(&gone), "{problems}");
}
