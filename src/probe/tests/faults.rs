//! Whose fault is it? What comes from golive's own host says nothing about the service.

use std::time::Duration;

use super::stage::{DEADLINE, Server, blind, http, http_check, look, probe, tools};
use crate::clock::Clock;
use crate::config::{Check, CheckKind, Runtime};
use crate::model::sample::Outcome;
use crate::probe::Probe;

#[tokio::test]
async fn a_resolver_that_keeps_silent_makes_blind() {
    let tools = tools();
    let (_hold, held) = std::sync::mpsc::channel::<()>();
    let stuck = move |_: &str| {
        let _ = held.recv();
        Ok(Vec::new())
    };
    // Whoever asks for this name shares the question that is open.
    drop(tools.resolver.lookup_by("shop.example", stuck));
    let limit = Duration::from_millis(200);
    for kind in [
        CheckKind::Http(http_check("http://shop.example/health")),
        CheckKind::Tcp { address: "shop.example:5432".to_owned() },
    ] {
        let outcome = look(&probe(kind, limit, &tools)).await;
        assert_eq!(outcome, blind("the resolver did not answer within 200ms"));
    }
}

#[tokio::test]
async fn a_name_that_cannot_be_resolved_makes_blind() {
    let timeout = Duration::from_secs(20);
    for kind in [
        CheckKind::Http(http_check("http://no-such-host.invalid/health")),
        CheckKind::Tcp { address: "no-such-host.invalid:80".to_owned() },
    ] {
        let outcome = look(&probe(kind, timeout, &tools())).await;
        let Outcome::Blind(why) = outcome else { panic!("{outcome:?}") };
        assert!(why.starts_with("cannot resolve no-such-host.invalid: "), "{why}");
    }
}

#[tokio::test]
async fn time_that_this_process_lost_is_not_the_service_s() {
    let server = Server::start(|stream, _| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let probe = probe(CheckKind::Http(server.check()), Duration::from_millis(200), &tools());
    // The test's runtime has one thread, which this takes away.
    tokio::spawn(async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        std::thread::sleep(Duration::from_millis(600));
    });
    let Outcome::Blind(why) = probe.observe(&Clock::start()).await.outcome else { panic!("not blind") };
    assert!(why.starts_with("this host was held up: a check of at most 200ms took "), "{why}");
}

#[tokio::test]
async fn a_service_without_a_container_cannot_be_asked_for_one() {
    let nothing = || crate::config::Program { argv: Vec::new(), limit: Duration::ZERO };
    let commands =
        crate::config::Commands { version: nothing(), rollback: nothing(), ready: None, verify: None };
    let runtime = Runtime::Command(commands);
    let check = Check { timeout: DEADLINE, kind: CheckKind::Docker };
    let outcome = look(&Probe::new("web", &check, &runtime, &tools())).await;
    assert_eq!(outcome, blind("the service has no container"));
}

/// Set in the process that another test has started on a host without certificates.
const BARE: &str = "GOLIVE_TEST_BARE";

#[tokio::test]
async fn look_on_a_bare_host() {
    if std::env::var_os(BARE).is_some() {
        let plain = look(&http(http_check("http://127.0.0.1:1/"))).await;
        let secure = look(&http(http_check("https://127.0.0.1:1/"))).await;
        println!("\n{plain:?} {secure:?}");
    }
}

#[test]
fn a_host_without_certificates_is_blind_where_it_needs_them() {
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "probe::tests::faults::look_on_a_bare_host", "--nocapture"]).env(BARE, "1");
    child.env("SSL_CERT_FILE", "/dev/null").env("SSL_CERT_DIR", "/nonexistent");
    let said = String::from_utf8(child.output().unwrap().stdout).unwrap();
    assert!(said.contains("\nFailed(\"connection refused\") Blind(\"TLS: "), "{said}");
    assert!(said.contains("No CA certificates were loaded from the system"), "{said}");
}
