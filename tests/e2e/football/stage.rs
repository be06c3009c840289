//! `examples/football` as a team would run it, in a directory of its own, with the daemon beside it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use golive_fixtures::daemon::Daemon;
use golive_fixtures::engine::{self, on_engine};
use golive_fixtures::host::Made;
use golive_fixtures::port::free_port;
use golive_fixtures::receiver::{Receiver, Smarthost};
use golive_fixtures::stand_ins;
use serde_json::Value;
use tempfile::TempDir;

/// Where the example's services are to be found, and at which variable of its `.env`.
const PORTS: [(&str, &str); 5] = [
    ("APP_PORT", "8000"),
    ("TLS_PORT", "8443"),
    ("DB_PORT", "5432"),
    ("PROMETHEUS_PORT", "9090"),
    ("GRAFANA_PORT", "3000"),
];
const IMAGES: [&str; 3] = ["POSTGRES", "PROMETHEUS", "GRAFANA"];

/// So many people use the service, each of them asking once in a second.
const USERS: u64 = 20;

/// What is not as in the example: where golive and its receivers are, times that a test can wait for, and limits of what
/// depends on how busy the machine is that the test runs on.
const TEST: &str = r#"
[docker]
socket = "SOCKET"
[state]
dir = "state"
[page]
listen = "127.0.0.1:0"
[service.football.watch]
window = "12s"
grace = "10s"
interval = "500ms"
[service.football.trigger]
error-rate = { over = "10s", min-requests = 50 }
latency-p95 = { over = "10s", min-requests = 50 }
resources = { above = "100%" }
[service.football.business.accuracy]
for = "3s"
[service.football.rollback]
verify = "2s"
stop-timeout = "2s"
[service.football.acceptance]
health = { max-latency = "2s" }
predictions = { times = 5 }
load = { load = { for = "3s", warm-up = "1s" } }
watch = { watch = { resources = "100%" } }
[channel]
oncall = { email = { smtp = "smtp://MAIL" } }
chat = { webhook = { url = "CHAT" } }
"#;

/// The project, its rules and its daemon.
pub(super) struct Football {
    pub(super) name: String,
    pub(super) mail: Smarthost,
    pub(super) chat: Receiver,
    pub(super) daemon: Daemon,
    users: Users,
    _project: Project,
    _made: Made,
    _dir: TempDir,
}

impl Football {
    /// A copy of the example, with ports, images and a name that are the test's own.
    pub(super) fn new() -> Self {
        stand_ins::make();
        let name = format!("golive-test-football-{}", std::process::id());
        let dir = TempDir::new().unwrap();
        let at = dir.path();
        let example = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/football/.");
        run(Command::new("cp").args(["-r", example]).arg(at));
        for made in ["tls", "logs", "backups", "rules.d"] {
            std::fs::create_dir(at.join(made)).unwrap();
        }
        certificate(&at.join("tls"));
        let ports = PORTS.map(|(variable, usual)| (variable, usual, free_port().to_string()));
        edit(&at.join(".env"), |text| {
            set(text, "COMPOSE_PROJECT_NAME", &name);
            for (variable, _, port) in &ports {
                set(text, variable, port);
            }
            for image in IMAGES {
                let stand_in = format!("golive-test-stand-in:{}", image.to_lowercase());
                set(text, &format!("{image}_IMAGE"), &stand_in);
            }
        });
        edit(&at.join("rules.toml"), |text| {
            for (_, usual, port) in &ports {
                *text = text.replace(&format!("127.0.0.1:{usual}"), &format!("127.0.0.1:{port}"));
            }
            replace(text, "project = \"football\"", &format!("project = \"{name}\""));
            replace(text, "\"football-db\"", &format!("\"{name}-db\""));
            replace(text, "\"football:{version}\"", &format!("\"{name}:{{version}}\""));
        });
        edit(&at.join("prometheus/prometheus.yml"), |text| {
            replace(text, "interval: 5s", "interval: 1s");
            replace(text, "timeout: 3s", "timeout: 1s");
        });
        let (mail, chat) = (Smarthost::start(), Receiver::start());
        let test = TEST.replace("SOCKET", &engine::socket().display().to_string());
        let test = test.replace("MAIL", &mail.address).replace("CHAT", &chat.url("/alerts"));
        std::fs::write(at.join("rules.d/test.toml"), test).unwrap();
        let daemon = Daemon::at(at).patient_for(Duration::from_secs(90));
        let users = Users::start(ports[0].2.parse().unwrap());
        let project = Project { name: name.clone(), dir: at.to_owned() };
        Self { mail, chat, daemon, users, _project: project, _made: Made(name.clone()), name, _dir: dir }
    }

    /// The image of a version, as its Dockerfile makes it; what is wrong with it is said by arguments.
    pub(super) fn build(&self, version: &str, arguments: &[&str]) {
        let mut build = on_engine("docker");
        build.env("DOCKER_BUILDKIT", "0").args(["build", "-q", "-t", &format!("{}:{version}", self.name)]);
        for argument in
            [&["BASE=golive-test-stand-in:python", &*format!("VERSION={version}")], arguments].concat()
        {
            build.args(["--build-arg", argument]);
        }
        run(build.arg(self.daemon.path("app")));
    }

    /// `docker-compose up -d` with that version.
    pub(super) fn up(&self, version: &str) {
        self.compose(&["up", "-d"], version);
    }

