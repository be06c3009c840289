//! How fast a rollback is, as ratios in one run: `cargo bench --bench rollback`. Needs a Docker Engine.
//!
//! `ROUNDS=5` makes it shorter. Beside each figure of golive's stands what the same work costs bare, on the same socket in the same run.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark says what it found")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use golive_fixtures::daemon::program;
use golive_fixtures::engine::{docker, inspect};
use golive_fixtures::host::Host;
use serde_json::{Value, json};

fn main() {
    // `cargo test --benches` only builds it.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let rounds = std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(15);
    let (mut decided, mut ours, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    let switch = Switch::start();
    let mut host = Host::new("bench");
    let proxy = host.through_proxy();
    host.write_rules(&format!("[service.shop.health.switch]\nurl = \"http://127.0.0.1:{}/\"\n", switch.port));
    host.allow_many_rollbacks();
    host.with_good_version();
    for _ in 0..rounds {
        host.deploy("2", &[]);
        host.eventually("the release is watched", || host.phase() == "watching");
        // Its first probes are over, and the engine is quiet.
        std::thread::sleep(Duration::from_secs(1));
        switch.set_bad(true);
        let told = host.hook.posts("rollback-succeeded").len();
        host.eventually("the rollback has begun", || matches!(&*host.phase(), "rolling-back" | "verifying"));
        let third = switch.third_bad();
        switch.set_bad(false);
        host.eventually("it is verified", || host.hook.posts("rollback-succeeded").len() > told);
        let (first, started) = proxy.span(third);
        decided.push(first.duration_since(third));
        ours.push(started.duration_since(first));
        bare.push(bare_swap(&host));
    }
    let ratios: Vec<f64> =
        ours.iter().zip(&bare).map(|(ours, bare)| ours.as_secs_f64() / bare.as_secs_f64()).collect();
    println!("third failed probe's end to first Docker call: {}", spread(&mut decided));
    println!("rollback's Docker work, golive:                {}", spread(&mut ours));
    println!("the same calls bare on one kept connection:    {}", spread(&mut bare));
    println!("ratio, pair by pair: median {:.2}", median(ratios));
    drop(host);
    // Docker waits twice as long every time before it starts again what ends at once.
    let mut probed = died_to_probe(rounds.min(6));
    println!("Docker `die` to the next probe (interval 10 s): {}", spread(&mut probed));
    idle();
}

/// The calls of a swap, one after the other: create, take the restart policy, stop, two renames, start.
fn bare_swap(host: &Host) -> Duration {
    host.deploy("2", &[]);
    let name = &host.name;
    let good: Value = serde_json::from_str(&inspect(&host.name, "{{json .}}")).unwrap();
    let mut body = good["Config"].clone();
    body["HostConfig"] = good["HostConfig"].clone();
    body["Image"] = inspect(&host.tag("1"), "{{.Id}}").into();
    body["Hostname"] = "".into();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let took = runtime.block_on(async {
        let client = reqwest::Client::builder().unix_socket(host.docker_socket.as_path()).build().unwrap();
        client.get("http://d/_ping").send().await.unwrap().bytes().await.unwrap();
        let post = async |path: String, body: Value| {
            let answer = client.post(format!("http://d{path}")).json(&body).send().await.unwrap();
            assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
            drop(answer.bytes().await);
        };
        let began = Instant::now();
        post(format!("/containers/create?name={name}.new"), body).await;
        post(format!("/containers/{name}/update"), json!({"RestartPolicy": {"Name": "no"}})).await;
        post(format!("/containers/{name}/stop?t=10"), json!({})).await;
        post(format!("/containers/{name}/rename?name={name}.old"), json!({})).await;
        post(format!("/containers/{name}.new/rename?name={name}"), json!({})).await;
        post(format!("/containers/{name}/start"), json!({})).await;
        began.elapsed()
    });
    docker(&["rm", "-f", "-v", &format!("{name}.old")]);
    host.eventually("golive takes the old version as back", || host.phase() == "idle");
    took
}

/// A killed container is probed at once, not at the next interval.
fn died_to_probe(rounds: usize) -> Vec<Duration> {
    let switch = Switch::start();
    let mut host = Host::new("bench-die");
    host.write_rules(&format!("[service.shop.health.switch]\nurl = \"http://127.0.0.1:{}/\"\n", switch.port));
    host.replace_in_rules("interval = \"200ms\"", "interval = \"10s\"");
    host.replace_in_rules("window = \"8s\"", "window = \"5m\"");
    host.with_good_version();
    let mut probed = Vec::new();
    for _ in 0..rounds {
        std::thread::sleep(Duration::from_secs(2));
        let before = jiff::Timestamp::now().to_string();
        docker(&["exec", &host.name, "/golive", "no-such-verb"]);
        // While it does not run it is 0, which would be this process's group.
        let pid = || inspect(&host.name, "{{.State.Pid}}");
        host.eventually("it runs", || pid().parse::<u32>().is_ok_and(|pid| pid > 0));
        let pid = pid();
        std::process::Command::new("kill").args(["-9", &pid]).status().unwrap();
        std::thread::sleep(Duration::from_millis(500));
        let after = jiff::Timestamp::now().to_string();
        let container = format!("container={}", host.name);
        let events = docker(&[
            "events",
            "--since",
            &before,
            "--until",
            &after,
            "--filter",
            "event=die",
            "--filter",
            &container,
            "--format",
            "{{.TimeNano}}",
        ]);
        let died: i128 =
            String::from_utf8_lossy(&events.stdout).trim().lines().next().unwrap().parse().unwrap();
        let asked = switch.first_after(died);
        probed.push(Duration::from_nanos(u64::try_from(asked - died).unwrap()));
    }
    probed
}

/// Ten checks at five seconds and nothing to do.
fn idle() {
    let switch = Switch::start();
    let host = Host::new("bench-idle");
    host.write_rules("");
    let mut rules = host.rules().replace("\"200ms\"", "\"5s\"");
    for n in 0..9 {
        rules += &format!("[service.shop.health.c{n}]\nurl = \"http://127.0.0.1:{}/\"\n", switch.port);
    }
    host.set_rules(&rules);
    host.start();
    std::thread::sleep(Duration::from_secs(10));
    let pid = host.pid();
    let ticks = || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    };
    let before = ticks();
    std::thread::sleep(Duration::from_mins(1));
    let used = ticks() - before;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let resident = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    let size = std::fs::metadata(program()).unwrap().len();
    println!("idle with 10 checks at 5 s: {used}0 ms of CPU in 60 s, {resident}");
    println!("program: {} KiB", size / 1024);
}

