//! Three managers, golive on each: the leader is lost in the middle of a rollback, with its engine, its tasks and its
//! golive.

use golive_fixtures::cluster::Cluster;
use golive_fixtures::receiver::Receiver;

use crate::manager::Manager;

const WEB: &str = "[service.shop.health.web]\nurl = \"http://127.0.0.1:8080/health\"\ntimeout = \"2s\"";
const SET: &str = "{ service = \"shop_api\" }";
const MARK: &str = "{{index .Spec.Labels \"golive.rollback\"}}";

#[test]
fn the_leader_is_lost_in_mid_rollback_and_another_one_finishes_it() {
    let mut cluster = Cluster::new(3);
    let sink = Receiver::start_at(&cluster.gateway());
    cluster.node().create("shop_api", "v1", &["--mode", "global"]);
    let mut managers: Vec<Manager> = Vec::new();
    for node in &cluster.nodes {
        let golive = Manager::new(&cluster, node, &sink, SET, WEB);
        golive.start();
        managers.push(golive);
    }
    for golive in &managers {
        golive.eventually("everybody knows that v1 is accepted", || {
            let status = golive.status();
            status["accepted"]["version"] == "v1"
        });
    }
    managers[0].eventually("v1 can be gone back to", || managers[0].accepted("v1"));
    let acting: Vec<bool> = managers.iter().map(Manager::acts).collect();
    assert_eq!(acting, [true, false, false], "the first one came first");
    let refused = managers[1].golive(&["accept", "shop"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("golive on node-1 acts for it"), "{said}");

    // Bad on every node, one after the other.
    cluster.node().deploy("shop_api", "v2", &["--env-add", "BAD=1", "--update-delay", "2s"]);
    managers[0]
        .eventually("the leader takes v2 back", || !cluster.node().service("shop_api", MARK).is_empty());
    let mark = cluster.node().service("shop_api", MARK);
    drop(cluster.lose(0));
    drop(managers.remove(0));

    managers[0].eventually("another one acts", || managers.iter().any(Manager::acts));
    let next = managers.iter().position(Manager::acts).unwrap();
    managers[next].eventually("it finishes the rollback", || managers[next].rolled_back());
    let node = &cluster.nodes[next];
    assert_eq!(node.image_of("shop_api"), "localhost:1/app:v1");
    assert_eq!(node.service("shop_api", MARK), mark, "it was the same rollback");
    for node in &cluster.nodes {
        assert_eq!(node.answer(8080).as_deref(), Some("v1"), "{}", node.namespace);
    }
    managers[next].eventually("it is told", || !sink.posts("rollback-succeeded").is_empty());
    let other = 1 - next;
    managers[other].eventually("the third one knows", || managers[other].decided().1 == "rolled-back");
    let count = |event: &str| sink.posts(event).len();
    assert!(count("rollback-started") <= 1, "{:?}", sink.events());
    assert_eq!(count("rollback-succeeded"), 1, "{:?}", sink.events());
    assert!(!managers[other].acts());
}