    fn compose(&self, arguments: &[&str], version: &str) {
        let mut compose = on_engine("docker-compose");
        compose.env("VERSION", version).env("COMPOSE_HTTP_TIMEOUT", "180");
        run(compose.current_dir(self.daemon.dir()).args(arguments));
    }

    /// The database answers, has its tables, and was backed up.
    pub(super) fn migrated(&self, version: &str) {
        let database = format!("{}-db", self.name);
        let exec = |arguments: &[&str]| {
            let mut exec = on_engine("docker");
            exec.args(["exec", &database]).args(arguments).output().unwrap()
        };
        self.daemon.eventually("the database answers", || {
            exec(&["psql", "-U", "prod_user", "-h", "127.0.0.1", "-d", "football", "-c", "select 1"])
                .status
                .success()
        });
        self.compose(&["exec", "-T", "app", "/usr/bin/python3", "/app.py", "migrate"], version);
        let dump = exec(&["pg_dump", "-U", "prod_user", "football"]);
        assert!(dump.status.success(), "{dump:?}");
        std::fs::write(self.daemon.path("backups/football.dump"), dump.stdout).unwrap();
    }

    /// golive starts, and what runs is accepted as the first version.
    pub(super) fn adopted(&self, version: &str) {
        self.says(0, &["check"]);
        let mut daemon = self.daemon.command(&["daemon"]);
        daemon.env("DOCKER_HOST", format!("unix://{}", engine::socket().display()));
        self.daemon.spawn_as(daemon);
        self.daemon.until("the first version is accepted and ready to go back to", |status| {
            status["accepted"]["version"] == version && status["readiness"]["ready"] == true
        });
        self.users.come();
    }

    /// golive in this directory, on the engine of the tests.
    pub(super) fn golive(&self, arguments: &[&str]) -> Output {
        let mut golive = self.daemon.command(arguments);
        golive.env("DOCKER_HOST", format!("unix://{}", engine::socket().display()));
        golive.current_dir(self.daemon.dir()).output().unwrap()
    }

    /// What it prints, of which the exit code is demanded.
    pub(super) fn says(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.golive(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?} {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The record of the newest release.
    pub(super) fn record(&self) -> Value {
        serde_json::from_str(&self.says(0, &["record", "--format", "json"])).unwrap()
    }

    /// The version that the service says it is.
    pub(super) fn answers(&self) -> String {
        let health = ask(self.users.port, "/health/").unwrap_or_default();
        let body = health.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        body["version"].as_str().unwrap_or_default().to_owned()
    }
}

/// What `docker-compose` has made; removed after the daemon has ended.
struct Project {
    name: String,
    dir: std::path::PathBuf,
}

impl Drop for Project {
    fn drop(&mut self) {
        let mut down = on_engine("docker-compose");
        down.current_dir(&self.dir).args(["-p", &self.name, "down", "-v", "-t", "1"]);
        // What golive holds keeps no network and no volume of the project.
        drop(down.output());
    }
}

/// People who use the service, whether it answers or not.
struct Users {
    port: u16,
    gone: Arc<AtomicBool>,
    threads: std::sync::Mutex<Vec<JoinHandle<()>>>,
}

impl Users {
    fn start(port: u16) -> Self {
        Self { port, gone: Arc::default(), threads: std::sync::Mutex::default() }
    }

    fn come(&self) {
        let (port, gone) = (self.port, Arc::clone(&self.gone));
        let user = move |number: u64| {
            let gone = Arc::clone(&gone);
            std::thread::spawn(move || {
                let mut next = Instant::now() + Duration::from_secs(1) * u32::try_from(number).unwrap() / 20;
                while !gone.load(Ordering::Relaxed) {
                    std::thread::sleep(next.saturating_duration_since(Instant::now()));
                    next += Duration::from_secs(1);
                    drop(ask(port, &format!("/api/v1/predictions/{}", number + 1)));
                }
            })
        };
        self.threads.lock().unwrap().extend((0..USERS).map(user));
    }
}

impl Drop for Users {
    fn drop(&mut self) {
        self.gone.store(true, Ordering::Relaxed);
        if let Ok(threads) = self.threads.get_mut() {
            threads.drain(..).for_each(|user| drop(user.join()));
        }
    }
}

/// What is answered to somebody with a key.
fn ask(port: u16, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\nX-API-Key: load-test\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// A certificate of one's own, as the example's README makes it.
fn certificate(dir: &Path) {
    let mut openssl = Command::new("openssl");
    openssl.current_dir(dir).args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    openssl.args(["-nodes", "-days", "90", "-subj", "/CN=football.example.com"]);
    openssl.args(["-addext", "subjectAltName=DNS:football.example.com,IP:127.0.0.1"]);
    run(openssl.args(["-keyout", "key.pem", "-out", "cert.pem"]));
}

fn edit(file: &Path, change: impl FnOnce(&mut String)) {
    let mut text = std::fs::read_to_string(file).unwrap();
    change(&mut text);
    std::fs::write(file, text).unwrap();
}

fn replace(text: &mut String, old: &str, new: &str) {
    assert!(text.contains(old), "no {old} in {text}");
    *text = text.replace(old, new);
}

/// Another value for a variable of `.env`.
fn set(text: &mut String, variable: &str, value: &str) {
    let start = format!("{variable}=");
    let line = text.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("no {variable}"));
    *text = text.replace(line, &format!("{start}{value}"));
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
