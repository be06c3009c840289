//! golive's own update: in the way in which the service wants to be rolled back, past what fails, and no further than there
//! are places.

use std::time::{Duration, Instant};

use golive_fixtures::cluster::Cluster;
use golive_fixtures::receiver::Receiver;

use crate::manager::Manager;

const SET: &str = "{ service = \"shop_api\" }";
const UPDATE: &str = "{{.Spec.UpdateConfig.Delay}} {{.Spec.UpdateConfig.FailureAction}}";

/// One place each, on two nodes, and three replicas; a slow update, a quick way back.
#[test]
fn a_rollback_goes_as_the_service_says_and_as_far_as_there_are_places() {
    let mut cluster = Cluster::new(1);
    cluster.add_worker();
    let sink = Receiver::start_at(&cluster.gateway());
    let node = cluster.node();
    let more = ["--replicas", "3", "--replicas-max-per-node", "1", "--update-delay", "20s"];
    let more: Vec<&str> = more.into_iter().chain(["--rollback-parallelism", "0"]).collect();
    node.create("shop_api", "v1", &more);
    let golive = Manager::new(&cluster, node, &sink, SET, "")
        .with_rules("[service.shop.health.tasks]\ndocker = true\n", "")
        .with_rules(
            "[channel.hook]",
            &format!(
                "[service.shop.health.web]\nurl = \"http://{}:8080/health\"\n[channel.hook]",
                node.address
            ),
        );
    golive.start();
    golive.eventually("v1 is accepted, with a place for two of three", || golive.accepted("v1"));

    node.deploy(
        "shop_api",
        "v2",
        &["--env-add", "BAD=1", "--update-delay", "0s", "--update-parallelism", "0"],
    );
    golive.eventually("v2 is being taken back", || {
        !node.service("shop_api", "{{index .Spec.Labels \"golive.rollback\"}}").is_empty()
    });
    let began = Instant::now();
    assert_eq!(node.service("shop_api", UPDATE), "0s continue", "by its rollback_config");
    golive.eventually("it is taken back as far as v1 ran", || golive.rolled_back());
    assert!(began.elapsed() < Duration::from_mins(1), "{:?}", began.elapsed());
    assert_eq!(node.answer(8080).as_deref(), Some("v1"));
    assert_eq!(cluster.nodes[1].answer(8080).as_deref(), Some("v1"));
    assert_eq!(node.service("shop_api", UPDATE), "20s pause", "its own way again");
    let mark = "{{index .Spec.Labels \"golive.way-back\"}}";
    assert_eq!(node.service("shop_api", mark), "");
    assert!(sink.posts("rollback-failed").is_empty(), "{:?}", sink.events());
}
