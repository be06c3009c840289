//! Every changing call of a Swarm's rollback, and what can become of it; a node that loses its power in the middle.

use golive_fixtures::cluster::Cluster;
use golive_fixtures::noise::{Noise, rollbacks, seed};
use golive_fixtures::proxy::{Fate, Proxy};
use golive_fixtures::receiver::Receiver;

use crate::manager::Manager;

const WEB: &str = "[service.shop.health.web]\nurl = \"http://127.0.0.1:8080/health\"\ntimeout = \"2s\"";
const SET: &str = "{ service = \"shop_api\" }";

/// Well at first, so that nobody has to wait for it to start up, and then no more.
const BAD: &str = "MORE=(sleep 1; busybox rm -f /www/health) &";

#[test]
fn golive_is_killed_before_or_after_each_call() {
    at_each_call(
        |n, golive| {
            if n % 2 == 0 { Fate::KilledBefore(golive.pid()) } else { Fate::KilledAfter(golive.pid()) }
        },
    );
}

#[test]
fn each_call_fails_once_or_its_answer_is_lost() {
    at_each_call(|n, _| if n == 2 { Fate::Unanswered } else { Fate::Error });
}

/// Of one rollback no more calls are struck.
const MOST: usize = 8;

/// Three rollbacks, in each of which something becomes of every third call, from the first on, the second, the third;
/// whatever it is, the rollback is done in the end and is told once.
fn at_each_call(fate: impl Fn(usize, &Manager) -> Fate) {
    let cluster = Cluster::new(1);
    let sink = Receiver::start_at(&cluster.gateway());
    let node = cluster.node();
    node.create("shop_api", "v1", &[]);
    let socket = cluster.dir().join("proxy.sock");
    let proxy = Proxy::start(&socket, &node.socket);
    let golive = Manager::through(&socket, &cluster, node, &sink, SET, WEB);
    golive.start();
    golive.eventually("v1 is accepted and ready to go back to", || golive.accepted("v1"));
    let mut struck = 0;
    for first in 1..=3 {
        let (before, _) = golive.decided();
        node.deploy("shop_api", "v2", &["--env-add", BAD, "--label-rm", "golive.rollback"]);
        golive.eventually("v2 is watched", || golive.status()["phase"] == "watching");
        let over = |golive: &Manager| golive.decided().0 != before && golive.rolled_back();
        let mut next = first;
        // Whoever is struck again within a moment of each start gets nowhere, as nobody would: it ends sometime.
        for _ in 0..MOST {
            let fate = fate(struck + 1, &golive);
            proxy.strike(next, fate, false);
            golive.eventually("struck, or rolled back", || proxy.struck() || over(&golive));
            if !proxy.heal() {
                break;
            }
            (struck, next) = (struck + 1, 3);
            if matches!(fate, Fate::KilledBefore(_) | Fate::KilledAfter(_)) {
                golive.kill();
                golive.start();
            }
        }
        golive.eventually("rolled back", || over(&golive));
        assert_eq!(node.image_of("shop_api"), "localhost:1/app:v1", "round {first}");
        assert_eq!(node.answer(8080).as_deref(), Some("v1"), "round {first}");
        golive.eventually("it is told", || sink.ids("rollback-succeeded").len() == first);
        assert!(sink.posts("rollback-failed").is_empty(), "round {first}: {:?}", sink.events());
    }
    assert!(struck >= 9, "{struck} calls were struck: {:?}", proxy.calls());
}

