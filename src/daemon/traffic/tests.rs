//! A service that is asked while its gate is open, and not before or after.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::*;
use crate::config::Config;
use crate::docker::Engine;
use crate::model::reading::Counts;

/// A server that counts what it is asked.
async fn server() -> (String, Arc<AtomicU64>) {
    let asked = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&asked);
    let answer = move || {
        count.fetch_add(1, Ordering::SeqCst);
        async { "ok" }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", get(answer))).await.unwrap() });
    (url, asked)
}

fn start(url: &str, more: &str) -> (Gate, mpsc::Receiver<Event>, tempfile::TempDir) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rules.toml");
    let rules = format!(
        "[service.api]\ncommand = {{ version = [\"true\"], rollback = [\"true\"] }}\n\
         health.web.url = \"http://127.0.0.1:1/\"\n\
         watch = {{ interval = \"200ms\", traffic = {{ rate = 50, url = \"{url}\" {more} }} }}\n\
         trigger.latency-p95.above = \"30s\"\n"
    );
    std::fs::write(&path, rules).unwrap();
    let service = Arc::new(Config::load(&path).unwrap().services.remove("api").unwrap());
    let tools = Tools::new(&Engine::new(Path::new("/nonexistent/docker.sock")).unwrap()).unwrap();
    let (inbox, events) = mpsc::channel(64);
    let (gate, asking) = Asking::of(("api", &service, &tools), dir.path(), (Clock::start(), &inbox)).unwrap();
    tokio::spawn(asking);
    (gate, events, dir)
}

/// The next measure of errors that the test looks for.
async fn until<T>(events: &mut mpsc::Receiver<Event>, found: impl Fn(Measure) -> Option<T>) -> T {
    loop {
        let event = timeout(Duration::from_secs(20), events.recv()).await.unwrap().unwrap();
        let Event::Service { what: ServiceEvent::Measured(reading), .. } = event else { panic!("{event:?}") };
        assert_eq!(reading.source, Source::Traffic);
        if reading.stream == Stream::Errors
            && let Some(found) = found(reading.measure)
        {
            return found;
        }
    }
}

fn counts(measure: Measure) -> Option<Counts> {
    if let Measure::Requests(requests) = measure { Some(requests.seen) } else { None }
}

#[tokio::test]
async fn it_asks_while_a_release_is_watched_and_only_then() {
    let (url, asked) = server().await;
    let (gate, mut events, _dir) = start(&url, "");
    for _ in 0..3 {
        assert_eq!(until(&mut events, counts).await, Counts::default(), "nobody is to be asked yet");
    }
    // The grace is not over.
    gate.send_replace(Some(Clock::start().now() + Duration::from_secs(1)));
    assert_eq!(until(&mut events, counts).await, Counts::default());
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    let some = |measure| counts(measure).filter(|counts| counts.total > 0);
    let seen = until(&mut events, some).await;
    assert!(seen.bad == 0 && seen.total <= 60, "{seen:?}");
    gate.send_replace(None);
    let none = |measure| counts(measure).filter(|counts| counts.total == 0);
    until(&mut events, none).await;
    let ended = asked.load(Ordering::SeqCst);
    for _ in 0..3 {
        assert_eq!(until(&mut events, counts).await, Counts::default());
    }
    assert_eq!(asked.load(Ordering::SeqCst), ended, "not one more");
    gate.send_replace(Some(Timestamp::UNIX_EPOCH));
    until(&mut events, some).await;
}

#[tokio::test]
async fn nobody_elses_host_is_asked_and_that_is_said() {
    let (gate, mut events, _dir) = start("http://192.0.2.1/", "");
    gate.send_replace(Some(Timestamp::UNIX_EPOCH));
    let blind = |measure| if let Measure::Blind(why) = measure { Some(why) } else { None };
    let why = until(&mut events, blind).await;
    assert!(why.contains("192.0.2.1") && why.contains("allow"), "{why}");
    gate.send_replace(None);
    until(&mut events, counts).await;
}
