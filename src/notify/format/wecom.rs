//! `WeCom`, by a group robot: its small Markdown.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use serde_json::{Value, json};

use super::answer::{Answer, Verdict};
use super::card::Card;
use super::clip::Unit;
use super::markup::{code, look_alikes};
use crate::notify::message::{Kind, Part};
use crate::notify::tone::Tone;

/// In bytes, so it is little in Chinese; a longer text is refused.
const CONTENT_MAX: usize = 4096;

/// Of 2048 bytes.
const CALL_MAX: usize = 500;

/// Twenty messages a minute.
const CALM_DOWN: Duration = Duration::from_mins(1);

pub(super) fn body(card: &Card<'_>) -> Value {
    let content = card.fit(draw, |content| Unit::Bytes.count(content) <= CONTENT_MAX);
    json!({ "msgtype": "markdown", "markdown": { "content": content } })
}

/// A picture is a message of its own.
pub(super) fn picture(png: &[u8]) -> Value {
    let sum = hex::encode(Md5::digest(png));
    json!({ "msgtype": "image", "image": { "base64": STANDARD.encode(png), "md5": sum } })
}

/// Markdown can call nobody, so a text does.
pub(super) fn call(card: &Card<'_>) -> Value {
    let content = Unit::Bytes.clip(&format!("{} {}", card.tone().dot(), card.title), CALL_MAX);
    json!({ "msgtype": "text", "text": { "content": content, "mentioned_list": ["@all"] } })
}

fn draw(card: &Card<'_>) -> String {
    let color = match card.tone() {
        Tone::Bad | Tone::Warning => "warning",
        Tone::Calm => "comment",
        Tone::Good => "info",
    };
    let title = look_alikes(&card.title);
    let mut text = format!("### {} <font color=\"{color}\">{title}</font>", card.tone().dot());
    for part in &card.parts {
        text.push('\n');
        text.push_str(&paragraph(part));
    }
    text
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
        many => format!("**{heading}**:\n> {}", many.join("\n> ")),
    }
}

pub(super) fn judge(answer: &Answer) -> Verdict {
    let Some(code) = answer.number("/errcode") else { return answer.confirmed_if(false) };
    match code {
        0 => answer.confirmed_if(true),
        45_009 => Verdict::Later(answer.after.or(Some(CALM_DOWN))),
        // The key is none.
        93_000 => Verdict::Gone,
        // Wrong in itself, or too long.
        40_008 | 40_058 | 44_004 => Verdict::Refused,
        _ => Verdict::Later(answer.after),
    }
}
