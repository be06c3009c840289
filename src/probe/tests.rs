//! Checks against services that behave as badly as they can. Each ends by its deadline and says what it saw.

use std::time::Duration;

use super::{Probe, Tools};
use crate::clock::Clock;
use crate::config::{Check, CheckKind, HttpCheck, Runtime};
use crate::decide::event::{Outcome, Sample};

mod commands;
mod faults;
mod hostile;
mod http;
pub(super) mod stage;

/// The deadline of every check here.
const TIMEOUT: Duration = Duration::from_millis(500);

fn tools() -> Tools {
    // Another test of this process may have been first.
    drop(rustls::crypto::ring::default_provider().install_default());
    Tools::new("/nonexistent/docker.sock".as_ref()).unwrap()
}

fn probe(kind: CheckKind, timeout: Duration) -> Probe {
    let runtime = Runtime::Command { version: Vec::new(), rollback: Vec::new() };
    Probe::new("it", &Check { timeout, kind }, &runtime, &tools())
}

/// Looks once, and insists that it ended by its deadline.
async fn look(probe: &Probe) -> Outcome {
    let clock = Clock::start();
    let Sample { check, began, took, outcome } = probe.observe(&clock).await;
    assert_eq!(check, "it");
    assert!(began <= clock.now());
    assert!(took < probe.timeout + Duration::from_millis(400), "it took {took:?}");
    outcome
}

fn failed(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Failed(seen) => seen,
        Outcome::Ok | Outcome::Blind(_) => panic!("{outcome:?}"),
    }
}

fn blind(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Blind(why) => why,
        Outcome::Ok | Outcome::Failed(_) => panic!("{outcome:?}"),
    }
}

fn get(url: String) -> HttpCheck {
    HttpCheck {
        url,
        method: "GET".to_owned(),
        headers: [("x-probe".to_owned(), "golive".to_owned())].into(),
        status: vec![200],
        body_contains: None,
        json: [].into(),
        max_latency: None,
    }
}

#[tokio::test]
async fn tcp_tells_an_open_port_from_a_closed_one() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let tcp = |address: &str| probe(CheckKind::Tcp { address: address.to_owned() }, TIMEOUT);
    assert_eq!(look(&tcp(&address)).await, Outcome::Ok);
    drop(listener);
    assert_eq!(look(&tcp(&address)).await, Outcome::Failed("connection refused".to_owned()));
    let kind = CheckKind::Tcp { address: "no-such-host.invalid:1".to_owned() };
    let unknown = look(&probe(kind, Duration::from_secs(5))).await;
    assert!(blind(&unknown).contains("resolve"), "{unknown:?}");
}

#[tokio::test]
async fn a_silent_or_absent_engine_says_nothing_about_the_service() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("docker.sock");
    let tools = Tools::new(&socket).unwrap();
    let check = Check { timeout: TIMEOUT, kind: CheckKind::Docker };
    let container = Probe::new("it", &check, &Runtime::Container { name: "web".to_owned() }, &tools);
    assert!(blind(&look(&container).await).starts_with("Docker: "));
    let _silent = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    assert_eq!(blind(&look(&container).await), "Docker: no answer within 500ms");
    let nothing = probe(CheckKind::Docker, TIMEOUT);
    assert_eq!(blind(&look(&nothing).await), "the service has no container");
}
