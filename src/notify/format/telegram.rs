//! Telegram, by a bot: HTML.

use reqwest::{StatusCode, Url};
use serde_json::{Value, json};

use super::answer::{Answer, Verdict};
use super::card::Card;
use super::clip::Unit;
use super::markup::{defuse_words, html};
use crate::decide::action::Tier;
use crate::notify::letter::{Kind, Part};

/// Telegram counts the text without its tags; golive counts them in.
const TEXT_MAX: usize = 4096;

/// The address of the bot's method; `None` when the token is not one.
pub(super) fn address(mut url: Url, token: &str) -> Option<Url> {
    let (id, key) = token.split_once(':')?;
    let digits = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if !digits || key.is_empty() || !key.bytes().all(letters) {
        return None;
    }
    url.path_segments_mut().ok()?.pop_if_empty().push(&format!("bot{token}")).push("sendMessage");
    Some(url)
}

pub(super) fn body(card: &Card<'_>, chat: &str, topic: Option<u32>) -> Value {
    let text = card.fit(draw, |text| Unit::Utf16.count(text) <= TEXT_MAX);
    let mut body = json!({
        "chat_id": chat,
        "text": text,
        "parse_mode": "HTML",
        "disable_notification": card.notice.tier == Tier::General,
        "link_preview_options": { "is_disabled": true },
    });
    if let Some(topic) = topic {
        body["message_thread_id"] = json!(topic);
    }
    body
}

fn draw(card: &Card<'_>) -> String {
    let mut text = format!("{} <b>{}</b>\n", card.tone().dot(), html(&defuse_words(&card.title)));
    for part in &card.parts {
        text.push('\n');
        text.push_str(&paragraph(part));
    }
    text
}

/// Telegram makes links and mentions of plain words, but not within `<code>`.
fn paragraph(part: &Part) -> String {
    let line = |line: &String| match part.kind {
        Kind::Own | Kind::Link => html(line),
        Kind::Foreign | Kind::Code => format!("<code>{}</code>", html(line)),
    };
    let lines: Vec<String> = part.lines.iter().map(line).collect();
    let between = if lines.len() > 1 { "\n" } else { " " };
    format!("<b>{}:</b>{between}{}\n", html(&part.heading), lines.join("\n"))
}

pub(super) fn judge(answer: &Answer) -> Verdict {
    let Some(json) = answer.json() else { return answer.confirmed_if(false) };
    if let Some(chat) = json.pointer("/parameters/migrate_to_chat_id").and_then(Value::as_i64) {
        return Verdict::Moved(chat.to_string());
    }
    // The token is no longer good, or the bot was put out of the chat.
    let gone = matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
    let pause = answer.seconds("/parameters/retry_after");
    answer.confirmed_if(json["ok"] == true).gone_if(gone).pausing(pause)
}
