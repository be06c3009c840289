use tokio::net::{TcpListener, TcpSocket};

use super::*;
use crate::config::CheckKind;
use crate::probe::tests::stage::{blind, failed, look, probe, tools};

/// A port that nobody listens on any more.
async fn closed() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// A port whose queue is full, so that the kernel drops what comes: the connections that fill it are kept.
async fn silent() -> (SocketAddr, TcpListener, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut kept = Vec::new();
    while let Ok(stream) = tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(address)).await
    {
        kept.push(stream.unwrap());
    }
    (address, listener, kept)
}

async fn seen(address: String) -> Outcome {
    look(&probe(CheckKind::Tcp { address }, Duration::from_secs(1), &tools())).await
}

#[tokio::test]
async fn a_port_is_open_closed_or_silent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let open = listener.local_addr().unwrap();
    assert_eq!(seen(open.to_string()).await, Outcome::Ok);
    assert_eq!(seen(format!("localhost:{}", open.port())).await, Outcome::Ok);
    assert_eq!(seen(closed().await.to_string()).await, failed("connection refused"));
    let (address, _listener, _kept) = silent().await;
    assert_eq!(seen(address.to_string()).await, failed("no answer within 1s"));
    assert_eq!(seen("nonsense".to_owned()).await, blind("nonsense is not HOST:PORT"));
}

#[tokio::test]
async fn the_first_address_that_answers_counts() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let open = listener.local_addr().unwrap();
    assert!(reach(vec![closed().await, open]).await.is_ok());
    let (address, _listener, _kept) = silent().await;
    let tried = tokio::time::timeout(Duration::from_secs(2), reach(vec![address, open])).await;
    assert!(tried.unwrap().is_ok());
    assert_eq!(reach(vec![closed().await, closed().await]).await.unwrap_err(), failed("connection refused"));
}

#[test]
fn a_refusal_outweighs_an_address_out_of_reach() {
    let (refused, unreachable) = (failed("connection refused"), blind("this host: unreachable"));
    assert_eq!(worse(refused.clone(), unreachable.clone()), refused);
    assert_eq!(worse(unreachable, refused.clone()), refused);
}
