//! Discord, by a webhook: an embed.

use reqwest::{StatusCode, Url};
use serde_json::{Value, json};

use super::answer::{Answer, Verdict};
use super::card::Card;
use super::clip::Unit;
use super::markup::{backslashes, code};
use crate::decide::action::Tier;
use crate::notify::letter::{Kind, Part};

const TITLE_MAX: usize = 256;
const NAME_MAX: usize = 256;
const VALUE_MAX: usize = 1024;
const FIELDS_MAX: usize = 25;
const TOTAL_MAX: usize = 6000;

/// Shown without a sound.
const SUPPRESS_NOTIFICATIONS: u32 = 1 << 12;

/// Without `wait`, Discord does not say when it could not keep a message.
pub(super) fn address(mut url: Url) -> Url {
    let rest: Vec<(String, String)> =
        url.query_pairs().into_owned().filter(|(name, _)| name != "wait").collect();
    url.query_pairs_mut().clear().extend_pairs(rest).append_pair("wait", "true");
    url
}

pub(super) fn body(card: &Card<'_>) -> Value {
    card.fit(draw, |body| total(body) <= TOTAL_MAX)
}

fn draw(card: &Card<'_>) -> Value {
    let silent = card.notice.tier == Tier::General;
    json!({
        "embeds": [{
            "title": Unit::Utf16.clip_escaped(&card.title, TITLE_MAX, backslashes),
            "color": card.tone().red_green_blue(),
            "timestamp": card.at(),
            "fields": card.parts.iter().take(FIELDS_MAX).map(field).collect::<Vec<_>>(),
        }],
        "allowed_mentions": { "parse": [] },
        "flags": if silent { SUPPRESS_NOTIFICATIONS } else { 0 },
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
    json!({ "name": name, "value": value, "inline": false })
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
