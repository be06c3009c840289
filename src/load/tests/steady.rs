//! Requests without an end, against servers that answer well, badly, too often and not at all.

use std::net::TcpListener;
use std::path::Path;

use tokio::time::timeout;

use super::*;
use crate::config::Traffic;
use crate::load::Alone;
use crate::model::reading::{Counts, EDGES};

/// Allowed to be as late as the machine of the tests makes it.
const PATIENCE: Duration = Duration::from_secs(5);

fn traffic(url: &str) -> Traffic {
    let timeout = Duration::from_millis(400);
    Traffic { url: url.to_owned(), rate: 50, timeout, allow: None, ca_file: None }
}

fn steady(url: &str, beside: &Path) -> Steady {
    let spec = Spec::steady(&traffic(url), vec![IpAddr::V4(Ipv4Addr::LOCALHOST)], beside);
    Steady::new(spec, &EDGES, PATIENCE, &Clock::start()).unwrap()
}

/// What becomes of a second of it.
async fn second(steady: &mut Steady) -> Stretch {
    assert!(timeout(Duration::from_secs(1), steady.go_on()).await.is_err(), "it has no end");
    steady.take()
}

async fn seen(server: &Server) -> Stretch {
    let dir = tempfile::tempdir().unwrap();
    second(&mut steady(&server.url, dir.path())).await
}

#[tokio::test]
async fn what_is_answered_is_counted_and_timed() {
    let server = Server::fixed("200 OK", "");
    let stretch = seen(&server).await;
    let Counts { bad, total } = stretch.counts;
    assert!(bad == 0 && (30..=52).contains(&total), "{stretch:?}");
    assert_eq!(stretch.took.last().unwrap().count, total, "{stretch:?}");
    assert_eq!(stretch.blind(), None);
    let agent = concat!("user-agent: golive-watch/", env!("CARGO_PKG_VERSION"), "\n");
    assert!(server.heads.lock().unwrap().iter().all(|head| head.contains(agent)));
}

#[tokio::test]
async fn what_the_server_fails_at_is_a_failure_that_took_its_time() {
    let stretch = seen(&Server::fixed("500 Internal Server Error", "")).await;
    let Counts { bad, total } = stretch.counts;
    assert!(bad == total && total >= 30, "{stretch:?}");
    assert_eq!(stretch.took.last().unwrap().count, total);
}

#[tokio::test]
async fn who_hangs_has_failed_after_the_timeout() {
    let hangs = Server::start(|_, _| {
        std::thread::sleep(Duration::from_secs(3));
        None
    });
    let stretch = seen(&hangs).await;
    let Counts { bad, total } = stretch.counts;
    assert!(bad == total && total >= 10, "{stretch:?}");
    let within = |le: f64| stretch.took.iter().find(|bucket| bucket.le >= le).unwrap().count;
    assert_eq!((within(0.25), within(f64::INFINITY)), (0, total), "{stretch:?}");
}

#[tokio::test]
async fn what_is_refused_tells_nothing_of_the_service() {
    for status in ["429 Too Many Requests", "404 Not Found", "401 Unauthorized"] {
        let stretch = seen(&Server::fixed(status, "")).await;
        assert_eq!(stretch.counts, Counts::default(), "{status}");
        let why = stretch.blind().unwrap();
        assert!(why.contains(if status.starts_with("429") { "429" } else { "4xx" }), "{why}");
    }
    // One that is refused now and then blinds nobody.
    let mixed =
        Server::start(|n, _| Some(said(if n % 5 == 0 { "429 Too Many Requests" } else { "200 OK" }, "")));
    let stretch = seen(&mixed).await;
    assert!(stretch.counts.total > 20 && stretch.counts.bad == 0 && stretch.blind().is_none(), "{stretch:?}");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let server = Server::fixed("302 Found", "location: http://192.0.2.1/\r\n");
    let stretch = seen(&server).await;
    assert!(stretch.counts.bad == 0 && stretch.counts.total >= 30, "{stretch:?}");
}

