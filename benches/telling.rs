//! From an event to the webhook's POST, by golive and by Alertmanager in turn; and ten thousand deliveries that wait:
//! `cargo bench --bench telling`. The comparison needs Debian's package prometheus-alertmanager.
//!
//! golive's event is a person who ends a watch, which goes through its core, its store and its outbox; Alertmanager's
//! is an alert by its API, with `group_wait: 0s`. `ROUNDS=50` unless said.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark says what it found")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use golive::decide::action::When;
use golive::model::notice::{News, Notice, Place, Tier};
use golive::model::reason::Reason;
use golive::store::{Batch, NewDelivery, Store};
use golive_fixtures::daemon::Daemon;
use golive_fixtures::port::free_address;
use golive_fixtures::receiver::Receiver;
use golive_fixtures::until::eventually;
use jiff::Timestamp;
use tempfile::TempDir;

/// Before every event, so that nothing of the one before is still being written down.
const AT_REST: Duration = Duration::from_millis(50);

/// Nothing that is waited for here may take longer.
const PATIENCE: Duration = Duration::from_mins(5);

fn main() {
    // `cargo test --benches` only builds it.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let rounds: usize = std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(50);
    let golive = Golive::start(&[]);
    golive.daemon.until("what ran before is accepted", |status| status["accepted"]["version"] == "0");
    let manager = Manager::start();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        ours.push(golive.round(round));
        std::thread::sleep(AT_REST);
        theirs.extend(manager.as_ref().map(|manager| manager.round(round)));
        std::thread::sleep(AT_REST);
    }
    say("golive, event to POST", &mut ours);
    if manager.is_none() {
        println!("prometheus-alertmanager is not installed: nothing to compare with");
    } else {
        say("Alertmanager, the same", &mut theirs);
        println!("Alertmanager / golive: {:.2}", theirs[rounds / 2] / ours[rounds / 2]);
    }
    drop((golive, manager));
    for many in [1_000, 10_000] {
        drain(many);
    }
}

/// Sorts, too.
fn say(what: &str, seconds: &mut [f64]) {
    seconds.sort_by(f64::total_cmp);
    let at = |share: usize| seconds[(seconds.len() * share / 100).min(seconds.len() - 1)] * 1e3;
    println!("{what}: median {:.1} ms, p99 {:.1} ms", at(50), at(99));
}

