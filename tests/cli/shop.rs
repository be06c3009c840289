//! A shop whose version is the content of a file, with a daemon that watches it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use golive::clock::Clock;
use serde_json::Value;
use tempfile::TempDir;

use crate::ask::ask;
use crate::{GOLIVE, rules};

/// Nothing that is waited for here may take longer.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) struct Shop {
    pub(crate) dir: TempDir,
    rules: String,
    daemon: Option<Child>,
}

impl Shop {
    /// Version 1 runs and is accepted. `more` is added to the rules.
    pub(crate) fn open(more: &str) -> Self {
        let dir = TempDir::new().unwrap();
        let path = dir.path().display();
        let text = format!(
            r#"
[state]
dir = "{path}/state"
[service.shop]
command = {{ version = ["cat", "{path}/version"], rollback = ["sh", "{path}/rollback", "{{to}}"] }}
[service.shop.watch]
window = "2s"
grace = "500ms"
interval = "100ms"
[service.shop.health.web]
command = ["grep", "-q", "good", "{path}/health"]
[service.shop.rollback]
verify = "300ms"
{more}
"#
        );
        let rules = rules(dir.path(), &text);
        let mut shop = Self { dir, rules, daemon: None };
        shop.write(
            "rollback",
            &format!("echo $1 > {0}/version && echo good > {0}/health\n", shop.dir.path().display()),
        );
        shop.deploy("1", true);
        shop.start();
        shop.eventually("version 1 is accepted", |shop| shop["accepted"]["version"] == "1");
        shop
    }

    pub(crate) fn start(&mut self) {
        let daemon = self.command(&["daemon"]);
        self.start_as(daemon);
    }

    pub(crate) fn start_as(&mut self, mut daemon: Command) {
        let log = fs::File::options().create(true).append(true).open(self.path("log")).unwrap();
        self.daemon = Some(daemon.stdout(Stdio::null()).stderr(log).spawn().unwrap());
    }

    /// Other rules from now on, as far as the daemon takes them.
    pub(crate) fn reload(&self, rules: &str) {
        self.write("rules.toml", rules);
        let pid = self.daemon.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    }

    pub(crate) fn rules(&self) -> String {
        fs::read_to_string(&self.rules).unwrap()
    }

    /// Ends the daemon, as systemd does.
    pub(crate) fn end(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            let pid = daemon.id().to_string();
            assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
            assert!(daemon.wait().unwrap().success());
        }
    }

    /// Kills the daemon, as a power cut does.
    pub(crate) fn kill(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            daemon.kill().unwrap();
            daemon.wait().unwrap();
        }
    }

    pub(crate) fn deploy(&self, version: &str, good: bool) {
        self.write("health", if good { "good\n" } else { "bad\n" });
        self.write("version", &format!("{version}\n"));
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        // Renamed into place, so that nobody reads half of it.
        fs::write(self.path("half"), text).unwrap();
        fs::rename(self.path("half"), self.path(name)).unwrap();
    }

    pub(crate) fn version(&self) -> String {
        fs::read_to_string(self.path("version")).unwrap().trim().to_owned()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.command_of(Path::new(GOLIVE), arguments)
    }

    pub(crate) fn command_of(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .arg("--config")
            .arg(&self.rules)
            .arg("--socket")
            .arg(self.path("golive.sock"))
            .args(arguments);
        command
    }

    pub(crate) fn golive(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs golive, demands the exit code, gives what it printed.
    pub(crate) fn says(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.golive(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?} {output:?}\n{}", self.story());
        String::from_utf8(output.stdout).unwrap()
    }

    /// The service in `golive status --json`; null when nobody answers.
    pub(crate) fn status(&self) -> Value {
        self.everything()["services"][0].clone()
    }

    /// All of `golive status --json`; null when nobody answers.
    pub(crate) fn everything(&self) -> Value {
        ask(&self.path("golive.sock"), "/v1/status")
    }

    pub(crate) fn eventually(&self, what: &str, holds: impl Fn(&Value) -> bool) {
        let clock = Clock::start();
        let end = clock.now() + PATIENCE;
        while !holds(&self.status()) {
            assert!(clock.now() < end, "not so: {what}\n{:#}\n{}", self.status(), self.story());
            std::thread::sleep(Duration::from_millis(25));
        }
    }

    pub(crate) fn story(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.kill();
    }
}
