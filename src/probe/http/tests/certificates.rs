//! Against servers whose certificates are made for the test.

use std::path::PathBuf;
use std::time::Duration;

use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error};
use tempfile::TempDir;

use crate::config::{CheckKind, HttpCheck};
use crate::model::sample::Outcome;
use crate::outbound::tls::words;
use crate::probe::tests::secure::{NAMED, certificate, serve};
use crate::probe::tests::stage::{DEADLINE, failed, http_check, look, probe, tools};

async fn seen(port: u16, ca_file: Option<PathBuf>) -> Outcome {
    let check = HttpCheck { ca_file, ..http_check(&format!("https://localhost:{port}/health")) };
    // The host's certificates are loaded meanwhile.
    look(&probe(CheckKind::Http(check), DEADLINE * 5, &tools())).await
}

const UNKNOWN: &str = "its certificate is signed by nobody that this host trusts (is it self-signed?): name it, or who \
                       signed it, in `ca-file`";

#[tokio::test]
async fn a_self_signed_certificate_is_taken_where_it_is_named() {
    // As `openssl req -x509` makes it, which is an authority's, and as one for a server alone.
    for more in [&["-days", "2"][..], &["-days", "2", "-addext", "basicConstraints=critical,CA:FALSE"]] {
        let dir = TempDir::new().unwrap();
        certificate(dir.path(), &[&NAMED[..], more].concat());
        let port = serve(dir.path());
        assert_eq!(seen(port, None).await, failed(UNKNOWN));
        assert_eq!(seen(port, Some(dir.path().join("cert.pem"))).await, Outcome::Ok);
        // Another one with the same name is another one.
        let other = TempDir::new().unwrap();
        certificate(other.path(), &[&NAMED[..], more].concat());
        let outcome = seen(port, Some(other.path().join("cert.pem"))).await;
        assert_eq!(outcome, failed(UNKNOWN));
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_told_as_an_operator_tells_it() {
    let dir = TempDir::new().unwrap();
    let file = || Some(dir.path().join("cert.pem"));
    certificate(
        dir.path(),
        &["-days", "2", "-addext", "subjectAltName=DNS:shop.example,DNS:www.shop.example"],
    );
    let outcome = seen(serve(dir.path()), file()).await;
    assert_eq!(outcome, failed("its certificate is for shop.example, www.shop.example, not for localhost"));
    certificate(dir.path(), &["-days", "2"]);
    let outcome = seen(serve(dir.path()), file()).await;
    assert_eq!(
        outcome,
        failed("its certificate is for no name at all (it has no subjectAltName), not for localhost")
    );
}

#[tokio::test]
async fn what_is_no_file_of_certificates_makes_blind() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("cert.pem");
    for (text, why) in [
        (None, "No such file or directory (os error 2)"),
        (Some("ok"), "there are none"),
        (Some("-----BEGIN CERTIFICATE-----\n!\n"), "it is not a PEM file"),
    ] {
        if let Some(text) = text {
            std::fs::write(&file, text).unwrap();
        }
        let outcome = seen(1, Some(file.clone())).await;
        let place = file.display();
        assert_eq!(outcome, Outcome::Blind(format!("failed to read the certificates in {place}: {why}")));
    }
}

#[tokio::test]
async fn a_certificate_that_is_renewed_is_read_anew() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("cert.pem");
    certificate(dir.path(), &[&NAMED[..], &["-days", "2"]].concat());
    let port = serve(dir.path());
    let check =
        HttpCheck { ca_file: Some(file.clone()), ..http_check(&format!("https://localhost:{port}/health")) };
    let right = std::fs::read(&file).unwrap();
    std::fs::write(&file, "renewed in a moment").unwrap();
    let probe = probe(CheckKind::Http(check), DEADLINE * 5, &tools());
    assert!(matches!(look(&probe).await, Outcome::Blind(_)));
    std::fs::write(&file, right).unwrap();
    assert_eq!(look(&probe).await, Outcome::Ok);
}

#[test]
fn a_certificate_that_has_expired_says_when() {
    let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let expired = CertificateError::ExpiredContext { time: at(1_800_000_000), not_after: at(1_748_736_000) };
    let said = words(&Error::InvalidCertificate(expired));
    assert_eq!(said, "its certificate has expired at 2025-06-01T00:00:00Z");
    let early = CertificateError::NotValidYetContext { time: at(0), not_before: at(1_748_736_000) };
    let said = words(&Error::InvalidCertificate(early));
    assert_eq!(said, "its certificate is not valid before 2025-06-01T00:00:00Z");
}

#[test]
fn no_word_is_a_debug_value() {
    for error in [
        Error::InvalidCertificate(CertificateError::Expired),
        Error::InvalidCertificate(CertificateError::Revoked),
        Error::InvalidCertificate(CertificateError::NotValidYet),
        Error::InvalidCertificate(CertificateError::BadEncoding),
        Error::InvalidCertificate(CertificateError::UnhandledCriticalExtension),
        Error::AlertReceived(AlertDescription::CertificateRequired),
        Error::AlertReceived(AlertDescription::InternalError),
        Error::PeerIncompatible(rustls::PeerIncompatible::Tls12NotOffered),
        Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType),
    ] {
        let said = words(&error);
        assert!(!said.contains("::") && !said.contains('{') && !said.ends_with("Required"), "{said}");
    }
}
