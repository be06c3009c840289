//! One test's corner of the host: a service in containers, a daemon, its rules, and where its alerts arrive.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::sinks::Sinks;

#[path = "../fixtures/engine.rs"]
mod engine;
#[path = "../fixtures/port.rs"]
mod port;

pub(crate) use engine::engine;
use port::free_port;

pub(crate) const GOLIVE: &str = env!("CARGO_BIN_EXE_golive");

/// Nothing that is waited for here may take longer.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) struct Host {
    pub(crate) name: String,
    pub(crate) port: u16,
    pub(crate) dir: TempDir,
    pub(crate) sinks: Sinks,
    pub(crate) docker_socket: PathBuf,
    pub(crate) image: String,
    /// How much the daemon logs.
    pub(crate) log: &'static str,
    daemon: Option<Child>,
}

impl Host {
    pub(crate) fn new(test: &str) -> Self {
        let name = format!("golive-test-{test}-{}", std::process::id());
        let port = free_port();
        let image = image();
        Self {
            name,
            port,
            dir: TempDir::new().unwrap(),
            sinks: Sinks::start(),
            docker_socket: engine(),
            image,
            log: "golive=debug,info",
            daemon: None,
        }
    }

    /// rules.toml, with what the test adds under `[service.shop.…]` and beyond.
    pub(crate) fn rules(&self, more: &str) {
        let text = format!(
            r#"
[docker]
socket = "{socket}"
[state]
dir = "{state}"
[service.shop]
container = "{name}"
[service.shop.watch]
window = "8s"
grace = "5s"
interval = "200ms"
[service.shop.health.web]
url = "http://127.0.0.1:{port}/health"
timeout = "2s"
[service.shop.rollback]
verify = "1s"
stop-timeout = "2s"
[channel.mail]
email = {{ to = ["on-call@example.com"], from = "golive@example.com", smtp = "smtp://127.0.0.1:{smtp}" }}
[channel.hook]
webhook = {{ format = "standard", url = "http://127.0.0.1:{hook}/alerts" }}
{more}
"#,
            socket = self.docker_socket.display(),
            state = self.path("state").display(),
            name = self.name,
            port = self.port,
            smtp = self.sinks.smtp_port,
            hook = self.sinks.hook_port,
        );
        std::fs::write(self.path("rules.toml"), text).unwrap();
    }

    pub(crate) fn allow_many_rollbacks(&self) {
        let rules = std::fs::read_to_string(self.path("rules.toml")).unwrap();
        std::fs::write(
            self.path("rules.toml"),
            rules.replace("verify = \"1s\"", "verify = \"1s\"\nper-day = 100"),
        )
        .unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Starts the daemon and waits until it answers.
    pub(crate) fn start_daemon(&mut self) {
        self.spawn_daemon();
        self.eventually("the daemon answers", || {
            self.golive(&["status", "--json"]).status.code() != Some(69)
        });
    }

    pub(crate) fn spawn_daemon(&mut self) {
        let log = std::fs::File::options().create(true).append(true).open(self.path("daemon.log")).unwrap();
        let child = Command::new(GOLIVE)
            .args(["--config", self.path("rules.toml").to_str().unwrap()])
            .args(["--socket", self.path("golive.sock").to_str().unwrap(), "daemon"])
            .env("GOLIVE_LOG", self.log)
            .stdin(Stdio::null())
            .stdout(Stdio::from(log.try_clone().unwrap()))
            .stderr(Stdio::from(log))
            .spawn()
            .unwrap();
        self.daemon = Some(child);
    }

    pub(crate) fn daemon_pid(&self) -> u32 {
        self.daemon.as_ref().unwrap().id()
    }

    /// `kill -9`.
    pub(crate) fn kill_daemon(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            drop(daemon.kill());
            daemon.wait().unwrap();
        }
    }

    /// Whether the daemon has ended by itself.
    pub(crate) fn daemon_ended(&mut self) -> Option<std::process::ExitStatus> {
        self.daemon.as_mut()?.try_wait().unwrap()
    }

    pub(crate) fn golive(&self, args: &[&str]) -> Output {
        Command::new(GOLIVE)
            .args(["--config", self.path("rules.toml").to_str().unwrap()])
            .args(["--socket", self.path("golive.sock").to_str().unwrap()])
            .args(args)
            .env("NO_COLOR", "1")
            .output()
            .unwrap()
    }