/// Letters that wait when golive starts: all are told, and it does not matter for its memory how many there are.
fn drain(many: usize) {
    let golive = Golive::start(&deliveries(many));
    let began = Instant::now();
    let took = golive.hook.receiver.find(PATIENCE, "all of them", |told| {
        let all = || told.iter().map(|told| &told.body).collect::<BTreeSet<_>>().len() == many;
        (told.len() >= many && all()).then(|| began.elapsed().as_secs_f64())
    });
    let status = std::fs::read_to_string(format!("/proc/{}/status", golive.daemon.pid())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().trim();
    println!("{many} deliveries told in {took:.1} s, at most {peak}");
}

fn deliveries(many: usize) -> Vec<NewDelivery> {
    let at = Timestamp::now();
    let delivery = |number| NewDelivery {
        notice: Notice {
            id: format!("shop-{number}.1"),
            incident: format!("shop-{number}"),
            tier: Tier::Urgent,
            news: News::Test,
            service: Some("shop".to_owned()),
            at,
            release: None,
            from: None,
            to: None,
            reason: Some(Reason::Said("x".repeat(4096))),
            blame: None,
            evidence: Vec::new(),
            acknowledgeable: false,
            place: Place::default(),
        },
        channel: "hook".to_owned(),
        address: String::new(),
        when: When::Now,
        expires: at.checked_add(Duration::from_hours(1)).unwrap(),
    };
    (0..many).map(delivery).collect()
}

/// A daemon that watches a file, which holds the version.
struct Golive {
    daemon: Daemon,
    hook: Hook,
    _dir: TempDir,
}

impl Golive {
    fn start(waiting: &[NewDelivery]) -> Self {
        let dir = TempDir::new().unwrap();
        let (daemon, hook) = (Daemon::at(dir.path()).logging(None), Hook::default());
        daemon.set_rules(&format!(
            "[state]\ndir = \"{state}\"\n[service.shop.command]\nversion = [\"cat\", \"{version}\"]\n\
             rollback = [\"false\"]\n[service.shop.watch]\ninterval = \"200ms\"\n\
             [service.shop.health.alive]\ncommand = [\"true\"]\n[channel.hook]\nwebhook = {{ url = \"{url}\" }}\n\
             [alert.urgent]\nchannels = [\"hook\"]\n[alert.important]\nchannels = [\"hook\"]\n\
             [alert.general]\nchannels = [\"hook\"]\n",
            state = daemon.path("state").display(),
            version = daemon.path("version").display(),
            url = hook.receiver.url("/"),
        ));
        std::fs::write(daemon.path("version"), "0").unwrap();
        store(&daemon.path("state"), waiting);
        daemon.spawn();
        Self { daemon, hook, _dir: dir }
    }

    fn round(&self, round: usize) -> f64 {
        let version = format!("{}", round + 1);
        std::fs::write(self.daemon.path("version"), &version).unwrap();
        self.hook.next("golive.release-detected");
        std::thread::sleep(AT_REST);
        let began = Instant::now();
        ask(&self.daemon.path("golive.sock"), "POST /v1/services/shop/accept");
        self.hook.next("golive.release-accepted").duration_since(began).as_secs_f64()
    }
}

/// Where it is told, and how much of that was read.
struct Hook {
    receiver: Receiver,
    read: Cell<usize>,
}

impl Default for Hook {
    fn default() -> Self {
        Self { receiver: Receiver::start(), read: Cell::default() }
    }
}

impl Hook {
    /// When the next one came that says so; what comes before it is of no interest.
    fn next(&self, says: &str) -> Instant {
        let read = self.read.get();
        let (read, at) = self.receiver.find(PATIENCE, says, |told| {
            let mut new = told.iter().enumerate().skip(read);
            new.find(|(_, told)| told.body.contains(says)).map(|(number, told)| (number + 1, told.at))
        });
        self.read.set(read);
        at
    }
}

/// Puts deliveries into a new store, some at a time.
fn store(dir: &Path, waiting: &[NewDelivery]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        for deliveries in waiting.chunks(100) {
            let store = Store::open(dir).unwrap();
            let deliveries = deliveries.to_vec();
            let batch = Batch { at: Timestamp::now(), entries: Vec::new(), facts: Vec::new(), deliveries };
            store.commit(batch).await.unwrap();
        }
    });
}

fn ask(socket: &Path, what: &str) {
    let mut stream = UnixStream::connect(socket).unwrap();
    let request =
        format!("{what} HTTP/1.1\r\nhost: golive\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

struct Manager {
    _process: Process,
    _dir: TempDir,
    address: String,
    hook: Hook,
}

impl Manager {
    fn start() -> Option<Self> {
        let (dir, hook, address) = (TempDir::new().unwrap(), Hook::default(), free_address());
        let config: PathBuf = dir.path().join("alertmanager.yml");
        let routes = format!(
            "route: {{ receiver: hook, group_by: ['...'], group_wait: 0s, repeat_interval: 1h }}\n\
             receivers: [{{ name: hook, webhook_configs: [{{ url: '{url}', send_resolved: false }}] }}]\n",
            url = hook.receiver.url("/")
        );
        std::fs::write(&config, routes).unwrap();
        let mut command = Command::new("prometheus-alertmanager");
        command.arg(format!("--config.file={}", config.display()));
        command.arg(format!("--storage.path={}", dir.path().display()));
        command.arg(format!("--web.listen-address={address}")).arg("--cluster.listen-address=");
        let process = Process(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?);
        eventually(PATIENCE, "Alertmanager starts", || TcpStream::connect(&address).is_ok());
        Some(Self { _process: process, _dir: dir, address, hook })
    }

    fn round(&self, round: usize) -> f64 {
        let body = format!("[{{\"labels\":{{\"alertname\":\"Down\",\"round\":\"{round}\"}}}}]");
        let began = Instant::now();
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let (host, length) = (&self.address, body.len());
        let request = format!(
            "POST /api/v2/alerts HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\nconnection: close\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).unwrap();
        self.hook.next("").duration_since(began).as_secs_f64()
    }
}

/// A child process that ends with its owner.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