/// Every seventh answer of the engine is cut, late, doubled or garbled.
#[test]
fn a_set_is_restored_though_answers_are_lost() {
    let cluster = Cluster::new(1);
    let sink = Receiver::start_at(&cluster.gateway());
    let node = cluster.node();
    node.create("shop_api", "v1", &[]);
    let socket = cluster.dir().join("noise.sock");
    let noise = Noise::start(&socket, &node.socket, seed());
    let golive = Manager::through(&socket, &cluster, node, &sink, SET, WEB);
    golive.start();
    golive.eventually("v1 is accepted and ready to go back to", || golive.accepted("v1"));
    for n in 1..=rollbacks(2) {
        let (before, _) = golive.decided();
        node.deploy("shop_api", "v2", &["--env-add", BAD, "--label-rm", "golive.rollback"]);
        golive.eventually("it is rolled back", || {
            let events = sink.events();
            assert!(sink.posts("rollback-failed").is_empty(), "{events:?}");
            assert!(sink.posts("rollback-impossible").is_empty(), "{events:?}");
            golive.decided().0 != before && golive.rolled_back()
        });
        assert_eq!(node.image_of("shop_api"), "localhost:1/app:v1", "round {n}");
        assert_eq!(node.answer(8080).as_deref(), Some("v1"), "round {n}");
    }
    noise.assert_harmed();
}

/// The only manager, engine and tasks and golive, at each moment of a rollback.
#[test]
fn a_manager_that_reboots_in_mid_rollback_goes_on() {
    let mut cluster = Cluster::new(1);
    let sink = Receiver::start_at(&cluster.gateway());
    cluster.node().create("shop_api", "v1", &[]);
    let golive = Manager::new(&cluster, cluster.node(), &sink, SET, WEB);
    golive.start();
    golive.eventually("v1 is accepted and ready to go back to", || golive.accepted("v1"));
    for (n, millis) in [0, 300, 1500].into_iter().enumerate() {
        let (before, _) = golive.decided();
        cluster.node().deploy("shop_api", "v2", &["--env-add", "BAD=1"]);
        golive.eventually("v2 is being taken back", || {
            matches!(golive.status()["phase"].as_str(), Some("rolling-back" | "verifying"))
        });
        std::thread::sleep(std::time::Duration::from_millis(millis));
        cluster.reboot(0);
        golive.kill();
        golive.start();
        golive.eventually("it is taken up again and verified", || {
            golive.decided().0 != before && golive.rolled_back()
        });
        assert_eq!(cluster.node().image_of("shop_api"), "localhost:1/app:v1");
        assert_eq!(cluster.node().answer(8080).as_deref(), Some("v1"));
        golive.eventually("it is told", || sink.ids("rollback-succeeded").len() == n + 1);
    }
}

/// Half of the tasks are on it. The Swarm places them elsewhere, and golive waits for that.
#[test]
fn a_worker_that_is_lost_in_mid_rollback_is_done_without() {
    let mut cluster = Cluster::new(1);
    cluster.add_worker();
    let sink = Receiver::start_at(&cluster.gateway());
    // Each task has a port of its own, so that one node can take all of them.
    let port = ["--replicas", "2", "--env", "PORT=808{{.Task.Slot}}"];
    cluster.node().create("shop_api", "v1", &port);
    let golive = Manager::new(&cluster, cluster.node(), &sink, SET, "");
    golive.start();
    golive.eventually("v1 is accepted and ready to go back to", || golive.accepted("v1"));
    let nodes = cluster.node().docker(&["service", "ps", "shop_api", "--format", "{{.Node}}"]);
    assert!(nodes.contains("node-1") && nodes.contains("node-2"), "{nodes}");

    // One task after the other, so that there is a middle.
    let bad =
        ["--env-add", "MORE=sleep 1; exit 1", "--update-delay", "2s", "--update-failure-action", "continue"];
    cluster.node().deploy("shop_api", "v2", &bad);
    golive.eventually("v2 is being taken back", || {
        !cluster.node().service("shop_api", "{{index .Spec.Labels \"golive.rollback\"}}").is_empty()
    });
    drop(cluster.lose(1));
    golive.eventually("it is taken back without the worker", || golive.rolled_back());
    let node = cluster.node();
    assert_eq!(node.image_of("shop_api"), "localhost:1/app:v1");
    for port in [8081, 8082] {
        assert_eq!(node.answer(port).as_deref(), Some("v1"));
    }
    golive.eventually("it is told", || sink.ids("rollback-succeeded").len() == 1);
}
