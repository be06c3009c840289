//! Against a proxy and a server that tell what they were asked.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::config::Config;

/// Answers all that comes with `ok`, and keeps what came.
async fn listener() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = vec![0; 4096];
            let read = stream.read(&mut head).await.unwrap_or(0);
            hears.lock().unwrap().push(String::from_utf8_lossy(&head[..read]).into_owned());
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
            drop(stream.write_all(answer).await);
        }
    });
    (address, heard)
}

/// The way out that a Prometheus of the configuration has.
fn outlet(dir: &std::path::Path, rules: &str) -> Outlet {
    let path = dir.join("rules.toml");
    std::fs::write(&path, rules).unwrap();
    let config = Config::load(&path).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    Outlet::new(config.prometheus[""].access.clone())
}

async fn asked(outlet: &Outlet, url: &str) -> Result<String, String> {
    let url: Url = url.parse().unwrap();
    let http = outlet.client(&url, Client::builder)?;
    let sent = http.get(url).headers(outlet.headers()?).send().await;
    sent.map_err(|error| error.to_string())?.text().await.map_err(|error| error.to_string())
}

fn secret(dir: &std::path::Path, name: &str, text: &str) {
    std::fs::write(dir.join(name), text).unwrap();
    std::fs::set_permissions(dir.join(name), std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[tokio::test]
async fn a_proxy_is_asked_for_all_but_the_exceptions() {
    let dir = tempfile::tempdir().unwrap();
    let (proxy, heard) = listener().await;
    secret(dir.path(), "password", "s3cret\n");
    let rules = format!(
        "[prometheus]\nurl = \"http://p\"\n\
         proxy = {{ url = \"http://{proxy}\", username = \"golive\", password-file = \"password\", \
         except = [\"example.org\", \"192.0.2.0/24\"] }}\n"
    );
    let outlet = outlet(dir.path(), &rules);
    assert_eq!(asked(&outlet, "http://metrics.invalid:9090/x").await.as_deref(), Ok("ok"));
    let head = heard.lock().unwrap().pop().unwrap();
    assert!(head.starts_with("GET http://metrics.invalid:9090/x HTTP/1.1\r\n"), "{head}");
    assert!(head.to_lowercase().contains("proxy-authorization: basic z29saxzlonmzy3jlda==\r\n"), "{head}");
    // What is asked by TLS is asked of the proxy as a connection, by name.
    let refused = asked(&outlet, "https://metrics.invalid/x").await.unwrap_err();
    let head = heard.lock().unwrap().pop().unwrap();
    assert!(head.starts_with("CONNECT metrics.invalid:443 HTTP/1.1\r\n"), "{refused}: {head}");
    let (server, direct) = listener().await;
    assert_eq!(asked(&outlet, &format!("http://{server}/own")).await.as_deref(), Ok("ok"));
    assert!(direct.lock().unwrap().pop().unwrap().starts_with("GET /own HTTP/1.1\r\n"));
    assert!(heard.lock().unwrap().is_empty(), "this host itself is reached directly");
    for (url, through) in [
        ("http://a.example.org/", false),
        ("http://EXAMPLE.ORG./", false),
        ("http://myexample.org/", true),
        ("http://192.0.2.77/", false),
        ("http://192.0.3.77/", true),
        ("http://[::1]/", false),
        ("http://[2001:db8::1]/", true),
        ("http://localhost/", false),
    ] {
        assert_eq!(outlet.proxy(&url.parse().unwrap()).is_some(), through, "{url}");
    }
}

#[tokio::test]
async fn no_proxy_is_asked_unless_it_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let (proxy, heard) = listener().await;
    let top = format!("proxy = \"http://{proxy}\"\n");
    for (own, through) in [("", false), ("proxy = true\n", true), ("proxy = false\n", false)] {
        let outlet = outlet(dir.path(), &format!("{top}[prometheus]\nurl = \"http://p\"\n{own}"));
        let asked = asked(&outlet, "http://metrics.invalid/").await;
        assert_eq!((asked.is_ok(), heard.lock().unwrap().pop().is_some()), (through, through), "{own}");
    }
}

#[tokio::test]
async fn a_certificate_that_is_renewed_is_read_anew() {
    let dir = tempfile::tempdir().unwrap();
    let (server, _) = listener().await;
    std::fs::write(dir.path().join("ca.pem"), "no certificate").unwrap();
    let outlet = outlet(dir.path(), "[prometheus]\nurl = \"https://p\"\nca-file = \"ca.pem\"\n");
    let url = format!("https://{server}/");
    let ca = dir.path().join("ca.pem");
    let none = format!("read the certificates in {}: there are none", ca.display());
    assert_eq!(asked(&outlet, &url).await, Err(none));
    let made = std::process::Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
        .args(["-keyout", "key.pem", "-out", "ca.pem", "-subj", "/CN=localhost", "-days", "2"])
        .current_dir(dir.path())
        .output()
        .unwrap();
    assert!(made.status.success());
    // The server speaks no TLS, which only a client with authorities can find out.
    let said = asked(&outlet, &url).await.unwrap_err();
    assert!(said.starts_with("error sending request"), "{said}");
}

#[tokio::test]
async fn a_client_certificate_needs_its_key() {
    let dir = tempfile::tempdir().unwrap();
    secret(dir.path(), "key.pem", "no key");
    std::fs::write(dir.path().join("cert.pem"), "no certificate").unwrap();
    let rules = "[prometheus]\nurl = \"https://p\"\ncert-file = \"cert.pem\"\nkey-file = \"key.pem\"\n";
    let outlet = outlet(dir.path(), rules);
    let said = asked(&outlet, "https://127.0.0.1:1/").await.unwrap_err();
    assert!(said.starts_with("read the certificates in ") && said.ends_with("there are none"), "{said}");
}
