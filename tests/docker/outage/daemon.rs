//! The daemon beside an engine of its own that is restarted, as `systemctl restart docker` and every upgrade of it do.

use std::time::Duration;

use golive_fixtures::daemon::Daemon;

use super::Private;
use crate::engine::Bench;

/// A daemon in the engine's network, so that it reaches what the containers listen on.
fn daemon(private: &Private, name: &str) -> Daemon {
    let daemon = Daemon::at(&private.dir).in_namespace(&private.namespace);
    daemon.set_rules(&format!(
        "[docker]\nsocket = \"{}\"\n[state]\ndir = \"{}\"\n[service.shop]\ncontainer = \"{name}\"\n\
         [service.shop.watch]\nwindow = \"6s\"\ngrace = \"5s\"\ninterval = \"200ms\"\n\
         [service.shop.health.web]\ntcp = \"127.0.0.1:8080\"\n",
        private.socket(),
        private.dir.join("state").display()
    ));
    daemon.start();
    daemon
}

/// Version 1 is accepted, and version 2 passes its checks in its watch.
fn watched(private: &Private, policy: &str) -> (Bench, String, Daemon) {
    let bench = Bench::at(&private.socket());
    let name = format!("{}-web", bench.prefix);
    let deploy = |version: &str| {
        let image = bench.image(version);
        let _ = bench.try_docker(&["rm", "-f", &name]);
        let run = ["run", "-d", "--name", &name, "--network", "host", "--restart", policy, &image];
        bench.docker(&[&run[..], &["httpd", "-f", "-p", "8080"]].concat());
    };
    deploy("v1");
    let daemon = daemon(private, &name);
    daemon.until("v1 is accepted", |status| status["accepted"]["version"] == "v1");
    deploy("v2");
    daemon.until("v2 passes in its watch", |status| {
        status["phase"] == "watching" && status["triggers"][0]["verdict"] == "pass"
    });
    (bench, name, daemon)
}

/// The engine is away for so long that its checks would fail a release many times over.
fn restart(private: &mut Private, daemon: &Daemon) {
    private.stop();
    daemon.until("golive knows that the engine is away", |status| {
        status["deployment"]["waits"][0].as_str().is_some_and(|waits| waits.contains("does not answer"))
    });
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(daemon.status()["phase"], "watching", "nothing is decided meanwhile");
    private.start();
}

/// The watch ends, and v2 is accepted.
fn assert_accepted(daemon: &Daemon) {
    let status = daemon.until("the watch is over", |status| status["phase"] != "watching");
    assert_eq!(
        (&status["accepted"]["version"], &status["phase"]),
        (&"v2".into(), &"idle".into()),
        "{status:#}"
    );
}

#[tokio::test]
async fn a_good_release_outlives_a_restart_of_the_engine_that_takes_its_container_along() {
    let mut private = Private::up_plain("along");
    let (_bench, _, daemon) = watched(&private, "always");
    restart(&mut private, &daemon);
    assert_accepted(&daemon);
}

#[tokio::test]
async fn a_good_release_outlives_a_restart_of_the_engine_with_live_restore() {
    let mut private = Private::up("live");
    let (_bench, _, daemon) = watched(&private, "always");
    restart(&mut private, &daemon);
    assert_accepted(&daemon);
}

#[tokio::test]
async fn what_ended_with_the_engine_was_stopped_by_nobody_and_is_watched_on_when_it_runs_again() {
    let mut private = Private::up_plain("ended");
    let (bench, name, daemon) = watched(&private, "no");
    restart(&mut private, &daemon);
    let status = daemon.until("it is missed", |status| {
        status["deployment"]["waits"][0]
            .as_str()
            .is_some_and(|waits| waits.contains("ended when the Docker Engine did"))
    });
    assert_eq!(status["phase"], "watching", "{status:#}");
    bench.docker(&["start", &name]);
    assert_accepted(&daemon);
}
