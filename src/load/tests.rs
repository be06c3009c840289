//! Runs against servers that stand still, fail, refuse and hang.

#![expect(clippy::disallowed_methods, reason = "the servers have a time of their own")]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::*;
use crate::clock::Clock;
use crate::model::load::{Failure, Report, Stopped};

mod secure;
mod steady;

/// 50 requests a second for a second.
pub(super) fn spec(url: &str) -> Spec {
    Spec {
        url: url.to_owned(),
        addresses: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
        method: "GET".to_owned(),
        send_headers: BTreeMap::new(),
        status: vec![200],
        ca_file: None,
        rate: 50,
        lasts: Duration::from_secs(1),
        warm_up: Duration::ZERO,
        timeout: Duration::from_secs(5),
        connections: 200,
        beside: PathBuf::new(),
    }
}

type Answer = dyn Fn(usize, Instant) -> Option<String> + Send + Sync;

/// Answers the n-th request so; `None` is no answer at all. Each connection has a thread of its own.
struct Server {
    url: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(answer: impl Fn(usize, Instant) -> Option<String> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/a?b=1", listener.local_addr().unwrap());
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let (count, answer): (_, Arc<Answer>) = (Arc::new(AtomicUsize::new(0)), Arc::new(answer));
        let kept = Arc::clone(&heads);
        std::thread::spawn(move || {
            let began = Instant::now();
            for stream in listener.incoming() {
                let (mut stream, count) = (stream.unwrap(), Arc::clone(&count));
                let (answer, heads) = (Arc::clone(&answer), Arc::clone(&kept));
                std::thread::spawn(move || {
                    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                    let mut head = String::new();
                    while let Some(Ok(line)) = lines.next() {
                        head += &format!("{line}\n");
                        if !line.is_empty() {
                            continue;
                        }
                        heads.lock().unwrap().push(std::mem::take(&mut head));
                        let Some(said) = answer(count.fetch_add(1, Ordering::SeqCst), began) else { return };
                        if stream.write_all(said.as_bytes()).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { url, heads }
    }

    fn fixed(status: &str, more: &str) -> Self {
        let said = said(status, more);
        Self::start(move |_, _| Some(said.clone()))
    }
}

fn said(status: &str, more: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{more}content-length: 2\r\n\r\nok")
}

async fn made(spec: &Spec) -> Report {
    run(spec, &Clock::start(), std::future::pending(), |_| {}).await.unwrap()
}

fn errors(report: &Report) -> Vec<(Failure, u64)> {
    report.errors.iter().map(|(failure, count)| (*failure, *count)).collect()
}

#[tokio::test]
async fn every_request_that_is_due_is_sent_in_time_and_counted() {
    let server = Server::fixed("200 OK", "");
    let mut told = Vec::new();
    let wanted = Spec { warm_up: Duration::from_millis(500), ..spec(&server.url) };
    let clock = Clock::start();
    let report = run(&wanted, &clock, std::future::pending(), |progress| told.push(progress)).await.unwrap();
    assert_eq!((report.due, report.sent, report.answered), (50, 50, 50), "{report:?}");
    assert_eq!((report.never_sent, report.failed, report.stopped), (0, 0, None));
    assert!(report.p50 > 0.0 && report.p50 <= report.p95 && report.p99 <= report.max, "{report:?}");
    assert!(report.throughput > 40.0 && report.throughput <= 55.0, "{report:?}");
    assert!(report.connections >= 1 && report.cpu > 0.0 && report.lateness_p99 > 0.0);
    assert_eq!(told[0].of, 75, "a line in a second");
    let heads = server.heads.lock().unwrap();
    assert_eq!(heads.len(), 75, "the beginning is sent, and does not count");
    let agent = concat!("user-agent: golive-acceptance/", env!("CARGO_PKG_VERSION"), "\n");
    let host = server.url.strip_prefix("http://").unwrap().split('/').next().unwrap();
    assert!(heads[0].starts_with("GET /a?b=1 HTTP/1.1\n") && heads[0].contains(agent), "{}", heads[0]);
    assert!(heads[0].contains(&format!("host: {host}\n")), "{}", heads[0]);
}

/// The server stands still for a fifth of the run. Whoever counts from when he sends sees little of it.
#[tokio::test]
async fn who_stands_still_is_late_for_all_that_was_due() {
    let still = (Duration::from_secs(1), Duration::from_secs(2));
    let server = Server::start(move |_, began| {
        let at = began.elapsed();
        if at >= still.0 && at < still.1 {
            std::thread::sleep(still.1.saturating_sub(at));
        }
        Some(said("200 OK", ""))
    });
    let report = made(&Spec { lasts: Duration::from_secs(5), ..spec(&server.url) }).await;
    assert_eq!((report.due, report.sent, report.answered, report.failed), (250, 250, 250, 0), "{report:?}");
    // A fifth of all waited, evenly up to a second: a twentieth of all for 0.75 s and longer.
    assert!(report.p95 >= 0.65 && report.max >= 0.9, "{report:?}");
    assert!(report.p50 < 0.3, "{report:?}");
    assert!(report.connections >= 30, "the pool grows: {report:?}");
}

#[tokio::test]
async fn who_stands_still_to_the_end_has_not_answered() {
    let server = Server::start(|_, began| {
        if began.elapsed() < Duration::from_secs(1) {
            return Some(said("200 OK", ""));
        }
        std::thread::sleep(Duration::from_secs(30));
        None
    });
    let within = Duration::from_secs(1);
    let wanted =
        Spec { lasts: Duration::from_secs(2), timeout: within, connections: 20, ..spec(&server.url) };
    let report = made(&wanted).await;
    assert_eq!(report.due, 100, "{report:?}");
    assert_eq!(report.sent + report.never_sent, report.due, "{report:?}");
    assert_eq!(report.answered + report.failed, report.due, "{report:?}");
    assert!(report.never_sent > 0 && report.errors.contains_key(&Failure::TimedOut), "{report:?}");
    assert!(report.p95 >= 1.0 && report.connections == 20, "{report:?}");
}

#[tokio::test]
async fn what_is_wrong_is_counted_apart() {
    let server = Server::start(|n, _| {
        Some(match n % 5 {
            0 => said("429 Too Many Requests", ""),
            1 => said("503 Service Unavailable", ""),
            2 => said("302 Found", "location: http://192.0.2.1/\r\n"),
            3 => said("404 Not Found", ""),
            _ => said("200 OK", ""),
        })
    });
    let report = made(&spec(&server.url)).await;
    let wanted = [Failure::TooMany, Failure::Server, Failure::Redirect, Failure::Status];
    assert_eq!(errors(&report), wanted.map(|failure| (failure, 10)));
    assert_eq!((report.answered, report.failed), (50, 40), "a redirect is not followed: {report:?}");
}

#[tokio::test]
async fn who_takes_no_connections_speaks_no_http_or_hangs_up_is_told_apart() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let report = made(&spec(&format!("http://{nobody}/"))).await;
    assert_eq!(errors(&report), [(Failure::Refused, 50)]);
    assert_eq!((report.sent, report.answered), (50, 0));
    let babbling = Server::start(|_, _| Some("220 mail.example ESMTP\r\n".to_owned()));
    assert_eq!(errors(&made(&spec(&babbling.url)).await), [(Failure::Unreadable, 50)]);
    let rude = Server::start(|_, _| None);
    assert_eq!(errors(&made(&spec(&rude.url)).await), [(Failure::Cut, 50)]);
    // What speaks no TLS says something else, and does so first.
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", plain.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in plain.incoming() {
            let mut stream = stream.unwrap();
            stream.write_all(said("400 Bad Request", "").as_bytes()).unwrap();
            kept.push(stream);
        }
    });
    assert_eq!(errors(&made(&spec(&url)).await), [(Failure::Tls, 50)]);
}

/// Every connection serves two requests, and says so only by its end.
#[tokio::test]
async fn a_kept_connection_that_ends_is_no_failure_of_the_service() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let ends = lines.map_while(Result::ok).filter(String::is_empty);
                for _ in ends.take(2) {
                    let _ = stream.write_all(said("200 OK", "").as_bytes());
                }
            });
        }
    });
    let report = made(&spec(&url)).await;
    assert_eq!((report.answered, report.failed), (50, 0), "{report:?}");
}

