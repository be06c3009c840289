//! golive on one manager: the built program, beside the engine as it would be on a host.

use std::ops::Deref;
use std::path::Path;

use golive_fixtures::cluster::{Cluster, Node, PATIENCE};
use golive_fixtures::daemon::Daemon;
use golive_fixtures::receiver::Receiver;
use serde_json::Value;

pub(crate) struct Manager(Daemon);

impl Deref for Manager {
    type Target = Daemon;

    fn deref(&self) -> &Daemon {
        &self.0
    }
}

impl Manager {
    /// Its rules: the set, a window of six seconds, and what the test adds.
    pub(crate) fn new(cluster: &Cluster, node: &Node, sink: &Receiver, set: &str, more: &str) -> Self {
        Self::through(&node.socket, cluster, node, sink, set, more)
    }

    /// The same with something between it and the engine.
    pub(crate) fn through(
        socket: &Path,
        cluster: &Cluster,
        node: &Node,
        sink: &Receiver,
        set: &str,
        more: &str,
    ) -> Self {
        let dir = cluster.dir().join(format!("golive-{}", node.namespace));
        std::fs::create_dir_all(&dir).unwrap();
        let daemon = Daemon::at(&dir).in_namespace(&node.namespace).patient_for(PATIENCE);
        daemon.set_rules(&format!(
            r#"
[docker]
socket = "{socket}"
[state]
dir = "{state}"
[service.shop]
swarm = {set}
[service.shop.watch]
window = "6s"
grace = "4s"
interval = "500ms"
[service.shop.health.tasks]
docker = true
[service.shop.trigger]
error-rate = false
latency-p95 = false
resources = false
[service.shop.rollback]
verify = "1s"
per-day = 100
[channel.hook]
webhook = {{ format = "standard", url = "{url}" }}
{more}
"#,
            socket = socket.display(),
            state = dir.join("state").display(),
            url = sink.url("/alerts"),
        ));
        Self(daemon)
    }

    /// Other words in its rules, before it starts.
    pub(crate) fn with_rules(self, old: &str, new: &str) -> Self {
        self.replace_in_rules(old, new);
        self
    }

    /// On a host whose clock is so far ahead: it is the library of Debian's `faketime` that moves it.
    pub(crate) fn start_ahead(&self, by: &str) {
        let mut command = self.command(&["daemon"]);
        // The loader knows where its kind of machine has it.
        command.env("LD_PRELOAD", "/usr/$LIB/faketime/libfaketime.so.1").env("FAKETIME", by);
        command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("NO_FAKE_STAT", "1");
        self.spawn_as(command);
        self.eventually("the daemon answers", || !self.everything().is_null());
    }

    /// The service's part of `golive status --json`; null while no daemon answers.
    pub(crate) fn status(&self) -> Value {
        let shop = |service: &Value| service["name"] == "shop";
        self.services().into_iter().find(shop).unwrap_or_default()
    }

    /// All of them.
    pub(crate) fn services(&self) -> Vec<Value> {
        self.everything()["services"].as_array().cloned().unwrap_or_default()
    }

    /// Id and state of each release in `golive releases`.
    pub(crate) fn releases(&self) -> Vec<(String, String)> {
        let told = self.golive(&["releases", "--json"]).stdout;
        let told: Vec<Value> = serde_json::from_slice(&told).unwrap_or_default();
        let text = |release: &Value, key: &str| release[key].as_str().unwrap_or_default().to_owned();
        told.iter().map(|release| (text(release, "id"), text(release, "state"))).collect()
    }

    pub(crate) fn acts(&self) -> bool {
        let status = self.status();
        status.is_object() && status["standby_reason"].is_null()
    }

    /// Release and outcome of what was decided last.
    pub(crate) fn decided(&self) -> (String, String) {
        let status = self.status();
        let text = |key: &str| status["decided"][key].as_str().unwrap_or_default().to_owned();
        (text("release"), text("state"))
    }

    pub(crate) fn accepted(&self, version: &str) -> bool {
        let status = self.status();
        status["accepted"]["version"] == version
            && status["readiness"]["ready"] == true
            && status["phase"] == "idle"
    }

    pub(crate) fn rolled_back(&self) -> bool {
        self.decided().1 == "rolled-back" && self.status()["phase"] == "idle"
    }
}
