//! Connections that are kept, and what becomes of them between two looks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::config::{Check, CheckKind, HttpCheck, Runtime, SwarmSet};
use crate::model::sample::Outcome;
use crate::probe::Probe;
use crate::probe::tests::stage::{Server, failed, http, look, request, tools};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// Answers one request; whether there was one.
async fn once(stream: &mut TcpStream) -> bool {
    request(stream).await.is_some() && stream.write_all(OK).await.is_ok()
}

#[tokio::test]
async fn a_connection_is_kept_from_look_to_look() {
    let server = Server::start(|mut stream, _| async move { while once(&mut stream).await {} }).await;
    let probe = http(server.check());
    for _ in 0..5 {
        assert_eq!(look(&probe).await, Outcome::Ok);
    }
    assert_eq!(server.connections(), 1);
}

/// Behind whoever sends each connection to another replica, one that is kept would see one of them for ever.
#[tokio::test]
async fn each_look_has_a_connection_of_its_own_where_many_answer() {
    let container = Runtime::Container { name: "shop".to_owned() };
    let swarm = Runtime::Swarm(SwarmSet::Service("shop".to_owned()));
    let cases = [
        (&container, None, 1),
        (&container, Some(true), 1),
        (&container, Some(false), 5),
        (&swarm, None, 5),
        (&swarm, Some(true), 1),
    ];
    for (runtime, keep_alive, connections) in cases {
        let server = Server::start(|mut stream, _| async move { while once(&mut stream).await {} }).await;
        let kind = CheckKind::Http(HttpCheck { keep_alive, ..server.check() });
        let check = Check { timeout: Duration::from_secs(1), kind };
        let probe = Probe::new("web", &check, runtime, &tools());
        for _ in 0..5 {
            assert_eq!(look(&probe).await, Outcome::Ok);
        }
        assert_eq!(server.connections(), connections, "{runtime:?} {keep_alive:?}");
    }
}

#[tokio::test]
async fn a_connection_closed_between_two_looks_is_no_failure() {
    let closed = Arc::new(Notify::new());
    let tell = Arc::clone(&closed);
    let server = Server::start(move |mut stream, _| {
        let tell = Arc::clone(&tell);
        async move {
            once(&mut stream).await;
            drop(stream);
            tell.notify_one();
        }
    })
    .await;
    let probe = http(server.check());
    for looks in 1..=5 {
        assert_eq!(look(&probe).await, Outcome::Ok);
        closed.notified().await;
        assert_eq!(server.connections(), looks);
    }
}

/// Cuts a connection under the second request on it; when it has not recovered, every later one under its first.
async fn cutting(reset: bool, recovers: bool) -> Server {
    Server::start(move |mut stream, count| async move {
        if count == 0 || recovers {
            once(&mut stream).await;
        }
        request(&mut stream).await;
        if reset {
            stream.set_zero_linger().unwrap();
        }
    })
    .await
}

#[tokio::test]
async fn a_kept_connection_that_dies_under_the_request_is_tried_anew() {
    for reset in [false, true] {
        let server = cutting(reset, true).await;
        let probe = http(server.check());
        for connections in 1..=4 {
            assert_eq!(look(&probe).await, Outcome::Ok, "reset: {reset}");
            assert_eq!(server.connections(), connections);
        }
    }
}

#[tokio::test]
async fn a_service_that_answers_no_more_is_tried_anew_once() {
    for (reset, how) in [(false, "closed"), (true, "reset")] {
        let server = cutting(reset, false).await;
        let probe = http(server.check());
        assert_eq!(look(&probe).await, Outcome::Ok);
        for connections in 2..=4 {
            assert_eq!(look(&probe).await, failed(&format!("connection {how} without an answer")));
            assert_eq!(server.connections(), connections);
        }
    }
}

#[tokio::test]
async fn what_may_have_been_done_is_not_asked_twice() {
    let server = cutting(false, true).await;
    let probe = http(HttpCheck { method: "POST".to_owned(), ..server.check() });
    assert_eq!(look(&probe).await, Outcome::Ok);
    assert_eq!(look(&probe).await, failed("connection closed without an answer"));
    assert_eq!(server.connections(), 1);
    assert_eq!(look(&probe).await, Outcome::Ok);
}

#[tokio::test]
async fn a_kept_connection_whose_other_end_is_gone_costs_one_look() {
    let gone = Arc::new(AtomicBool::new(false));
    let service = Arc::clone(&gone);
    // As after a container was taken away without a word: the old connection is silent, a new one is served.
    let server = Server::start(move |mut stream, count| {
        let gone = Arc::clone(&service);
        async move {
            while request(&mut stream).await.is_some() && (count > 0 || !gone.load(Ordering::SeqCst)) {
                stream.write_all(OK).await.unwrap();
            }
            std::future::pending::<()>().await;
        }
    })
    .await;
    let probe = http(server.check());
    assert_eq!(look(&probe).await, Outcome::Ok);
    gone.store(true, Ordering::SeqCst);
    assert_eq!(look(&probe).await, failed("no answer within 1s"));
    assert_eq!(look(&probe).await, Outcome::Ok);
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_body_too_long_to_drain_costs_the_connection_and_nothing_else() {
    for (length, connections) in [(10 * 1024, 1), (4 * 1024 * 1024, 3)] {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
        let answer: Arc<[u8]> = [head.as_bytes(), &vec![b'x'; length]].concat().into();
        let server =
            Server::start(move |mut stream, _| {
                let answer = Arc::clone(&answer);
                async move {
                    while request(&mut stream).await.is_some() && stream.write_all(&answer).await.is_ok() {}
                }
            })
            .await;
        let probe = http(server.check());
        for _ in 0..3 {
            assert_eq!(look(&probe).await, Outcome::Ok);
        }
        assert_eq!(server.connections(), connections, "{length} bytes");
    }
}