#[tokio::test]
async fn an_endless_body_costs_its_connection_and_no_more() {
    let endless = |_: usize, _: Instant| {
        let body = "x".repeat(BODY_MAX + 1024);
        Some(format!("HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n{body}"))
    };
    let server = Server::start(endless);
    let report = made(&Spec { rate: 5, ..spec(&server.url) }).await;
    assert_eq!((report.due, report.failed), (5, 0), "{report:?}");
}

#[tokio::test]
async fn it_ends_when_most_fail_or_somebody_says_so() {
    let server = Server::fixed("500 Internal Server Error", "");
    let wanted = Spec { rate: 20, lasts: Duration::from_mins(1), ..spec(&server.url) };
    let began = Instant::now();
    let report = made(&wanted).await;
    assert_eq!(report.stopped, Some(Stopped::Failing));
    assert!(began.elapsed() >= Duration::from_secs(5) && began.elapsed() < Duration::from_secs(30));
    assert!(report.due < 300, "what was not due yet does not count: {report:?}");
    let stop = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        Stop
    };
    let report = run(&wanted, &Clock::start(), stop, |_| {}).await.unwrap();
    assert_eq!(report.stopped, Some(Stopped::Asked));
    assert!(report.due > 0 && report.due < 60, "{report:?}");
}

