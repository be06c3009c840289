//! A shop whose version is the content of a file, with a daemon that watches it.

use std::fs;
use std::ops::Deref;

use golive_fixtures::daemon::Daemon;
use tempfile::TempDir;

pub(crate) struct Shop {
    daemon: Daemon,
    _dir: TempDir,
}

impl Deref for Shop {
    type Target = Daemon;

    fn deref(&self) -> &Daemon {
        &self.daemon
    }
}

impl Shop {
    /// Version 1 runs, is accepted and can be gone back to. `more` is added to the rules.
    pub(crate) fn open(more: &str) -> Self {
        let dir = TempDir::new().unwrap();
        let shop = Self { daemon: Daemon::at(dir.path()).logging(None), _dir: dir };
        let path = shop.dir().display();
        shop.set_rules(&format!(
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
        ));
        shop.write("rollback", &format!("echo $1 > {path}/version && echo good > {path}/health\n"));
        shop.deploy("1", true);
        shop.start();
        shop.until("version 1 is accepted and can be gone back to", |shop| {
            shop["accepted"]["version"] == "1" && shop["readiness"]["ready"] == true
        });
        shop
    }

    /// Other rules from now on, as far as the daemon takes them.
    pub(crate) fn reload(&self, rules: &str) {
        self.write("rules.toml", rules);
        self.signal("-HUP");
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
}