    /// The service's part of `golive status --json`; null while no daemon answers.
    pub(crate) fn status(&self) -> Value {
        let output = self.golive(&["status", "--json"]);
        let status: Value = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        status["services"][0].clone()
    }

    pub(crate) fn phase(&self) -> String {
        self.status()["phase"].as_str().unwrap_or_default().to_owned()
    }

    /// `docker rm -f`, `docker run`.
    pub(crate) fn deploy(&self, version: &str, behaviour: &[&str]) {
        let (publish, tag) = (format!("127.0.0.1:{}:8080", self.port), self.tag(version));
        let mut args = vec!["run", "-d", "--name", &self.name, "--restart", "always", "-p", &publish, &tag];
        args.extend(["/golive", "demo-service", "--listen", "0.0.0.0:8080", "--version", version]);
        args.extend(behaviour);
        // In mid-rollback the name may be taken between the two, as it may for anybody who deploys then.
        for _ in 0..20 {
            docker(&["rm", "-f", "-v", &self.name]);
            if docker(&args).status.success() {
                return;
            }
        }
        panic!("docker run does not succeed\n{}", self.story());
    }

    /// An image of its own for every version: the same files under another label.
    pub(crate) fn tag(&self, version: &str) -> String {
        self.tag_of(version, &format!("FROM {}\n", self.image), &self.empty_dir())
    }

    /// The same made by these lines of a Dockerfile.
    pub(crate) fn tag_of(&self, version: &str, lines: &str, context: &Path) -> String {
        let tag = format!("{}:{version}", self.name);
        if !docker(&["image", "inspect", &tag]).status.success() {
            let file = format!("{lines}LABEL golive.test={tag}\n");
            std::fs::write(self.path("Dockerfile"), file).unwrap();
            let output = on_engine("docker")
                .args(["build", "-q", "-t", &tag, "-f", self.path("Dockerfile").to_str().unwrap()])
                .arg(context)
                .env("DOCKER_BUILDKIT", "0")
                .output()
                .unwrap();
            assert!(output.status.success(), "docker build: {}", String::from_utf8_lossy(&output.stderr));
        }
        tag
    }

    fn empty_dir(&self) -> PathBuf {
        let dir = self.path("empty");
        std::fs::create_dir_all(&dir).unwrap();
        dir
    }

    /// Version 1 runs, is accepted, and can be gone back to.
    pub(crate) fn with_good_version(&mut self) {
        self.deploy("1", &[]);
        self.start_daemon();
        self.eventually("version 1 is accepted and ready to go back to", || {
            let status = self.status();
            status["accepted"]["version"] == "1" && status["readiness"]["ready"] == true
        });
    }

