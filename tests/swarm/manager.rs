//! golive on one manager: the built program, beside the engine as it would be on a host.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::ask::ask;
use crate::cluster::{Cluster, Node, eventually};
use crate::sink::Sink;

const GOLIVE: &str = env!("CARGO_BIN_EXE_golive");

pub(crate) struct Manager {
    namespace: String,
    dir: PathBuf,
    daemon: Option<Child>,
}

impl Manager {
    /// Its rules: the set, a window of six seconds, and what the test adds.
    pub(crate) fn new(cluster: &Cluster, node: &Node, sink: &Sink, set: &str, more: &str) -> Self {
        Self::through(&node.socket, cluster, node, sink, set, more)
    }

    /// The same with something between it and the engine.
    pub(crate) fn through(
        socket: &Path,
        cluster: &Cluster,
        node: &Node,
        sink: &Sink,
        set: &str,
        more: &str,
    ) -> Self {
        let dir = cluster.dir().join(format!("golive-{}", node.namespace));
        std::fs::create_dir_all(&dir).unwrap();
        let text = format!(
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
            url = sink.url,
        );
        std::fs::write(dir.join("rules.toml"), text).unwrap();
        Self { namespace: node.namespace.clone(), dir, daemon: None }
    }

    /// Other words in its rules, before it starts.
    pub(crate) fn with_rules(self, old: &str, new: &str) -> Self {
        let rules = std::fs::read_to_string(self.path("rules.toml")).unwrap();
        assert!(rules.contains(old), "{rules}");
        std::fs::write(self.path("rules.toml"), rules.replace(old, new)).unwrap();
        self
    }

    pub(crate) fn start(&mut self) {
        self.start_with(&[]);
    }

    /// On a host whose clock is so far ahead: it is the library of Debian's `faketime` that moves it.
    pub(crate) fn start_ahead(&mut self, by: &str) {
        // The loader knows where its kind of machine has it.
        let library = "/usr/$LIB/faketime/libfaketime.so.1";
        let flags = [("FAKETIME_DONT_FAKE_MONOTONIC", "1"), ("NO_FAKE_STAT", "1")];
        self.start_with(&[&[("LD_PRELOAD", library), ("FAKETIME", by)], flags.as_slice()].concat());
    }

    fn start_with(&mut self, environment: &[(&str, &str)]) {
        let log = std::fs::File::options().create(true).append(true).open(self.dir.join("log")).unwrap();
        let child = Command::new("nsenter")
            .arg(format!("--net=/run/netns/{}", self.namespace))
            .arg(GOLIVE)
            .args(["--config", self.path("rules.toml").to_str().unwrap()])
            .args(["--socket", self.path("sock").to_str().unwrap(), "daemon"])
            .env("GOLIVE_LOG", "golive=debug,info")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.daemon = Some(child);
        self.eventually("the daemon answers", || !self.all().is_null());
    }

    pub(crate) fn pid(&self) -> u32 {
        self.daemon.as_ref().unwrap().id()
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            drop(daemon.kill());
            daemon.wait().unwrap();
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    pub(crate) fn golive(&self, args: &[&str]) -> Output {
        Command::new("nsenter")
            .arg(format!("--net=/run/netns/{}", self.namespace))
            .arg(GOLIVE)
            .args(["--config", self.path("rules.toml").to_str().unwrap()])
            .args(["--socket", self.path("sock").to_str().unwrap()])
            .args(args)
            .env("NO_COLOR", "1")
            .output()
            .unwrap()
    }

    /// The service's part of `golive status --json`; null while no daemon answers.
    pub(crate) fn status(&self) -> Value {
        let shop = |service: &Value| service["name"] == "shop";
        self.services().into_iter().find(shop).unwrap_or_default()
    }

    /// All of them.
    pub(crate) fn services(&self) -> Vec<Value> {
        self.all()["services"].as_array().cloned().unwrap_or_default()
    }

    /// The whole of it; null while no daemon answers.
    pub(crate) fn all(&self) -> Value {
        ask(&self.path("sock"), "/v1/status")
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
        status.is_object() && status["only_watches"].is_null()
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

    pub(crate) fn eventually(&self, what: &str, holds: impl FnMut() -> bool) {
        let guard = Story(self);
        eventually(what, holds);
        std::mem::forget(guard);
    }
}

/// Tells what helps to understand a failure, when there is one.
struct Story<'a>(&'a Manager);

impl Drop for Story<'_> {
    fn drop(&mut self) {
        let log = std::fs::read_to_string(self.0.path("log")).unwrap_or_default();
        let last: Vec<&str> = log.lines().rev().take(60).collect();
        eprintln!("--- status\n{:#}\n--- log of {}", self.0.status(), self.0.namespace);
        eprintln!("{}", last.into_iter().rev().collect::<Vec<_>>().join("\n"));
    }
}

impl Drop for Manager {
    fn drop(&mut self) {
        self.kill();
    }
}
