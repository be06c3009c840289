//! Servers whose certificates are made for the test.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, mpsc};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{HandshakeKind, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};

use super::stage::tools;

/// Makes a self-signed certificate.
pub(in crate::probe) fn certificate(dir: &Path, more: &[&str]) {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
        .args(["-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=localhost"])
        .args(more)
        .current_dir(dir)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

pub(in crate::probe) const NAMED: [&str; 2] = ["-addext", "subjectAltName=DNS:localhost"];

/// Serves one page under the certificate of a directory, and gives its port.
pub(in crate::probe) fn serve(dir: &Path) -> u16 {
    serve_with(dir, &[&rustls::version::TLS13, &rustls::version::TLS12])
}

/// The same in these versions of TLS; every certificate of the file is shown.
pub(in crate::probe) fn serve_with(dir: &Path, versions: &[&'static SupportedProtocolVersion]) -> u16 {
    serve_counting(dir, versions).0
}

/// The same, and how each connection began.
pub(in crate::probe) fn serve_counting(
    dir: &Path,
    versions: &[&'static SupportedProtocolVersion],
) -> (u16, mpsc::Receiver<Option<HandshakeKind>>) {
    let tools = tools();
    let chain = CertificateDer::pem_file_iter(dir.join("cert.pem")).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(dir.join("key.pem")).unwrap();
    let config = ServerConfig::builder_with_protocol_versions(versions).with_no_client_auth();
    let config = config.with_single_cert(chain, key).unwrap();
    drop(tools);
    let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").unwrap());
    let port = listener.local_addr().unwrap().port();
    let (begun, kinds) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
            // Nobody may have wanted to talk to this certificate.
            if stream.read(&mut [0; 4096]).is_ok() {
                drop(stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"));
            }
            // Nobody may want to know.
            let _ = begun.send(stream.conn.handshake_kind());
        }
    });
    (port, kinds)
}
