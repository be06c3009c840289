//! Three managers, golive on each, and one service of which a task runs on every node.

use std::time::{Duration, Instant};

use golive_fixtures::cluster::Cluster;
use golive_fixtures::receiver::Receiver;

use crate::manager::Manager;

const WEB: &str = "[service.shop.health.web]\nurl = \"http://127.0.0.1:8080/health\"\ntimeout = \"2s\"";
const SET: &str = "{ service = \"shop_api\" }";

/// What is promised: half a minute (docs/swarm.md), and half as much again where three engines and what runs beside them share two processors.
const TAKEN_OVER: Duration = Duration::from_secs(45);

pub(crate) struct Story {
    pub(crate) cluster: Cluster,
    pub(crate) sink: Receiver,
    pub(crate) managers: Vec<Manager>,
}

impl Story {
    /// v1 can be gone back to. A window is long enough for somebody else to take over, and a proof lasts so long.
    pub(crate) fn begin(verify: &str, more: &[&str]) -> Self {
        let cluster = Cluster::new(3);
        let sink = Receiver::start_at(&cluster.gateway());
        cluster.node().create("shop_api", "v1", &[&["--mode", "global"], more].concat());
        let mut managers: Vec<Manager> = Vec::new();
        for node in &cluster.nodes {
            let golive = Manager::new(&cluster, node, &sink, SET, WEB)
                .with_rules("window = \"6s\"", "window = \"40s\"")
                .with_rules("verify = \"1s\"", &format!("verify = \"{verify}\""))
                .with_rules("[service.shop.health.tasks]\ndocker = true\n", "");
            golive.start();
            managers.push(golive);
        }
        let story = Self { cluster, sink, managers };
        story.managers[0].eventually("v1 can be gone back to", || story.managers[0].accepted("v1"));
        story
    }

    /// Which one acts, when it is one alone.
    pub(crate) fn acting(&self) -> Option<usize> {
        let acting: Vec<usize> = (0..3).filter(|at| self.managers[*at].acts()).collect();
        match acting.as_slice() {
            [one] => Some(*one),
            [] => None,
            more => panic!("{more:?} act at the same time"),
        }
    }

    /// A release that is bad some time after it was seen; the fault comes in between.
    pub(crate) fn release(&self, by: usize, colour: &str) {
        let more = format!("MORE=(sleep 12; busybox rm -f /www/health) & # {colour}");
        self.cluster.nodes[by].deploy("shop_api", "v2", &["--env-add", &more, "--update-parallelism", "0"]);
        self.managers[0].eventually("everybody knows that v2 is watched", || {
            self.managers.iter().all(|golive| golive.status()["phase"] == "watching")
        });
    }

    /// Another one than that acts within half a minute.
    pub(crate) fn taken_over(&self, from: usize, began: Instant) -> usize {
        self.managers[(from + 1) % 3]
            .eventually("another one acts", || self.acting().is_some_and(|one| one != from));
        let took = began.elapsed();
        assert!(took < TAKEN_OVER, "it took {took:?}");
        self.acting().unwrap()
    }

    /// The rollback was begun once, ended well and was told once, so many times by now.
    pub(crate) fn rolled_back(&self, by: usize, times: usize) {
        let golive = &self.managers[by];
        golive.eventually("v2 is taken back", || golive.rolled_back());
        assert_eq!(self.cluster.nodes[by].image_of("shop_api"), "localhost:1/app:v1");
        assert_eq!(self.cluster.nodes[by].answer(8080).as_deref(), Some("v1"));
        assert_eq!(self.acting(), Some(by));
        golive.eventually("it is told", || self.sink.ids("rollback-succeeded").len() == times);
        for event in ["rollback-started", "rollback-succeeded", "release-detected"] {
            assert_eq!(self.sink.ids(event).len(), times, "{event}: {:?}", self.sink.events());
        }
        assert!(self.sink.posts("rollback-failed").is_empty(), "{:?}", self.sink.events());
    }

    /// The lost one is there again, knows how it ended, and does nothing.
    pub(crate) fn everybody_knows(&self, how: &(String, String)) {
        self.managers[0].eventually("everybody knows how it ended", || {
            self.managers.iter().all(|golive| golive.decided() == *how)
        });
        for golive in &self.managers {
            golive.eventually("its list of releases says so, too", || {
                let listed = golive.releases();
                listed.contains(how) && listed.iter().any(|(_, state)| state == "accepted")
            });
        }
        // The Swarm elects anew when a manager is back.
        self.managers[0].eventually("somebody acts again", || self.acting().is_some());
    }
}
