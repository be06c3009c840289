//! What is common to all formats: nothing secret is told, pauses are kept.

use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::double::{secret, tell};
use super::*;
use crate::notify::Retry;

const CANARY: &str = "c4nary-7EE1-9ab3-TOKEN";

/// Every format, with secrets out of a file that holds `text`.
fn formats(secret: &Secret) -> Vec<(WebhookFormat, &'static str)> {
    let some = || Some(secret.clone());
    vec![
        (WebhookFormat::Standard { secret: None }, "/x/CANARY"),
        (WebhookFormat::Slack, "/services/T0/B0/CANARY"),
        (WebhookFormat::Teams, "/workflows/x?sig=CANARY"),
        (WebhookFormat::Discord, "/api/webhooks/1/CANARY"),
        (WebhookFormat::Mattermost, "/hooks/CANARY"),
        (WebhookFormat::Feishu { secret: some() }, "/open-apis/bot/v2/hook/CANARY"),
        (WebhookFormat::Dingtalk { secret: some() }, "/robot/send?access_token=CANARY"),
        (WebhookFormat::Wecom, "/cgi-bin/webhook/send?key=CANARY"),
        (WebhookFormat::Pagerduty { routing_key: secret.clone() }, ""),
        (WebhookFormat::Ntfy { token: some() }, "/CANARY"),
        (WebhookFormat::Alertmanager { token: some() }, "/alerts/CANARY"),
    ]
}

/// Servers like to repeat what they were asked: the path, the query, a header, the body.
#[tokio::test]
async fn an_answer_that_repeats_a_secret_does_not_tell_it() {
    let server = MockServer::start().await;
    let repeat = |request: &wiremock::Request| {
        let headers = format!("{:?}", request.headers);
        let end = &request.body[request.body.len().saturating_sub(120)..];
        let text = format!("Cannot POST {} {headers} {}", request.url, String::from_utf8_lossy(end));
        ResponseTemplate::new(400).set_body_string(text)
    };
    Mock::given(any()).respond_with(repeat).mount(&server).await;
    let (_file, secret) = secret(CANARY);
    for (format, path) in formats(&secret) {
        let url = format!("{}{}", server.uri(), path.replace("CANARY", CANARY));
        let refusal = tell(&url, &format, &story()).await.unwrap_err();
        assert!(
            refusal.text.starts_with("post to http://127.0.0.1: it answered 400 Bad Request Cannot POST"),
            "{}",
            refusal.text
        );
        assert!(!refusal.text.contains("c4nary"), "{format:?}: {}", refusal.text);
    }
}

#[tokio::test]
async fn a_limit_is_kept_and_what_is_gone_is_given_up() {
    let (_file, secret) = secret(CANARY);
    for (format, path) in formats(&secret) {
        let server = MockServer::start().await;
        let slow =
            ResponseTemplate::new(429).insert_header("retry-after", "1234").set_body_string("slow down");
        Mock::given(any()).respond_with(slow).mount(&server).await;
        let refusal = tell(&format!("{}{path}", server.uri()), &format, &story()).await.unwrap_err();
        assert_eq!(refusal.retry, Retry::Later(Some(Duration::from_secs(1234))), "{format:?}");
        server.reset().await;
        Mock::given(any()).respond_with(ResponseTemplate::new(410)).mount(&server).await;
        let refusal = tell(&format!("{}{path}", server.uri()), &format, &story()).await.unwrap_err();
        assert_eq!(refusal.retry, Retry::Never, "{format:?}");
    }
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_is_waited_for() {
    let gone = Secret::File("/nonexistent/secret".into());
    for (format, _) in
        formats(&gone).into_iter().filter(|(format, _)| format!("{format:?}").contains("nonexistent"))
    {
        let refusal = tell("http://127.0.0.1:9/topic", &format, &story()).await.unwrap_err();
        assert_eq!(refusal.retry, Retry::Later(None));
        assert!(
            refusal.text.starts_with("write for http://127.0.0.1: read the secret /nonexistent"),
            "{}",
            refusal.text
        );
    }
}
