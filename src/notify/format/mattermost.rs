//! Mattermost, by an incoming webhook: an attachment with fields.

use serde_json::{Value, json};

use super::answer::{Answer, Verdict};
use super::card::Card;
use super::clip::Unit;
use super::markup::{backslashes, code};
use crate::model::notice::Tier;
use crate::notify::message::{Kind, Part};

/// Older servers keep 8000 characters of what is attached; a longer post is split.
const TOTAL_MAX: usize = 7500;

pub(super) fn body(card: &Card<'_>) -> Value {
    card.fit(draw, |body| Unit::Utf16.count(&body.to_string()) <= TOTAL_MAX)
}

fn draw(card: &Card<'_>) -> Value {
    let fields: Vec<Value> = card.parts.iter().map(field).collect();
    let attachment = json!({
        "fallback": card.title,
        "color": card.tone().hex(),
        "title": backslashes(&card.title),
        "fields": fields,
    });
    let mut body = json!({ "attachments": [attachment] });
    match card.notice.tier {
        tier @ (Tier::Urgent | Tier::Important) => {
            let asked = card.notice.acknowledgeable;
            body["priority"] = json!({ "priority": tier.into_str(), "requested_ack": asked });
        }
        Tier::General => body["silent"] = json!(true),
    }
    if card.calls {
        body["text"] = json!("@channel");
    }
    body
}

fn field(part: &Part) -> Value {
    let lines = part.lines.join("\n");
    let value = match part.kind {
        Kind::Own | Kind::Foreign => backslashes(&lines),
        Kind::Code => code(&lines),
        Kind::Link => lines,
    };
    json!({ "title": backslashes(&part.heading), "value": value, "short": part.kind == Kind::Code })
}

pub(super) fn judge(answer: &Answer) -> Verdict {
    answer.confirmed_if(answer.body.trim() == "ok")
}
