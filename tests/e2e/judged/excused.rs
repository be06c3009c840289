//! Releases that fail by no fault of theirs.

use std::process::{Child, Command};

use golive_fixtures::until::calm;

use super::stage::{Source, Stage, at_once, both};

#[test]
fn a_service_that_was_red_before() {
    both("red", |mut stage| {
        stage.rules(&[], "");
        stage.baseline(&["--error-ratio", "0.09"]);
        stage.deploy("2", &["--error-ratio", "0.09"]);
        stage.held(&["requests failed", "It is not the release: it was so before"]);
        stage.not_to_blame(&["limit 5 %", "It is not the release: it was so before"]);
    });
}

#[test]
fn what_measures_it_is_down() {
    at_once(&[
        ("down", Source::Prometheus, stays_down),
        ("down", Source::Scrape, stays_down),
        ("back", Source::Prometheus, comes_back),
    ]);
}

fn stays_down(mut stage: Stage) {
    stage.rules(&[], "");
    stage.baseline(&[]);
    if let Some(prometheus) = &mut stage.prometheus {
        prometheus.end();
        stage.deploy("2", &[]);
        stage.held(&["could not be told for", "refused"]);
    } else {
        stage.deploy("2", &["--no-metrics"]);
        stage.held(&["could not be told for", "status 404"]);
    }
}

fn comes_back(mut stage: Stage) {
    stage.rules(&[], "");
    stage.baseline(&[]);
    stage.prometheus.as_mut().unwrap().end();
    stage.deploy("2", &[]);
    stage.until("people are told that it cannot be judged", || !stage.host.hook.posts("no-data").is_empty());
    stage.prometheus.as_mut().unwrap().run();
    stage.accepted();
}

/// Alone on the machine, see `.config/nextest.toml`.
#[test]
fn alone_a_neighbour_takes_all_cores() {
    calm();
    both("neighbour", |mut stage| {
        stage.rules(&[("resources", "{ above = \"90%\", for = \"5s\" }")], "");
        stage.baseline(&[]);
        stage.deploy("2", &[]);
        stage.until("the new version is watched", || stage.host.phase() == "watching");
        let _neighbour = Neighbour::start();
        stage.held(&["cpu is at", "something else uses up this host's cpu"]);
        stage.not_to_blame(&["cpu is at", "something else uses up this host's cpu"]);
    });
}

/// Keeps all cores busy, outside of every container.
struct Neighbour {
    processes: Vec<Child>,
}

impl Neighbour {
    fn start() -> Self {
        let cores = std::thread::available_parallelism().unwrap().get();
        let busy = || Command::new("sh").args(["-c", "while :; do :; done"]).spawn().unwrap();
        Self { processes: (0..cores).map(|_| busy()).collect() }
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        for process in &mut self.processes {
            drop(process.kill());
            drop(process.wait());
        }
    }
}
