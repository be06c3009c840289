use super::double::{count, no_links, rule, secret, tell, text};
use super::*;
use crate::notify::format::telegram;

pub(super) const TELEGRAM: Double =
    Double { check, yes: (200, "{\"ok\":true,\"result\":{\"message_id\":5}}"), no: 400 };
pub(super) const TOKEN: &str = "123456:AAF-x_Y";

fn check(sent: &Sent) -> Result<(), String> {
    rule(sent.path == format!("/bot{TOKEN}/sendMessage"), "Not Found")?;
    rule(sent.body["chat_id"] == "-1001", "chat not found")?;
    rule(sent.body["parse_mode"] == "HTML", "parse_mode")?;
    rule(sent.body["link_preview_options"]["is_disabled"] == true, "a preview")?;
    let (shown, outside_code) = parse(text(&sent.body, "/text"))?;
    rule((1..=4096).contains(&count(&shown)), "message is too long")?;
    no_links(&outside_code)?;
    let outside = outside_code.replace(&markup_link(), "");
    let bare = ["evil.example", "/stop", "#tag", "$USD"].iter().any(|word| outside.contains(word));
    rule(!bare, &format!("words that Telegram looks into: {outside}"))
}

/// Reads the HTML as the bot API does; gives what is shown, and what of it is outside of code.
fn parse(html: &str) -> Result<(String, String), String> {
    let (mut shown, mut outside, mut open) = (String::new(), String::new(), Vec::new());
    let mut rest = html;
    while let Some(character) = rest.chars().next() {
        let mut next = character.len_utf8();
        let mut plain = character.to_string();
        if character == '<' {
            let end = rest.find('>').ok_or("can't parse entities: unclosed start tag")?;
            match rest[1..end].strip_prefix('/') {
                Some(tag) => rule(open.pop() == Some(tag), "can't parse entities: unmatched end tag")?,
                None => open.push(&rest[1..end]),
            }
            rule(
                open.iter().all(|tag| ["b", "code"].contains(tag)),
                "can't parse entities: unsupported tag",
            )?;
            (next, plain) = (end + 1, String::new());
        } else if character == '&' {
            let end = rest.find(';').ok_or("can't parse entities: &")?;
            plain = match &rest[1..end] {
                "lt" => "<",
                "gt" => ">",
                "amp" => "&",
                "quot" => "\"",
                other => return Err(format!("can't parse entities: &{other};")),
            }
            .to_owned();
            next = end + 1;
        } else {
            rule(character != '>', "a bare >")?;
        }
        shown.push_str(&plain);
        if !open.contains(&"code") {
            outside.push_str(&plain);
        }
        rest = &rest[next..];
    }
    rule(open.is_empty(), "can't parse entities: can't find end tag")?;
    Ok((shown, outside))
}

fn format(token: &Secret) -> WebhookFormat {
    WebhookFormat::Telegram { chat: "-1001".to_owned(), topic: None, token: token.clone() }
}

#[tokio::test]
async fn telegram_takes_everything() {
    let (_file, token) = secret(TOKEN);
    double(TELEGRAM, format(&token), "").await;
}

#[test]
fn the_double_reads_html() {
    for bad in ["<b>x", "x</b>", "<i>x</i>", "a & b", "a < b", "&nbsp;", "<b><code>x</b></code>"] {
        assert!(parse(bad).is_err(), "{bad}");
    }
    assert_eq!(parse("<b>a&lt;</b><code>@x</code>").unwrap(), ("a<@x".to_owned(), "a<".to_owned()));
}

#[test]
fn the_topic_and_the_sound() {
    let body = card_of(&story(), |card| telegram::body(card, "@chan", Some(7), None));
    assert_eq!((&body["message_thread_id"], &body["disable_notification"]), (&7.into(), &false.into()));
    let general = notice(News::ReleaseDetected, Tier::General, "1");
    assert_eq!(card_of(&general, |card| telegram::body(card, "1", None, None))["disable_notification"], true);
}

/// A group that became a supergroup has another id: the message arrives, and the operator is told.
#[tokio::test]
async fn a_chat_that_moved_is_followed() {
    use wiremock::matchers::body_partial_json;
    let server = wiremock::MockServer::start().await;
    let moved = "{\"ok\":false,\"error_code\":400,\"description\":\"Bad Request: group chat was upgraded to a supergroup chat\",\"parameters\":{\"migrate_to_chat_id\":-100200}}";
    for (chat, status, answer) in [("-1001", 400, moved), ("-100200", 200, TELEGRAM.yes.1)] {
        wiremock::Mock::given(body_partial_json(serde_json::json!({ "chat_id": chat })))
            .respond_with(wiremock::ResponseTemplate::new(status).set_body_string(answer))
            .expect(1)
            .mount(&server)
            .await;
    }
    let (_file, token) = secret(TOKEN);
    let receipt = tell(&server.uri(), &format(&token), &story()).await.unwrap();
    assert!(receipt.answer.contains("write chat-id = \"-100200\""), "{}", receipt.answer);
}

#[tokio::test]
async fn a_token_that_is_none_is_not_sent_and_not_told() {
    for bad in ["", "12345", "12:34/../x", "12 3:abc", ":abc", "12:", "12:秘密"] {
        let (_file, token) = secret(bad);
        let refusal = tell("http://127.0.0.1:9", &format(&token), &story()).await.unwrap_err();
        assert_eq!(refusal.text, "write for http://127.0.0.1: the token is not one of a Telegram bot");
    }
}

#[test]
fn telegram_is_answered() {
    judged(
        telegram::judge,
        &[
            (200, "{\"ok\":true,\"result\":{\"message_id\":1}}", Verdict::Taken),
            (200, "{\"ok\":false,\"error_code\":400}", Verdict::Later(None)),
            (200, "", Verdict::Later(None)),
            (
                400,
                "{\"ok\":false,\"error_code\":400,\"description\":\"Bad Request: chat not found\"}",
                Verdict::Refused,
            ),
            (401, "{\"ok\":false,\"error_code\":401,\"description\":\"Unauthorized\"}", Verdict::Gone),
            (
                403,
                "{\"ok\":false,\"error_code\":403,\"description\":\"Forbidden: bot was kicked\"}",
                Verdict::Gone,
            ),
            (404, "{\"ok\":false,\"error_code\":404,\"description\":\"Not Found\"}", Verdict::Gone),
            (429, "{\"ok\":false,\"error_code\":429,\"parameters\":{\"retry_after\":34}}", later(34)),
        ],
    );
}
