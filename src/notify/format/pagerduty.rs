//! `PagerDuty`, by its Events API: an incident is triggered and resolved; what is only good to know is a change.

use std::time::Duration;

use reqwest::{StatusCode, Url};
use serde_json::{Map, Value, json};

use super::answer::{Answer, Verdict};
use super::card::Card;
use super::clip::Unit;
use super::fingerprint;
use crate::model::notice::Tier;
use crate::notify::message::SectionKind;
use crate::notify::tone::AlertState;

const SUMMARY_MAX: usize = 1024;
const KEY_MAX: usize = 255;
const BODY_MAX: usize = 512_000;

/// About 120 events a minute.
const CALM_DOWN: Duration = Duration::from_secs(30);

pub(super) fn address(mut url: Url, card: &Card<'_>) -> Url {
    let change: &[&str] = if card.standing() == AlertState::Aside { &["change"] } else { &[] };
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push("v2").extend(change).push("enqueue");
    }
    url
}

pub(super) fn body(card: &Card<'_>, routing_key: &str) -> Value {
    card.fit(|card| draw(card, routing_key), |body| body.to_string().len() <= BODY_MAX)
}

fn draw(card: &Card<'_>, routing_key: &str) -> Value {
    let links: Vec<Value> = card.links().map(|(text, href)| json!({ "href": href, "text": text })).collect();
    // A pager shows this and nothing else.
    let why =
        card.parts.iter().find(|part| part.what == SectionKind::Why).and_then(|part| part.lines.first());
    let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
    let summary = Unit::Utf16.clip(&format!("{}{why}", card.title), SUMMARY_MAX);
    let details: Map<String, Value> =
        card.parts.iter().map(|part| (part.heading.clone(), json!(part.lines.join("\n")))).collect();
    let mut payload = json!({
        "summary": summary,
        "source": card.host,
        "timestamp": card.at(),
        "custom_details": details,
    });
    if card.standing() == AlertState::Aside {
        return json!({ "routing_key": routing_key, "payload": payload, "links": links });
    }
    payload["severity"] = json!(match card.notice.tier {
        Tier::Urgent => "critical",
        Tier::Important => "warning",
        Tier::General => "info",
    });
    payload["component"] = json!(card.notice.service.as_deref().unwrap_or("golive"));
    payload["class"] = json!(card.notice.news.into_str());
    let action = if card.standing() == AlertState::Over { "resolve" } else { "trigger" };
    json!({
        "routing_key": routing_key,
        "event_action": action,
        "dedup_key": key(card),
        "client": "golive",
        "payload": payload,
        "links": links,
    })
}

/// The same for every notice of an incident, and for no other: hosts may share an integration.
fn key(card: &Card<'_>) -> String {
    let key = format!("{}/{}", card.host, card.notice.incident);
    if Unit::Bytes.count(&key) <= KEY_MAX { key } else { fingerprint(&[card.host, &card.notice.incident]) }
}

pub(super) fn judge(answer: &Answer) -> Verdict {
    let limited = answer.status == StatusCode::TOO_MANY_REQUESTS;
    answer.by_status().pausing(limited.then_some(CALM_DOWN))
}