#[tokio::test]
async fn a_body_without_an_end_is_not_read_to_it() {
    let endless = Server::start(|_, _| {
        let body = "x".repeat(3 << 20);
        Some(format!("HTTP/1.1 200 OK\r\ncontent-length: 2000000000\r\n\r\n{body}"))
    });
    let stretch = seen(&endless).await;
    assert!(stretch.counts.bad == 0 && stretch.counts.total > 5, "{stretch:?}");
}

/// A port that nobody has ever listened on is a mistake in the rules; one that was answered from is a release that has ended.
#[tokio::test]
async fn not_to_be_reached_is_a_failure_only_of_who_was_reached() {
    // Nobody else can take the port meanwhile, and nobody listens on it at the other address.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let (dir, port) = (tempfile::tempdir().unwrap(), taken.local_addr().unwrap().port());
    let traffic_to = traffic(&format!("http://127.0.0.2:{port}/"));
    let closed = Spec::steady(&traffic_to, vec![IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2))], dir.path());
    let mut asked = Steady::new(closed.clone(), &EDGES, PATIENCE, &Clock::start()).unwrap();
    let stretch = second(&mut asked).await;
    assert!(stretch.counts == Counts::default() && stretch.blind().is_some(), "{stretch:?}");

    // Some of them are always under way: what they leave open leads to who is not asked any more.
    let slow = |_, _| {
        std::thread::sleep(Duration::from_millis(100));
        Some(said("200 OK", ""))
    };
    let server = Server::start(slow);
    let open = Spec::steady(&traffic(&server.url), vec![IpAddr::V4(Ipv4Addr::LOCALHOST)], dir.path());
    asked.aim(&open).unwrap();
    assert!(second(&mut asked).await.counts.total > 20);
    asked.aim(&closed).unwrap();
    let stretch = second(&mut asked).await;
    assert!(stretch.counts.bad > 20 && stretch.blind().is_none(), "{stretch:?}");
}

#[tokio::test]
async fn while_a_load_run_is_under_way_nothing_is_asked() {
    let (server, dir) = (Server::fixed("200 OK", ""), tempfile::tempdir().unwrap());
    let mut asked = steady(&server.url, dir.path());
    let held = Alone::beside(dir.path()).unwrap();
    assert_eq!(second(&mut asked).await, Stretch::new(&EDGES), "and that is no blindness");
    drop(held);
    assert!(second(&mut asked).await.counts.total > 20);
}

/// Whoever stood still himself does not make up for it, and says that he knows nothing.
#[tokio::test]
async fn what_golive_was_late_for_is_not_asked_any_more() {
    let (server, dir) = (Server::fixed("200 OK", ""), tempfile::tempdir().unwrap());
    let spec = Spec::steady(&traffic(&server.url), vec![IpAddr::V4(Ipv4Addr::LOCALHOST)], dir.path());
    let mut asked = Steady::new(spec, &EDGES, Duration::from_millis(100), &Clock::start()).unwrap();
    second(&mut asked).await;
    let before = server.heads.lock().unwrap().len();
    std::thread::sleep(Duration::from_secs(2));
    assert!(timeout(Duration::from_millis(20), asked.go_on()).await.is_err());
    let stretch = asked.take();
    assert!(stretch.late.unwrap() >= Duration::from_secs(1), "{stretch:?}");
    assert!(stretch.blind().unwrap().contains("golive itself was late"));
    assert!(server.heads.lock().unwrap().len() - before < 20, "they are not sent after all");
}

#[tokio::test]
async fn one_is_tried_as_it_would_be_sent() {
    let tried = async |url: &str| {
        let spec = Spec::steady(&traffic(url), vec![IpAddr::V4(Ipv4Addr::LOCALHOST)], Path::new("/"));
        spec.tried(&Clock::start()).await
    };
    assert!(tried(&Server::fixed("204 No Content", "").url).await.is_ok());
    let refused = tried(&Server::fixed("404 Not Found", "").url).await.unwrap_err();
    assert!(refused.contains("4xx"), "{refused}");
}
