use std::io::Write;
use std::os::unix::fs::PermissionsExt;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wiremock::matchers::{any, header, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::config::{self, Secret, Url, WebhookChannel, WebhookFormat};
use crate::notify::Receipt;

pub(super) fn open(url: &str) -> WebhookChannel {
    WebhookChannel {
        format: WebhookFormat::Standard { secret: None },
        url: Url::Open(url.to_owned()),
        mention: false,
        access: config::Access::default(),
    }
}

fn signed(url: &str, secret: Secret) -> WebhookChannel {
    WebhookChannel { format: WebhookFormat::Standard { secret: Some(secret) }, ..open(url) }
}

fn secret(text: &str) -> (tempfile::NamedTempFile, Secret) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o600)).unwrap();
    writeln!(file, "{text}").unwrap();
    let secret = Secret::File(file.path().to_owned());
    (file, secret)
}

async fn tell(channel: WebhookChannel) -> Result<Receipt, Refusal> {
    notifier(Way::Webhook(channel)).deliver("it", "", &Envelope::first(&notice(), now())).await
}

async fn answered(answer: ResponseTemplate) -> Result<Receipt, Refusal> {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(answer).expect(1).mount(&server).await;
    tell(open(&server.uri())).await
}

#[tokio::test]
async fn only_2xx_confirms() {
    let receipt = answered(ResponseTemplate::new(202).set_body_string("queued\u{7}\n")).await.unwrap();
    assert_eq!(receipt.answer, "202 Accepted queued");
    for status in [408, 425, 429, 500, 502, 503, 504] {
        assert_eq!(later(&answered(ResponseTemplate::new(status)).await.unwrap_err()), None, "{status}");
    }
    for status in [301, 302, 307, 308, 400, 401, 403, 404, 410, 413] {
        let refusal = answered(ResponseTemplate::new(status)).await.unwrap_err();
        assert_eq!(refusal.retry, Retry::Never, "{status}");
        assert!(refusal.text.starts_with("post to http://127.0.0.1: it answered "), "{}", refusal.text);
    }
}

#[tokio::test]
async fn the_pause_that_was_asked_for_is_kept() {
    let date = now() + SignedDuration::from_secs(90);
    let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&date).unwrap();
    for (asked, pause) in [("17", Some(17)), (date.as_str(), Some(90)), ("soon", None), ("-5", None)] {
        let answer = ResponseTemplate::new(429).insert_header("retry-after", asked);
        let refusal = answered(answer).await.unwrap_err();
        assert_eq!(later(&refusal), pause.map(Duration::from_secs), "{asked}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let target = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).expect(0).mount(&target).await;
    for status in [301, 302, 303, 307, 308] {
        let answer = ResponseTemplate::new(status).insert_header("location", target.uri());
        assert_eq!(answered(answer).await.unwrap_err().retry, Retry::Never);
    }
}

#[tokio::test]
async fn the_body_is_signed_and_tells_everything() {
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(204)).mount(&server).await;
    let (_file, secret) = secret(SECRET);
    let channel = signed(&server.uri(), secret);
    // The signature is checked against the present time, which golive's own clock may be far from.
    notifier(Way::Webhook(channel)).deliver("it", "", &Envelope::first(&notice(), now())).await.unwrap();

    let request = &server.received_requests().await.unwrap()[0];
    let verifier = standardwebhooks::Webhook::new(SECRET).unwrap();
    verifier.verify(&request.body, &request.headers).unwrap();
    assert!(verifier.verify(&[&request.body[..], b" "].concat(), &request.headers).is_err());
    assert_eq!(request.headers["webhook-id"], "web-1.2");
    assert_eq!(request.headers["content-type"], "application/json; charset=utf-8");
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body["type"], "golive.rollback-started");
    let data = &body["data"];
    for (key, wanted) in [
        ("id", "web-1.2"),
        ("tier", "urgent"),
        ("incident", "web-1"),
        ("from", "1.4.2"),
        ("to", "1.4.1"),
        ("trigger", "health"),
        ("acknowledge", "golive ack web-1"),
        ("runbook", "https://wiki.example.com/web"),
        ("host", "host-1"),
    ] {
        assert_eq!(data[key], wanted, "{key}");
    }
    assert_eq!((&data["value"], &data["limit"]), (&3.into(), &3.into()));
    assert_eq!(data["evidence"][0]["outcome"], "failed");
    let text = data["text"].as_str().unwrap();
    assert!(text.contains("+44 1") && text.contains("golive explain web-20260301-100000"), "{text}");
    assert!(!text.contains('\u{202e}') && !text.contains('\r'), "{text}");
}

