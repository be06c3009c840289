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
    Control::limited(view(shop("idle")), done(), places, Duration::from_millis(300))
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
async fn who_waits_for_an_outcome_is_not_sent_away() {
    let control = tight(2);
    let client = control.client();
    control.show(view(shop("watching")));
    // The same kept-alive connection, with a pause that is nearly too long before the request.
    client.status(None).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let waiting = client.outcome("shop", None, Some("watching"), 30);
    let deciding = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        control.show(view(decided(ReleaseState::Accepted)));
    };
    let (seen, ()) = tokio::join!(waiting, deciding);
    assert_eq!(seen.unwrap().state, "accepted");
}
