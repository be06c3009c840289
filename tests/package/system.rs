//! A booted Debian of its own for each test, in a container: `box.sh` says how.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use golive_fixtures::until::until;

const BOX: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/package/box.sh");

/// Nothing that is waited for here may take longer.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct System {
    pub(crate) name: String,
}

impl System {
    /// Boots one.
    pub(crate) fn boot() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let system = Self { name: format!("golive-test-box-{}-{count}", std::process::id()) };
        let booted = Command::new(BOX).args(["up", &system.name]).output().unwrap();
        assert!(booted.status.success(), "{}", text(&booted.stderr));
        system
    }

    /// Boots one and installs the package.
    pub(crate) fn with_package() -> Self {
        let system = Self::boot();
        system.install();
        system
    }

    /// Puts the package into the box as /root/golive.deb, and installs it.
    pub(crate) fn install(&self) {
        self.copy(&package(), "/root/golive.deb");
        self.sh("dpkg -i /root/golive.deb");
        self.eventually("the daemon runs", || self.property("ActiveState") == "active");
    }

    pub(crate) fn copy(&self, from: &Path, to: &str) {
        docker(&["cp", from.to_str().unwrap(), &format!("{}:{to}", self.name)]);
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, text).unwrap();
        self.copy(&file, path);
        self.sh(&format!("chmod 644 {path}"));
    }

    /// Runs a script as root and gives what it printed; it has to succeed.
    pub(crate) fn sh(&self, script: &str) -> String {
        let output = self.try_sh(script);
        let both = format!("{}{}", text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{script}\n{both}\n{}", self.journal());
        text(&output.stdout).trim().to_owned()
    }

    /// The same, where failing is an answer.
    pub(crate) fn try_sh(&self, script: &str) -> Output {
        let mut exec = Command::new("docker");
        exec.args(["exec", "--env", "NO_COLOR=1", &self.name, "bash", "-euc", script]).stdin(Stdio::null());
        exec.output().unwrap()
    }

    pub(crate) fn succeeds(&self, script: &str) -> bool {
        self.try_sh(script).status.success()
    }

    /// A property of the daemon's unit.
    pub(crate) fn property(&self, name: &str) -> String {
        self.sh(&format!("systemctl show golive --value --property={name}"))
    }

    /// Owner, group and mode of a file.
    pub(crate) fn mode(&self, path: &str) -> String {
        self.sh(&format!("stat --format='%U:%G %a' {path}"))
    }

    pub(crate) fn journal(&self) -> String {
        let output = self.try_sh("journalctl --output=cat --no-pager --unit='golive*' --lines=60");
        text(&output.stdout)
    }

    pub(crate) fn eventually(&self, what: &str, happened: impl FnMut() -> bool) {
        assert!(until(PATIENCE, happened), "not within {PATIENCE:?}: {what}\n{}", self.journal());
    }
}

impl Drop for System {
    fn drop(&mut self) {
        drop(Command::new(BOX).args(["down", &self.name]).status());
    }
}

/// The package under test. Nothing is built here: `./test` builds it from what is tested.
pub(crate) fn package() -> PathBuf {
    let path = std::env::var_os("GOLIVE_DEB")
        .expect("GOLIVE_DEB names the .deb to test: run ./test, or packaging/build-deb && GOLIVE_DEB=target/golive.deb cargo nextest run --test package");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    assert!(path.is_file(), "GOLIVE_DEB={} is no file", path.display());
    path
}

pub(crate) fn docker(args: &[&str]) -> String {
    let output = Command::new("docker").args(args).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "docker {}: {}", args.join(" "), text(&output.stderr));
    text(&output.stdout).trim().to_owned()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
