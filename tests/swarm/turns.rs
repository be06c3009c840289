//! Whose turn it is: golive, its engine or its link is lost on the manager whose golive acts, while a bad release is
//! watched. Another one goes on, one alone, and everything is told once.

use std::time::{Duration, Instant};

use crate::cluster::Cluster;
use crate::manager::Manager;
use crate::sink::Sink;

const WEB: &str = "[service.shop.health.web]\nurl = \"http://127.0.0.1:8080/health\"\ntimeout = \"2s\"";
const SET: &str = "{ service = \"shop_api\" }";

/// The fault, and half of a minute more for a machine that is busy.
const TAKEN_OVER: Duration = Duration::from_mins(1);

struct Story {
    cluster: Cluster,
    sink: Sink,
    managers: Vec<Manager>,
}

impl Story {
    fn begin() -> Self {
        let cluster = Cluster::new(3);
        let sink = Sink::start(&cluster.gateway());
        cluster.node().create("shop_api", "v1", &["--mode", "global"]);
        let mut managers: Vec<Manager> = Vec::new();
        for node in &cluster.nodes {
            let mut golive = Manager::new(&cluster, node, &sink, SET, WEB)
                .with_rules("window = \"6s\"", "window = \"40s\"")
                .with_rules("[service.shop.health.tasks]\ndocker = true\n", "");
            golive.start();
            managers.push(golive);
        }
        let story = Self { cluster, sink, managers };
        story.managers[0].eventually("v1 can be gone back to", || story.managers[0].accepted("v1"));
        story
    }

    /// Which one acts, when it is one alone.
    fn acting(&self) -> Option<usize> {
        let acting: Vec<usize> = (0..3).filter(|at| self.managers[*at].acts()).collect();
        match acting.as_slice() {
            [one] => Some(*one),
            [] => None,
            more => panic!("{more:?} act at the same time"),
        }
    }

    /// A release that is bad some time after it was seen; the fault comes in between.
    fn release(&self, by: usize, colour: &str) {
        let more = format!("MORE=(sleep 12; busybox rm -f /www/health) & # {colour}");
        self.cluster.nodes[by].deploy("shop_api", "v2", &["--env-add", &more, "--update-parallelism", "0"]);
        self.managers[0].eventually("everybody knows that v2 is watched", || {
            self.managers.iter().all(|golive| golive.status()["phase"] == "watching")
        });
    }

    /// Another one than that acts within half a minute, or so.
    fn taken_over(&self, from: usize, began: Instant) -> usize {
        self.managers[(from + 1) % 3]
            .eventually("another one acts", || self.acting().is_some_and(|one| one != from));
        assert!(began.elapsed() < TAKEN_OVER, "it took {:?}", began.elapsed());
        self.acting().unwrap()
    }

    /// The rollback was begun once, ended well and was told once, so many times by now.
    fn rolled_back(&self, by: usize, times: usize) {
        let golive = &self.managers[by];
        golive.eventually("v2 is taken back", || golive.rolled_back());
        assert_eq!(self.cluster.nodes[by].image_of("shop_api"), "localhost:1/app:v1");
        golive.eventually("it is told", || self.sink.ids("rollback-done").len() == times);
        for event in ["rollback-started", "rollback-done", "release-seen"] {
            assert_eq!(self.sink.ids(event).len(), times, "{event}: {:?}", self.sink.events());
        }
        assert!(self.sink.posts("rollback-failed").is_empty(), "{:?}", self.sink.events());
    }

    /// The lost one is there again, knows how it ended, and does nothing.
    fn everybody_knows(&self, how: &(String, String)) {
        self.managers[0].eventually("everybody knows how it ended", || {
            self.managers.iter().all(|golive| golive.decided() == *how)
        });
        assert!(self.acting().is_some());
    }
}

#[test]
fn whatever_is_lost_of_the_one_that_acts_another_one_goes_on() {
    let mut story = Story::begin();
    assert_eq!(story.acting(), Some(0));

    // golive alone: its node stays well, and leads.
    story.release(1, "red");
    story.managers[0].kill();
    let next = story.taken_over(0, Instant::now());
    story.rolled_back(next, 1);
    assert_eq!(story.sink.ids("took-over").len(), 1, "{:?}", story.sink.events());
    story.managers[0].start();
    story.everybody_knows(&story.managers[next].decided());
    assert_eq!(story.acting(), Some(next), "whoever acts goes on doing so");

    // The engine, while golive goes on.
    story.release((next + 1) % 3, "green");
    story.cluster.kill_engine(next);
    let began = Instant::now();
    let dead = &story.managers[next];
    dead.eventually("it is nobody's turn, as far as it knows", || !dead.acts());
    assert!(began.elapsed() < Duration::from_secs(12), "it took {:?}", began.elapsed());
    let after = story.taken_over(next, began);
    story.rolled_back(after, 2);
    story.cluster.revive_engine(next);
    story.everybody_knows(&story.managers[after].decided());

    // The link.
    story.release((after + 1) % 3, "blue");
    story.cluster.link(after, "down");
    let last = story.taken_over(after, Instant::now());
    story.rolled_back(last, 3);
    story.cluster.link(after, "up");
    story.everybody_knows(&story.managers[last].decided());
    assert_eq!(story.sink.ids("rollback-started").len(), 3, "{:?}", story.sink.events());
    assert_eq!(story.sink.ids("took-over").len(), 3, "{:?}", story.sink.events());
}
