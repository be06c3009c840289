//! Webhooks: what a format wrote is posted, and the answer handed to it.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::multipart::{Form, Part};

use super::format::{self, Answer, Beside, Plan, Post, Verdict};
use super::{Context, Receipt, Refusal, Retry};
use crate::config::{WebhookChannel, WebhookFormat};
use crate::model::notice::Notice;
use crate::notify::template;
use crate::outbound::Outlet;

const CONNECT: Duration = Duration::from_secs(10);

/// What goes with a message does not hold up the next one for longer, each.
const BESIDE: Duration = Duration::from_secs(5);

/// So much of an answer is read.
const ANSWER_MAX: usize = 64 * 1024;

/// Where platforms say how long to wait, beside `Retry-After`: seconds, all of them.
const RESET: [&str; 2] = ["x-ratelimit-reset-after", "x-ogw-ratelimit-reset"];

pub(super) fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
        .user_agent(concat!("golive/", env!("CARGO_PKG_VERSION")))
}

/// What was told, and what is still to be done about it.
pub(super) struct Told {
    receipt: Receipt,
    /// Where the message stands.
    place: Option<String>,
    besides: Vec<Beside>,
    format: WebhookFormat,
}

pub(super) async fn send(
    out: &Outlet,
    channel: &WebhookChannel,
    notice: &Notice,
    context: &Context<'_>,
) -> Result<Told, Refusal> {
    // Whatever it takes to be told, it is written once.
    let message = template::message(notice, context);
    let plan = format::write(channel, &message, notice, context)?;
    if let Some(edit) = &plan.edit {
        let answer = tell(out, edit, context.now).await?;
        match format::judge(&channel.format, &answer) {
            Verdict::Taken | Verdict::Later(_) => {
                let receipt = conclude(&channel.format, edit, &answer)?;
                return Ok(Told {
                    receipt,
                    place: None,
                    besides: Vec::new(),
                    format: channel.format.clone(),
                });
            }
            // Somebody has deleted it, or it is too old: then there is a new one.
            Verdict::Refused | Verdict::Gone | Verdict::Moved(_) => {}
        }
    }
    let answer = tell(out, &plan.post, context.now).await?;
    // The chat lives on under another id; whoever configured it should know.
    if let Verdict::Moved(chat) = format::judge(&channel.format, &answer)
        && let Some(moved) = moved(channel, &chat)
    {
        let plan = format::write(&moved, &message, notice, context)?;
        let answer = tell(out, &plan.post, context.now).await?;
        let mut told = told(&moved, plan, &answer, context)?;
        told.receipt.answer.push_str(&format!(" (write chat-id = \"{chat}\": the chat has moved)"));
        return Ok(told);
    }
    told(channel, plan, &answer, context)
}

fn told(
    channel: &WebhookChannel,
    plan: Plan,
    answer: &Answer,
    context: &Context<'_>,
) -> Result<Told, Refusal> {
    let mut receipt = conclude(&channel.format, &plan.post, answer)?;
    let place = format::message(&channel.format, answer);
    let edits = plan.besides.iter().any(|beside| matches!(beside, Beside::Edit(_)));
    // An edit that failed, or a message of another chat: what stands there cannot be changed any more.
    if context.thread.is_none() || !edits {
        receipt.thread.clone_from(&place);
    }
    Ok(Told { receipt, place, besides: plan.besides, format: channel.format.clone() })
}

impl Told {
    /// Does what goes with the message. Whatever becomes of it, the message was told.
    pub(super) async fn finish(self, out: &Outlet, now: Timestamp) -> Receipt {
        let Self { mut receipt, place, besides, format } = self;
        for beside in besides {
            let (post, edits) = match &beside {
                Beside::Edit(post) => (post, true),
                Beside::Extra(post) => (post, false),
            };
            let done = match tokio::time::timeout(BESIDE, tell(out, post, now)).await {
                Ok(Ok(answer)) => conclude(&format, post, &answer),
                Ok(Err(refusal)) => Err(refusal),
                Err(_) => Err(Refusal::later(format!("post to {} in time", format::place(&post.url)))),
            };
            if let Err(refusal) = done {
                if edits && refusal.retry == Retry::Never {
                    receipt.thread.clone_from(&place);
                }
                let what =
                    if edits { "the first message could not be changed" } else { "not all of it was taken" };
                receipt.answer.push_str(&format!("; {what}: failed to {}", refusal.text));
            }
        }
        receipt
    }
}

