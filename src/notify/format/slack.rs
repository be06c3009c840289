//! Slack, by an incoming webhook: a header, and the rest beside a coloured bar.

use serde_json::{Value, json};

use super::answer::{Answer, Verdict};
use super::card::Card;
use super::clip::Unit;
use super::markup::{code, entities};
use crate::notify::message::{Kind, Part};

const HEADER_MAX: usize = 150;
const TEXT_MAX: usize = 3000;
const BLOCKS_MAX: usize = 50;
/// Undocumented: somewhat above 13,000 characters in all blocks, Slack answers `msg_blocks_too_long`.
const TOTAL_MAX: usize = 12_000;

/// A webhook of which Slack says so takes nothing any more.
const GONE: [&str; 6] =
    ["no_active_hooks", "no_service", "no_team", "invalid_token", "channel_is_archived", "channel_not_found"];

pub(super) fn body(card: &Card<'_>) -> Value {
    card.fit(draw, |body| Unit::Utf16.count(&body.to_string()) <= TOTAL_MAX)
}

fn draw(card: &Card<'_>) -> Value {
    let title = Unit::Utf16.clip_escaped(&card.title, HEADER_MAX, entities);
    let blocks: Vec<Value> = card.parts.iter().flat_map(blocks).take(BLOCKS_MAX - 2).collect();
    let header = json!({ "type": "header", "text": plain(&title) });
    let call = card.calls.then(|| json!({ "type": "section", "text": markup("<!channel>") }));
    let first: Vec<Value> = std::iter::once(header).chain(call).collect();
    let mut body = json!({
        "text": title,
        "mrkdwn": false,
        "unfurl_links": false,
        "unfurl_media": false,
        "blocks": first,
    });
    if !blocks.is_empty() {
        body["attachments"] = json!([{ "color": card.tone().hex(), "fallback": title, "blocks": blocks }]);
    }
    body
}

/// A small heading and the text below it. Text that is not marked up is not looked into.
fn blocks(part: &Part) -> [Value; 2] {
    let heading = Unit::Utf16.clip_escaped(&part.heading, HEADER_MAX, entities);
    let heading = json!({ "type": "context", "elements": [markup(&format!("*{heading}*"))] });
    let lines = part.lines.join("\n");
    let text = match part.kind {
        Kind::Own | Kind::Foreign => plain(&Unit::Utf16.clip_escaped(&lines, TEXT_MAX, entities)),
        Kind::Code => markup(&code(&entities(&lines))),
        Kind::Link => markup(&format!("<{}>", entities(&lines))),
    };
    [heading, json!({ "type": "section", "text": text })]
}

fn plain(text: &str) -> Value {
    // Without `emoji`, `:sos:` stays what it is.
    json!({ "type": "plain_text", "text": text, "emoji": false })
}

fn markup(text: &str) -> Value {
    json!({ "type": "mrkdwn", "text": text, "verbatim": true })
}

pub(super) fn judge(answer: &Answer) -> Verdict {
    let said = answer.body.trim();
    let gone = GONE.iter().any(|word| said.contains(word));
    let verdict = answer.confirmed_if(said == "ok");
    if gone && answer.status.is_success() {
        return Verdict::Gone;
    }
    verdict.gone_if(gone).pausing(answer.seconds("/retry_after"))
}
