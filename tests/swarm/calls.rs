//! What golive asks of a manager's engine, however many services it watches.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use golive_fixtures::cluster::Cluster;
use golive_fixtures::proxy::Proxy;
use golive_fixtures::receiver::Receiver;

use crate::manager::Manager;

const SERVICES: usize = 50;

/// The others: a task each, which sleeps; checked by the Swarm, and the host's resources measured.
fn rules(services: usize) -> String {
    let mut rules = String::new();
    for n in 2..=services {
        write!(
            rules,
            "[service.s{n}]\nswarm = {{ service = \"s{n}\" }}\n[service.s{n}.health.tasks]\ndocker = true\n"
        )
        .unwrap();
    }
    rules
}

#[test]
fn fifty_services_cost_no_more_than_a_hundred_calls_a_minute() {
    let cluster = Cluster::new(1);
    let sink = Receiver::start_at(&cluster.gateway());
    let node = cluster.node();
    let sleeps = ["--env", "MORE=exec sleep 99999"];
    node.create("shop_api", "v1", &sleeps);
    for n in 2..=SERVICES {
        node.create(&format!("s{n}"), "v1", &sleeps);
    }
    let socket = cluster.dir().join("proxy.sock");
    let proxy = Proxy::start(&socket, &node.socket);
    let golive =
        Manager::through(&socket, &cluster, node, &sink, "{ service = \"shop_api\" }", &rules(SERVICES))
            .with_rules("interval = \"500ms\"\n", "");
    golive.start();
    golive.eventually("all of them are accepted and ready to go back to", || {
        let services = golive.services();
        let good = services.iter().filter(|service| {
            service["accepted"]["version"] == "v1" && service["readiness"]["ready"] == true
        });
        good.count() == SERVICES
    });
    let (began, watched) = (Instant::now(), Duration::from_secs(30));
    std::thread::sleep(watched);
    let calls = proxy.since(began);
    let a_minute = calls.len() * 60 / 30;
    assert!(a_minute <= 100, "{a_minute} calls a minute: {calls:#?}");
    assert!(calls.iter().any(|call| call.contains("/tasks")), "it looks all the same: {calls:#?}");
}
