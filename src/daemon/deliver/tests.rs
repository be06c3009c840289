//! The pump with a real store and real receivers.

mod endpoint;
mod many;
mod outage;
mod unwritten;

use std::path::Path;

use tokio_util::task::TaskTracker;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::config::Config;
use crate::decide::action::When;
use crate::model::notice::{News, Tier};
use crate::model::tests as plain;
use crate::store::{Batch, NewDelivery};

fn notifier(dir: &Path, channels: &[(&str, &str)]) -> Arc<Notifier> {
    drop(rustls::crypto::ring::default_provider().install_default());
    let path = dir.join("rules.toml");
    let channel = |(name, url): &(&str, &str)| format!("[channel.{name}]\nwebhook = {{ url = \"{url}\" }}\n");
    std::fs::write(&path, channels.iter().map(channel).collect::<String>()).unwrap();
    Arc::new(Notifier::new(&Config::load(&path).unwrap()))
}

fn delivery(channel: &str, id: &str, tier: Tier, at: Timestamp) -> NewDelivery {
    let notice = Notice {
        id: id.to_owned(),
        incident: id.to_owned(),
        service: None,
        at,
        ..plain::notice(News::Test, tier)
    };
    let expires = at.checked_add(Duration::from_hours(1)).unwrap();
    NewDelivery { notice, channel: channel.to_owned(), address: String::new(), when: When::Now, expires }
}

/// Puts deliveries into the store, which nobody else has open.
async fn post(dir: &Path, deliveries: Vec<NewDelivery>, clock: Clock) {
    let batch = Batch { at: clock.now(), entries: Vec::new(), facts: Vec::new(), deliveries };
    Store::open(dir).unwrap().commit(batch).await.unwrap();
}

/// A pump over deliveries that are in the store already; it ends when the token is dropped.
async fn pump(
    dir: &Path,
    notifier: Arc<Notifier>,
    deliveries: Vec<NewDelivery>,
    clock: Clock,
) -> tokio_util::sync::DropGuard {
    post(dir, deliveries, clock).await;
    let store = Store::open(dir).unwrap();
    let stop = CancellationToken::new();
    // The pump asks for the current notifier only, so that nobody need keep the other end.
    let (_, notifier) = watch::channel(notifier);
    // Nobody listens to what the providers say.
    let (events, _) = mpsc::channel(1);
    Pump::start(store, (notifier, events), clock, &TaskTracker::new(), stop.clone(), Metrics::default());
    stop.drop_guard()
}

async fn posts(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..200 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not within ten seconds: {what}");
}

#[tokio::test]
async fn however_many_wait_for_one_that_hangs_others_are_told() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent_url = format!("http://{}/", silent.local_addr().unwrap());
    let good = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&good).await;
    let (dir, clock) = (tempfile::tempdir().unwrap(), Clock::start());
    let notifier = notifier(dir.path(), &[("hangs", &silent_url), ("works", &good.uri())]);
    let mut deliveries: Vec<NewDelivery> = (0..2_000)
        .map(|number| delivery("hangs", &format!("u-{number}"), Tier::Urgent, clock.now()))
        .collect();
    deliveries
        .extend((0..3).map(|number| delivery("works", &format!("g-{number}"), Tier::General, clock.now())));
    let _pump = pump(dir.path(), notifier, deliveries, clock).await;
    until("all three are told", async || posts(&good).await == 3).await;
}

#[tokio::test]
async fn who_asks_to_be_left_alone_is() {
    let limited = MockServer::start().await;
    let slow = ResponseTemplate::new(429).insert_header("retry-after", "2");
    Mock::given(any()).respond_with(slow).up_to_n_times(1).mount(&limited).await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&limited).await;
    let (dir, clock) = (tempfile::tempdir().unwrap(), Clock::start());
    let notifier = notifier(dir.path(), &[("limited", &limited.uri())]);
    let deliveries =
        (0..5).map(|number| delivery("limited", &format!("u-{number}"), Tier::Urgent, clock.now()));
    let _pump = pump(dir.path(), notifier, deliveries.collect(), clock).await;
    until("the first was tried", async || posts(&limited).await >= 1).await;
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(posts(&limited).await, 1, "the other deliveries keep the pause too");
    until("all of them are told", async || posts(&limited).await == 6).await;
}

#[tokio::test]
async fn who_asks_to_be_asked_at_once_is_not_stormed() {
    let server = MockServer::start().await;
    let at_once = ResponseTemplate::new(503).insert_header("retry-after", "0");
    Mock::given(any()).respond_with(at_once).mount(&server).await;
    let (dir, clock) = (tempfile::tempdir().unwrap(), Clock::start());
    let notifier = notifier(dir.path(), &[("eager", &server.uri())]);
    let _pump =
        pump(dir.path(), notifier, vec![delivery("eager", "u-1", Tier::Urgent, clock.now())], clock).await;
    until("it was tried", async || posts(&server).await >= 1).await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(posts(&server).await, 1);
}

#[test]
fn no_pause_is_shorter_than_the_usual_or_longer_than_an_hour() {
    let now: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
    let expires = now.checked_add(Duration::from_hours(24)).unwrap();
    let next = |retry| {
        let refusal = Refusal { retry, text: String::new() };
        next_attempt(&refusal, "web-1.1", 3, now, expires)
            .map(|next| Duration::try_from(next.duration_since(now)).unwrap())
    };
    let usual = notify::backoff(3, "web-1.1");
    assert_eq!(next(Retry::Later(None)), Some(usual));
    assert_eq!(next(Retry::Later(Some(Duration::ZERO))), Some(usual));
    assert_eq!(next(Retry::Later(Some(Duration::from_mins(10)))), Some(Duration::from_mins(10)));
    assert_eq!(next(Retry::Later(Some(Duration::MAX))), Some(Duration::from_hours(1)));
    assert_eq!(next(Retry::Never), None);
}
