//! A load run, as a person or a CI job makes it: in a process of its own, against servers that stand still, fail or are not the
//! service's.

#![expect(clippy::disallowed_methods, reason = "the servers have a time of their own")]

use std::net::UdpSocket;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use golive_fixtures::daemon::program;
use golive_fixtures::receiver::Receiver;
use serde_json::Value;
use tempfile::TempDir;

use crate::rules;
use crate::shop::Shop;

const LONG: Duration = Duration::from_secs(20);

/// Rules of a service that nobody watches, with a load on that address.
fn load_on(dir: &Path, url: &str, item: &str, health: &str) -> String {
    let path = dir.display();
    let text = format!(
        "[state]\ndir = \"{path}/state\"\n\
         [service.shop]\ncommand = {{ version = [\"echo\", \"1.4\"], rollback = [\"true\"] }}\n\
         [service.shop.health.up]\n{health}\n\
         [service.shop.acceptance.orders]\nurl = \"{url}\"\n{item}\n"
    );
    rules(dir, &text)
}

const WELL: &str = "command = [\"true\"]";

fn verify(rules: &str, more: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(["--config", rules, "verify", "shop", "--local"]).args(more);
    command
}

/// The exit code, and what was printed.
fn told(output: Output) -> (i32, String) {
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

fn item(document: &str) -> Value {
    let document: Value = serde_json::from_str(document).unwrap();
    document["items"][0].clone()
}

/// What a busy machine may say of any run, instead of what it has found.
fn is_late(told: &str) -> bool {
    told.contains("the generator itself was late") || told.contains("the generator used ")
}

/// 50 requests a second for 15 seconds, and all stand still for three of them. Whoever sends the next request when the last answer has
/// come sees P95 of the answers that came in time.
#[test]
fn a_server_that_stands_still_for_three_of_fifteen_seconds_is_seen_in_p95() {
    let dir = TempDir::new().unwrap();
    let began = Instant::now();
    let still = (Duration::from_secs(6), Duration::from_secs(9));
    let server = Receiver::answering(move |_| {
        let at = began.elapsed();
        let rest = if at >= still.0 && at < still.1 { still.1.checked_sub(at) } else { None };
        std::thread::sleep(rest.unwrap_or(Duration::from_millis(20)));
        ("200 OK", String::new())
    });
    let load = "load = { rate = 50, for = \"15s\", p95 = \"500ms\", error-rate = \"1%\" }";
    let rules = load_on(dir.path(), &server.url("/"), load, WELL);
    let file = dir.path().join("junit.xml");
    let (code, told) = told(verify(&rules, &["--junit", &file.display().to_string()]).output().unwrap());
    let line =
        told.lines().find(|line| line.contains("P95 of 750 requests")).unwrap_or_else(|| panic!("{told}"));
    assert!(line.contains("750 answered, 0 never sent; 0 % failed, allowed 1 %"), "{line}");
    let wanted = if is_late(line) { (3, "no data") } else { (1, "FAIL") };
    assert_eq!((code, &line[..wanted.1.len()]), wanted, "{told}");
    let written = std::fs::read_to_string(&file).unwrap();
    let figure = |name: &str| -> f64 {
        let begins = format!("<property name=\"{name}\" value=\"");
        let rest = written.split(&begins).nth(1).unwrap_or_else(|| panic!("{name}: {written}"));
        rest.split('"').next().unwrap().parse().unwrap()
    };
    assert!(figure("p95") >= 2.2 && figure("max") < 4.0, "{written}");
    assert!(figure("p50") < 1.0 && figure("connections") >= 100.0, "{written}");
    assert!((figure("due") - 750.0).abs() < f64::EPSILON && figure("never_sent").abs() < f64::EPSILON);
    // Nobody looks at a terminal: how far it is, is a line now and then.
    let far = told.lines().filter(|line| line.starts_with("…        performance  orders")).count();
    assert!((2..=3).contains(&far) && !told.contains('\u{1b}'), "{told}");
    assert_eq!(server.requests().len(), 750);
}

#[test]
fn programs_read_every_figure_and_people_their_own_language() {
    let dir = TempDir::new().unwrap();
    let count = AtomicUsize::new(0);
    let server = Receiver::answering(move |_| match count.fetch_add(1, Ordering::SeqCst) % 4 {
        0 => ("429 Too Many Requests", String::new()),
        1 => ("500 Internal Server Error", String::new()),
        _ => ("200 OK", String::new()),
    });
    let load = "load = { rate = 40, for = \"2s\", error-rate = \"1%\" }";
    let rules = load_on(dir.path(), &server.url("/orders/1"), load, WELL);
    let (code, document) = told(verify(&rules, &["--json"]).output().unwrap());
    let item = item(&document);
    let late = is_late(&document);
    assert_eq!((code, item["outcome"] == "fail"), if late { (3, false) } else { (1, true) }, "{item}");
    assert_eq!((&item["kind"], &item["group"]), (&"load".into(), &"performance".into()));
    let figures = &item["figures"];
    let counted =
        ["due", "sent", "answered", "never_sent", "failed"].map(|name| figures[name].as_u64().unwrap());
    assert_eq!(counted, [80, 80, 80, 0, 40], "{figures}");
    assert_eq!(figures["errors"], serde_json::json!({ "too-many": 20, "server": 20 }), "{figures}");
    for name in ["p50", "p95", "p99", "max", "throughput", "lateness_p99", "cpu", "connections"] {
        assert!(figures[name].as_f64().unwrap() > 0.0, "{name}: {figures}");
    }
    assert_eq!((&item["value"], &item["unit"]), (&figures["p95"], &"seconds".into()));
    let agent = concat!("user-agent: golive-acceptance/", env!("CARGO_PKG_VERSION"));
    assert!(server.requests().iter().all(|request| request.head.contains(agent)));
    let (_, chinese) = told(verify(&rules, &["--lang", "zh-CN"]).output().unwrap());
    assert!(chinese.contains("因过多被拒（429） 20 个"), "{chinese}");
}

#[test]
fn a_load_goes_nowhere_but_to_this_host_to_the_service_and_where_the_rules_say() {
    let dir = TempDir::new().unwrap();
    let load = "load = { rate = 20, for = \"1s\" }";
    let rules = load_on(dir.path(), "http://192.0.2.1/", load, WELL);
    let (code, document) = told(verify(&rules, &["--json"]).output().unwrap());
    assert_eq!(code, 3, "{document}");
    let message = item(&document)["message"].as_str().unwrap().to_owned();
    assert!(
        message.starts_with("not begun, for 192.0.2.1 is 192.0.2.1: neither this host nor a container"),
        "{message}"
    );
    assert!(message.contains("write `allow = \"192.0.2.1\"` beside it"), "{message}");
    // The host's own address towards others: no packet is sent for it.
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    let Ok(own) = socket.connect("192.0.2.1:9").and_then(|()| socket.local_addr()) else { return };
    let ip = own.ip().to_string();
    let server = Receiver::start_at(&ip);
    let to_it = |item: &str| {
        let item = format!("status = 204\n{item}");
        let rules = load_on(dir.path(), &server.url("/"), &item, WELL);
        told(verify(&rules, &[]).output().unwrap())
    };
    assert_eq!(to_it(load).0, 3);
    assert!(server.requests().is_empty());
    let (_, told) = to_it(&format!("allow = \"{ip}\"\n{load}"));
    assert!(told.contains("P95 of 20 requests") && server.requests().len() == 20, "{told}");
}

#[test]
fn a_load_ends_when_the_service_is_not_well_and_is_not_begun_then() {
    let dir = TempDir::new().unwrap();
    let count = AtomicUsize::new(0);
    let server = Receiver::answering(move |request| {
        if !request.head.starts_with("GET /health") {
            count.fetch_add(1, Ordering::SeqCst);
        } else if count.load(Ordering::SeqCst) > 20 {
            return ("503 Service Unavailable", String::new());
        }
        ("200 OK", String::new())
    });
    let (url, health) = (server.url("/"), format!("url = \"{}\"", server.url("/health")));
    let rules = load_on(dir.path(), &url, "load = { rate = 20, for = \"60s\" }", &health);
    let began = Instant::now();
    let (code, document) = told(verify(&rules, &["--json"]).output().unwrap());
    let first = item(&document);
    assert!(began.elapsed() < LONG, "{first}");
    let message = first["message"].as_str().unwrap();
    let begins = "ended early, for the health check up failed meanwhile: status 503, expected 200; P95 of ";
    assert_eq!((code, message.starts_with(begins)), (1, true), "{message}");
    assert_eq!(first["figures"]["stopped"], "asked");
    // It still fails.
    let before = server.requests().len();
    let (code, told) = told(verify(&rules, &[]).output().unwrap());
    assert_eq!(code, 3, "{told}");
    assert!(told.contains("not begun, for the health check up fails: status 503, expected 200"), "{told}");
    assert_eq!(server.requests().len(), before + 1, "nothing but the look at its health");
}

#[test]
fn there_is_one_load_at_a_time_and_it_ends_with_whoever_began_it() {
    let dir = TempDir::new().unwrap();
    let server = Receiver::answering(|_| ("200 OK", String::new()));
    let rules = load_on(dir.path(), &server.url("/"), "load = { rate = 20, for = \"60s\" }", WELL);
    let mut first = verify(&rules, &[]).stdout(Stdio::null()).spawn().unwrap();
    server.find(LONG, "the first one has begun", |requests| requests.first().map(|_| ()));
    let (code, told) = told(verify(&rules, &[]).output().unwrap());
    assert_eq!(code, 3, "{told}");
    assert!(told.contains("not begun, for another load run is under way on this host"), "{told}");
    first.kill().unwrap();
    first.wait().unwrap();
    // The process that sent is gone, too: the next one may begin.
    let quick = load_on(dir.path(), &server.url("/"), "load = { rate = 20, for = \"1s\" }", WELL);
    let end = Instant::now() + LONG;
    loop {
        let output = verify(&quick, &[]).output().unwrap();
        if String::from_utf8_lossy(&output.stdout).contains("P95 of 20 requests") {
            break;
        }
        assert!(Instant::now() < end, "{output:?}");
    }
}

#[test]
fn a_load_ends_when_a_rollback_begins() {
    let server = Receiver::answering(|_| ("200 OK", String::new()));
    let url = server.url("/");
    let shop = Shop::open(&format!(
        "[service.shop.acceptance]\nwhen = \"on-demand\"\n\
         [service.shop.acceptance.orders]\nurl = \"{url}\"\nload = {{ rate = 20, for = \"60s\" }}\n"
    ));
    shop.deploy("2", true);
    shop.until("version 2 is accepted", |shop| shop["accepted"]["version"] == "2");
    let path = shop.dir().display().to_string();
    shop.write("rollback", &format!("sleep 4\necho $1 > {path}/version\n"));
    let verify = shop.command(&["verify", "shop"]).stdout(Stdio::piped()).spawn().unwrap();
    server.find(LONG, "the load has begun", |requests| requests.first().map(|_| ()));
    shop.says(0, &["rollback", "shop"]);
    let (code, told) = told(verify.wait_with_output().unwrap());
    assert_eq!(code, 3, "{told}");
    assert!(told.contains("ended early, for the service is being rolled back; P95 of "), "{told}");
}
