//! Under TLS, with certificates that are made for the test.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::{Failure, Spec, errors, made, said, spec};

/// A server for the name `localhost`, with its certificate in a directory; gives its port.
fn served(dir: &Path) -> u16 {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
        .args(["-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost"])
        .current_dir(dir)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let _ = rustls::crypto::ring::default_provider().install_default();
    let chain = CertificateDer::pem_file_iter(dir.join("cert.pem")).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(dir.join("key.pem")).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").unwrap());
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let session = ServerConnection::new(Arc::clone(&config)).unwrap();
            std::thread::spawn(move || {
                let mut stream = BufReader::new(StreamOwned::new(session, stream));
                let mut line = String::new();
                // Nobody may want to talk to this certificate.
                while stream.read_line(&mut line).is_ok_and(|read| read > 0) {
                    if std::mem::take(&mut line) == "\r\n" {
                        let _ = stream.get_mut().write_all(said("200 OK", "").as_bytes());
                    }
                }
            });
        }
    });
    port
}

#[tokio::test]
async fn a_server_is_who_its_certificate_says_wherever_it_is_reached() {
    let dir = tempfile::TempDir::new().unwrap();
    let port = served(dir.path());
    let wanted = |name: &str, ca_file: &str| Spec {
        ca_file: Some(dir.path().join(ca_file)),
        ..spec(&format!("https://{name}:{port}/"))
    };
    let report = made(&wanted("localhost", "cert.pem")).await;
    assert_eq!((report.answered, report.failed), (50, 0), "{report:?}");
    assert!(report.connections < 50, "a connection serves many: {report:?}");
    let other = made(&wanted("shop.example", "cert.pem")).await;
    assert_eq!(errors(&other), [(Failure::Tls, 50)]);
    let clock = crate::clock::Clock::start();
    let nobody = super::run(&wanted("localhost", "none.pem"), &clock, std::future::pending(), |_| {}).await;
    assert!(nobody.unwrap_err().contains("none.pem"), "the file is named");
}
