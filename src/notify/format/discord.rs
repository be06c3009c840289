//! Discord, by a webhook: an embed.

use reqwest::{StatusCode, Url};
use serde_json::{Value, json};

use super::answer::{Answer, Verdict};
use super::card::Card;
use super::clip::Unit;
use super::markup::{backslashes, code};
use crate::model::notice::Tier;
use crate::notify::message::{Kind, Part};

const TITLE_MAX: usize = 256;
const NAME_MAX: usize = 256;
const VALUE_MAX: usize = 1024;
const FIELDS_MAX: usize = 25;
const TOTAL_MAX: usize = 6000;

/// The name of the picture, as the embed calls it.
pub(in crate::notify) const PICTURE: &str = "chart.png";

/// Shown without a sound.
const SUPPRESS_NOTIFICATIONS: u32 = 1 << 12;

/// Without `wait`, Discord does not say when it could not keep a message.
pub(super) fn address(mut url: Url) -> Url {
    let rest: Vec<(String, String)> =
        url.query_pairs().into_owned().filter(|(name, _)| name != "wait").collect();
    url.query_pairs_mut().clear().extend_pairs(rest).append_pair("wait", "true");
    url
}

/// The address of a message that the webhook has written.
pub(super) fn edited(url: &Url, message: &str) -> Url {
    let mut url = address(url.clone());
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push("messages").push(message);
    }
    url
}

pub(super) fn body(card: &Card<'_>, picture: bool) -> Value {
    let mut body = change(card, picture);
    if card.notice.tier == Tier::General {
        body["flags"] = json!(SUPPRESS_NOTIFICATIONS);
    }
    if card.calls {
        body["content"] = json!("@everyone");
        body["allowed_mentions"] = json!({ "parse": ["everyone"] });
    }
    body
}

/// What a message that is there already is changed into: it calls nobody again.
pub(super) fn change(card: &Card<'_>, picture: bool) -> Value {
    let mut body = card.fit(draw, |body| total(body) <= TOTAL_MAX);
    if picture {
        body["embeds"][0]["image"] = json!({ "url": format!("attachment://{PICTURE}") });
        body["attachments"] = json!([{ "id": 0, "filename": PICTURE }]);
    }
    body
}

fn draw(card: &Card<'_>) -> Value {
    json!({
        "embeds": [{
            "title": Unit::Utf16.clip_escaped(&card.title, TITLE_MAX, backslashes),
            "color": card.tone().red_green_blue(),
            "timestamp": card.at(),
            "fields": card.parts.iter().take(FIELDS_MAX).map(field).collect::<Vec<_>>(),
        }],
        "allowed_mentions": { "parse": [] },
    })
}

fn field(part: &Part) -> Value {
    let lines = part.lines.join("\n");
    let value = match part.kind {
        Kind::Own | Kind::Foreign => Unit::Utf16.clip_escaped(&lines, VALUE_MAX, backslashes),
        Kind::Code => code(&lines),
        Kind::Link => lines,
    };
    let name = Unit::Utf16.clip_escaped(&part.heading, NAME_MAX, backslashes);
    json!({ "name": name, "value": value, "inline": part.kind == Kind::Code })
}

/// Every text of the embed counts.
fn total(body: &Value) -> usize {
    let embed = &body["embeds"][0];
    let texts =
        embed["fields"].as_array().into_iter().flatten().flat_map(|field| [&field["name"], &field["value"]]);
    let texts = texts.chain([&embed["title"]]);
    texts.filter_map(Value::as_str).map(|text| Unit::Utf16.count(text)).sum()
}

pub(super) fn judge(answer: &Answer) -> Verdict {
    let id = answer.json().is_some_and(|json| json["id"].is_string());
    // To go on asking a webhook that is gone gets the whole address banned.
    let gone = answer.status == StatusCode::UNAUTHORIZED;
    answer.confirmed_if(id).gone_if(gone).pausing(answer.seconds("/retry_after"))
}
