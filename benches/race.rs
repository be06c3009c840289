//! From bad to restored: golive, Swarm's own rollback, and Prometheus with Alertmanager and a script, at the same
//! intervals, one after the other on one private engine: `cargo bench --bench race`. Needs root and Debian's packages
//! docker.io, prometheus and prometheus-alertmanager.
//!
//! Each gets the same release, which answers well for four seconds and then no more. Each asks every second and takes
//! three failures in a row for bad (the alert: `up == 0` for 2 s, which is three looks). Alertmanager runs twice: as it
//! comes, with `group_wait: 30s`, and as fast as it can be set, with `0s`. `ROUNDS=5` unless said.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark says what it found")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use golive_fixtures::cluster::{Cluster, Node, PATIENCE, eventually};
use golive_fixtures::daemon::Daemon;
use golive_fixtures::port::free_address;
use tempfile::TempDir;

/// What the bad version does before it serves. `/metrics` is what Prometheus scrapes.
const LATE: &str = "mkdir -p /www; echo up 1 >/www/metrics; (sleep 4; rm /www/health /www/metrics) &";
const GOOD: &str = "mkdir -p /www; echo up 1 >/www/metrics";

/// How often the service is asked from outside.
const LOOK_EVERY: Duration = Duration::from_millis(5);

fn main() {
    // `cargo test --benches` only builds it.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let rounds: usize = std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(5);
    let cluster = Cluster::new(1);
    let node = cluster.node();
    let golive = Golive::start(node, 8081);
    let swarm = Swarm::start(node, 8082);
    let alerts = Alerts::start(node, "alerted", 8083, "30s");
    let tuned = Alerts::start(node, "tuned", 8084, "0s");
    let mut took: [Vec<f64>; 4] = Default::default();
    for _ in 0..rounds {
        took[0].push(golive.round());
        took[1].push(swarm.round());
        took[2].push(alerts.round());
        took[3].push(tuned.round());
    }
    let names = ["golive", "Swarm's own rollback", "alert and script", "the same, no wait"];
    for (name, took) in names.iter().zip(&took) {
        println!("{name:<21} bad to restored: median {:.2} s, {took:.2?}", median(took));
    }
    let [golive, others @ ..] = &took;
    for (name, took) in names[1..].iter().zip(others) {
        println!("{name} / golive, pair by pair: median {:.2}", median(&ratios(took, golive)));
    }
}

/// A container, and golive watching it.
struct Golive<'a> {
    node: &'a Node,
    port: u16,
    daemon: Daemon,
    _dir: TempDir,
}

impl<'a> Golive<'a> {
    fn start(node: &'a Node, port: u16) -> Self {
        let dir = TempDir::new().unwrap();
        let rules = format!(
            "[docker]\nsocket = \"{socket}\"\n[state]\ndir = \"{state}\"\n[service.shop]\ncontainer = \"shop\"\n\
             [service.shop.watch]\nwindow = \"1m\"\ninterval = \"1s\"\n\
             [service.shop.health.web]\nurl = \"http://{address}:{port}/health\"\ntimeout = \"500ms\"\n\
             [service.shop.rollback]\nverify = \"1s\"\nper-day = 1000\n",
            socket = node.socket.display(),
            state = dir.path().join("state").display(),
            address = node.address,
        );
        run(node, "shop", port, "v1", GOOD);
        let daemon = Daemon::at(dir.path()).logging(None).patient_for(PATIENCE);
        daemon.set_rules(&rules);
        daemon.start();
        daemon.until("v1 can be gone back to", |status| status["readiness"]["ready"] == true);
        Self { node, port, daemon, _dir: dir }
    }

    fn round(&self) -> f64 {
        run(self.node, "shop", self.port, "v2", LATE);
        let took = bad_to_restored(self.node, self.port);
        self.daemon.eventually("it is over", || self.daemon.phase() == "idle");
        took
    }
}

/// A service that Swarm itself rolls back when its health check fails while it is updated.
struct Swarm<'a> {
    node: &'a Node,
    port: u16,
}

impl<'a> Swarm<'a> {
    fn start(node: &'a Node, port: u16) -> Self {
        let check = format!("/bin/busybox wget -q -O /dev/null http://127.0.0.1:{port}/health");
        let (port_is, more) = (format!("PORT={port}"), format!("MORE={GOOD}"));
        let mut settings = vec!["--env", &port_is, "--env", &more, "--health-cmd", &check];
        settings.extend(["--health-interval", "1s", "--health-retries", "3", "--health-timeout", "1s"]);
        settings.extend(["--update-failure-action", "rollback", "--update-monitor", "8s"]);
        node.create("swarmed", "v1", &settings);
        let swarm = Self { node, port };
        eventually("the service serves", || healthy(node, port));
        swarm
    }

    fn round(&self) -> f64 {
        self.node.deploy("swarmed", "v2", &["--update-monitor", "8s", "--env-add", &format!("MORE={LATE}")]);
        let took = bad_to_restored(self.node, self.port);
        let state = "{{if .UpdateStatus}}{{.UpdateStatus.State}}{{end}}";
        eventually("Swarm has rolled it back", || {
            self.node.service("swarmed", state) == "rollback_completed"
        });
        took
    }
}

/// A container that Prometheus scrapes; Alertmanager calls a script that runs the old version again.
struct Alerts<'a> {
    node: &'a Node,
    name: &'static str,
    port: u16,
    hook: TcpListener,
    _dir: TempDir,
    processes: [Child; 2],
}

