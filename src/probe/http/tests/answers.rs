//! What a well-made answer is taken for.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncWriteExt as _;

use crate::config::check::Wanted;
use crate::config::{CheckKind, HttpCheck};
use crate::model::sample::Outcome;
use crate::probe::tests::stage::{
    DEADLINE, Server, blind, failed, http, http_check, look, probe, request, tools,
};

/// Answers each request with the same bytes.
async fn server(answer: impl Into<Vec<u8>>) -> Server {
    let answer: Arc<[u8]> = answer.into().into();
    Server::start(move |mut stream, _| {
        let answer = Arc::clone(&answer);
        async move {
            while request(&mut stream).await.is_some() {
                stream.write_all(&answer).await.unwrap();
            }
        }
    })
    .await
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn the_status_must_be_an_expected_one() {
    assert_eq!(server(ok("ok")).await.seen().await, Outcome::Ok);
    let broken = server("HTTP/1.1 500 Oh \x1b[31mno\r\ncontent-length: 0\r\n\r\n").await;
    assert!(matches!(broken.seen().await, Outcome::Failed(_)));
    let broken = server("HTTP/1.1 500 Oh no\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(broken.seen().await, failed("status 500, expected 200"));
    let check = HttpCheck { status: vec![200, 204], ..broken.check() };
    assert_eq!(look(&http(check)).await, failed("status 500, expected 200 or 204"));
    let check = HttpCheck { status: vec![500], ..broken.check() };
    assert_eq!(look(&http(check)).await, Outcome::Ok);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    for to in ["/health", "file:///etc/passwd", "http://169.254.169.254/latest/meta-data/", "http://[::bad"] {
        let server =
            server(format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n")).await;
        let seen = format!("status 302, a redirect to {to}, not followed");
        assert_eq!(server.seen().await, failed(&seen));
        assert_eq!(server.connections(), 1);
        let check = HttpCheck { status: vec![302], ..server.check() };
        assert_eq!(look(&http(check)).await, Outcome::Ok);
    }
    let answer = b"HTTP/1.1 302 Found\r\nlocation: /\xff\xfe\r\ncontent-length: 0\r\n\r\n";
    let seen = "status 302, a redirect to /\u{fffd}\u{fffd}, not followed";
    assert_eq!(server(*answer).await.seen().await, failed(seen));
}

#[tokio::test]
async fn nobody_goes_where_a_redirect_points() {
    let target = server(ok("ok")).await;
    let to = format!("http://{}/login", target.address);
    let server = server(format!("HTTP/1.1 301 Moved\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n")).await;
    assert_eq!(server.seen().await, failed(&format!("status 301, a redirect to {to}, not followed")));
    assert_eq!(target.connections(), 0);
}

#[tokio::test]
async fn the_body_must_contain_what_is_expected() {
    let server = server(ok("all systems go, \u{1f680}")).await;
    let check = |wanted: &str| HttpCheck { body_contains: Some(wanted.to_owned()), ..server.check() };
    assert_eq!(look(&http(check("go, \u{1f680}"))).await, Outcome::Ok);
    assert_eq!(look(&http(check("stop"))).await, failed("the body does not contain \"stop\""));
}

#[tokio::test]
async fn a_body_that_is_not_utf8_is_still_searched() {
    let server = server(*b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n\xff\xfeok\xc3\x28").await;
    let check = |wanted: &str| HttpCheck { body_contains: Some(wanted.to_owned()), ..server.check() };
    assert_eq!(look(&http(check("ok"))).await, Outcome::Ok);
    assert_eq!(look(&http(check("no"))).await, failed("the body does not contain \"no\""));
}

async fn status_in(body: &str) -> Outcome {
    let server = server(ok(body)).await;
    let json = [("/status".to_owned(), json!("ok"))].into();
    look(&http(HttpCheck { json, ..server.check() })).await
}

#[tokio::test]
async fn json_values_must_be_the_expected_ones() {
    assert_eq!(status_in(r#"{"status":"ok"}"#).await, Outcome::Ok);
    assert_eq!(status_in(r#"{"status":"down"}"#).await, failed("/status is \"down\", expected \"ok\""));
    let nested = status_in(r#"{"status":{"ok":true}}"#).await;
    assert_eq!(nested, failed("/status is {\"ok\":true}, expected \"ok\""));
    assert_eq!(status_in("[]").await, failed("/status is missing, expected \"ok\""));
    assert_eq!(status_in("<html>\n").await, failed("the body is not JSON: <html>"));
    assert_eq!(status_in("").await, failed("the body is empty, not JSON"));
    let server = server(ok(r#"{"db":[{"up":true}],"lag":3,"a/b":null}"#)).await;
    let wanted = [("/db/0/up", json!(true)), ("/lag", json!(3)), ("/a~1b", json!(null))];
    let json = wanted.map(|(pointer, value)| (pointer.to_owned(), value)).into();
    assert_eq!(look(&http(HttpCheck { json, ..server.check() })).await, Outcome::Ok);
}

#[tokio::test]
async fn hostile_words_are_quoted_harmlessly() {
    let body = json!({ "status": "\u{1b}[31m\u{202e}".repeat(200) });
    let outcome = status_in(&body.to_string()).await;
    let Outcome::Failed(seen) = outcome else { panic!("{outcome:?}") };
    assert!(!seen.contains(['\u{1b}', '\u{202e}']) && seen.len() < 300, "{seen}");
}

#[tokio::test]
async fn json_that_is_too_deep_is_no_json() {
    let outcome = status_in(&"[".repeat(60_000)).await;
    let Outcome::Failed(seen) = outcome else { panic!("{outcome:?}") };
    assert!(seen.starts_with("the body is not JSON: [[[") && seen.len() < 300, "{seen}");
}

#[tokio::test]
async fn a_late_answer_is_told_with_its_time() {
    let server = Server::start(|mut stream, _| async move {
        while request(&mut stream).await.is_some() {
            tokio::time::sleep(Duration::from_millis(150)).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n").await.unwrap();
            tokio::time::sleep(Duration::from_millis(150)).await;
            stream.write_all(b"ok").await.unwrap();
        }
    })
    .await;
    let within = |limit| HttpCheck { max_latency: Some(Duration::from_millis(limit)), ..server.check() };
    // The head alone is in time.
    let outcome = look(&http(within(200))).await;
    let Outcome::Failed(seen) = outcome else { panic!("{outcome:?}") };
    assert!(seen.starts_with("status 200 after ") && seen.ends_with("ms, allowed 200ms"), "{seen}");
    assert_eq!(look(&http(within(900))).await, Outcome::Ok);
}

#[tokio::test]
async fn the_request_is_as_configured() {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&heads);
    let server = Server::start(move |mut stream, _| {
        let kept = Arc::clone(&kept);
        async move {
            while let Some(head) = request(&mut stream).await {
                kept.lock().unwrap().push(head);
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n").await.unwrap();
            }
        }
    })
    .await;
    let send_headers =
        [("X-Probe".to_owned(), "1".to_owned()), ("host".to_owned(), "shop.example".to_owned())].into();
    let check = HttpCheck { method: "HEAD".to_owned(), send_headers, ..server.check() };
    // The answer to HEAD tells a length and has no body.
    assert_eq!(look(&http(check)).await, Outcome::Ok);
    let heads = heads.lock().unwrap();
    let head = heads[0].to_lowercase();
    assert!(head.starts_with("head /health http/1.1\r\n"), "{head}");
    assert!(head.contains("\r\nx-probe: 1\r\n") && head.contains("\r\nhost: shop.example\r\n"), "{head}");
    assert!(head.contains("\r\nuser-agent: golive/") && !head.contains("accept-encoding"), "{head}");
}

/// A request without a body says so where one is expected: some servers wait for it, or refuse with 411.
#[tokio::test]
async fn a_request_that_may_have_a_body_says_that_it_has_none() {
    let server = Server::start(|mut stream, _| async move {
        while let Some(head) = request(&mut stream).await {
            let told = head.to_lowercase().matches("content-length: 0\r\n").count();
            let wanted = usize::from(!head.starts_with("GET") && !head.starts_with("DELETE"));
            let status = if told == wanted { "200 OK" } else { "411 Length Required" };
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    })
    .await;
    for method in ["POST", "PUT", "PATCH", "GET", "DELETE"] {
        let check = HttpCheck { method: method.to_owned(), ..server.check() };
        assert_eq!(look(&http(check)).await, Outcome::Ok, "{method}");
    }
    let send_headers = [("Content-Length".to_owned(), "0".to_owned())].into();
    let check = HttpCheck { method: "POST".to_owned(), send_headers, ..server.check() };
    assert_eq!(look(&http(check)).await, Outcome::Ok);
}

#[tokio::test]
async fn headers_of_the_answer_are_there_just_so_or_not_there() {
    let server = Server::start(|mut stream, _| async move {
        while request(&mut stream).await.is_some() {
            let head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nServer: nginx/1.18\u{202e}\r\nSet-Cookie: a=1\r\n\
                        Set-Cookie: b=2\r\nx-frame-options:  DENY \r\n\r\n";
            stream.write_all(head.as_bytes()).await.unwrap();
        }
    })
    .await;
    let equal = |text: &str| Wanted::Equal(text.to_owned());
    for (name, wanted, seen) in [
        ("server", Wanted::Present, None),
        (
            "server",
            Wanted::Absent,
            Some("the answer has the header server: nginx/1.18\\u{202e}, which it should not have"),
        ),
        ("x-powered-by", Wanted::Absent, None),
        ("x-powered-by", Wanted::Present, Some("the answer has no header x-powered-by")),
        ("x-frame-options", equal("DENY"), None),
        (
            "x-frame-options",
            equal("SAMEORIGIN"),
            Some("the header x-frame-options is DENY, expected SAMEORIGIN"),
        ),
        ("set-cookie", equal("b=2"), None),
        (
            "strict-transport-security",
            equal("max-age=1"),
            Some("the answer has no header strict-transport-security"),
        ),
    ] {
        let headers = [(name.to_owned(), wanted.clone())].into();
        let outcome = look(&http(HttpCheck { headers, ..server.check() })).await;
        assert_eq!(outcome, seen.map_or(Outcome::Ok, failed), "{name} {wanted:?}");
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_made_makes_blind() {
    let url = "http://127.0.0.1:1/";
    let check = HttpCheck { method: "GE T".to_owned(), ..http_check(url) };
    assert_eq!(look(&http(check)).await, blind("GE T is not an HTTP method"));
    let send_headers = [("x".to_owned(), "a\nb".to_owned())].into();
    let bad_header = look(&http(HttpCheck { send_headers, ..http_check(url) })).await;
    assert!(matches!(bad_header, Outcome::Blind(_)), "{bad_header:?}");
    let bad_url = look(&http(http_check("http://[::bad"))).await;
    assert!(matches!(&bad_url, Outcome::Blind(why) if why.starts_with("the check's URL: ")), "{bad_url:?}");
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_fails() {
    let server = Server::start(|mut stream, _| async move {
        stream.write_all(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n").await.unwrap();
        std::future::pending::<()>().await;
    })
    .await;
    let check = http_check(&format!("https://{}/", server.address));
    // The host's certificates are loaded meanwhile.
    let outcome = look(&probe(CheckKind::Http(check), DEADLINE * 5, &tools())).await;
    assert!(matches!(&outcome, Outcome::Failed(seen) if !seen.contains("within")), "{outcome:?}");
}
