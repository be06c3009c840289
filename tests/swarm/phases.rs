//! What acts is lost while the bad release is being taken back, and while the old one is being proved; another node is taken
//! out of service in a watch. One goes on, one alone, the old version serves, and everything is told once.

use std::time::Instant;

use golive_fixtures::cluster::eventually;

use crate::manager::Manager;
use crate::story::Story;

/// What is lost on the manager whose golive acts.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Golive,
    Engine,
    Link,
}

const FAULTS: [Fault; 3] = [Fault::Golive, Fault::Engine, Fault::Link];

impl Story {
    fn strike(&mut self, at: usize, fault: Fault) {
        match fault {
            Fault::Golive => self.managers[at].kill(),
            Fault::Engine => self.cluster.kill_engine(at),
            Fault::Link => self.cluster.link(at, "down"),
        }
    }

    fn mend(&mut self, at: usize, fault: Fault) {
        match fault {
            Fault::Golive => self.managers[at].start(),
            Fault::Engine => self.cluster.revive_engine(at),
            Fault::Link => self.cluster.link(at, "up"),
        }
    }
}

/// Each fault in turn, in that phase, on the manager whose golive acts by then.
fn lost_in(phase: &str, mut story: Story) {
    let mut acted = Vec::new();
    for (n, fault) in FAULTS.into_iter().enumerate() {
        let acting = story.acting().unwrap();
        let bad =
            ["--env-add", "BAD=1", "--env-add", &format!("FAULT={fault:?}"), "--update-parallelism", "0"];
        story.cluster.nodes[acting].deploy("shop_api", "v2", &bad);
        let golive = &story.managers[acting];
        // What the others do not know yet, whoever goes on decides and tells by itself.
        golive.eventually("it is in the middle of it, told and written down", || {
            let there = |golive: &Manager| golive.status()["phase"] == phase;
            story.managers.iter().all(there) && story.sink.ids("rollback-started").len() == n + 1
        });
        acted.push(acting);
        story.strike(acting, fault);
        let next = story.taken_over(acting, Instant::now());
        story.rolled_back(next, n + 1);
        story.mend(acting, fault);
        story.everybody_knows(&story.managers[next].decided());
        eventually("the old version serves everywhere", || {
            story.cluster.nodes.iter().all(|node| node.answer(8080).as_deref() == Some("v1"))
        });
        story.managers[next].eventually("whoever acts goes on doing so", || story.acting() == Some(next));
        let told = story.sink.events();
        assert_eq!(story.sink.ids("took-over").len(), n + 1, "{fault:?}, acted: {acted:?}, {next}: {told:?}");
    }
    for event in ["rollback-started", "rollback-succeeded", "known-bad-version", "release-detected"] {
        let at_most = FAULTS.len();
        assert!(story.sink.ids(event).len() <= at_most, "{event}: {:?}", story.sink.events());
    }
}

#[test]
fn whatever_is_lost_while_a_release_is_taken_back_another_one_goes_on() {
    // On every node at once: in the middle of one after the other, the Swarm itself waits for the node that is lost. What it
    // has replaced it looks at for a while, so that there is a middle.
    lost_in("rolling-back", Story::begin("1s", &["--rollback-parallelism", "0", "--rollback-monitor", "6s"]));
}

#[test]
fn whatever_is_lost_while_the_old_version_is_proved_another_one_goes_on() {
    lost_in("verifying", Story::begin("8s", &["--rollback-parallelism", "0"]));
}

#[test]
fn a_node_that_is_drained_and_cleared_in_a_watch_changes_nothing() {
    let story = Story::begin("1s", &["--rollback-parallelism", "0"]);
    let other = &story.cluster.nodes[2];
    story.release(1, "red");
    story.cluster.node().docker(&["node", "update", "--availability", "drain", "node-3"]);
    eventually("nothing runs there any more", || other.docker(&["ps", "-q"]).is_empty());
    other.docker(&["system", "prune", "-af"]);
    assert!(other.docker(&["images", "-q"]).is_empty(), "which takes every image that it had");
    story.rolled_back(0, 1);
    assert_eq!(story.cluster.nodes[1].answer(8080).as_deref(), Some("v1"));
    assert!(story.sink.posts("took-over").is_empty(), "{:?}", story.sink.events());
    assert!(story.sink.posts("rollback-not-ready").is_empty(), "{:?}", story.sink.events());
}
