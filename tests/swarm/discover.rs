//! What a manager finds of its Swarm, as a first configuration.

use golive_fixtures::cluster::Cluster;
use golive_fixtures::receiver::Receiver;
use toml::Table;

use crate::manager::Manager;

#[test]
fn services_and_stacks_are_found_and_pass_the_online_check() {
    let cluster = Cluster::new(1);
    let sink = Receiver::start_at(&cluster.gateway());
    let node = cluster.node();
    node.create("shop_api", "v1", &[]);
    node.create("mailer", "v1", &["--env", "PORT=8081"]);
    let stack = ["--label", "com.docker.stack.namespace=web"];
    node.create("web_front", "v1", &[&stack[..], &["--env", "PORT=8082"]].concat());
    node.create("web_back", "v1", &[&stack[..], &["--env", "PORT=8083"]].concat());
    node.create("idle", "v1", &["--replicas", "0"]);
    let golive = Manager::new(&cluster, node, &sink, "{ service = \"shop_api\" }", "");
    golive.eventually("every task runs", || {
        let up = node.docker(&["ps", "--format", "{{.Names}}"]);
        ["shop_api.", "mailer.", "web_front.", "web_back."].iter().all(|task| up.contains(task))
    });

    let file = golive.path("rules.d/discovered.toml");
    golive.says(0, &["discover", "--write", file.to_str().unwrap()]);
    let text = std::fs::read_to_string(&file).unwrap();
    let draft: Table = text.parse().unwrap();
    let services = draft["service"].as_table().unwrap();
    assert_eq!(services.keys().collect::<Vec<_>>(), ["mailer", "web"], "{text}");
    assert_eq!(services["mailer"]["swarm"]["service"].as_str(), Some("mailer"));
    assert_eq!(services["web"]["swarm"]["stack"].as_str(), Some("web"));
    assert_eq!(services["web"]["health"]["containers"]["docker"].as_bool(), Some(true));
    assert!(text.contains("# Stack web of the Swarm: web_back, web_front."), "{text}");
    assert!(text.contains("# Not running, and left out: idle."), "{text}");
    golive.eventually("all of it passes", || golive.golive(&["check", "--online"]).status.success());
}
