//! A stack is one set: deployed, judged and taken back together.

use std::time::Duration;

use golive_fixtures::cluster::{Cluster, Node};
use golive_fixtures::receiver::Receiver;

use crate::manager::Manager;

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
    let sink = Receiver::start_at(&cluster.gateway());
    for (name, port) in [("shop_api", "8080"), ("shop_web", "8081")] {
        node.create(name, "v1", &["--label", STACK, "--env", &format!("PORT={port}"), "--env", "BAD="]);
    }
    let web = "[service.shop.health.web]\nurl = \"http://127.0.0.1:8080/health\"\ntimeout = \"2s\"";
    let golive = Manager::new(&cluster, node, &sink, "{ stack = \"shop\" }", web);
    golive.start();
    golive.eventually("v1 is accepted", || golive.accepted("v1"));

    deploy(node, "v2", "");
    golive.eventually("v2 is accepted", || golive.accepted("v2"));
    assert_eq!(sink.posts("release-detected").len(), 1, "two services are one release: {:?}", sink.events());

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
    golive.eventually("it is told", || sink.posts("rollback-succeeded").len() == 1);
    assert_eq!(sink.posts("release-detected").len(), 2, "{:?}", sink.events());
}

/// Until the last service is deployed it is no release yet, and the first one has been bad for long.
#[test]
fn a_stack_that_is_deployed_slowly_is_judged_by_what_was_before_its_first_service() {
    let cluster = Cluster::new(1);
    let node = cluster.node();
    let sink = Receiver::start_at(&cluster.gateway());
    for (name, port) in [("shop_api", "8080"), ("shop_web", "8081")] {
        node.create(name, "v1", &["--label", STACK, "--env", &format!("PORT={port}")]);
    }
    let web = "[service.shop.health.web]\nurl = \"http://127.0.0.1:8080/health\"\ntimeout = \"2s\"";
    let golive = Manager::new(&cluster, node, &sink, "{ stack = \"shop\" }", web)
        .with_rules("interval = \"500ms\"", "interval = \"1s\"");
    golive.start();
    golive.eventually("v1 is accepted", || golive.accepted("v1"));

    node.deploy("shop_api", "v2", &["--env-add", "BAD=1"]);
    for n in 1..=12 {
        node.deploy("shop_web", "v2", &["--env-add", &format!("STEP={n}")]);
        std::thread::sleep(Duration::from_secs(1));
    }
    golive.eventually("the stack is taken back", || {
        assert_ne!(golive.status()["phase"], "held", "{:?}", sink.events());
        golive.rolled_back()
    });
    assert_eq!(sink.posts("release-detected").len(), 1, "{:?}", sink.events());
    assert!(sink.posts("service-down").is_empty(), "v1 did not fail: {:?}", sink.events());
    for name in ["shop_api", "shop_web"] {
        assert_eq!(node.image_of(name), "localhost:1/app:v1");
    }
}

/// `docker stack rm` and `docker stack deploy` make everything anew under the same names.
#[test]
fn what_is_made_anew_under_the_same_names_is_gone_back_with() {
    let cluster = Cluster::new(1);
    let node = cluster.node();
    let sink = Receiver::start_at(&cluster.gateway());
    let file = cluster.dir().join("app.conf");
    std::fs::write(&file, "colour = blue\n").unwrap();
    let file = file.display().to_string();
    let up = |version: &str, bad: &str| {
        node.docker(&["config", "create", "shop_conf", &file]);
        node.docker(&["secret", "create", "shop_key", &file]);
        let (config, secret) = ("source=shop_conf,target=/app.conf", "source=shop_key,target=key");
        let env = format!("BAD={bad}");
        let more = ["--label", STACK, "--config", config, "--secret", secret, "--env", &env];
        node.create("shop_api", version, &more);
    };
    up("v1", "");
    let web = "[service.shop.health.web]\nurl = \"http://127.0.0.1:8080/health\"\ntimeout = \"2s\"";
    let golive = Manager::new(&cluster, node, &sink, "{ stack = \"shop\" }", web);
    golive.start();
    golive.eventually("v1 is accepted and ready to go back to", || golive.accepted("v1"));
    let config = "{{(index .Spec.TaskTemplate.ContainerSpec.Configs 0).ConfigID}}";
    let before = node.service("shop_api", config);

    node.docker(&["service", "rm", "shop_api"]);
    // Tasks that end keep what they use for a moment.
    golive.eventually("the config is gone", || node.try_docker(&["config", "rm", "shop_conf"]).is_ok());
    golive.eventually("the secret is gone", || node.try_docker(&["secret", "rm", "shop_key"]).is_ok());
    up("v2", "1");
    golive.eventually("v2 is taken back", || golive.rolled_back());
    assert_eq!(node.image_of("shop_api"), "localhost:1/app:v1");
    assert_eq!(node.answer(8080).as_deref(), Some("v1"));
    let now = node.service("shop_api", config);
    assert_ne!(now, before);
    assert_eq!(now, node.docker(&["config", "inspect", "--format", "{{.ID}}", "shop_conf"]));
}
