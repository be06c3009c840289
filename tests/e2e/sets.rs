//! What the members of a set do is judged beside the health checks: who ends, who is gone, who is left alone.

use golive_fixtures::engine::docker;
use serde_json::Value;

use crate::compose::{BAD, Shop};

/// Answers at the service's port; behaves as it is told after its version.
fn api(version: &str, behaviour: &str) -> String {
    format!(
        "    restart: always\n    command: [SERVE, '0.0.0.0:8080', --version, '{version}'{behaviour}]\n    \
         ports: ['127.0.0.1:PORT:8080']"
    )
}

/// Runs beside it, and is not started again when it ends.
fn worker(version: &str) -> String {
    format!("    command: [SERVE, '0.0.0.0:8081', --version, '{version}']")
}

/// Ends at once with an error.
const FAILS: &str = "    command: [/golive, there-is-no-such-verb]";
/// Ends at once and well.
const DONE: &str = "    command: [/golive, --version]";

fn texts(posts: &[Value]) -> String {
    posts.iter().map(|post| post["data"]["text"].as_str().unwrap().to_owned()).collect()
}

fn is_taken_back(shop: &Shop, times: usize) {
    shop.host.eventually("it is taken back", || {
        shop.host.phase() == "idle" && shop.host.hook.posts("rollback-succeeded").len() == times
    });
    assert_eq!(shop.host.answer().as_deref(), Some("shop 1"));
}

#[test]
fn a_member_that_ends_in_the_new_version_takes_it_back_though_every_check_passes() {
    let mut shop = Shop::new("sets-ended");
    shop.rules("");
    let good = shop.of("1", &[("api", &api("1", "")), ("worker", &worker("1")), ("migrate", DONE)]);
    shop.accepts_first(&good);
    let services = [("api", api("2", "")), ("worker", FAILS.to_owned()), ("migrate", DONE.to_owned())];
    shop.up(&shop.of("2", &services.each_ref().map(|(name, more)| (*name, more.as_str()))));
    is_taken_back(&shop, 1);
    let told = texts(&shop.host.hook.posts("rollback-started"));
    assert!(told.contains("_worker_1 has ended with exit code 64"), "{told}");

    let services = [("api", api("3", "")), ("worker", worker("3")), ("migrate", FAILS.to_owned())];
    shop.up(&shop.of("3", &services.each_ref().map(|(name, more)| (*name, more.as_str()))));
    is_taken_back(&shop, 2);
    let told = texts(&shop.host.hook.posts("rollback-started"));
    assert!(told.contains("_migrate_1 has ended with exit code 64"), "{told}");
}

#[test]
fn a_service_without_a_container_is_told_and_comes_back_with_a_rollback() {
    let mut shop = Shop::new("sets-missing");
    shop.rules("");
    let good = shop.of("1", &[("api", &api("1", "")), ("worker", &worker("1"))]);
    shop.accepts_first(&good);
    // While nobody looks, so that nobody has heard of a stop.
    shop.host.kill();
    assert!(shop.compose(&good, &["rm", "-sf", "worker"]).status.success());
    shop.host.start();
    let told = || shop.host.hook.posts("service-incomplete");
    shop.host.eventually("it is told", || !told().is_empty());
    assert!(texts(&told()).contains("worker has no container"), "{:?}", told());
    let status = shop.host.status();
    assert_eq!((&status["phase"], &status["release"]), (&"idle".into(), &Value::Null), "it is no release");
    assert_eq!(shop.host.golive(&["status"]).status.code(), Some(1), "somebody is needed");

    shop.up(&shop.of("2", &[("api", &api("2", BAD)), ("worker", &worker("2"))]));
    is_taken_back(&shop, 1);
    let image = golive_fixtures::engine::inspect(&shop.host.tag("1"), "{{.Id}}");
    let worker = format!("{}_worker_1", shop.host.name);
    assert_eq!(
        golive_fixtures::engine::inspect(&worker, "{{.Image}} {{.State.Running}}"),
        format!("{image} true")
    );
    shop.host.eventually("that it is whole again is told", || {
        !shop.host.hook.posts("service-complete").is_empty()
    });
}

