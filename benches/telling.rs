//! From an event to the webhook's POST, by golive and by Alertmanager in turn; and ten thousand letters that wait:
//! `cargo bench --bench telling`. The comparison needs Debian's package prometheus-alertmanager.
//!
//! golive's event is a person who ends a watch, which goes through its core, its store and its outbox; Alertmanager's
//! is an alert by its API, with `group_wait: 0s`. `ROUNDS=50` unless said.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark says what it found")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use golive::decide::action::When;
use golive::model::notice::{News, Notice, Place, Tier};
use golive::model::reason::Reason;
use golive::store::{Batch, NewLetter, Store};
use jiff::Timestamp;
use tempfile::TempDir;

const GOLIVE: &str = env!("CARGO_BIN_EXE_golive");

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
    let golive = Golive::start(&letters(many));
    let (mut bodies, began) = (std::collections::BTreeSet::new(), Instant::now());
    while bodies.len() < many {
        bodies.insert(golive.hook.recv_timeout(PATIENCE).unwrap().1);
    }
    let took = began.elapsed().as_secs_f64();
    let status = std::fs::read_to_string(format!("/proc/{}/status", golive.daemon.0.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().trim();
    println!("{many} letters told in {took:.1} s, at most {peak}");
}

fn letters(many: usize) -> Vec<NewLetter> {
    let at = Timestamp::now();
    let letter = |number| NewLetter {
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
    (0..many).map(letter).collect()
}

/// A daemon that watches a file, which holds the version.
struct Golive {
    daemon: Process,
    dir: TempDir,
    hook: Receiver<(Instant, String)>,
}

impl Golive {
    fn start(waiting: &[NewLetter]) -> Self {
        let dir = TempDir::new().unwrap();
        let (url, hook) = receive();
        let path = |name: &str| dir.path().join(name).display().to_string();
        let rules = format!(
            "[state]\ndir = \"{state}\"\n[service.shop.command]\nversion = [\"cat\", \"{version}\"]\n\
             rollback = [\"false\"]\n[service.shop.watch]\ninterval = \"200ms\"\n\
             [service.shop.health.alive]\ncommand = [\"true\"]\n[channel.hook]\nwebhook = {{ url = \"{url}\" }}\n\
             [alert.urgent]\nchannels = [\"hook\"]\n[alert.important]\nchannels = [\"hook\"]\n\
             [alert.general]\nchannels = [\"hook\"]\n",
            state = path("state"),
            version = path("version"),
        );
        std::fs::write(dir.path().join("rules.toml"), rules).unwrap();
        std::fs::write(dir.path().join("version"), "0").unwrap();
        store(&dir.path().join("state"), waiting);
        let mut command = Command::new(GOLIVE);
        command.arg("--config").arg(path("rules.toml")).arg("--socket").arg(path("golive.sock"));
        let daemon = Process(command.arg("daemon").stderr(Stdio::null()).spawn().unwrap());
        Self { daemon, dir, hook }
    }

    fn round(&self, round: usize) -> f64 {
        let version = format!("{}", round + 1);
        std::fs::write(self.dir.path().join("version"), &version).unwrap();
        self.until("golive.release-seen");
        std::thread::sleep(AT_REST);
        let began = Instant::now();
        ask(&self.dir.path().join("golive.sock"), "POST /v1/services/shop/accept");
        self.until("golive.release-accepted").duration_since(began).as_secs_f64()
    }

    /// When that came; what comes before it is of no interest.
    fn until(&self, news: &str) -> Instant {
        loop {
            let (at, body) = self.hook.recv_timeout(PATIENCE).unwrap();
            if body.contains(news) {
                return at;
            }
        }
    }
}

/// Puts letters into a new store, some at a time.
fn store(dir: &Path, waiting: &[NewLetter]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        for letters in waiting.chunks(100) {
            let store = Store::open(dir).unwrap();
            let letters = letters.to_vec();
            let batch = Batch { at: Timestamp::now(), entries: Vec::new(), facts: Vec::new(), letters };
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
    hook: Receiver<(Instant, String)>,
}

impl Manager {
    fn start() -> Option<Self> {
        let (dir, (url, hook)) = (TempDir::new().unwrap(), receive());
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let config: PathBuf = dir.path().join("alertmanager.yml");
        let routes = format!(
            "route: {{ receiver: hook, group_by: ['...'], group_wait: 0s, repeat_interval: 1h }}\n\
             receivers: [{{ name: hook, webhook_configs: [{{ url: '{url}', send_resolved: false }}] }}]\n"
        );
        std::fs::write(&config, routes).unwrap();
        let mut command = Command::new("prometheus-alertmanager");
        command.arg(format!("--config.file={}", config.display()));
        command.arg(format!("--storage.path={}", dir.path().display()));
        command.arg(format!("--web.listen-address={address}")).arg("--cluster.listen-address=");
        let process = Process(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?);
        let began = Instant::now();
        while TcpStream::connect(&address).is_err() {
            assert!(began.elapsed() < PATIENCE, "Alertmanager does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
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
        let (at, _) = self.hook.recv_timeout(PATIENCE).unwrap();
        at.duration_since(began).as_secs_f64()
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

/// An endpoint that takes every POST, and when each was there in full.
fn receive() -> (String, Receiver<(Instant, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (send, hook) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let send = send.clone();
            std::thread::spawn(move || take(stream, &send));
        }
    });
    (url, hook)
}

fn take(stream: TcpStream, send: &Sender<(Instant, String)>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let (mut line, mut length) = (String::new(), 0);
        while line != "\r\n" {
            line.clear();
            if stream.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or_default();
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        // The benchmark may be over.
        drop(send.send((Instant::now(), String::from_utf8_lossy(&body).into_owned())));
        stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")?;
    }
}