#[test]
fn no_load_is_beyond_its_bounds() {
    assert_eq!(LASTS_MAX, Duration::from_mins(10));
    let most = Spec {
        rate: RATE_MAX,
        lasts: Duration::from_secs(590),
        warm_up: Duration::from_secs(10),
        connections: CONNECTIONS_MAX,
        timeout: TIMEOUT_MAX,
        ..spec("")
    };
    assert_eq!(most.refused(), None);
    let beyond = [
        Spec { rate: RATE_MAX + 1, ..most.clone() },
        Spec { rate: 0, ..most.clone() },
        Spec { lasts: Duration::from_secs(591), ..most.clone() },
        Spec { lasts: Duration::ZERO, ..most.clone() },
        Spec { connections: CONNECTIONS_MAX + 1, ..most.clone() },
        Spec { connections: 0, ..most.clone() },
        Spec { timeout: TIMEOUT_MAX + Duration::from_millis(1), ..most.clone() },
        Spec { timeout: Duration::ZERO, ..most.clone() },
        Spec { addresses: Vec::new(), ..most },
    ];
    for spec in beyond {
        assert!(spec.refused().is_some(), "{spec:?}");
    }
}

/// What the process says, line by line, to what it reads.
async fn lines(input: &str) -> Vec<Line> {
    let mut out = Vec::new();
    let input = std::io::Cursor::new(input.to_owned().into_bytes());
    serve(input, &mut out, &Clock::start()).await.unwrap();
    let text = String::from_utf8(out).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn the_process_reads_what_is_wanted_and_says_why_it_will_not() {
    let refused = |lines: &[Line]| match lines {
        [Line::Refused(why)] => why.clone(),
        other => panic!("{other:?}"),
    };
    assert!(refused(&lines("").await).contains("makes no sense"));
    assert!(refused(&lines("{\"url\":1}\n").await).contains("makes no sense"));
    let dir = tempfile::TempDir::new().unwrap();
    let server = Server::fixed("200 OK", "");
    let wanted = Spec { beside: dir.path().to_owned(), ..spec(&server.url) };
    let line = |spec: &Spec| serde_json::to_string(spec).unwrap() + "\n";
    let fast = Spec { rate: RATE_MAX + 1, ..wanted.clone() };
    assert!(refused(&lines(&line(&fast)).await).contains("1001 requests a second"));
    let nowhere = Spec { url: "http://[".to_owned(), ..wanted.clone() };
    assert!(refused(&lines(&line(&nowhere)).await).contains("failed to read the address"));
    let held = Alone::beside(dir.path()).unwrap().unwrap();
    assert_eq!(lines(&line(&wanted)).await, [Line::Busy]);
    drop(held);
    // Nothing more will come: whoever wanted it is gone.
    let told = lines(&line(&wanted)).await;
    let Some(Line::Report(report)) = told.last() else { panic!("{told:?}") };
    assert_eq!(report.stopped, Some(Stopped::Asked));
}