#[test]
fn scaling_is_no_release_and_outlives_a_rollback() {
    let mut shop = Shop::new("sets-scaled");
    shop.rules("");
    let good = shop.of("1", &[("api", &api("1", "")), ("worker", &worker("1"))]);
    shop.accepts_first(&good);
    shop.up_with(&good, &["--scale", "worker=3"]);
    let told = || texts(&shop.host.hook.posts("service-scaled"));
    shop.host.eventually("it is told as scaled", || told().contains("worker 1 -> 3"));
    shop.up_with(&good, &["--scale", "worker=2"]);
    shop.host.eventually("and back", || told().contains("worker 3 -> 2"));
    assert_eq!(shop.host.hook.posts("release-detected").len(), 0);

    let bad = shop.of("2", &[("api", &api("2", BAD)), ("worker", &worker("2"))]);
    shop.up_with(&bad, &["--scale", "worker=4"]);
    is_taken_back(&shop, 1);
    let filter = format!("name=^/{}_worker_", shop.host.name);
    let workers = docker(&["ps", "--filter", &filter, "--format", "{{.Image}}"]);
    let tag = shop.host.tag("1");
    assert_eq!(String::from_utf8_lossy(&workers.stdout).lines().collect::<Vec<_>>(), [&*tag; 4]);
}

#[test]
fn a_release_of_what_is_left_alone_is_held_and_said_to_be_out_of_reach() {
    let shop = Shop::new("sets-left");
    shop.rules("");
    let keeps =
        |version: &str, behaviour: &str| format!("{}\n    volumes: ['data:/data']", api(version, behaviour));
    let good = shop.of("1", &[("api", &keeps("1", "")), ("worker", &worker("1"))]);
    shop.up(&good);
    shop.host.start();
    shop.host.eventually("it is accepted, and said that it is not ready", || {
        let status = shop.host.status();
        status["accepted"]["version"] == "1" && status["readiness"]["ready"] == false
    });
    let online = shop.host.golive(&["check", "--online"]);
    let told = String::from_utf8_lossy(&online.stdout).into_owned();
    assert_eq!(online.status.code(), Some(1), "{told}");
    assert!(
        told.contains("health check web looks at") && told.contains("a rollback leaves api alone"),
        "{told}"
    );

    let worker_of_v1 = shop.id("worker");
    shop.up(&shop.of("2", &[("api", &keeps("2", BAD)), ("worker", &worker("2"))]));
    shop.host.eventually("it is held, and told", || {
        shop.host.phase() == "held" && !shop.host.hook.posts("decision-required").is_empty()
    });
    let told = texts(&shop.host.hook.posts("decision-required"));
    assert!(told.contains("api 1 -> 2"), "{told}");
    assert!(shop.host.hook.posts("rollback-started").is_empty());
    assert_ne!(shop.id("worker"), worker_of_v1, "nothing was touched");
}

#[test]
fn a_set_that_is_left_alone_as_a_whole_is_told_as_not_ready_and_not_as_down() {
    let shop = Shop::new("sets-empty");
    shop.rules("[service.shop.health.containers]\ndocker = true\n");
    let keeps = format!("{}\n    volumes: ['data:/data']", api("1", ""));
    shop.up(&shop.of("1", &[("api", &keeps)]));
    shop.host.start();
    shop.host.eventually("it is told", || !shop.host.hook.posts("rollback-not-ready").is_empty());
    let told = texts(&shop.host.hook.posts("rollback-not-ready"));
    assert!(told.contains("every service of the project keeps data (api)"), "{told}");
    let status = shop.host.status();
    assert_eq!(status["readiness"]["ready"], false, "{status:#}");
    assert_eq!(shop.host.hook.posts("service-down").len(), 0);
}
