//! A manager whose clock is an hour ahead: people hear of it, and what it takes over goes on as if it were not.

use golive_fixtures::cluster::Cluster;
use golive_fixtures::receiver::Receiver;

use crate::manager::Manager;

const WEB: &str = "[service.shop.health.web]\nurl = \"http://127.0.0.1:8080/health\"\ntimeout = \"2s\"";
const SET: &str = "{ service = \"shop_api\" }";

#[test]
fn a_rollback_is_finished_by_a_manager_whose_clock_is_an_hour_ahead() {
    let cluster = Cluster::new(2);
    let sink = Receiver::start_at(&cluster.gateway());
    let node = cluster.node();
    // One after the other on the way back, so that there is a middle, longer than it takes to be taken over.
    node.create("shop_api", "v1", &["--mode", "global", "--rollback-delay", "45s"]);
    let managers = |at: usize| Manager::new(&cluster, &cluster.nodes[at], &sink, SET, WEB);
    let (first, ahead) = (managers(0), managers(1));
    first.start();
    first.eventually("v1 can be gone back to", || first.accepted("v1"));
    ahead.start_ahead("+3600s");
    ahead.eventually("it is told that its clock is another one", || sink.posts("clock-off").len() == 1);
    let off = ahead.everything()["daemon"]["clock_skew"].as_str().unwrap_or_default().to_owned();
    assert!(off.starts_with("it is 360") && off.ends_with(" s ahead of that of node-1"), "{off}");
    assert_eq!(ahead.golive(&["status"]).status.code(), Some(1));
    assert!(first.everything()["daemon"]["clock_skew"].is_null());

    node.deploy("shop_api", "v2", &["--env-add", "BAD=1", "--update-parallelism", "0"]);
    first.eventually("v2 is being taken back", || {
        !node.service("shop_api", "{{index .Spec.Labels \"golive.rollback\"}}").is_empty()
    });
    ahead.eventually("the other one knows", || ahead.status()["phase"] == "rolling-back");
    first.kill();
    ahead.eventually("it takes over", || ahead.acts());
    assert_eq!(ahead.status()["phase"], "rolling-back", "there is a middle");
    ahead.eventually("it finishes the rollback", || ahead.rolled_back());
    assert_eq!(node.image_of("shop_api"), "localhost:1/app:v1");
    assert!(sink.posts("rollback-failed").is_empty(), "{:?}", sink.events());
    assert_eq!(sink.ids("rollback-started").len(), 1, "{:?}", sink.events());
    ahead.eventually("it is told", || sink.ids("rollback-succeeded").len() == 1);
    let told = sink.posts("rollback-succeeded")[0]["data"]["text"].as_str().unwrap_or_default().to_owned();
    let an_hour = (60..90).any(|minutes| told.contains(&format!("{minutes} min")));
    assert!(told.contains("took") && !an_hour, "{told}");
    assert_eq!(sink.posts("clock-off").len(), 1, "{:?}", sink.events());
}
