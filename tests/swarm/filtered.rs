//! A Swarm's golive behind a proxy that lets through what `docs/engine-calls.md` lists, and refuses everything else.

use golive_fixtures::calls::{Call, documented};
use golive_fixtures::cluster::Cluster;
use golive_fixtures::proxy::Proxy;
use golive_fixtures::receiver::Receiver;

use crate::manager::Manager;

const RULES: &str = "[service.shop.health.web]\nurl = \"http://127.0.0.1:8080/health\"\ntimeout = \"2s\"\n\
    [service.shop.health.log]\nlogs = { pattern = 'no such line', above = 5, over = \"1m\" }";

/// A service with a config and a secret, and all that golive asks of the managers for it.
#[test]
fn a_service_is_taken_back_with_the_documented_calls_and_no_other() {
    let cluster = Cluster::new(1);
    let sink = Receiver::start_at(&cluster.gateway());
    let node = cluster.node();
    for kind in ["config", "secret"] {
        let file = cluster.dir().join(kind);
        std::fs::write(&file, "colour = blue\n").unwrap();
        node.docker(&[kind, "create", &format!("shop-{kind}"), file.to_str().unwrap()]);
    }
    node.create("shop_api", "v1", &["--config", "shop-config", "--secret", "shop-secret"]);
    let socket = cluster.dir().join("proxy.sock");
    let proxy = Proxy::start(&socket, &node.socket);
    proxy.allow_only(documented());
    let golive = Manager::through(&socket, &cluster, node, &sink, "{ service = \"shop_api\" }", RULES)
        .with_rules("verify = \"1s\"", "verify = \"1s\"\nkeep = 1");
    golive.start();
    golive.eventually("v1 is accepted and ready to go back to", || golive.accepted("v1"));
    node.deploy("shop_api", "v2", &["--env-add", "BAD=1"]);
    golive.eventually("v2 is taken back", || golive.rolled_back());
    assert_eq!(node.image_of("shop_api"), "localhost:1/app:v1");
    golive.eventually("it is told as done", || sink.posts("rollback-succeeded").len() == 1);
    // What the next accepted version does not need any more is let go.
    node.deploy("shop_api", "v3", &[]);
    golive.eventually("v3 is accepted", || golive.accepted("v3"));
    for (method, path) in [
        ("GET", "/services"),
        ("GET", "/tasks"),
        ("GET", "/nodes"),
        ("GET", "/configs"),
        ("GET", "/configs/{id}"),
        ("GET", "/secrets"),
        ("GET", "/services/{id}/logs"),
        ("GET", "/tasks/{id}/logs"),
        ("POST", "/configs/create"),
        ("POST", "/configs/{id}/update"),
        ("DELETE", "/configs/{id}"),
        ("POST", "/services/create"),
        ("POST", "/services/{id}/update"),
        ("DELETE", "/services/{id}"),
    ] {
        golive.eventually(&format!("{method} {path} is asked for"), || proxy.made(&Call::new(method, path)));
    }
    assert_eq!(proxy.barred(), [""; 0]);
}

#[test]
fn an_update_that_the_proxy_refuses_is_named() {
    let cluster = Cluster::new(1);
    let sink = Receiver::start_at(&cluster.gateway());
    let node = cluster.node();
    node.create("shop_api", "v1", &[]);
    let socket = cluster.dir().join("proxy.sock");
    let proxy = Proxy::start(&socket, &node.socket);
    proxy.allow_only(
        documented().into_iter().filter(|call| *call != Call::new("POST", "/services/{id}/update")).collect(),
    );
    let golive = Manager::through(&socket, &cluster, node, &sink, "{ service = \"shop_api\" }", RULES);
    golive.start();
    golive.eventually("v1 is accepted and ready to go back to", || golive.accepted("v1"));
    node.deploy("shop_api", "v2", &["--env-add", "BAD=1"]);
    golive.eventually("it is told", || !sink.posts("rollback-failed").is_empty());
    let told = sink.posts("rollback-failed")[0]["data"].to_string();
    assert!(told.contains("what stands before the Docker Engine does not let this call through"), "{told}");
    assert_eq!(node.image_of("shop_api"), "localhost:1/app:v2", "nothing was changed");
}
