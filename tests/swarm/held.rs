//! Configs and secrets of a version that can be gone back to cannot be removed, whatever runs meanwhile.

use golive_fixtures::cluster::Cluster;
use golive_fixtures::receiver::Receiver;

use crate::manager::Manager;

const WEB: &str = "[service.shop.health.web]\nurl = \"http://127.0.0.1:8080/health\"\ntimeout = \"2s\"";
const SET: &str = "{ service = \"shop_api\" }";
const USES: &str = "{{range .Spec.TaskTemplate.ContainerSpec.Configs}}{{.ConfigName}} {{end}}\
                    {{range .Spec.TaskTemplate.ContainerSpec.Secrets}}{{.SecretName}}{{end}}";

#[test]
fn what_an_accepted_version_uses_is_there_when_it_is_gone_back_to() {
    let cluster = Cluster::new(1);
    let sink = Receiver::start_at(&cluster.gateway());
    let node = cluster.node();
    for n in ["1", "2"] {
        let file = cluster.dir().join(format!("conf_{n}"));
        std::fs::write(&file, format!("colour = {n}\n")).unwrap();
        let file = file.display().to_string();
        node.docker(&["config", "create", &format!("conf_{n}"), &file]);
        node.docker(&["secret", "create", &format!("key_{n}"), &file]);
    }
    let (config, secret) =
        (|n: u8| format!("source=conf_{n},target=/app.conf"), |n: u8| format!("source=key_{n},target=key"));
    node.create("shop_api", "v1", &["--config", &config(1), "--secret", &secret(1)]);
    let golive = Manager::new(&cluster, node, &sink, SET, WEB)
        .with_rules("verify = \"1s\"", "verify = \"1s\"\nkeep = 1");
    golive.start();
    golive.eventually("v1 is accepted and ready to go back to", || golive.accepted("v1"));

    // The next one has others, is bad, and somebody tidies up at once.
    let others =
        format!("--config-rm conf_1 --config-add {} --secret-rm key_1 --secret-add {}", config(2), secret(2));
    let deploy = |version: &str, more: &[&str]| {
        let others: Vec<&str> = others.split(' ').collect();
        node.deploy("shop_api", version, &[&others, more].concat());
    };
    deploy("v2", &["--env-add", "BAD=1"]);
    assert_eq!(node.service("shop_api", USES), "conf_2 key_2");
    for (kind, name) in [("config", "conf_1"), ("secret", "key_1")] {
        let refused = node.try_docker(&[kind, "rm", name]).unwrap_err();
        assert!(refused.contains("in use by the following service: golive-pin-shop-api-"), "{refused}");
    }
    golive.eventually("v2 is taken back", || golive.rolled_back());
    assert_eq!(node.service("shop_api", USES), "conf_1 key_1");
    assert_eq!(node.answer(8080).as_deref(), Some("v1"));

    // It has no place in what is watched, nor in the ways of those who only look.
    let holders = || {
        node.docker(&["service", "ls", "--filter", "label=golive.set", "--format", "{{.Name}} {{.Replicas}}"])
    };
    let held = holders();
    assert!(held.starts_with("golive-pin-shop-api-") && held.ends_with(" 0/0"), "{held}");

    // With the next version that is accepted it is let go.
    deploy("v3", &[]);
    golive.eventually("v3 is accepted", || golive.accepted("v3"));
    for (kind, name) in [("config", "conf_1"), ("secret", "key_1")] {
        golive.eventually("it can be removed", || node.try_docker(&[kind, "rm", name]).is_ok());
    }
    assert_eq!(holders().lines().count(), 1, "v3's own: {}", holders());
    assert_ne!(holders(), held);
    assert!(sink.posts("rollback-not-ready").is_empty(), "{:?}", sink.events());

    // What is removed as a whole may be removed with all that it used.
    node.docker(&["service", "rm", "shop_api"]);
    for (kind, name) in [("config", "conf_2"), ("secret", "key_2")] {
        golive.eventually("it can be removed, too", || node.try_docker(&[kind, "rm", name]).is_ok());
    }
    golive.eventually("nothing is held", || holders().is_empty());
}