/// A health endpoint that turns bad on command and knows when it was asked.
struct Switch {
    port: u16,
    bad: Arc<AtomicBool>,
    /// When each answer was sent, by the wall clock too, and whether it was bad.
    asked: Arc<Mutex<Vec<(Instant, i128, bool)>>>,
}

impl Switch {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let switch = Self { port, bad: Arc::default(), asked: Arc::default() };
        let (bad, asked) = (Arc::clone(&switch.bad), Arc::clone(&switch.asked));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, bad, asked) = (stream.unwrap(), Arc::clone(&bad), Arc::clone(&asked));
                std::thread::spawn(move || {
                    let mut buffer = [0; 4096];
                    while let Ok(1..) = stream.read(&mut buffer) {
                        let wall = jiff::Timestamp::now().as_nanosecond();
                        let is_bad = bad.load(Ordering::SeqCst);
                        let status = if is_bad { "500 Internal Server Error" } else { "200 OK" };
                        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
                        if stream.write_all(answer.as_bytes()).is_err() {
                            return;
                        }
                        asked.lock().unwrap().push((Instant::now(), wall, is_bad));
                    }
                });
            }
        });
        switch
    }

    fn set_bad(&self, bad: bool) {
        if bad {
            self.asked.lock().unwrap().clear();
        }
        self.bad.store(bad, Ordering::SeqCst);
    }

    /// When the third bad answer was sent.
    fn third_bad(&self) -> Instant {
        self.asked.lock().unwrap().iter().filter(|(_, _, bad)| *bad).nth(2).unwrap().0
    }

    fn first_after(&self, wall: i128) -> i128 {
        self.asked.lock().unwrap().iter().map(|(_, at, _)| *at).find(|at| *at > wall).unwrap()
    }
}

fn spread(times: &mut [Duration]) -> String {
    times.sort();
    let (least, most) = (times[0], times[times.len() - 1]);
    format!("median {:.1?} [{least:.1?} – {most:.1?}], n = {}", times[times.len() / 2], times.len())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
