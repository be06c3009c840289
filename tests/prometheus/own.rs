//! golive's own metrics, as a real Prometheus scrapes them from the built program.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use golive::model::reading::Measure;

use crate::stage::{Service, Stage};

/// A daemon that watches a service by commands; it ends with the test.
struct Daemon(Child);

impl Daemon {
    fn start(dir: &Path, more: &str) -> Self {
        let rules = dir.join("rules.toml");
        let version = dir.join("version");
        std::fs::write(&version, "1.0\n").unwrap();
        let text = format!(
            "[state]\ndir = \"{state}\"\n\
             [service.shop]\ncommand = {{ version = [\"cat\", \"{version}\"], rollback = [\"false\"] }}\n\
             watch.interval = \"100ms\"\n[service.shop.health.up]\ncommand = [\"true\"]\n{more}",
            state = dir.join("state").display(),
            version = version.display(),
        );
        std::fs::write(&rules, text).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_golive"))
            .arg("daemon")
            .args(["--config", rules.to_str().unwrap()])
            .args(["--socket", dir.join("golive.sock").to_str().unwrap()])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    /// `golive incidents`
    fn incidents(dir: &Path) -> String {
        let mut golive = Command::new(env!("CARGO_BIN_EXE_golive"));
        golive.args(["--config", dir.join("rules.toml").to_str().unwrap(), "incidents"]);
        String::from_utf8(golive.output().unwrap().stdout).unwrap()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[tokio::test]
async fn what_golive_says_of_itself_can_be_asked_of_prometheus() {
    let dir = tempfile::tempdir().unwrap();
    let page = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let _daemon = Daemon::start(dir.path(), &format!("[page]\nlisten = \"{page}\"\n"));
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
    let service = Service::start().await;
    service.says("queue 12\n");
    let stage = Stage::start(&service);
    let more = format!(
        "[prometheus]\nurl = \"{}\"\n[rule.queue]\nquery = \"max(queue)\"\nabove = 10\nfor = \"10s\"\n\
         [rule.short]\nquery = \"max(queue)\"\nabove = 12\nfor = \"10s\"\n",
        stage.url
    );
    let _daemon = Daemon::start(dir.path(), &more);
    for _ in 0..300 {
        if Daemon::incidents(dir.path()).contains("queue") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    let told = Daemon::incidents(dir.path());
    assert!(told.contains("queue") && !told.contains("short"), "12 is not above 12: {told}");
}
