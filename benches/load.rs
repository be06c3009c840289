//! Who tells the truth of a server that stands still: `cargo bench --bench load`. One server, all of whose requests stand still for
//! three seconds of fifteen; golive's load run, and hey and wrk where they are installed, one after the other in the same run.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark says what it found")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Every answer takes so long.
const USUAL: Duration = Duration::from_millis(20);
const LASTS: u64 = 15;

/// What came of one.
#[derive(Default)]
struct Row {
    due: String,
    sent: String,
    answered: String,
    never: String,
    p50: String,
    p95: String,
    p99: String,
    max: String,
}

fn main() {
    // `cargo test --benches` only builds it.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    println!("| who | the server | asked | due | sent | answered | never sent | P50 | P95 | P99 | slowest |");
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    let middle = (6, 9);
    row("golive", middle, "50/s", Some(golive(middle, 200, 10)));
    row("hey", middle, "50/s: 10 connections, 5/s each", hey(middle));
    row("wrk", middle, "10 connections, as fast as it answers", wrk(middle));
    row("golive, at most 20 connections", middle, "50/s", Some(golive(middle, 20, 10)));
    let end = (12, 60);
    row("golive, 2 s for an answer", end, "50/s", Some(golive(end, 200, 2)));
    row("hey, 2 s for an answer", end, "50/s: 10 connections, 5/s each", hey_within(end));
    let never = (99, 99);
    row("golive", never, "50/s", Some(golive(never, 200, 10)));
    row("hey", never, "50/s: 10 connections, 5/s each", hey(never));
    row("wrk", never, "10 connections, as fast as it answers", wrk(never));
}

fn row(who: &str, (from, until): (u64, u64), asked: &str, row: Option<Row>) {
    let Some(Row { due, sent, answered, never, p50, p95, p99, max }) = row else {
        println!("| {who} | | not installed | | | | | | | | |");
        return;
    };
    let server = match from {
        0..LASTS if until > LASTS => format!("stands still from {from} s to the end"),
        0..LASTS => format!("stands still from {from} s to {until} s"),
        _ => "answers in 20 ms".to_owned(),
    };
    println!(
        "| {who} | {server} | {asked} | {due} | {sent} | {answered} | {never} | {p50} | {p95} | {p99} | {max} |"
    );
}

/// A server that stands still from its first request on for a while.
fn served((from, until): (u64, u64)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let began: Arc<OnceLock<Instant>> = Arc::default();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, began) = (stream.unwrap(), Arc::clone(&began));
            std::thread::spawn(move || {
                stream.set_nodelay(true).unwrap();
                for line in BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok) {
                    if !line.is_empty() {
                        continue;
                    }
                    let at = began.get_or_init(Instant::now).elapsed();
                    let still = at >= Duration::from_secs(from) && at < Duration::from_secs(until);
                    let rest = Duration::from_secs(until).saturating_sub(at);
                    std::thread::sleep(if still { rest } else { USUAL });
                    let said = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                    if stream.write_all(said).is_err() {
                        return;
                    }
                }
            });
        }
    });
    url
}

fn golive(still: (u64, u64), connections: u32, timeout: u32) -> Row {
    let dir = tempfile::tempdir().unwrap();
    let spec = json!({
        "url": served(still), "addresses": ["127.0.0.1"], "method": "GET", "send-headers": {}, "status": [200],
        "ca-file": null, "rate": 50, "lasts": LASTS, "warm-up": 0, "timeout": timeout, "connections": connections,
        "beside": dir.path(),
    });
    let mut child = Command::new(env!("CARGO_BIN_EXE_golive"))
        .arg("load")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // It ends with its input.
    let mut input = child.stdin.take().unwrap();
    writeln!(input, "{spec}").unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let report = lines.map(|line| serde_json::from_str::<Value>(&line).unwrap()).last().unwrap();
    drop(input);
    child.wait().unwrap();
    let report = &report["report"];
    let count = |name: &str| report[name].to_string();
    let time = |name: &str| milliseconds(report[name].as_f64().unwrap());
    Row {
        due: count("due"),
        sent: format!("{}, over {} connections", count("sent"), count("connections")),
        answered: count("answered"),
        never: count("never_sent"),
        p50: time("p50"),
        p95: time("p95"),
        p99: time("p99"),
        max: time("max"),
    }
}

fn hey(still: (u64, u64)) -> Option<Row> {
    of_hey(&["-z", "15s", "-c", "10", "-q", "5"], still)
}

fn hey_within(still: (u64, u64)) -> Option<Row> {
    of_hey(&["-z", "15s", "-c", "10", "-q", "5", "-t", "2"], still)
}

fn of_hey(arguments: &[&str], still: (u64, u64)) -> Option<Row> {
    let told = ran("hey", arguments, &served(still))?;
    let percent = |percent: &str| {
        let line = told.lines().find(|line| line.trim_start().starts_with(percent))?;
        line.split_whitespace().nth(2)?.parse().ok().map(milliseconds)
    };
    let answered = told.lines().find_map(|line| line.trim().strip_prefix("[200]")?.split_whitespace().next());
    let slowest =
        told.lines().find_map(|line| line.trim().strip_prefix("Slowest:")?.split_whitespace().next());
    Some(Row {
        due: "not told".to_owned(),
        sent: "not told".to_owned(),
        answered: answered.unwrap_or("–").to_owned(),
        never: "not told".to_owned(),
        p50: percent("50%").unwrap_or_default(),
        p95: percent("95%").unwrap_or_default(),
        p99: percent("99%").unwrap_or_default(),
        max: slowest.and_then(|text| text.parse().ok()).map(milliseconds).unwrap_or_default(),
    })
}

fn wrk(still: (u64, u64)) -> Option<Row> {
    let told = ran("wrk", &["-t", "1", "-c", "10", "-d", "15s", "--latency"], &served(still))?;
    let word = |begins: &str, place: usize| {
        let line = told.lines().find(|line| line.trim_start().starts_with(begins));
        line.and_then(|line| line.split_whitespace().nth(place)).unwrap_or("–").to_owned()
    };
    let answered = told.lines().find(|line| line.contains(" requests in "));
    Some(Row {
        due: "not told".to_owned(),
        sent: "not told".to_owned(),
        answered: answered.and_then(|line| line.split_whitespace().next()).unwrap_or("–").to_owned(),
        never: "not told".to_owned(),
        p50: word("50%", 1),
        p95: "not told".to_owned(),
        p99: word("99%", 1),
        max: word("Latency ", 3),
    })
}

fn ran(program: &str, arguments: &[&str], url: &str) -> Option<String> {
    let output = Command::new(program).args(arguments).arg(url).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn milliseconds(seconds: f64) -> String {
    format!("{:.1} ms", seconds * 1000.0)
}
