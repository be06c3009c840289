use std::sync::mpsc;

use super::*;

fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

#[tokio::test]
async fn one_question_at_a_time_for_each_name() {
    let resolver = Resolver::default();
    let (answer, answered) = mpsc::channel();
    let first = resolver.lookup_by("a.example", move |_| Ok(answered.recv().unwrap()));
    let second = resolver.lookup_by("a.example", |_| panic!("asked twice"));
    let other = resolver.lookup_by("b.example", |_| Ok(vec![local(2)]));
    assert_eq!(other.await.unwrap(), [local(2)]);
    assert!(resolver.pending("a.example"));
    assert!(!resolver.pending("b.example"));
    answer.send(vec![local(1)]).unwrap();
    assert_eq!(first.await.unwrap(), [local(1)]);
    assert_eq!(second.await.unwrap(), [local(1)]);
    assert!(!resolver.pending("a.example"));
    let again = resolver.lookup_by("a.example", |_| Ok(vec![local(3)]));
    assert_eq!(again.await.unwrap(), [local(3)]);
}

#[tokio::test]
async fn errors_name_the_host() {
    let resolver = Resolver::default();
    let refused = resolver.lookup_by("a.example", |_| Err(Error::other("temporary failure"))).await;
    assert_eq!(refused.unwrap_err().to_string(), "cannot resolve a.example: temporary failure");
    let nothing = resolver.lookup_by("a.example", |_| Ok(Vec::new())).await;
    assert_eq!(nothing.unwrap_err().to_string(), "cannot resolve a.example: no address");
}

#[tokio::test]
async fn localhost_is_known() {
    let found = Resolver::default().lookup("localhost").await.unwrap();
    assert!(found.iter().all(|address| address.ip().is_loopback()), "{found:?}");
}

#[test]
fn addresses_without_a_route_are_left_out_unless_there_are_no_others() {
    // No datagram socket connects to the broadcast address without being allowed to.
    let nowhere = SocketAddr::from((Ipv4Addr::BROADCAST, 0));
    assert_eq!(reachable(vec![nowhere, local(0)]), [local(0)]);
    assert_eq!(reachable(vec![nowhere]), [nowhere]);
}
