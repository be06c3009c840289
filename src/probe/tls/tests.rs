use std::path::Path;
use std::process::Command;

use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};
use tempfile::TempDir;

use super::*;
use crate::config::CheckKind;
use crate::model::figure::Unit;
use crate::probe::tests::secure::{NAMED, certificate, serve, serve_counting, serve_with};
use crate::probe::tests::stage::{DEADLINE, failed, look, probe, tools};

fn check(port: u16, dir: &Path) -> TlsCheck {
    TlsCheck {
        address: format!("127.0.0.1:{port}"),
        name: Some("localhost".to_owned()),
        days: 14,
        min: TlsVersion::V12,
        ca_file: Some(dir.join("cert.pem")),
    }
}

async fn seen(check: TlsCheck) -> Outcome {
    look(&probe(CheckKind::Tls(check), DEADLINE * 5, &tools())).await
}

#[tokio::test]
async fn a_certificate_that_is_good_for_long_enough_passes() {
    let dir = TempDir::new().unwrap();
    certificate(dir.path(), &[&NAMED[..], &["-days", "20"]].concat());
    let port = serve(dir.path());
    let probe = probe(CheckKind::Tls(check(port, dir.path())), DEADLINE * 5, &tools());
    let (sample, figure) = probe.measure(&Clock::start()).await;
    assert_eq!(sample.outcome, Outcome::Ok);
    // A second of the last day may be over.
    let figure = figure.unwrap();
    assert!((19.0..=20.0).contains(&figure.value), "{figure:?}");
    assert_eq!((figure.limit, figure.unit), (Some(14.0), Unit::Days));
    // The host of the address is the name, where no other one is said.
    let by_host = TlsCheck { address: format!("localhost:{port}"), name: None, ..check(port, dir.path()) };
    assert_eq!(seen(by_host).await, Outcome::Ok);
}

#[tokio::test]
async fn one_that_ends_soon_has_another_name_or_is_signed_by_nobody_fails() {
    let dir = TempDir::new().unwrap();
    certificate(dir.path(), &[&NAMED[..], &["-days", "5"]].concat());
    let port = serve(dir.path());
    let outcome = seen(check(port, dir.path())).await;
    let Outcome::Failed(seen_of_it) = &outcome else { panic!("{outcome:?}") };
    let days = ["4", "5"].map(|days| format!("its certificate is good for {days} more days, until 20"));
    assert!(days.iter().any(|begins| seen_of_it.starts_with(begins)), "{seen_of_it}");
    assert!(seen_of_it.ends_with("Z, and 14 are wanted"), "{seen_of_it}");
    let other = TlsCheck { name: Some("shop.example".to_owned()), ..check(port, dir.path()) };
    assert_eq!(seen(other).await, failed("its certificate is for localhost, not for shop.example"));
    let unknown = seen(TlsCheck { ca_file: None, ..check(port, dir.path()) }).await;
    assert!(
        matches!(&unknown, Outcome::Failed(why) if why.contains("signed by nobody that this host trusts"))
    );
    let nameless = TlsCheck { name: Some("a b".to_owned()), ..check(port, dir.path()) };
    assert_eq!(seen(nameless).await, Outcome::Blind("a b is not the name of a server".to_owned()));
}

