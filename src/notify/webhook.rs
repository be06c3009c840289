//! Webhooks: what a format wrote is posted, and the answer handed to it.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};

use super::format::{self, Answer, Post, Verdict};
use super::{Context, Receipt, Refusal, Retry};
use crate::config::{WebhookChannel, WebhookFormat};
use crate::decide::action::Notice;

const CONNECT: Duration = Duration::from_secs(10);

/// So much of an answer is read.
const ANSWER_MAX: usize = 64 * 1024;

/// Where platforms say how long to wait, beside `Retry-After`: seconds, all of them.
const RESET: [&str; 2] = ["x-ratelimit-reset-after", "x-ogw-ratelimit-reset"];

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
    let post = format::write(channel, notice, context)?;
    let answer = tell(http, &post, context.now).await?;
    let Verdict::Moved(chat) = format::judge(&channel.format, &answer) else {
        return conclude(&channel.format, &post, &answer);
    };
    // The chat lives on under another id; whoever configured it should know.
    let Some(moved) = moved(channel, &chat) else { return conclude(&channel.format, &post, &answer) };
    let post = format::write(&moved, notice, context)?;
    let answer = tell(http, &post, context.now).await?;
    let receipt = conclude(&moved.format, &post, &answer)?;
    Ok(Receipt::new(format!("{} (write chat-id = \"{chat}\": the chat has moved)", receipt.answer)))
}

fn moved(channel: &WebhookChannel, chat: &str) -> Option<WebhookChannel> {
    let WebhookFormat::Telegram { topic, token, .. } = &channel.format else { return None };
    let format = WebhookFormat::Telegram { chat: chat.to_owned(), topic: *topic, token: token.clone() };
    Some(WebhookChannel { format, url: channel.url.clone() })
}

/// Opens a connection and sends nothing.
pub(super) async fn reach(channel: &WebhookChannel) -> Result<Receipt, Refusal> {
    let url = format::url(channel)?;
    let place = format::place(&url);
    let host = url.host_str().unwrap_or_default().to_owned();
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = url.port_or_known_default().unwrap_or(443);
    match tokio::net::TcpStream::connect((host.as_str(), port)).await {
        Ok(_) => Ok(Receipt::new(format!("{place} can be reached; nothing was sent"))),
        Err(error) => Err(Refusal::later(format!("reach {place}: {error}"))),
    }
}

async fn tell(http: &reqwest::Client, post: &Post, now: Timestamp) -> Result<Answer, Refusal> {
    let mut request = http.post(post.url.clone()).header(CONTENT_TYPE, "application/json; charset=utf-8");
    for (name, value) in &post.headers {
        request = request.header(*name, value);
    }
    let place = format::place(&post.url);
    let answer = request.body(post.body.clone()).send().await;
    let mut answer = answer.map_err(|error| Refusal::later(format!("post to {place}: {}", why(&error))))?;
    let mut body = Vec::new();
    while body.len() < ANSWER_MAX
        && let Ok(Some(chunk)) = answer.chunk().await
    {
        body.extend_from_slice(&chunk[..chunk.len().min(ANSWER_MAX - body.len())]);
    }
    let after = pause(answer.headers(), now);
    Ok(Answer { status: answer.status(), after, body: String::from_utf8_lossy(&body).into_owned() })
}

/// The verdict, with what was said.
fn conclude(format: &WebhookFormat, post: &Post, answer: &Answer) -> Result<Receipt, Refusal> {
    let said = crate::text::clean(&post.redact(&answer.body));
    let said = format!("{} {said}", answer.status).trim_end().to_owned();
    let text = format!("post to {}: it answered {said}", format::place(&post.url));
    match format::judge(format, answer) {
        Verdict::Taken => Ok(Receipt::new(said)),
        Verdict::Later(pause) => Err(Refusal { retry: Retry::Later(pause), text }),
        Verdict::Refused | Verdict::Moved(_) => Err(Refusal::never(text)),
        Verdict::Gone => Err(Refusal::never(format!("{text}; nothing is taken there any more"))),
    }
}

/// `Retry-After` (RFC 9110 §10.2.3), seconds or a date, or what a platform says instead.
fn pause(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let reset = RESET.iter().find_map(|name| text(name)).and_then(seconds);
    let Some(asked) = text(RETRY_AFTER.as_str()) else { return reset };
    if let Some(pause) = seconds(asked) {
        return Some(pause);
    }
    let at = jiff::fmt::rfc2822::parse(asked).ok()?.timestamp();
    Duration::try_from(at.duration_since(now)).ok()
}

/// Seconds, perhaps with a fraction, rounded up.
fn seconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.parse::<f64>().ok()?.ceil()).ok()
}

fn why(error: &reqwest::Error) -> String {
    let mut deepest: &dyn std::error::Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    if error.is_timeout() { "no answer in time".to_owned() } else { crate::text::clean(&deepest.to_string()) }
}