    /// What the service answers, if it does.
    pub(crate) fn answer(&self) -> Option<String> {
        let output = Command::new("curl")
            .args(["-s", "-m", "1", &format!("http://127.0.0.1:{}/", self.port)])
            .output()
            .unwrap();
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Exactly one container of the service's name, running that version, and nothing left over of the swap.
    pub(crate) fn assert_only(&self, version: &str) {
        assert_eq!(self.answer().as_deref(), Some(&*format!("shop {version}")), "{}", self.story());
        let names =
            docker(&["ps", "-a", "--filter", &format!("name={}", self.name), "--format", "{{.Names}}"]);
        let names = String::from_utf8_lossy(&names.stdout).into_owned();
        let names: Vec<&str> = names.lines().filter(|name| !name.contains("keep")).collect();
        assert_eq!(names, [self.name.as_str()], "{}", self.story());
        let image = inspect(&self.name, "{{.Image}}");
        assert_eq!(image, inspect(&self.tag(version), "{{.Id}}"), "{}", self.story());
    }

    pub(crate) fn eventually(&self, what: &str, holds: impl Fn() -> bool) {
        self.eventually_within(PATIENCE, what, holds);
    }

    pub(crate) fn eventually_within(&self, patience: Duration, what: &str, holds: impl Fn() -> bool) {
        let began = Instant::now();
        while !holds() {
            assert!(began.elapsed() < patience, "not in time: {what}\n{}", self.story());
            std::thread::sleep(Duration::from_millis(25));
        }
    }

    /// Everything that helps to understand a failure.
    pub(crate) fn story(&self) -> String {
        let mut story = String::new();
        let log = std::fs::read_to_string(self.path("daemon.log")).unwrap_or_default();
        let from = log.len().saturating_sub(12_000);
        let from = (from..log.len()).find(|at| log.is_char_boundary(*at)).unwrap_or(0);
        writeln!(story, "--- status\n{:#}", self.status()).unwrap();
        let ps = docker(&["ps", "-a", "--filter", &format!("name={}", self.name)]);
        writeln!(story, "--- docker ps\n{}", String::from_utf8_lossy(&ps.stdout)).unwrap();
        writeln!(story, "--- mails\n{}", self.sinks.subjects().join("\n")).unwrap();
        writeln!(story, "--- log\n{}", &log[from..]).unwrap();
        story
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.kill_daemon();
        // Twice: the engine may be ending what the daemon began and did not live to see.
        for _ in 0..2 {
            for id in containers_of(&self.name) {
                docker(&["rm", "-f", "-v", &id]);
            }
            for tag in tags_of(&self.name) {
                for id in list(&["ps", "-aq", "--filter", &format!("ancestor={tag}")]) {
                    docker(&["rm", "-f", "-v", &id]);
                }
                // By its id, for a tag alone would leave the image to its others.
                let id = inspect(&tag, "{{.Id}}");
                docker(&["rmi", "-f", &id]);
            }
        }
    }
}

/// Every container that carries the name of a test's host, golive's holders among them.
pub(crate) fn containers_of(name: &str) -> Vec<String> {
    list(&["ps", "-aq", "--filter", &format!("name={name}")])
}

/// Every tag that was made for a test's host: its own, and golive's pins.
pub(crate) fn tags_of(name: &str) -> Vec<String> {
    let (own, kept) = (format!("{name}:"), format!("golive/keep:{name}-"));
    let mut tags = list(&["images", "--format", "{{.Repository}}:{{.Tag}}"]);
    tags.retain(|tag| tag.starts_with(&own) || tag.starts_with(&kept));
    tags
}

fn list(args: &[&str]) -> Vec<String> {
    let output = docker(args);
    String::from_utf8_lossy(&output.stdout).split_whitespace().map(str::to_owned).collect()
}

/// One field of a container or an image.
pub(crate) fn inspect(what: &str, format: &str) -> String {
    let output = docker(&["inspect", "-f", format, what]);
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

pub(crate) fn docker(args: &[&str]) -> Output {
    on_engine("docker").args(args).output().unwrap()
}

/// `docker` or `docker-compose`, speaking to the engine that the tests run on.
pub(crate) fn on_engine(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env("DOCKER_HOST", format!("unix://{}", engine().display()));
    command
}

/// The image that every version is made from: golive's own program with the shared objects it needs. Made once per
/// build of the program and left for the next test; `./test` removes it in the end.
fn image() -> String {
    let modified = std::fs::metadata(GOLIVE).unwrap().modified().unwrap();
    let stamp = modified.duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let tag = format!("golive-test-base:{stamp}");
    let lock = std::fs::File::create(std::env::temp_dir().join("golive-test-base.lock")).unwrap();
    lock.lock().unwrap();
    if docker(&["image", "inspect", &tag]).status.success() {
        return tag;
    }
    let root = TempDir::new().unwrap();
    let stripped =
        Command::new("strip").args(["-o", root.path().join("golive").to_str().unwrap(), GOLIVE]).status();
    assert!(stripped.unwrap().success(), "strip");
    let needed = Command::new("ldd").arg(GOLIVE).output().unwrap();
    for path in
        String::from_utf8_lossy(&needed.stdout).split_whitespace().filter(|word| word.starts_with('/'))
    {
        let inside = root.path().join(Path::new(path).strip_prefix("/").unwrap());
        std::fs::create_dir_all(inside.parent().unwrap()).unwrap();
        std::fs::copy(path, inside).unwrap();
    }
    let import = Command::new("sh")
        .args(["-c", &format!("tar -C {} -c . | docker import - {tag}", root.path().display())])
        .output()
        .unwrap();
    assert!(import.status.success(), "docker import: {}", String::from_utf8_lossy(&import.stderr));
    tag
}
