//! `DingTalk`, by a custom robot: Markdown.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use serde_json::{Value, json};

use super::answer::{Answer, Verdict};
use super::card::Card;
use super::clip::Unit;
use super::markup::{code, look_alikes};
use crate::notify::message::{Kind, Part};

const BODY_MAX: usize = 20_000;

/// Shown in the list of chats only.
const TITLE_MAX: usize = 100;

/// More than twenty messages in a minute, and the robot is shut out for so long.
const SHUT_OUT: Duration = Duration::from_mins(10);

pub(super) fn sign(secret: &str, milliseconds: i64) -> String {
    STANDARD.encode(hmac_sha256::HMAC::mac(format!("{milliseconds}\n{secret}"), secret))
}

pub(super) fn address(mut url: Url, secret: Option<&str>, milliseconds: i64) -> Url {
    if let Some(secret) = secret {
        url.query_pairs_mut()
            .append_pair("timestamp", &milliseconds.to_string())
            .append_pair("sign", &sign(secret, milliseconds));
    }
    url
}

pub(super) fn body(card: &Card<'_>) -> Value {
    card.fit(draw, |body| body.to_string().len() <= BODY_MAX)
}

fn draw(card: &Card<'_>) -> Value {
    let dot = card.tone().dot();
    let title = format!("{dot} {}", Unit::Utf16.clip(&card.title, TITLE_MAX));
    let mut text = format!("#### {dot} {}", look_alikes(&card.title));
    for part in &card.parts {
        text.push_str("\n\n");
        text.push_str(&paragraph(part));
    }
    json!({
        "msgtype": "markdown",
        "markdown": { "title": title, "text": text },
        "at": { "atMobiles": [], "atUserIds": [], "isAtAll": card.calls },
    })
}

fn paragraph(part: &Part) -> String {
    let heading = look_alikes(&part.heading);
    if part.kind == Kind::Link {
        return format!("[{heading}]({})", part.lines.join(""));
    }
    let line = |line: &String| match part.kind {
        Kind::Own | Kind::Foreign | Kind::Link => look_alikes(line),
        Kind::Code => code(line),
    };
    let lines: Vec<String> = part.lines.iter().map(line).collect();
    match lines.as_slice() {
        [line] => format!("**{heading}**: {line}"),
        many => format!("**{heading}**:\n\n- {}", many.join("\n- ")),
    }
}

pub(super) fn judge(answer: &Answer) -> Verdict {
    // Judged by the number alone: the words change from year to year.
    let Some(code) = answer.number("/errcode") else { return answer.confirmed_if(false) };
    match code {
        0 => answer.confirmed_if(true),
        130_101 | 410_100 => Verdict::Later(Some(answer.after.unwrap_or(SHUT_OUT).max(SHUT_OUT))),
        // The group, the token or the robot is no more.
        300_005 | 400_013 | 400_101 | 400_102 | 400_106 => Verdict::Gone,
        // Keyword, signature (or clock) or address not allowed; wrong in itself; too long; the month's messages spent.
        310_000 | 300_001 | 40_035 | 400_105 | 460_101 | 101_002 | 90_030 => Verdict::Refused,
        _ => Verdict::Later(answer.after),
    }
}
