//! What looking costs, as figures side by side in one run: `cargo bench --bench probing`. Needs a Docker Engine.
//!
//! Each row is golive with so many containers and health checks, idle or in a watch; beside it stand the same requests made by a bare
//! reqwest loop, each at its own moment of the interval, and by Debian's blackbox exporter with Prometheus, and Monit, where these are
//! installed. A host with hundreds of containers of others is played by a socket in front of the engine. `SECONDS=30` is how long each is measured, `ROWS=small,wide` chooses.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark says what it found")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use golive_fixtures::engine::{self, docker};
use golive_fixtures::host::Host;

mod crowd;
mod peers;
mod target;
mod usage;

use target::Target;
use usage::{Usage, of};

/// So many services, each with so many checks at that interval.
struct Size {
    name: &'static str,
    services: usize,
    checks: usize,
    interval: Duration,
    beside: Beside,
}

/// What golive does beside looking.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beside {
    Nothing,
    /// It watches a release.
    Watch,
    /// The host has many containers of others, by a stand-in for the engine.
    Crowd,
}

const fn size(name: &'static str, services: usize, checks: usize, seconds: u64, beside: Beside) -> Size {
    Size { name, services, checks, interval: Duration::from_secs(seconds), beside }
}

const SIZES: [Size; 6] = [
    size("small", 1, 10, 5, Beside::Nothing),
    size("crowded", 1, 10, 5, Beside::Crowd),
    size("busy", 1, 1000, 1, Beside::Nothing),
    size("watched", 1, 1000, 1, Beside::Watch),
    size("wide", 100, 10, 5, Beside::Nothing),
    size("thin", 100, 1, 1, Beside::Nothing),
];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    // This program is also the one that is looked at, and the bare loop, in processes of their own.
    match arguments.get(1).map(String::as_str) {
        Some("target") => return target::serve(),
        Some("loop") => return peers::bare(&arguments[2], &arguments[3], &arguments[4]),
        _ => {}
    }
    // `cargo test --benches` only builds it.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let seconds = std::env::var("SECONDS").ok().and_then(|seconds| seconds.parse().ok()).unwrap_or(30);
    let rows = std::env::var("ROWS").ok();
    println!(
        "| who | services × checks | interval | probes/s | CPU s per 1,000 | of a core | resident | of its own | late, p99 |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for size in SIZES {
        if rows.as_deref().is_some_and(|rows| !rows.split(',').any(|row| row == size.name)) {
            continue;
        }
        let target = Target::start();
        let state = match size.beside {
            Beside::Nothing => String::new(),
            Beside::Watch => ", in a watch".to_owned(),
            Beside::Crowd => {
                format!(
                    ", beside {} containers, {} events a minute",
                    crowd::CONTAINERS,
                    crowd::EVENTS_A_MINUTE
                )
            }
        };
        let measured = golive(&size, &target, seconds);
        row(&format!("golive{state}"), &size, &measured);
        if size.beside == Beside::Nothing {
            for (who, measured) in peers::all(&target, size.services * size.checks, size.interval, seconds) {
                row(&who, &size, &measured);
            }
        }
    }
}

fn row(who: &str, size: &Size, measured: &Measured) {
    let Measured { usage, late } = measured;
    println!(
        "| {who} | {} × {} | {} s | {:.0} | {:.3} | {:.1} % | {:.1} MiB | {:.1} MiB | {} |",
        size.services,
        size.checks,
        size.interval.as_secs(),
        f64::from(usage.probes) / usage.seconds,
        usage.cpu / f64::from(usage.probes) * 1000.0,
        usage.cpu / usage.seconds * 100.0,
        f64::from(usage.resident) / 1024.0,
        f64::from(usage.own) / 1024.0,
        late.map_or("–".to_owned(), |late| format!("{:.1} ms", late.as_secs_f64() * 1000.0)),
    );
}

/// What somebody has cost.
struct Measured {
    usage: Usage,
    /// How much later than its interval a probe came, in one of a hundred.
    late: Option<Duration>,
}

fn measure(target: &Target, pids: &[u32], interval: Duration, seconds: u64) -> Measured {
    // Each has found its own moment by then.
    std::thread::sleep(interval * 6 + Duration::from_secs(4));
    target.forget();
    let (began, before) = (Instant::now(), of(pids));
    std::thread::sleep(Duration::from_secs(seconds));
    let after = of(pids);
    let told = target.told(interval);
    let usage = Usage {
        cpu: after.cpu - before.cpu,
        resident: after.resident,
        own: after.own,
        seconds: began.elapsed().as_secs_f64(),
        probes: told.probes,
    };
    Measured { usage, late: told.late }
}

fn golive(size: &Size, target: &Target, seconds: u64) -> Measured {
    let mut host = Host::logging(&format!("bench-probing-{}", size.name), "info");
    let names: Vec<String> = (0..size.services).map(|n| format!("{}-{n}", host.name)).collect();
    for name in &names {
        run(&host, name, "1");
    }
    if size.beside == Beside::Crowd {
        let like: Vec<serde_json::Value> =
            serde_json::from_slice(&docker(&["inspect", &names[0]]).stdout).unwrap();
        host.docker_socket = host.path("docker.sock");
        crowd::start(&host.docker_socket, &engine::socket(), like[0].clone());
    }
    host.set_rules(&rules(&host, &names, size, target));
    host.start();
    host.eventually("all are accepted", || {
        let status = host.golive(&["status", "--json"]);
        let status: serde_json::Value = serde_json::from_slice(&status.stdout).unwrap_or_default();
        let all = status["services"].as_array().cloned().unwrap_or_default();
        !all.is_empty() && all.iter().all(|service| service["accepted"]["version"] == "1")
    });
    if size.beside == Beside::Watch {
        docker(&["rm", "-f", &names[0]]);
        run(&host, &names[0], "2");
        host.eventually("it is watched", || host.phase() == "watching");
    }
    let measured = measure(target, &[host.pid()], size.interval, seconds);
    for name in &names {
        docker(&["rm", "-f", name]);
    }
    measured
}

fn run(host: &Host, name: &str, version: &str) {
    let tag = host.tag(version);
    let label = format!("org.opencontainers.image.version={version}");
    let run = ["run", "-d", "--name", name, "--label", &label, "--network", "none", &tag];
    let program = ["/golive", "demo-service", "--listen", "127.0.0.1:8080", "--version", version];
    let output = docker(&[&run[..], &program[..]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn rules(host: &Host, names: &[String], size: &Size, target: &Target) -> String {
    let (socket, state) = (host.docker_socket.display(), host.path("state"));
    let mut rules = format!("[docker]\nsocket = \"{socket}\"\n[state]\ndir = \"{}\"\n", state.display());
    for (n, name) in names.iter().enumerate() {
        let seconds = size.interval.as_secs();
        writeln!(rules, "[service.s{n}]\ncontainer = \"{name}\"").unwrap();
        writeln!(rules, "[service.s{n}.watch]\nwindow = \"30m\"\ngrace = \"5s\"\ninterval = \"{seconds}s\"")
            .unwrap();
        for check in 0..size.checks {
            let url = target.url(n * size.checks + check);
            writeln!(rules, "[service.s{n}.health.c{check}]\nurl = \"{url}\"").unwrap();
        }
    }
    rules
}

/// Another program, ended with its value.
struct Running(Child);

impl Running {
    fn start(program: &str, arguments: &[&str], directory: &Path) -> Option<Self> {
        let child = Command::new(program)
            .args(arguments)
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        child.ok().map(Self)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
