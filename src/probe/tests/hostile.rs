//! Servers made by hand, because no library would behave like this.

use std::future::Future;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// A server that treats every connection alike; gives its address.
async fn server<F: Future<Output = ()> + Send + 'static>(
    serve: impl Fn(TcpStream) -> F + Send + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(stream));
        }
    });
    address
}

/// Reads one request up to its empty line; whether there was one.
async fn request(stream: &mut TcpStream) -> bool {
    let mut seen = Vec::new();
    while !seen.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => seen.push(byte),
            Err(_) => return false,
        }
    }
    true
}

/// Sends a head, and then a piece again and again with a pause between.
async fn repeating(head: &'static str, piece: Vec<u8>, pause: Duration) -> SocketAddr {
    server(move |mut stream| {
        let piece = piece.clone();
        async move {
            request(&mut stream).await;
            let mut sent = stream.write_all(head.as_bytes()).await;
            while sent.is_ok() {
                sent = stream.write_all(&piece).await;
                tokio::time::sleep(pause).await;
            }
        }
    })
    .await
}

async fn answering(answer: &'static [u8]) -> SocketAddr {
    server(move |mut stream| async move {
        request(&mut stream).await;
        drop(stream.write_all(answer).await);
        drop(stream.shutdown().await);
    })
    .await
}

fn http(address: SocketAddr) -> Probe {
    probe(CheckKind::Http(get(format!("http://{address}/health"))), TIMEOUT)
}

#[tokio::test]
async fn nobody_listens() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_eq!(failed(&look(&http(address)).await), "connection refused");
    let unknown =
        probe(CheckKind::Http(get("http://no-such-host.invalid/".to_owned())), Duration::from_secs(5));
    let outcome = look(&unknown).await;
    assert!(blind(&outcome).contains("resolve"), "{outcome:?}");
}

#[tokio::test]
async fn it_accepts_and_says_nothing() {
    let address = server(|stream| async move {
        let _held = stream;
        std::future::pending::<()>().await;
    });
    assert_eq!(failed(&look(&http(address.await)).await), "no answer within 500ms");
}

#[tokio::test]
async fn it_resets_the_connection() {
    let address = server(|mut stream| async move {
        request(&mut stream).await;
        stream.set_zero_linger().unwrap();
    });
    assert_eq!(failed(&look(&http(address.await)).await), "connection reset without an answer");
}

#[tokio::test]
async fn it_hangs_up_before_or_within_its_answer() {
    for answer in ["", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"] {
        let outcome = look(&http(answering(answer.as_bytes()).await)).await;
        assert!(!failed(&outcome).is_empty(), "{answer:?}");
    }
}

#[tokio::test]
async fn it_drips_its_head_or_its_body() {
    let pause = Duration::from_millis(50);
    let head = repeating("HTTP/1.1 200 OK\r\nX-Slow: ", b"x".to_vec(), pause).await;
    assert_eq!(failed(&look(&http(head)).await), "no answer within 500ms");
    let body = repeating("HTTP/1.1 200 OK\r\nContent-Length: 6000\r\n\r\n", b"x".to_vec(), pause).await;
    assert_eq!(failed(&look(&http(body)).await), "status 200, but the body did not end within 500ms");
}

#[tokio::test]
async fn its_body_never_ends() {
    let piece = [b"8000\r\n".to_vec(), vec![b'x'; 0x8000], b"\r\n".to_vec()].concat();
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunked = repeating(chunked, piece, Duration::ZERO).await;
    assert_eq!(look(&http(chunked)).await, Outcome::Ok, "what is looked at is enough");
    let plain = repeating("HTTP/1.1 200 OK\r\n\r\n", vec![b'x'; 0x8000], Duration::ZERO).await;
    assert_eq!(look(&http(plain)).await, Outcome::Ok);
    let huge = "HTTP/1.1 200 OK\r\nContent-Length: 2147483648\r\n\r\n";
    let huge = repeating(huge, vec![b'x'; 0x8000], Duration::ZERO).await;
    assert_eq!(look(&http(huge)).await, Outcome::Ok);
}

#[tokio::test]
async fn its_head_never_ends_or_is_huge() {
    let endless = repeating("HTTP/1.1 200 OK\r\nX: ", vec![b'x'; 0x8000], Duration::ZERO).await;
    assert!(!failed(&look(&http(endless)).await).is_empty());
    let many = repeating("HTTP/1.1 200 OK\r\n", b"X: y\r\n".repeat(100), Duration::ZERO).await;
    assert!(!failed(&look(&http(many)).await).is_empty());
}

#[tokio::test]
async fn it_talks_something_else() {
    for answer in
        [&b"SSH-2.0-OpenSSH_9.2\r\n"[..], b"\x16\x03\x01\x02\x00\x01\x00\x01", b"\x00\xff\x00\xff\r\n\r\n"]
    {
        let outcome = look(&http(answering(answer).await)).await;
        let seen = failed(&outcome);
        assert!(!seen.is_empty() && !seen.contains(char::is_control), "{seen:?}");
    }
}

#[tokio::test]
async fn it_closes_a_kept_connection_between_two_looks() {
    let address = server(|mut stream| async move {
        request(&mut stream).await;
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await);
        // It promised to keep the connection.
    });
    let probe = http(address.await);
    for look_number in 0..20 {
        assert_eq!(look(&probe).await, Outcome::Ok, "{look_number}");
    }
}

#[tokio::test]
async fn it_closes_a_kept_connection_as_the_next_look_comes() {
    let address = server(|mut stream| async move {
        request(&mut stream).await;
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await);
        // It reads the next request, but its idle limit has passed meanwhile.
        request(&mut stream).await;
    });
    let probe = http(address.await);
    for look_number in 0..4 {
        assert_eq!(look(&probe).await, Outcome::Ok, "{look_number}");
    }
}
