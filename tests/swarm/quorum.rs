//! Nodes that have nothing to say: a worker, and a manager without a majority.

use golive_fixtures::cluster::Cluster;
use golive_fixtures::receiver::Receiver;
use serde_json::Value;

use crate::manager::Manager;

const SET: &str = "{ service = \"shop_api\" }";

#[test]
fn a_worker_says_that_it_is_one_and_only_watches() {
    let mut cluster = Cluster::new(1);
    let sink = Receiver::start_at(&cluster.gateway());
    cluster.node().create("shop_api", "v1", &[]);
    cluster.add_worker();
    let worker = &cluster.nodes[1];
    let golive = Manager::new(&cluster, worker, &sink, SET, "[page]\nlisten = \"127.0.0.1:9797\"\n");
    let online = golive.golive(&["check", "--online"]);
    let said = String::from_utf8_lossy(&online.stdout).into_owned();
    assert_eq!(online.status.code(), Some(1), "{said}");
    assert!(said.contains("this node is a worker of its Swarm; golive has to run on the managers"), "{said}");
    golive.start();
    golive.eventually("status says so", || {
        golive.status()["standby_reason"].as_str().is_some_and(|why| why.contains("is a worker"))
    });
    assert!(!golive.acts());
}

#[test]
fn without_a_majority_nothing_is_done_and_with_one_again_everything() {
    let cluster = Cluster::new(3);
    let sink = Receiver::start_at(&cluster.gateway());
    cluster.node().create("shop_api", "v1", &["--constraint", "node.hostname==node-3"]);
    let check =
        format!("[service.shop.health.web]\nurl = \"http://{}:8080/health\"\n", cluster.nodes[2].address);
    let mut managers: Vec<Manager> = Vec::new();
    for node in &cluster.nodes {
        let golive = Manager::new(&cluster, node, &sink, SET, &check);
        golive.start();
        managers.push(golive);
    }
    managers[0].eventually("v1 can be gone back to", || managers[0].accepted("v1"));
    managers[2].eventually("everybody knows of v1", || managers[2].status()["accepted"]["version"] == "v1");

    cluster.node().deploy("shop_api", "v2", &["--env-add", "BAD=1"]);
    managers[2].eventually("everybody has seen v2", || {
        managers.iter().all(|golive| golive.status()["running"]["version"] == "v2")
    });
    for node in &cluster.nodes[..2] {
        node.freeze();
    }
    let alone = &managers[2];
    alone.eventually("nobody can be asked", || {
        let status: Value =
            serde_json::from_slice(&alone.golive(&["status", "--json"]).stdout).unwrap_or_default();
        let why = status["daemon"]["swarm_error"].as_str().unwrap_or_default();
        status["daemon"]["docker_error"].is_null() && why.starts_with("the Swarm has no leader (")
    });
    assert_eq!(alone.golive(&["status"]).status.code(), Some(1), "nobody acts");
    // v2 is bad all the while.
    std::thread::sleep(std::time::Duration::from_secs(6));
    assert!(sink.posts("rollback-started").is_empty(), "{:?}", sink.events());
    alone.eventually("it is told", || !sink.posts("swarm-lost").is_empty());
    assert!(sink.posts("docker-unreachable").is_empty(), "{:?}", sink.events());
    assert!(!alone.acts() || alone.status()["phase"] != "rolling-back");
    for node in &cluster.nodes[..2] {
        node.thaw();
    }

    managers[2].eventually("one of them takes v2 back", || managers.iter().any(Manager::rolled_back));
    assert_eq!(cluster.nodes[2].image_of("shop_api"), "localhost:1/app:v1");
    managers[2].eventually("it is told", || !sink.posts("rollback-succeeded").is_empty());
    assert_eq!(sink.ids("rollback-succeeded").len(), 1, "{:?}", sink.events());
}
