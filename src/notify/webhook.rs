//! Webhooks: golive's own JSON, signed by the Standard Webhooks scheme when a secret is set.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{StatusCode, Url};
use serde_json::{Value, json};

use super::letter::{self, Letter};
use super::{Context, Receipt, Refusal, Retry};
use crate::config::{self, WebhookChannel, WebhookFormat};
use crate::decide::action::Notice;
use crate::decide::event::Outcome;
use crate::decide::reason::{Blame, Reason};

const CONNECT: Duration = Duration::from_secs(10);

/// So much of an answer is read and quoted.
const ANSWER_MAX: usize = 64 * 1024;

pub(super) fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
        .user_agent(concat!("golive/", env!("CARGO_PKG_VERSION")))
        .build()
}

pub(super) async fn send(
    http: &reqwest::Client,
    channel: &WebhookChannel,
    notice: &Notice,
    context: &Context<'_>,
) -> Result<Receipt, Refusal> {
    let url = url(channel)?;
    let place = place(&url);
    let body = match channel.format {
        WebhookFormat::Standard => standard(notice, context).to_string(),
    };
    let mut request =
        http.post(url).header(CONTENT_TYPE, "application/json").header("webhook-id", &notice.id);
    let sent = context.now.as_second();
    request = request.header("webhook-timestamp", sent);
    if let Some(secret) = &channel.secret {
        let secret = secret.read().map_err(|error| Refusal::later(format!("sign for {place}: {error}")))?;
        let signature = sign(&secret, &notice.id, sent, &body)
            .map_err(|why| Refusal::later(format!("sign for {place}: {why}")))?;
        request = request.header("webhook-signature", signature);
    }
    let answer = request.body(body).send().await;
    let answer = answer.map_err(|error| Refusal::later(format!("post to {place}: {}", why(&error))))?;
    judge(answer, &place, context.now).await
}

/// Opens a connection and sends nothing.
pub(super) async fn reach(channel: &WebhookChannel) -> Result<Receipt, Refusal> {
    let url = url(channel)?;
    let place = place(&url);
    let host = url.host_str().unwrap_or_default().to_owned();
    let port = url.port_or_known_default().unwrap_or(443);
    match tokio::net::TcpStream::connect((host.as_str(), port)).await {
        Ok(_) => Ok(Receipt { answer: format!("{place} can be reached; nothing was sent") }),
        Err(error) => Err(Refusal::later(format!("reach {place}: {error}"))),
    }
}

fn sign(secret: &str, id: &str, sent: i64, body: &str) -> Result<String, String> {
    let webhook = standardwebhooks::Webhook::new(secret).map_err(|_| {
        "the secret is not one of the Standard Webhooks scheme, which is base64, with or without whsec_ before it"
            .to_owned()
    })?;
    webhook.sign(id, sent, body.as_bytes()).map_err(|error| error.to_string())
}

/// A count without a fraction is written as one.
fn number(value: f64) -> Value {
    let whole = value.fract() == 0.0 && value.abs() < 1e15;
    if whole {
        format!("{value:.0}").parse().map_or_else(|_| json!(value), |whole: i64| json!(whole))
    } else {
        json!(value)
    }
}

/// The body of contract §4.
fn standard(notice: &Notice, context: &Context<'_>) -> Value {
    let texts = context.texts;
    let letter = Letter::new(notice, context);
    let numbers = notice.reason.as_ref().and_then(Reason::numbers);
    let (trigger, value, limit) = numbers.map_or((Value::Null, Value::Null, Value::Null), |numbers| {
        (json!(numbers.0), number(numbers.1), number(numbers.2))
    });
    let evidence: Vec<Value> = notice.evidence.iter().map(sample).collect();
    json!({
        "type": format!("golive.{}", notice.news.word()),
        "timestamp": notice.at.to_string(),
        "data": {
            "id": notice.id,
            "tier": notice.tier.word(),
            "event": notice.news.word(),
            "incident": notice.incident,
            "service": notice.service,
            "release": notice.release,
            "from": notice.from,
            "to": notice.to,
            "trigger": trigger,
            "value": value,
            "limit": limit,
            "reason": notice.reason.as_ref().map(|reason| texts.reason(reason)),
            "blame": notice.blame.as_ref().map(Blame::word),
            "title": letter.subject,
            "text": letter.plain(),
            "evidence": evidence,
            "next": texts.next(notice),
            "acknowledge": notice.acknowledgeable.then(|| format!("golive ack {}", notice.incident)),
            "runbook": context.runbook,
            "host": context.host,
            "late": letter::late(notice, context),
        }
    })
}

fn sample(sample: &crate::decide::event::Sample) -> Value {
    let (outcome, seen) = match &sample.outcome {
        Outcome::Ok => ("ok", None),
        Outcome::Failed(seen) => ("failed", Some(seen)),
        Outcome::Blind(seen) => ("blind", Some(seen)),
    };
    json!({
        "check": sample.check,
        "began": sample.began.to_string(),
        "took": sample.took.as_secs_f64(),
        "outcome": outcome,
        "seen": seen,
    })
}

/// What the provider's answer means.
async fn judge(mut answer: reqwest::Response, place: &str, now: Timestamp) -> Result<Receipt, Refusal> {
    let status = answer.status();
    let asked = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut body = Vec::new();
    while body.len() < ANSWER_MAX
        && let Ok(Some(chunk)) = answer.chunk().await
    {
        body.extend_from_slice(&chunk[..chunk.len().min(ANSWER_MAX - body.len())]);
    }
    let said = crate::text::clean(&String::from_utf8_lossy(&body));
    if status.is_success() {
        return Ok(Receipt { answer: format!("{status} {said}").trim_end().to_owned() });
    }
    let text = format!("post to {place}: it answered {status} {said}").trim_end().to_owned();
    let again = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];
    let retry = if status.is_server_error() || again.contains(&status) {
        Retry::Later(asked.and_then(|asked| pause(&asked, now)))
    } else {
        Retry::Never
    };
    Err(Refusal { retry, text })
}

/// `Retry-After` (RFC 9110 §10.2.3): seconds or a date.
fn pause(asked: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = asked.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(asked.trim()).ok()?.timestamp();
    Duration::try_from(at.duration_since(now)).ok()
}

fn url(channel: &WebhookChannel) -> Result<Url, Refusal> {
    let text = match &channel.url {
        config::Url::Open(url) => url.clone(),
        config::Url::Secret(secret) => {
            secret.read().map_err(|error| Refusal::later(format!("read a webhook's address: {error}")))?
        }
    };
    // The address may hold a token, so it is not quoted.
    Url::parse(text.trim())
        .map_err(|error| Refusal::later(format!("understand a webhook's address: {error}")))
}

/// The part of an address that is no secret.
fn place(url: &Url) -> String {
    format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default())
}

fn why(error: &reqwest::Error) -> String {
    let mut deepest: &dyn std::error::Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    if error.is_timeout() { "no answer in time".to_owned() } else { crate::text::clean(&deepest.to_string()) }
}