#[tokio::test]
async fn an_unsigned_body_has_no_signature_and_a_wrong_secret_sends_nothing() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(204)).mount(&server).await;
    tell(open(&server.uri())).await.unwrap();
    let (_file, secret) = secret("hunter2 is not base64");
    let refusal = tell(signed(&server.uri(), secret)).await.unwrap_err();
    assert_eq!(later(&refusal), None, "an administrator can mend it");
    assert!(!refusal.text.contains("hunter2"), "{}", refusal.text);
    let gone = Secret::File("/nonexistent/secret".into());
    let refusal = tell(signed(&server.uri(), gone)).await.unwrap_err();
    assert!(refusal.text.contains("/nonexistent/secret"), "{}", refusal.text);
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1);
    assert!(!requests[0].headers.contains_key("webhook-signature"));
}

#[tokio::test]
async fn a_secret_address_is_never_told() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(500)).mount(&server).await;
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let addresses = [
        format!("{}/hook/T0KEN?key=T0KEN", server.uri()),
        format!("http://{closed}/T0KEN"),
        "http://no-such-host.invalid/T0KEN".to_owned(),
        "ftp://127.0.0.1/T0KEN".to_owned(),
        "http://user:T0KEN@127.0.0.1:99999/T0KEN".to_owned(),
        "T0KEN".to_owned(),
    ];
    for address in addresses {
        let (_file, secret) = secret(&address);
        let channel = WebhookChannel { url: Url::Secret(secret), ..open("") };
        let refusal = tell(channel.clone()).await.unwrap_err();
        assert!(!refusal.text.to_lowercase().contains("t0ken"), "{address}: {}", refusal.text);
        if let Err(refusal) = notifier(Way::Webhook(channel)).reach("it").await {
            assert!(!refusal.text.to_lowercase().contains("t0ken"), "{address}: {}", refusal.text);
        }
    }
}

#[tokio::test]
async fn a_huge_answer_is_cut_and_an_endless_one_is_not_waited_for() {
    let huge = ResponseTemplate::new(200).set_body_bytes(vec![b'x'; 5_000_000]);
    assert!(answered(huge).await.unwrap().answer.len() < 1000);
    let address = server(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1000\r\n", 4096).await;
    let endless = tell(open(&address));
    let receipt = tokio::time::timeout(Duration::from_secs(20), endless).await.unwrap().unwrap();
    assert!(receipt.answer.len() < 1000);
}

#[tokio::test]
async fn a_silent_receiver_is_given_up_by_the_deadline() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", silent.local_addr().unwrap());
    let mut notifier = notifier(Way::Webhook(open(&address)));
    notifier.patience = Duration::from_millis(300);
    let notice = notice();
    let envelope = Envelope::first(&notice, now());
    let telling = notifier.deliver("it", "", &envelope);
    let refusal = tokio::time::timeout(Duration::from_secs(20), telling).await.unwrap().unwrap_err();
    assert_eq!(later(&refusal), None);
    assert_eq!(refusal.text, "tell channel it within 300ms");
    drop(silent);
}

/// A server that answers with a head and then the same chunk for ever.
async fn server(head: &'static [u8], size: &'static [u8], length: usize) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 16384];
        drop(stream.read(&mut request).await);
        let mut sent = stream.write_all(head).await;
        while sent.is_ok() {
            let chunk = [size, &vec![b'x'; length], b"\r\n"].concat();
            sent = stream.write_all(&chunk).await;
        }
    });
    address
}

/// A host that reaches the outside through a proxy alone, and a receiver that wants to know who speaks.
#[tokio::test]
async fn a_message_goes_through_the_proxy_with_what_the_receiver_wants() {
    let proxy = MockServer::start().await;
    Mock::given(method("POST"))
        .and(header("host", "chat.invalid"))
        .and(header("x-team", "shop"))
        .and(header("x-key", "s3cret"))
        .and(header("authorization", "Bearer t0ken"))
        .and(header("content-type", "application/json; charset=utf-8"))
        .respond_with(ResponseTemplate::new(200).set_body_string("t0ken and s3cret are welcome"))
        .expect(1)
        .mount(&proxy)
        .await;
    let (_token_file, token) = secret("t0ken");
    let (_headers_file, headers) = secret("X-Key: s3cret");
    let through = config::Proxy { url: proxy.uri(), login: None, except: Vec::new() };
    let access = config::Access {
        proxy: Some(through),
        login: Some(config::HttpLogin::Bearer(token)),
        headers: [("X-Team".to_owned(), "shop".to_owned())].into(),
        headers_file: Some(headers),
        ..config::Access::default()
    };
    let channel = WebhookChannel { access, ..open("http://chat.invalid/alerts") };
    assert_eq!(tell(channel.clone()).await.unwrap().answer, "200 OK […] and […] are welcome");
    let reached = notifier(Way::Webhook(channel)).reach("it").await.unwrap().answer;
    let said =
        format!("the proxy {}, through which http://chat.invalid is told, can be reached", proxy.uri());
    assert!(reached.starts_with(&said), "{reached}");
}