fn moved(channel: &WebhookChannel, chat: &str) -> Option<WebhookChannel> {
    let WebhookFormat::Telegram { topic, token, .. } = &channel.format else { return None };
    let format = WebhookFormat::Telegram { chat: chat.to_owned(), topic: *topic, token: token.clone() };
    Some(WebhookChannel { format, ..channel.clone() })
}

/// Opens a connection and sends nothing.
pub(super) async fn reach(out: &Outlet, channel: &WebhookChannel) -> Result<Receipt, Refusal> {
    let mut url = format::url(channel)?;
    let mut place = format::place(&url);
    if let Some(proxy) = out.proxy(&url) {
        place = format!("the proxy {}, through which {place} is told,", proxy.url);
        url = proxy.url.parse().map_err(|error| Refusal::later(format!("reach {place}: its URL {error}")))?;
    }
    let host = url.host_str().unwrap_or_default().to_owned();
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = url.port_or_known_default().unwrap_or(443);
    match tokio::net::TcpStream::connect((host.as_str(), port)).await {
        Ok(_) => Ok(Receipt::new(format!("{place} can be reached; nothing was sent"))),
        Err(error) => Err(Refusal::later(format!("reach {place}: {error}"))),
    }
}

async fn tell(out: &Outlet, post: &Post, now: Timestamp) -> Result<Answer, Refusal> {
    let method = if post.patch { Method::PATCH } else { Method::POST };
    let place = format::place(&post.url);
    let unsent = |why: String| Refusal::later(format!("post to {place}: failed to {why}"));
    let http = out.client(&post.url, builder).map_err(unsent)?;
    let failed = |error: reqwest::Error| Refusal::later(format!("post to {place}: {}", why(&error)));
    let request = http.request(method, post.url.clone());
    let mut request = match &post.picture {
        Some(picture) => request.multipart(with_picture(post.body.clone(), picture.clone()).map_err(failed)?),
        None => request.header(CONTENT_TYPE, "application/json; charset=utf-8").body(post.body.clone()),
    };
    for (name, value) in &post.headers {
        request = request.header(*name, value);
    }
    let answer = request.headers(out.headers().map_err(unsent)?).send().await;
    let mut answer = answer.map_err(failed)?;
    let mut body = Vec::new();
    while body.len() < ANSWER_MAX
        && let Ok(Some(chunk)) = answer.chunk().await
    {
        body.extend_from_slice(&chunk[..chunk.len().min(ANSWER_MAX - body.len())]);
    }
    let after = pause(answer.headers(), now);
    let body = String::from_utf8_lossy(&out.redact(body)).into_owned();
    Ok(Answer { status: answer.status(), after, body })
}

/// JSON and a picture as one body, with the names that Discord gives them.
fn with_picture(json: String, picture: Vec<u8>) -> reqwest::Result<Form> {
    let json = Part::text(json).mime_str("application/json")?;
    let picture = Part::bytes(picture).file_name(format::PICTURE).mime_str("image/png")?;
    Ok(Form::new().part("payload_json", json).part("files[0]", picture))
}

/// The verdict, with what was said.
fn conclude(format: &WebhookFormat, post: &Post, answer: &Answer) -> Result<Receipt, Refusal> {
    let said = crate::untrusted::clean(&post.redact(&answer.body));
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

pub(super) fn why(error: &reqwest::Error) -> String {
    let mut deepest: &dyn std::error::Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    if error.is_timeout() {
        "no answer in time".to_owned()
    } else {
        crate::untrusted::clean(&deepest.to_string())
    }
}