impl<'a> Alerts<'a> {
    fn start(node: &'a Node, name: &'static str, port: u16, wait: &str) -> Self {
        let (dir, hook) = (TempDir::new().unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
        let [prometheus, manager] = [free_address(), free_address()];
        let file = |name: &str, text: String| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let rules = file(
            "rules.yml",
            "groups: [{ name: g, rules: [{ alert: Down, expr: 'up == 0', for: 2s }] }]\n".to_owned(),
        );
        let config = file(
            "prometheus.yml",
            format!(
                "global: {{ scrape_interval: 1s, scrape_timeout: 500ms, evaluation_interval: 1s }}\n\
                 rule_files: [{rules}]\n\
                 alerting: {{ alertmanagers: [{{ static_configs: [{{ targets: ['{manager}'] }}] }}] }}\n\
                 scrape_configs: [{{ job_name: app, static_configs: [{{ targets: ['{}:{port}'] }}] }}]\n",
                node.address
            ),
        );
        let routes = file(
            "alertmanager.yml",
            format!(
                "route: {{ receiver: hook, group_wait: {wait}, group_interval: 1s, repeat_interval: 1h }}\n\
                 receivers: [{{ name: hook, webhook_configs: [{{ url: 'http://{}/', send_resolved: false }}] }}]\n",
                hook.local_addr().unwrap()
            ),
        );
        run(node, name, port, "v1", GOOD);
        eventually("the service serves", || healthy(node, port));
        let data = |name: &str| dir.path().join(name).display().to_string();
        let prometheus = start(
            "prometheus",
            &[
                format!("--config.file={config}"),
                format!("--storage.tsdb.path={}", data("tsdb")),
                format!("--web.listen-address={prometheus}"),
            ],
        );
        let manager = start(
            "prometheus-alertmanager",
            &[
                format!("--config.file={routes}"),
                format!("--storage.path={}", data("am")),
                format!("--web.listen-address={manager}"),
                "--cluster.listen-address=".to_owned(),
            ],
        );
        Self { node, name, port, hook, _dir: dir, processes: [prometheus, manager] }
    }

    fn round(&self) -> f64 {
        run(self.node, self.name, self.port, "v2", LATE);
        eventually("the new version serves", || healthy(self.node, self.port));
        // An alert that the swap itself has caused is none of the release's.
        let began = Instant::now();
        self.hook.set_nonblocking(true).unwrap();
        while began.elapsed() < Duration::from_millis(2500) {
            self.hook.accept().map_or_else(|_| std::thread::sleep(LOOK_EVERY), |(post, _)| confirm(post));
        }
        self.hook.set_nonblocking(false).unwrap();
        std::thread::scope(|scope| {
            let script = scope.spawn(|| {
                let (post, _) = self.hook.accept().unwrap();
                run(self.node, self.name, self.port, "v1", GOOD);
                confirm(post);
            });
            let took = bad_to_restored(self.node, self.port);
            script.join().unwrap();
            // Until the alert has resolved.
            std::thread::sleep(Duration::from_secs(4));
            took
        })
    }
}

impl Drop for Alerts<'_> {
    fn drop(&mut self) {
        self.processes.iter_mut().for_each(end);
    }
}

/// `docker rm -f`, `docker run`.
fn run(node: &Node, name: &str, port: u16, version: &str, more: &str) {
    let _ = node.try_docker(&["rm", "-f", name]);
    let (port, more) = (format!("PORT={port}"), format!("MORE={more}"));
    let image = format!("localhost:1/app:{version}");
    node.docker(&["run", "-d", "--name", name, "--network", "host", "-e", &port, "-e", &more, &image]);
}

/// Seconds from the first bad answer of a release that answered well to the first good one after it.
fn bad_to_restored(node: &Node, port: u16) -> f64 {
    let new = || node.answer(port).as_deref() == Some("v2");
    eventually("the new version serves", || new() && healthy(node, port));
    let until = |wanted: bool| {
        let began = Instant::now();
        while healthy(node, port) != wanted {
            assert!(began.elapsed() < PATIENCE, "it does not become healthy = {wanted}");
            std::thread::sleep(LOOK_EVERY);
        }
        Instant::now()
    };
    let bad = until(false);
    let restored = until(true);
    assert_eq!(node.answer(port).as_deref(), Some("v1"));
    restored.duration_since(bad).as_secs_f64()
}

fn healthy(node: &Node, port: u16) -> bool {
    let ask = || -> std::io::Result<Vec<u8>> {
        let address = format!("{}:{port}", node.address).parse().unwrap();
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_millis(200))?;
        stream.set_read_timeout(Some(Duration::from_millis(500)))?;
        stream.write_all(b"GET /health HTTP/1.0\r\n\r\n")?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.windows(4).take(12).any(|code| code == b" 200"))
}

fn confirm(mut post: TcpStream) {
    drop(post.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"));
}

fn start(program: &str, arguments: &[String]) -> Child {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(Path::new("/")).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap_or_else(|error| panic!("{program}: {error}"))
}

fn end(process: &mut Child) {
    drop(process.kill());
    drop(process.wait());
}

fn ratios(these: &[f64], those: &[f64]) -> Vec<f64> {
    these.iter().zip(those).map(|(this, that)| this / that).collect()
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
