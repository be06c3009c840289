//! No peer can keep the others out.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

/// Reads until the daemon closes the connection.
async fn closed(stream: &mut UnixStreamRead) -> Vec<u8> {
    let mut read = Vec::new();
    let end = stream.read_to_end(&mut read);
    drop(tokio::time::timeout(PATIENCE, end).await.expect("the daemon closes the connection"));
    read
}

type UnixStreamRead = tokio::io::ReadHalf<tokio::net::UnixStream>;

async fn connect(control: &Control) -> (UnixStreamRead, tokio::io::WriteHalf<tokio::net::UnixStream>) {
    tokio::io::split(tokio::net::UnixStream::connect(control.path()).await.unwrap())
}

fn tight(places: usize) -> Control {
    let soon = Duration::from_millis(300);
    let limits = Limits { places, kept: 0, ask: soon, rest: soon, ..Limits::default() };
    Control::limited(view(shop("idle")), done(), limits)
}

#[tokio::test]
async fn who_says_nothing_is_sent_away_and_the_place_is_free_again() {
    let control = tight(1);
    let (mut silent, _keep) = connect(&control).await;
    // Waits for the only place, and gets it.
    tokio::time::timeout(PATIENCE, control.client().status(None)).await.unwrap().unwrap();
    assert!(closed(&mut silent).await.is_empty());
}

#[tokio::test]
async fn who_trickles_is_sent_away() {
    let control = tight(1);
    let (mut read, mut write) = connect(&control).await;
    let trickle = async {
        for byte in
            b"POST /v1/services/shop/accept HTTP/1.1\r\nhost: golive\r\nx-long: ".iter().chain(&[b'x'; 400])
        {
            if write.write_all(&[*byte]).await.is_err() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        false
    };
    assert!(trickle.await, "it went on to the end");
    assert!(closed(&mut read).await.is_empty());
    assert!(control.heard().is_empty());
}

#[tokio::test]
async fn who_promises_a_body_and_keeps_it_is_sent_away() {
    let control = tight(1);
    let (mut read, mut write) = connect(&control).await;
    let head = "POST /v1/services/shop/rollback HTTP/1.1\r\nhost: golive\r\ncontent-length: 20\r\n\r\n{";
    write.write_all(head.as_bytes()).await.unwrap();
    let answer = String::from_utf8(closed(&mut read).await).unwrap();
    assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(control.heard().is_empty());
}

#[tokio::test]
async fn a_body_too_large_is_refused_before_it_is_read() {
    let control = Control::start(view(shop("idle")), done());
    let (mut read, mut write) = connect(&control).await;
    let head = "POST /v1/services/shop/rollback HTTP/1.1\r\nhost: golive\r\nconnection: close\r\n\
                content-length: 100000000\r\n\r\n";
    write.write_all(head.as_bytes()).await.unwrap();
    let answer = String::from_utf8(closed(&mut read).await).unwrap();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[tokio::test]
async fn however_many_say_nothing_whoever_asks_is_answered() {
    let control = Control::limited(view(shop("idle")), done(), Limits { kept: 0, ..Limits::default() });
    let mut silent = Vec::new();
    for _ in 0..3 {
        for _ in 0..70 {
            silent.push(connect(&control).await);
        }
        let asked = tokio::time::timeout(Duration::from_secs(5), control.client().status(None)).await;
        asked.expect("nobody waits for those who say nothing").unwrap();
    }
}

#[tokio::test]
async fn who_waits_for_an_outcome_is_not_sent_away() {
    let control = tight(1);
    control.show(view(shop("watching")));
    let (mut read, mut write) = connect(&control).await;
    write.write_all(b"GET /v1/status HTTP/1.1\r\nhost: golive\r\n\r\n").await.unwrap();
    assert!(read.read(&mut [0; 4096]).await.unwrap() > 0);
    // The same connection, with a pause that is nearly too long before the request, and another before its answer.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let question =
        "GET /v1/services/shop/outcome?timeout=30 HTTP/1.1\r\nhost: golive\r\nconnection: close\r\n\r\n";
    write.write_all(question.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    control.show(view(decided(ReleaseState::Accepted)));
    let answer = String::from_utf8(closed(&mut read).await).unwrap();
    assert!(answer.contains(r#""state":"accepted""#), "{answer}");
}

#[tokio::test]
async fn those_who_wait_leave_room_for_the_others() {
    let limits = Limits { places: 2, kept: 0, ..Limits::default() };
    let control = Control::limited(view(shop("watching")), done(), limits);
    let waiters: Vec<_> = (0..70)
        .map(|_| {
            let client = control.client();
            tokio::spawn(async move {
                loop {
                    let seen = client.outcome("shop", None, Some("watching"), 1).await.unwrap();
                    if seen.decided() {
                        return seen.state;
                    }
                }
            })
        })
        .collect();
    for _ in 0..3 {
        tokio::time::timeout(PATIENCE, control.client().status(None)).await.unwrap().unwrap();
    }
    control.show(view(decided(ReleaseState::Accepted)));
    for waiter in waiters {
        assert_eq!(tokio::time::timeout(PATIENCE, waiter).await.unwrap().unwrap(), "accepted");
    }
}
