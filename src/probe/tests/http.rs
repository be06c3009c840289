use serde_json::json;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;

async fn judged(answer: ResponseTemplate, change: impl FnOnce(&mut HttpCheck)) -> Outcome {
    let server = MockServer::start().await;
    let expected = Mock::given(method("GET")).and(path("/health")).and(header("x-probe", "golive"));
    expected.respond_with(answer).expect(1).mount(&server).await;
    let mut check = get(format!("{}/health", server.uri()));
    change(&mut check);
    look(&probe(CheckKind::Http(check), TIMEOUT)).await
}

#[tokio::test]
async fn the_status_is_as_wanted() {
    assert_eq!(judged(ResponseTemplate::new(200), |_| {}).await, Outcome::Ok);
    let unavailable = judged(ResponseTemplate::new(503), |_| {}).await;
    assert_eq!(failed(&unavailable), "status 503, expected 200");
    let either = |check: &mut HttpCheck| check.status = vec![200, 204];
    assert_eq!(judged(ResponseTemplate::new(204), either).await, Outcome::Ok);
    assert_eq!(failed(&judged(ResponseTemplate::new(404), either).await), "status 404, expected 200 or 204");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let target = MockServer::start().await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(200)).expect(0).mount(&target).await;
    let to = format!("{}/login", target.uri());
    let redirect = ResponseTemplate::new(302).insert_header("location", to.as_str());
    let outcome = judged(redirect.clone(), |_| {}).await;
    assert_eq!(failed(&outcome), format!("status 302, a redirect to {to}, not followed"));
    assert_eq!(judged(redirect, |check| check.status = vec![302]).await, Outcome::Ok);
}

#[tokio::test]
async fn the_body_contains_what_is_wanted() {
    let body = || ResponseTemplate::new(200).set_body_string("state: ready");
    assert_eq!(judged(body(), |check| check.body_contains = Some("ready".to_owned())).await, Outcome::Ok);
    let outcome = judged(body(), |check| check.body_contains = Some("up".to_owned())).await;
    assert_eq!(failed(&outcome), "the body does not contain \"up\"");
}

#[tokio::test]
async fn json_values_are_as_wanted() {
    let body =
        || ResponseTemplate::new(200).set_body_json(json!({"status": "ok", "db": {"lag": 3}, "a/b": null}));
    let want = |pairs: &[(&str, serde_json::Value)]| {
        let json = pairs.iter().map(|(pointer, value)| ((*pointer).to_owned(), value.clone())).collect();
        move |check: &mut HttpCheck| check.json = json
    };
    let all = [("/status", json!("ok")), ("/db/lag", json!(3)), ("/a~1b", json!(null))];
    assert_eq!(judged(body(), want(&all)).await, Outcome::Ok);
    let wrong = judged(body(), want(&[("/status", json!("up"))])).await;
    assert_eq!(failed(&wrong), "/status is \"ok\", expected \"up\"");
    let missing = judged(body(), want(&[("/nothing", json!(1))])).await;
    assert_eq!(failed(&missing), "/nothing is missing, expected 1");
    let garbage = ResponseTemplate::new(200).set_body_string("<html>");
    assert_eq!(failed(&judged(garbage, want(&all)).await), "the body is not JSON: <html>");
}

#[tokio::test]
async fn an_answer_may_be_right_and_too_late() {
    let slow = || ResponseTemplate::new(200).set_delay(Duration::from_millis(150));
    let limit = |millis| move |check: &mut HttpCheck| check.max_latency = Some(Duration::from_millis(millis));
    let outcome = judged(slow(), limit(50)).await;
    let seen = failed(&outcome);
    assert!(seen.starts_with("status 200 after ") && seen.ends_with(", allowed 50ms"), "{seen}");
    assert_eq!(judged(slow(), limit(450)).await, Outcome::Ok);
}

#[tokio::test]
async fn hostile_words_are_quoted_harmlessly() {
    let body = json!({"status": "\u{1b}[31m\u{202e}".repeat(200)});
    let wanted = |check: &mut HttpCheck| check.json = [("/status".to_owned(), json!("ok"))].into();
    let outcome = judged(ResponseTemplate::new(200).set_body_json(body), wanted).await;
    let seen = failed(&outcome);
    assert!(!seen.contains(['\u{1b}', '\u{202e}']) && seen.len() < 300, "{seen}");
}
