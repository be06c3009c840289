//! Servers that do their worst. Each look ends by its deadline, and no more is taken from a server than fits the
//! sockets' buffers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};

use crate::config::HttpCheck;
use crate::model::sample::Outcome;
use crate::probe::tests::stage::{Server, failed, http, http_check, look, request};

/// What the sockets' buffers of a loopback connection may swallow beyond what is read.
const BUFFERS: usize = 16 * 1024 * 1024;

/// Answers a request with a beginning, and then with the same piece for ever, counting.
async fn endless(start: &'static str, piece: &'static [u8], every: Duration) -> (Server, Arc<AtomicUsize>) {
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    let server = Server::start(move |mut stream, _| {
        let count = Arc::clone(&count);
        async move {
            request(&mut stream).await;
            stream.write_all(start.as_bytes()).await.unwrap();
            while stream.write_all(piece).await.is_ok() {
                count.fetch_add(piece.len(), Ordering::SeqCst);
                tokio::time::sleep(every).await;
            }
        }
    })
    .await;
    (server, sent)
}

/// Answers a request with this, and does then what the test says.
async fn says<F, S>(answer: &'static [u8], then: F) -> Server
where
    F: Fn(TcpStream) -> S + Send + Clone + 'static,
    S: Future<Output = ()> + Send + 'static,
{
    Server::start(move |mut stream, _| {
        let then = then.clone();
        async move {
            request(&mut stream).await;
            stream.write_all(answer).await.unwrap();
            then(stream).await;
        }
    })
    .await
}

async fn hangs(stream: TcpStream) {
    std::future::pending::<()>().await;
    drop(stream);
}

async fn closes(mut stream: TcpStream) {
    stream.shutdown().await.unwrap();
}

async fn resets(stream: TcpStream) {
    // What was sent before is read first, as on a real network.
    tokio::time::sleep(Duration::from_millis(50)).await;
    stream.set_zero_linger().unwrap();
}

async fn seen(server: &Server) -> Outcome {
    look(&http(server.check())).await
}

async fn searched(server: &Server) -> Outcome {
    look(&http(HttpCheck { body_contains: Some("ok".to_owned()), ..server.check() })).await
}

#[tokio::test]
async fn nobody_listens() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let url = format!("http://{address}/health");
    assert_eq!(look(&http(http_check(&url))).await, failed("connection refused"));
    let url = format!("http://localhost:{}/health", address.port());
    assert_eq!(look(&http(http_check(&url))).await, failed("connection refused"));
}

#[tokio::test]
async fn nothing_is_said() {
    assert_eq!(seen(&says(b"", hangs).await).await, failed("no answer within 1s"));
    let server = says(b"", closes).await;
    assert_eq!(seen(&server).await, failed("connection closed without an answer"));
    assert_eq!(server.connections(), 1);
    let server = says(b"", resets).await;
    assert_eq!(seen(&server).await, failed("connection reset without an answer"));
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn half_a_head_is_said() {
    let half = b"HTTP/1.1 200 OK\r\ncontent-le";
    assert_eq!(seen(&says(half, hangs).await).await, failed("no answer within 1s"));
    assert_eq!(seen(&says(half, closes).await).await, failed("connection closed without an answer"));
    assert_eq!(seen(&says(half, resets).await).await, failed("connection reset without an answer"));
}

#[tokio::test]
async fn half_a_body_is_said() {
    let half = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nok";
    let late = failed("status 200, but the body did not end within 1s");
    assert_eq!(seen(&says(half, hangs).await).await, late);
    let chunk = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnonsense\r\n";
    for broken in [says(half, closes).await, says(half, resets).await, says(chunk, hangs).await] {
        let outcome = seen(&broken).await;
        let Outcome::Failed(seen) = outcome else { panic!("{outcome:?}") };
        assert!(seen.starts_with("status 200, but the body broke off: "), "{seen}");
    }
}

#[tokio::test]
async fn the_body_never_ends() {
    let piece: &[u8] = vec![b'x'; 4096].leak();
    let chunk: &[u8] = [b"1000\r\n", piece, b"\r\n"].concat().leak();
    let (plain, chunked) =
        ("HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    for (start, piece) in [(plain, piece), (chunked, chunk)] {
        let (server, sent) = endless(start, piece, Duration::ZERO).await;
        assert_eq!(seen(&server).await, Outcome::Ok);
        assert_eq!(searched(&server).await, failed("the body does not contain \"ok\" in its first 64 KiB"));
        let json = [("/status".to_owned(), json!("ok"))].into();
        let outcome = look(&http(HttpCheck { json, ..server.check() })).await;
        assert_eq!(outcome, failed("the body is longer than 64 KiB, too long to be read as JSON"));
        assert!(sent.load(Ordering::SeqCst) < 3 * BUFFERS, "{sent:?}");
    }
}

#[tokio::test]
async fn two_gigabytes_are_announced() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 2147483648\r\n\r\n";
    assert_eq!(seen(&says(head, hangs).await).await, Outcome::Ok);
    let late = failed("status 200, but the body did not end within 1s");
    assert_eq!(searched(&says(head, hangs).await).await, late);
}

#[tokio::test]
async fn ten_bytes_a_second_drip() {
    let every = Duration::from_millis(100);
    let (body, _) = endless("HTTP/1.1 200 OK\r\n\r\n", b"x", every).await;
    assert_eq!(seen(&body).await, failed("status 200, but the body did not end within 1s"));
    let (head, _) = endless("HTTP/1.1 200 OK\r\nx: ", b"x", every).await;
    assert_eq!(seen(&head).await, failed("no answer within 1s"));
}

#[tokio::test]
async fn the_head_never_ends() {
    let value: &[u8] = vec![b'x'; 4096].leak();
    let lines: &[u8] = b"x-header: value\r\n".repeat(256).leak();
    for piece in [value, lines] {
        let (server, sent) = endless("HTTP/1.1 200 OK\r\nx: ", piece, Duration::ZERO).await;
        assert_eq!(seen(&server).await, failed("message head is too large"));
        assert!(sent.load(Ordering::SeqCst) < BUFFERS, "{sent:?}");
    }
}

#[tokio::test]
async fn it_is_told_to_go_on_for_ever() {
    let (server, _) = endless("", b"HTTP/1.1 100 Continue\r\n\r\n", Duration::ZERO).await;
    assert_eq!(seen(&server).await, failed("no answer within 1s"));
}

#[tokio::test]
async fn what_comes_is_not_http() {
    let garbage: [&[u8]; 5] = [
        b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"HTTP/1.1 \xff\xfe OK\r\n\r\n",
        b"HTTP/1.1 99999999 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
    ];
    for answer in garbage {
        let outcome = seen(&says(answer, closes).await).await;
        let Outcome::Failed(seen) = outcome else { panic!("{outcome:?}") };

        assert!(!seen.is_empty() && seen.chars().all(|character| !character.is_control()), "{seen:?}");
    }
}