/// An authority, one that it lets sign, and a server's: the one in the middle ends first.
fn chain(dir: &Path) {
    let script = "set -e
        key() { openssl ecparam -name prime256v1 -genkey -noout -out $1; }
        key root.key; key mid.key; key key.sec1
        openssl pkcs8 -topk8 -nocrypt -in key.sec1 -out key.pem
        openssl req -x509 -new -key root.key -days 100 -subj /CN=root -out root.pem
        openssl req -new -key mid.key -subj '/CN=issuing one' | openssl x509 -req -CA root.pem -CAkey root.key \
            -set_serial 2 -days 3 -extfile <(printf 'basicConstraints=critical,CA:TRUE') -out mid.pem
        openssl req -new -key key.sec1 -subj /CN=localhost | openssl x509 -req -CA mid.pem -CAkey mid.key \
            -set_serial 3 -days 90 -extfile <(printf 'subjectAltName=DNS:localhost') -out leaf.pem
        cat leaf.pem mid.pem > cert.pem";
    let made = Command::new("bash").args(["-c", script]).current_dir(dir).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

#[tokio::test]
async fn one_that_signed_it_and_ends_sooner_is_told_too() {
    let dir = TempDir::new().unwrap();
    chain(dir.path());
    let port = serve(dir.path());
    let check = TlsCheck { ca_file: Some(dir.path().join("root.pem")), ..check(port, dir.path()) };
    let Outcome::Failed(told) = seen(check.clone()).await else { panic!("it passes") };
    let whose = "the certificate of CN=issuing one, which it shows with its own, is good for ";
    assert!(told.starts_with(whose) && told.contains(" more days, until 20"), "{told}");
    assert_eq!(seen(TlsCheck { days: 2, ..check }).await, Outcome::Ok);
    // Cut off, it leads to nobody who is trusted.
    std::fs::copy(dir.path().join("leaf.pem"), dir.path().join("cert.pem")).unwrap();
    let port = serve(dir.path());
    let root = dir.path().join("root.pem");
    let cut = TlsCheck { ca_file: Some(root), days: 0, ..super::tests::check(port, dir.path()) };
    let told = seen(cut).await;
    assert!(
        matches!(&told, Outcome::Failed(why) if why.contains("signed by nobody that this host trusts")),
        "{told:?}"
    );
}

#[tokio::test]
async fn the_version_of_tls_may_be_asked_for() {
    let dir = TempDir::new().unwrap();
    certificate(dir.path(), &[&NAMED[..], &["-days", "30"]].concat());
    let served = |versions: &[&'static SupportedProtocolVersion]| serve_with(dir.path(), versions);
    let newer = |port: u16| TlsCheck { min: TlsVersion::V13, ..check(port, dir.path()) };
    let (old, new) = (served(&[&TLS12]), served(&[&TLS13]));
    assert_eq!(seen(newer(old)).await, failed("it agrees on no TLS newer than 1.2, and 1.3 is wanted"));
    assert_eq!(seen(check(old, dir.path())).await, Outcome::Ok);
    assert_eq!(seen(newer(new)).await, Outcome::Ok);
}

#[tokio::test]
async fn what_speaks_no_tls_is_closed_or_hangs_fails() {
    let dir = TempDir::new().unwrap();
    certificate(dir.path(), &NAMED);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let silent = probe(CheckKind::Tls(check(port, dir.path())), DEADLINE, &tools());
    assert!(matches!(look(&silent).await, Outcome::Failed(why) if why.starts_with("no answer within")));
    drop(listener);
    assert_eq!(seen(check(port, dir.path())).await, failed("connection refused"));
    let plain = crate::probe::tests::stage::Server::start(|mut stream, _| async move {
        use tokio::io::AsyncWriteExt as _;
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        std::future::pending::<()>().await;
    });
    let port = plain.await.address.rsplit_once(':').unwrap().1.parse().unwrap();
    let told = seen(check(port, dir.path())).await;
    assert_eq!(told, failed("it does not speak TLS here, perhaps http:// is meant"));
}

/// A session that is taken up again shows the certificates of then: one that was renewed, or has ended, would not be seen.
#[tokio::test]
async fn every_look_is_shown_the_certificates_of_now() {
    let dir = TempDir::new().unwrap();
    certificate(dir.path(), &[&NAMED[..], &["-days", "30"]].concat());
    let (port, seen) = serve_counting(dir.path(), &[&TLS12]);
    let probe = probe(CheckKind::Tls(check(port, dir.path())), DEADLINE * 5, &tools());
    for _ in 0..3 {
        assert_eq!(look(&probe).await, Outcome::Ok);
        assert_eq!(seen.recv().unwrap(), Some(rustls::HandshakeKind::Full));
    }
}
