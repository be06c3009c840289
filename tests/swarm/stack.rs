//! A stack is one set: deployed, judged and taken back together.

use crate::cluster::{Cluster, Node};
use crate::manager::Manager;
use crate::sink::Sink;

const STACK: &str = "com.docker.stack.namespace=shop";

/// What `docker stack deploy` does, service by service: `api` and `web`.
fn deploy(node: &Node, version: &str, bad: &str) {
    for name in ["shop_web", "shop_api"] {
        let bad = if name == "shop_api" { bad } else { "" };
        node.deploy(name, version, &["--env-add", &format!("BAD={bad}")]);
    }
}

#[test]
fn a_stack_is_one_release_and_goes_back_as_one() {
    let cluster = Cluster::new(1);
    let node = cluster.node();
    let sink = Sink::start(&cluster.gateway());
    for (name, port) in [("shop_api", "8080"), ("shop_web", "8081")] {
        node.create(name, "v1", &["--label", STACK, "--env", &format!("PORT={port}"), "--env", "BAD="]);
    }
    let web = "[service.shop.health.web]\nurl = \"http://127.0.0.1:8080/health\"\ntimeout = \"2s\"";
    let mut golive = Manager::new(&cluster, node, &sink, "{ stack = \"shop\" }", web);
    golive.start();
    golive.eventually("v1 is accepted", || golive.accepted("v1"));

    deploy(node, "v2", "");
    golive.eventually("v2 is accepted", || golive.accepted("v2"));
    assert_eq!(sink.posts("release-seen").len(), 1, "two services are one release: {:?}", sink.events());

    // One of them is bad, and a third one came along.
    let port = ["--label", STACK, "--env", "PORT=8082"];
    node.create("shop_new", "v3", &port);
    deploy(node, "v3", "1");
    golive.eventually("the stack is taken back", || golive.rolled_back());
    assert_eq!(node.image_of("shop_api"), "localhost:1/app:v2");
    assert_eq!(node.image_of("shop_web"), "localhost:1/app:v2");
    assert_eq!(node.answer(8080).as_deref(), Some("v2"));
    assert_eq!(node.answer(8081).as_deref(), Some("v2"));
    let services = node.docker(&["service", "ls", "--format", "{{.Name}}"]);
    assert_eq!(services.lines().count(), 2, "{services}");
    golive.eventually("it is told", || sink.posts("rollback-done").len() == 1);
    assert_eq!(sink.posts("release-seen").len(), 2, "{:?}", sink.events());
}
