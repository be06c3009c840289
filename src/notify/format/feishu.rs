//! Feishu and Lark, by a custom bot: a card of the first version, which every client shows.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::answer::{Answer, Verdict};
use super::card::Card;
use crate::notify::message::{Kind, Part};
use crate::notify::tone::Tone;

/// Of 20 KB, with room for the signature.
const BODY_MAX: usize = 19_500;

/// A hundred messages a minute.
const CALM_DOWN: Duration = Duration::from_mins(1);

/// The key is what other platforms sign, and what is signed is empty.
pub(super) fn sign(secret: &str, seconds: i64) -> String {
    STANDARD.encode(hmac_sha256::HMAC::mac([], format!("{seconds}\n{secret}")))
}

pub(super) fn body(card: &Card<'_>, secret: Option<&str>, seconds: i64) -> Value {
    let mut body = card.fit(draw, |body| body.to_string().len() <= BODY_MAX);
    if let Some(secret) = secret {
        body["timestamp"] = json!(seconds.to_string());
        body["sign"] = json!(sign(secret, seconds));
    }
    body
}

fn draw(card: &Card<'_>) -> Value {
    let template = match card.tone() {
        Tone::Bad => "red",
        Tone::Warning => "orange",
        Tone::Calm => "blue",
        Tone::Good => "green",
    };
    let parts = card.parts.iter().filter(|part| part.kind != Kind::Link);
    let mut elements: Vec<Value> = parts.map(element).collect();
    let button =
        |(title, url)| json!({ "tag": "button", "type": "default", "text": plain(title), "url": url });
    let buttons: Vec<Value> = card.links().map(button).collect();
    if !buttons.is_empty() {
        elements.push(json!({ "tag": "action", "actions": buttons }));
    }
    if card.calls {
        let call = json!({ "tag": "lark_md", "content": "<at id=all></at>" });
        elements.push(json!({ "tag": "div", "text": call }));
    }
    if elements.is_empty() {
        elements.push(json!({ "tag": "div", "text": plain(&card.title) }));
    }
    json!({
        "msg_type": "interactive",
        "card": {
            "config": { "wide_screen_mode": true },
            "header": { "template": template, "title": plain(&card.title) },
            "elements": elements,
        },
    })
}

/// The heading is golive's own; everything else is not looked into.
fn element(part: &Part) -> Value {
    let heading = json!({ "tag": "lark_md", "content": format!("**{}**", part.heading) });
    let field = |text: Value| json!({ "is_short": false, "text": text });
    json!({ "tag": "div", "fields": [field(heading), field(plain(&part.lines.join("\n")))] })
}

fn plain(text: &str) -> Value {
    json!({ "tag": "plain_text", "content": text })
}

pub(super) fn judge(answer: &Answer) -> Verdict {
    let Some(code) = answer.number("/code").or_else(|| answer.number("/StatusCode")) else {
        return answer.confirmed_if(false);
    };
    let too_many = || answer.body.to_lowercase().contains("too many request");
    match code {
        0 => answer.confirmed_if(true),
        11232 | 99_991_400 => Verdict::Later(answer.after.or(Some(CALM_DOWN))),
        // One code for two very different things.
        9499 if too_many() => Verdict::Later(answer.after.or(Some(CALM_DOWN))),
        // Not one of its webhooks.
        19001 => Verdict::Gone,
        // Wrong in itself, signature (or clock), address or keyword not allowed, too long.
        9499 | 19002 | 19021 | 19022 | 19024 | 19036 => Verdict::Refused,
        _ if answer.by_status() == Verdict::Gone => Verdict::Gone,
        _ => Verdict::Later(answer.after),
    }
}
