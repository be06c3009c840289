//! A machine with systemd, in a container.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

const IMAGE: &str = "golive-test-systemd:1";
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Machine {
    name: String,
}

impl Machine {
    pub(crate) fn boot() -> Self {
        if !docker(&["image", "inspect", IMAGE]).status.success() {
            let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/package/make-image.sh");
            let made = Command::new("bash").args([script, IMAGE]).output().unwrap();
            assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        }
        let name = format!("golive-test-machine-{}", std::process::id());
        let run = docker(&[
            "run",
            "-d",
            "--name",
            &name,
            "--cap-add",
            "SYS_ADMIN",
            "--cgroupns=private",
            "--tmpfs",
            "/run",
            "--tmpfs",
            "/run/lock",
            "--tmpfs",
            "/tmp:exec",
            IMAGE,
        ]);
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        let machine = Self { name };
        machine.eventually("it has booted", "systemctl is-system-running | grep -E 'running|degraded'");
        machine
    }

    pub(crate) fn install(&self, deb: &str) {
        let copy = docker(&["cp", deb, &format!("{}:/root/golive.deb", self.name)]);
        assert!(copy.status.success(), "{}", String::from_utf8_lossy(&copy.stderr));
        self.run("dpkg --force-confold -i /root/golive.deb");
    }

    /// Runs a command that has to succeed, and gives what it printed.
    pub(crate) fn run(&self, command: &str) -> String {
        let (code, said) = self.try_run(command);
        assert_eq!(code, Some(0), "{command}\n{said}\n{}", self.journal());
        said
    }

    pub(crate) fn try_run(&self, command: &str) -> (Option<i32>, String) {
        let output = docker(&["exec", &self.name, "sh", "-c", command]);
        let said =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.code(), said.trim().to_owned())
    }

    pub(crate) fn eventually(&self, what: &str, command: &str) {
        let began = Instant::now();
        loop {
            let (code, said) = self.try_run(command);
            if code == Some(0) {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "not in time: {what}\n{command}\n{said}\n{}", self.journal());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn journal(&self) -> String {
        self.try_run("systemctl status golive --no-pager; journalctl -u golive -o cat --no-pager | tail -40")
            .1
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        docker(&["rm", "-f", "-v", &self.name]);
    }
}

fn docker(args: &[&str]) -> Output {
    Command::new("docker").args(args).output().unwrap()
}
