//! Telegram, by a bot: HTML.

use reqwest::{StatusCode, Url};
use serde_json::{Value, json};

use super::answer::{Answer, Verdict};
use super::card::Card;
use super::clip::Unit;
use super::markup::{defuse_words, html};
use crate::model::notice::Tier;
use crate::notify::message::{Kind, Part};

/// Telegram counts the text without its tags; golive counts them in.
const TEXT_MAX: usize = 4096;

/// The address of the bot's method; `None` when the token is not one.
pub(super) fn address(mut url: Url, token: &str, method: &str) -> Option<Url> {
    let (id, key) = token.split_once(':')?;
    let digits = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    let messages = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if !digits || key.is_empty() || !key.bytes().all(messages) {
        return None;
    }
    url.path_segments_mut().ok()?.pop_if_empty().push(&format!("bot{token}")).push(method);
    Some(url)
}

/// A message of a chat, as it is kept; ids are of one chat only.
pub(super) fn place(chat: &str, answer: &Answer) -> Option<String> {
    answer.number("/result/message_id").map(|id| format!("{chat}:{id}"))
}

/// The id of such a message, if it is of this chat.
pub(super) fn message(place: &str, chat: &str) -> Option<i64> {
    let (of, id) = place.rsplit_once(':')?;
    if of == chat { id.parse().ok() } else { None }
}

/// What a message that is there already is changed into.
pub(super) fn change(card: &Card<'_>, chat: &str, message: i64) -> Value {
    let mut body = words(card, chat);
    body["message_id"] = json!(message);
    body
}

fn words(card: &Card<'_>, chat: &str) -> Value {
    json!({
        "chat_id": chat,
        "text": card.fit(draw, |text| Unit::Utf16.count(text) <= TEXT_MAX),
        "parse_mode": "HTML",
        "link_preview_options": { "is_disabled": true },
    })
}

pub(super) fn body(card: &Card<'_>, chat: &str, topic: Option<u32>, first: Option<i64>) -> Value {
    let mut body = words(card, chat);
    body["disable_notification"] = json!(card.notice.tier == Tier::General);
    if let Some(first) = first {
        body["reply_parameters"] = json!({ "message_id": first, "allow_sending_without_reply": true });
    }
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

/// Telegram makes links and mentions of plain words.
fn paragraph(part: &Part) -> String {
    let line = |line: &String| match part.kind {
        Kind::Own | Kind::Link => html(line),
        Kind::Foreign => html(&defuse_words(line)),
        Kind::Code => format!("<code>{}</code>", html(line)),
    };
    let lines: Vec<String> = part.lines.iter().map(line).collect();
    let between = if lines.len() > 1 { "\n" } else { " " };
    format!("<b>{}:</b>{between}{}", html(&part.heading), lines.join("\n"))
}

pub(super) fn judge(answer: &Answer) -> Verdict {
    let Some(json) = answer.json() else { return answer.confirmed_if(false) };
    // It says already what it should.
    if answer.status == StatusCode::BAD_REQUEST && answer.body.contains("message is not modified") {
        return Verdict::Taken;
    }
    if let Some(chat) = json.pointer("/parameters/migrate_to_chat_id").and_then(Value::as_i64) {
        return Verdict::Moved(chat.to_string());
    }
    // The token is no longer good, or the bot was put out of the chat.
    let gone = matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
    let pause = answer.seconds("/parameters/retry_after");
    answer.confirmed_if(json["ok"] == true).gone_if(gone).pausing(pause)
}
