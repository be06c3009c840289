//! Servers that play a part, and checks that look at them.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};

use crate::clock::Clock;
use crate::config::{Check, CheckKind, HttpCheck, Runtime};
use crate::docker::Engine;
use crate::model::sample::Outcome;
use crate::probe::{Probe, Tools};

/// Long enough for a busy machine, short enough to be waited for.
pub(in crate::probe) const DEADLINE: Duration = Duration::from_secs(1);

/// A server on a port of its own, which lets the test play its part on each connection.
pub(in crate::probe) struct Server {
    pub(in crate::probe) address: String,
    accepted: Arc<AtomicUsize>,
}

impl Server {
    pub(in crate::probe) async fn start<F, S>(serve: F) -> Self
    where
        F: Fn(TcpStream, usize) -> S + Send + 'static,
        S: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&accepted);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, count.fetch_add(1, Ordering::SeqCst)));
            }
        });
        Self { address, accepted }
    }

    pub(in crate::probe) fn connections(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    pub(in crate::probe) fn check(&self) -> HttpCheck {
        http_check(&format!("http://{}/health", self.address))
    }

    pub(in crate::probe) async fn seen(&self) -> Outcome {
        http(self.check()).observe(&Clock::start()).await.outcome
    }
}

/// Reads a request's head; `None` when the connection ended.
pub(in crate::probe) async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    Some(String::from_utf8(head).unwrap())
}

pub(in crate::probe) fn http_check(url: &str) -> HttpCheck {
    HttpCheck {
        url: url.to_owned(),
        method: "GET".to_owned(),
        send_headers: BTreeMap::new(),
        headers: BTreeMap::new(),
        status: vec![200],
        body_contains: None,
        json: BTreeMap::new(),
        max_latency: None,
        keep_alive: None,
        ca_file: None,
    }
}

pub(in crate::probe) fn tools() -> Tools {
    tools_at(Path::new("/nonexistent/docker.sock"))
}

/// With the engine that listens there.
pub(in crate::probe) fn tools_at(socket: &Path) -> Tools {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Tools::new(&Engine::new(socket).unwrap()).unwrap()
}

pub(in crate::probe) fn http(check: HttpCheck) -> Probe {
    probe(CheckKind::Http(check), DEADLINE, &tools())
}

pub(in crate::probe) fn probe(kind: CheckKind, timeout: Duration, tools: &Tools) -> Probe {
    let runtime = Runtime::Container { name: "shop-api".to_owned() };
    Probe::new("web", &Check { timeout, kind }, &runtime, tools)
}

/// What it says, and that it kept its deadline.
pub(in crate::probe) async fn look(probe: &Probe) -> Outcome {
    let sample = probe.observe(&Clock::start()).await;
    assert_eq!(sample.check, "web");
    assert!(sample.took < probe.timeout.mul_f64(1.5), "{sample:?}");
    sample.outcome
}

pub(in crate::probe) fn failed(seen: &str) -> Outcome {
    Outcome::Failed(seen.to_owned())
}

pub(in crate::probe) fn blind(why: &str) -> Outcome {
    Outcome::Blind(why.to_owned())
}
