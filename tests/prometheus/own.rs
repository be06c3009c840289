//! golive's own metrics, as a real Prometheus scrapes them from the built program.

use std::path::Path;

use golive::model::reading::Measure;
use golive_fixtures::daemon::Daemon;
use golive_fixtures::port::free_address;

use crate::stage::{Service, Stage};

/// A daemon that watches a service by commands.
fn daemon(dir: &Path, more: &str) -> Daemon {
    let version = dir.join("version");
    std::fs::write(&version, "1.0\n").unwrap();
    let daemon = Daemon::at(dir);
    daemon.set_rules(&format!(
        "[state]\ndir = \"{state}\"\n\
         [service.shop]\ncommand = {{ version = [\"cat\", \"{version}\"], rollback = [\"false\"] }}\n\
         watch.interval = \"100ms\"\n[service.shop.health.up]\ncommand = [\"true\"]\n{more}",
        state = dir.join("state").display(),
        version = version.display(),
    ));
    daemon.start();
    daemon
}

#[tokio::test]
async fn what_golive_says_of_itself_can_be_asked_of_prometheus() {
    let dir = tempfile::tempdir().unwrap();
    let page = free_address();
    let _daemon = daemon(dir.path(), &format!("[page]\nlisten = \"{page}\"\n"));
    let stage = Stage::scraping(&page);
    let one = |measure: &Measure| *measure == Measure::Value(1.0);
    for query in [
        "up{job=\"shop\"}",
        "golive_up",
        // What runs is adopted once its checks have passed, and then it is idle and has been decided.
        "golive_release_phase{service=\"shop\",phase=\"idle\"}",
        "golive_rollback_ready{service=\"shop\"}",
        "golive_trigger_verdict{service=\"shop\",trigger=\"health\",verdict=\"pass\"}",
        "golive_last_decision_timestamp_seconds > bool 1600000000",
        "histogram_quantile(0.99, golive_probe_duration_seconds_bucket{service=\"shop\",check=\"up\"}) > bool 0",
        "absent(golive_rollbacks_total)",
    ] {
        stage.until(query, one).await;
    }
}

#[tokio::test]
async fn what_a_rule_asks_prometheus_is_told_when_its_limit_stays_passed() {
    let dir = tempfile::tempdir().unwrap();
    let service = Service::start();
    service.says("queue 12\n");
    let stage = Stage::start(&service);
    let more = format!(
        "[prometheus]\nurl = \"{}\"\n[rule.queue]\nquery = \"max(queue)\"\nabove = 10\nfor = \"10s\"\n\
         [rule.short]\nquery = \"max(queue)\"\nabove = 12\nfor = \"10s\"\n",
        stage.url
    );
    let daemon = daemon(dir.path(), &more);
    let incidents = || String::from_utf8(daemon.golive(&["incidents"]).stdout).unwrap();
    daemon.eventually("the queue is told", || incidents().contains("queue"));
    let told = incidents();
    assert!(told.contains("queue") && !told.contains("short"), "12 is not above 12: {told}");
}

#[tokio::test]
async fn a_prometheus_that_does_not_scrape_is_told_by_a_check() {
    let dir = tempfile::tempdir().unwrap();
    let service = Service::start();
    service.says("queue 12\n");
    let stage = Stage::start(&service);
    let more = format!(
        "[prometheus]\nurl = \"{}\"\n[check.no-targets]\nprometheus = {{ targets = \"gone\" }}\nevery = \"5s\"\n\
         [check.full]\nquery = \"max(queue)\"\nabove = 12\nevery = \"5s\"\n",
        stage.url
    );
    let daemon = daemon(dir.path(), &more);
    let incidents = || String::from_utf8(daemon.golive(&["incidents"]).stdout).unwrap();
    daemon.eventually("it is told", || incidents().contains("no-targets"));
    let told = incidents();
    assert!(!told.contains("full"), "12 is not above 12: {told}");
}
