//! A node's images are its own: each manager's golive holds there what accepted versions need, and says what is missing.

use std::time::Instant;

use golive_fixtures::cluster::{Cluster, Node};
use golive_fixtures::receiver::Receiver;

use crate::manager::Manager;
use crate::story::Story;

const WEB: &str = "[service.shop.health.web]\nurl = \"http://127.0.0.1:8080/health\"\ntimeout = \"2s\"";
const SET: &str = "{ service = \"shop_api\" }";
const V1: &str = "localhost:1/app:v1";

/// What `docker image prune -a` leaves: what a container was made from, and as here the Swarm keeps the containers of tasks
/// that have ended, those have to go first.
fn tidy(node: &Node) {
    let ended = node.docker(&["ps", "-aq", "--filter", "status=exited"]);
    for id in ended.lines() {
        // The Swarm may be faster.
        drop(node.try_docker(&["rm", id]));
    }
    node.docker(&["image", "prune", "-af"]);
}

fn has(node: &Node, image: &str) -> bool {
    node.try_docker(&["image", "inspect", image]).is_ok()
}

fn holders(node: &Node) -> Vec<String> {
    let told = node.docker(&["ps", "-aq", "--no-trunc", "--filter", "label=golive.pin-of=shop"]);
    told.lines().map(str::to_owned).collect()
}

#[test]
fn an_accepted_image_outlives_a_prune_on_a_standbys_node_and_is_gone_back_to_there() {
    let story = Story::begin("1s", &[]);
    assert_eq!(story.acting(), Some(0));
    for (golive, node) in story.managers.iter().zip(&story.cluster.nodes) {
        golive.eventually("it is held on every node", || holders(node).len() == 1);
        golive.eventually("which says so", || golive.status()["readiness"]["ready"] == true);
    }

    // Nothing runs as v1 any more, and somebody tidies up.
    story.release(1, "red");
    for node in &story.cluster.nodes[1..] {
        tidy(node);
        assert!(has(node, V1), "which nobody could pull again");
        assert!(!has(node, "localhost:1/app:v3"), "it takes what nothing needs");
    }
    story.managers[0].kill();
    let next = story.taken_over(0, Instant::now());
    story.rolled_back(next, 1);
    for node in &story.cluster.nodes {
        story.managers[next]
            .eventually("it serves on every node", || node.answer(8080).as_deref() == Some("v1"));
    }
}

#[test]
fn a_standby_says_what_its_node_lacks_and_touches_nothing_of_others() {
    let cluster = Cluster::new(2);
    let sink = Receiver::start_at(&cluster.gateway());
    cluster.node().create("shop_api", "v1", &["--mode", "global"]);
    let managers: Vec<Manager> = cluster
        .nodes
        .iter()
        .map(|node| {
            let golive = Manager::new(&cluster, node, &sink, SET, WEB)
                .with_rules("window = \"6s\"", "window = \"10m\"")
                // A busy host has time to begin all tasks anew: nothing is to be taken back here.
                .with_rules("grace = \"4s\"", "grace = \"2m\"");
            golive.start();
            golive
        })
        .collect();
    let (standby, node) = (&managers[1], &cluster.nodes[1]);
    managers[0].eventually("v1 can be gone back to", || managers[0].accepted("v1"));
    assert!(managers[0].acts() && !standby.acts());
    standby.eventually("it is held on both nodes", || holders(node).len() == 1);

    // Of what golive makes, one for a release that nobody knows any more, and what only looks so.
    let made = |labels: [&str; 2], program: &str| {
        let labels = labels.map(|label| format!("--label={label}"));
        node.docker(&["create", &labels[0], &labels[1], "--entrypoint", program, "localhost:1/app:v3"])
    };
    let left = made(["golive.pin-of=shop", "golive.release=shop-0"], "/golive-pause");
    let own = made(["golive.pin-of=shop", "golive.release=shop-0"], "/bin/sh");
    let others = made(["golive.pin-of=other", "golive.release=shop-0"], "/golive-pause");

    cluster.node().deploy("shop_api", "v2", &["--update-parallelism", "0"]);
    standby.eventually("v2 is watched", || standby.status()["phase"] == "watching");
    standby.eventually("nothing needs it", || node.try_docker(&["inspect", &left]).is_err());
    for kept in [&own, &others] {
        assert!(node.try_docker(&["inspect", kept]).is_ok(), "{kept}");
    }
    standby.eventually("v2 runs there", || node.answer(8080).as_deref() == Some("v2"));
    let held: Vec<String> = holders(node).into_iter().filter(|id| *id != own).collect();
    let [held] = held.as_slice() else { panic!("{held:?}") };
    node.docker(&["rm", held]);
    tidy(node);
    assert!(!has(node, V1));
    // It looks anew when it starts.
    standby.kill();
    standby.start();
    standby.eventually("it is missed", || standby.status()["readiness"]["ready"] == false);
    let said = standby.says(1, &["status"]);
    let lacks = "NOT ready: its image localhost:1/app:v1 is not on this node, where shop_api runs";
    assert!(said.contains(lacks), "{said}");

    // Whoever brings it back has helped.
    let saved = cluster.dir().join("v1.tar").display().to_string();
    cluster.node().docker(&["save", "-o", &saved, V1]);
    node.docker(&["load", "-i", &saved]);
    standby.eventually("it is held again", || standby.status()["readiness"]["ready"] == true);
    assert_eq!(holders(node).len(), 2, "with the one that only looks so");
    let said = standby.says(0, &["status"]);
    assert!(said.contains("ready, as far as this node goes"), "{said}");
    assert!(managers[0].acts() && sink.posts("rollback-not-ready").is_empty(), "{:?}", sink.events());
}
