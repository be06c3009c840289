//! ntfy: a message to a topic, with a priority.

use reqwest::Url;
use serde_json::{Value, json};

use super::answer::{Answer, Verdict};
use super::card::Card;
use super::clip::Unit;
use crate::model::notice::Tier;
use crate::notify::message::{Kind, Part};
use crate::notify::tone::Tone;

/// A longer message becomes an attachment.
const MESSAGE_MAX: usize = 4096;
const TITLE_MAX: usize = 250;

/// The topic's address as the server's and the topic: JSON is posted to the server.
pub(super) fn address(mut url: Url) -> Option<(Url, String)> {
    let topic = url.path_segments()?.next_back()?.to_owned();
    let messages = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if topic.is_empty() || topic.len() > 64 || !topic.bytes().all(messages) {
        return None;
    }
    url.path_segments_mut().ok()?.pop().push("");
    url.set_query(None);
    url.set_fragment(None);
    Some((url, topic))
}

pub(super) fn body(card: &Card<'_>, topic: &str) -> Value {
    let (priority, tag) = match (card.notice.tier, card.tone()) {
        (Tier::Urgent, Tone::Good) => (5, "white_check_mark"),
        (Tier::Urgent, Tone::Bad | Tone::Warning | Tone::Calm) => (5, "rotating_light"),
        (Tier::Important, Tone::Good) => (4, "white_check_mark"),
        (Tier::Important, Tone::Bad | Tone::Warning | Tone::Calm) => (4, "warning"),
        (Tier::General, _) => (3, "information_source"),
    };
    let mut body = json!({
        "topic": topic,
        "title": Unit::Bytes.clip(&card.title, TITLE_MAX),
        "message": card.fit(draw, |message| Unit::Bytes.count(message) <= MESSAGE_MAX),
        "priority": priority,
        "tags": [tag],
    });
    if let Some((_, url)) = card.runbook() {
        body["click"] = json!(url);
    }
    let action = |(label, url)| json!({ "action": "view", "label": label, "url": url });
    let actions: Vec<Value> = card.links().map(action).collect();
    if !actions.is_empty() {
        body["actions"] = json!(actions);
    }
    body
}

/// Plain text: Markdown is off unless it is asked for.
fn draw(card: &Card<'_>) -> String {
    let lines = |part: &Part| match part.lines.as_slice() {
        [line] => format!("{}: {line}", part.heading),
        many => format!("{}:\n  {}", part.heading, many.join("\n  ")),
    };
    // Addresses are buttons.
    let shown = card.parts.iter().filter(|part| part.kind != Kind::Link);
    let text: Vec<String> = shown.map(lines).collect();
    // An empty message would read "triggered".
    if text.is_empty() { card.title.clone() } else { text.join("\n") }
}

pub(super) fn judge(answer: &Answer) -> Verdict {
    let id = answer.json().is_some_and(|json| json["id"].is_string());
    let verdict = answer.confirmed_if(id);
    // Not a topic that is gone, but a server that is none: the address can be mended.
    if verdict == Verdict::Gone { Verdict::Refused } else { verdict }
}
