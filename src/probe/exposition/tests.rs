//! Against servers that expose their metrics, well or badly.

use std::sync::{Arc, Mutex};

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use super::*;
use crate::model::reading::{Bucket, Counts, Stream};
use crate::probe::tests::stage::{self, request, tools};

mod counted;
mod world;

/// A service whose exposition the test changes.
struct Service {
    server: stage::Server,
    says: Arc<Mutex<(&'static str, String)>>,
    asked: Arc<Mutex<Vec<String>>>,
}

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

impl Service {
    async fn start() -> Self {
        let says = Arc::new(Mutex::new((TEXT, String::new())));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (said, seen) = (Arc::clone(&says), Arc::clone(&asked));
        let server = stage::Server::start(move |mut stream, _| {
            let (said, seen) = (Arc::clone(&said), Arc::clone(&seen));
            async move {
                while let Some(head) = request(&mut stream).await {
                    seen.lock().unwrap().push(head);
                    let (kind, body) = said.lock().unwrap().clone();
                    let head = format!(
                        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
                        body.len()
                    );
                    if stream.write_all((head + &body).as_bytes()).await.is_err() {
                        return;
                    }
                }
            }
        })
        .await;
        Self { server, says, asked }
    }

    fn says(&self, kind: &'static str, body: &str) {
        *self.says.lock().unwrap() = (kind, body.to_owned());
    }

    fn url(&self) -> String {
        format!("http://{}/metrics?token=secret", self.server.address)
    }

    fn from(&self) -> Exposition {
        Exposition { url: self.url(), ca_file: None }
    }

    fn errors(&self) -> Measured {
        let query = Query::ExposedRequests { from: self.from(), metric: None, label: None };
        Measured::new(Stream::Errors, query)
    }

    fn latency(&self) -> Measured {
        let query = Query::ExposedDurations { from: self.from(), metric: None };
        Measured::new(Stream::Latency, query)
    }

    fn value(&self, metric: &str, rate: bool) -> Measured {
        let query = Query::Exposed { from: self.from(), metric: metric.to_owned(), rate };
        Measured::new(Stream::Business(metric.to_owned()), query)
    }
}

fn page(measured: &[Measured]) -> Page {
    let mut pages = Page::all(measured, &tools());
    let mut page = pages.pop().unwrap();
    assert!(pages.is_empty(), "one page per URL");
    page.deadline = stage::DEADLINE;
    page
}

async fn read(page: &mut Page) -> Vec<Measure> {
    let readings = page.read(&Clock::start()).await;
    assert!(readings.iter().all(|reading| reading.source == Source::Exposition));
    readings.into_iter().map(|reading| reading.measure).collect()
}

async fn blind(page: &mut Page) -> String {
    match read(page).await.pop() {
        Some(Measure::Blind(why)) => why,
        other => panic!("{other:?}"),
    }
}

/// What is said of one scrape of a server at this address.
async fn seen(address: &str) -> String {
    let from = Exposition { url: format!("http://{address}/metrics"), ca_file: None };
    let query = Query::Exposed { from, metric: "x".to_owned(), rate: false };
    let why = blind(&mut page(&[Measured::new(Stream::Errors, query)])).await;
    why.strip_prefix(&format!("{address}/metrics: ")).unwrap_or(&why).to_owned()
}

async fn raw(bytes: &'static [u8], hangs: bool) -> stage::Server {
    stage::Server::start(move |mut stream, _| async move {
        request(&mut stream).await;
        stream.write_all(bytes).await.unwrap();
        if hangs {
            std::future::pending::<()>().await;
        }
        stream.shutdown().await.unwrap();
    })
    .await
}

#[tokio::test]
async fn what_is_no_exposition_is_named() {
    let service = Service::start().await;
    let mut page = page(&[service.value("x", false)]);
    let place = format!("{}/metrics: ", service.server.address);
    let mut said = async |kind, body: &str| {
        service.says(kind, body);
        blind(&mut page).await.strip_prefix(&place).unwrap().to_owned()
    };
    assert_eq!(said(TEXT, "").await, "an exposition without a series");
    assert_eq!(said(TEXT, "# only\n# comments\n").await, "an exposition without a series");
    assert_eq!(said(TEXT, "up 1\n<html>\n").await, "not an exposition: line 2 is <html>");
    assert_eq!(said(TEXT, "{\"status\":\"ok\"}").await, "not an exposition: line 1 is {\"status\":\"ok\"}");
    assert_eq!(said(OPENMETRICS, "x 1\n").await, "it broke off before its # EOF");
    assert_eq!(said(OPENMETRICS, "x 1\n# EOF\ny 2\n").await, "it goes on behind its # EOF");
    let many: Vec<String> = (0..=10_000).map(|one| format!("x{{i=\"{one}\"}} 1")).collect();
    assert_eq!(said(TEXT, &many.join("\n")).await, "more than 10000 series of what is measured");
}

#[tokio::test]
async fn servers_that_do_their_worst_make_blind() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    assert_eq!(seen(&nobody).await, "connection refused");
    assert_eq!(seen(&raw(b"", true).await.address).await, "no answer within 1s");
    assert_eq!(seen(&raw(b"", false).await.address).await, "connection closed without an answer");
    let missing = raw(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", false).await;
    assert_eq!(seen(&missing.address).await, "status 404");
    let moved = raw(b"HTTP/1.1 301 X\r\nlocation: /login\r\ncontent-length: 0\r\n\r\n", false).await;
    assert_eq!(seen(&moved.address).await, "status 301, a redirect to /login, not followed");
    let long = raw(b"HTTP/1.1 200 OK\r\ncontent-length: 2147483648\r\n\r\n", true).await;
    assert_eq!(seen(&long.address).await, "the answer is longer than 8 MiB");
    let half = raw(b"HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\nx 1\n", false).await;
    let said = seen(&half.address).await;
    assert!(said.starts_with("status 200, but the body broke off: "), "{said}");
    let binary = raw(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n\x89PNG\n", false).await;
    assert_eq!(seen(&binary.address).await, "not an exposition: line 1 is \\u{89}PNG");
    let packed = b"HTTP/1.1 200 OK\r\ncontent-encoding: zstd\r\ncontent-length: 2\r\n\r\nxx";
    let unknown = "the body is packed as zstd, which golive neither asked for nor knows";
    assert_eq!(seen(&raw(packed, false).await.address).await, unknown);
}

#[tokio::test]
async fn one_scrape_feeds_all_streams_over_one_connection() {
    let service = Service::start().await;
    service.says(TEXT, "orders 3\nqueue{a=\"1\"} 4\nqueue{a=\"2\"} 5\n");
    let mut page =
        page(&[service.value("orders", false), service.value("queue", false), service.value("gone", false)]);
    for _ in 0..2 {
        let measures = read(&mut page).await;
        let gone = Measure::Blind("gone is not exposed".to_owned());
        assert_eq!(measures, [Measure::Value(3.0), Measure::Value(9.0), gone]);
    }
    assert_eq!(service.server.connections(), 1);
    let asked = service.asked.lock().unwrap();
    assert_eq!(asked.len(), 2);
    assert!(asked[0].starts_with("GET /metrics?token=secret HTTP/1.1\r\n"), "{}", asked[0]);
    assert!(asked[0].contains(FORMATS), "{}", asked[0]);
}
