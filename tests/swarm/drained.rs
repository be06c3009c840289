//! A node is taken out of service in the middle of a good update.

use golive_fixtures::cluster::{Cluster, Node, eventually};
use golive_fixtures::receiver::Receiver;

use crate::manager::Manager;

const ANY: &str = "[service.shop.health.any]\ncommand = [\"true\"]";
const SET: &str = "{ service = \"shop_api\" }";

/// The node of the task that runs the version first.
fn node_of(node: &Node, version: &str) -> Option<String> {
    let tasks = node.docker(&["service", "ps", "-q", "--filter", "desired-state=running", "shop_api"]);
    tasks.lines().find_map(|task| {
        let format = "{{.Spec.ContainerSpec.Image}} {{.Status.State}} {{.NodeID}}";
        let told = node.docker(&["inspect", "--type", "task", "--format", format, task]);
        let place = told.strip_prefix(&format!("localhost:1/app:{version} running "))?;
        Some(place.to_owned())
    })
}

/// The Swarm counts the task that ends with its node as a failure of the update, and halts it.
#[test]
fn an_update_that_was_halted_by_a_drained_node_goes_on() {
    let mut cluster = Cluster::new(1);
    cluster.add_worker();
    cluster.add_worker();
    let sink = Receiver::start_at(&cluster.gateway());
    let node = cluster.node();
    let places = ["--replicas", "2", "--replicas-max-per-node", "1", "--constraint", "node.role==worker"];
    node.create("shop_api", "v1", &places);
    let golive = Manager::new(&cluster, node, &sink, SET, ANY)
        .with_rules("[service.shop.health.tasks]\ndocker = true\n", "");
    golive.start();
    golive.eventually("v1 is accepted", || golive.accepted("v1"));

    node.deploy("shop_api", "v2", &["--update-delay", "5s", "--update-monitor", "20s"]);
    let mut place = None;
    eventually("a task of v2 runs", || {
        place = node_of(node, "v2");
        place.is_some()
    });
    let place = place.unwrap();
    node.docker(&["node", "update", "--availability", "drain", &place]);
    golive.eventually("golive has it go on", || sink.posts("update-resumed").len() == 1);
    node.docker(&["node", "update", "--availability", "active", &place]);
    golive.eventually("v2 is accepted", || golive.accepted("v2"));
    assert_eq!(node.image_of("shop_api"), "localhost:1/app:v2");
    assert!(sink.posts("rollback-started").is_empty(), "{:?}", sink.events());
    assert!(sink.posts("known-bad-version").is_empty(), "{:?}", sink.events());
}
