//! What the Swarm does by itself is joined, not raced.

use golive_fixtures::cluster::Cluster;
use golive_fixtures::receiver::Receiver;

use crate::manager::Manager;

const SET: &str = "{ service = \"shop_api\" }";

#[test]
fn a_pause_is_taken_back_and_a_rollback_of_the_swarms_own_is_proved_and_told() {
    let cluster = Cluster::new(1);
    let node = cluster.node();
    let sink = Receiver::start_at(&cluster.gateway());
    node.create("shop_api", "v1", &["--update-failure-action", "pause"]);
    let golive = Manager::new(&cluster, node, &sink, SET, "");
    golive.start();
    golive.eventually("v1 is accepted", || golive.accepted("v1"));

    // A task that cannot even begin: the Swarm stops in the middle, and waits for somebody.
    node.deploy("shop_api", "v2", &["--env-add", "MORE=exit 1"]);
    golive.eventually("what the Swarm paused is taken back", || golive.rolled_back());
    assert_eq!(node.image_of("shop_api"), "localhost:1/app:v1");
    assert!(!node.service("shop_api", "{{index .Spec.Labels \"golive.rollback\"}}").is_empty());
    golive.eventually("it is told", || sink.posts("rollback-succeeded").len() == 1);
    let (first, _) = golive.decided();

    // The same where the Swarm goes back by itself. golive writes no specification of its own.
    node.update("shop_api", &["--update-failure-action", "rollback", "--label-rm", "golive.rollback"]);
    node.deploy("shop_api", "v2", &["--env-add", "MORE=exit 2"]);
    golive.eventually("what the Swarm took back is proved", || {
        golive.decided().0 != first && golive.rolled_back()
    });
    assert_eq!(node.image_of("shop_api"), "localhost:1/app:v1");
    assert_eq!(node.service("shop_api", "{{index .Spec.Labels \"golive.rollback\"}}"), "");
    assert_eq!(node.service("shop_api", "{{.UpdateStatus.State}}"), "rollback_completed");
    golive.eventually("it is told, too", || sink.posts("rollback-succeeded").len() == 2);
    assert_eq!(sink.posts("rollback-started").len(), 2, "{:?}", sink.events());
}
