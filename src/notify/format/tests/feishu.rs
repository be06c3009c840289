use base64::Engine as _;

use super::double::{list, no_links, rule, secret, text};
use super::*;
use crate::notify::format::feishu;

pub(super) const FEISHU: Double =
    Double { check, yes: (200, "{\"code\":0,\"msg\":\"success\",\"data\":{}}"), no: 400 };
pub(super) const SECRET: &str = "golive-feishu-secret";

fn check(sent: &Sent) -> Result<(), String> {
    rule(sent.raw.len() <= 20_000, "9499 too large")?;
    let stamp = text(&sent.body, "/timestamp");
    let seconds: i64 = stamp.parse().map_err(|_| "19021 timestamp")?;
    rule((seconds - now().as_second()).abs() < 3600, "19021 too old")?;
    // Computed here in another way than golive does: the key is the text, the message is empty.
    let mut hmac = hmac_sha256::HMAC::new(format!("{stamp}\n{SECRET}"));
    hmac.update([]);
    let wanted = base64::engine::general_purpose::STANDARD.encode(hmac.finalize());
    rule(text(&sent.body, "/sign") == wanted, "19021 sign match fail")?;
    rule(sent.body["msg_type"] == "interactive", "19002 msg_type")?;
    let card = &sent.body["card"];
    rule(["red", "orange", "green", "blue"].contains(&text(card, "/header/template")), "template")?;
    plain(&card["header"]["title"])?;
    rule(!list(card, "/elements").is_empty(), "elements")?;
    for element in list(card, "/elements") {
        match text(element, "/tag") {
            "div" if element["text"].is_object() => plain(&element["text"])?,
            "div" => {
                let heading = text(element, "/fields/0/text/content");
                rule(
                    heading.starts_with("**") && heading.matches('*').count() == 4 && !heading.contains('<'),
                    "heading",
                )?;
                plain(&element["fields"][1]["text"])?;
            }
            "action" => rule(text(element, "/actions/0/url") == markup_link(), "a foreign link")?,
            other => return Err(format!("tag {other}")),
        }
    }
    Ok(())
}

fn plain(value: &serde_json::Value) -> Result<(), String> {
    let content = text(value, "/content");
    rule(text(value, "/tag") == "plain_text" && !content.trim().is_empty(), "text that is looked into")?;
    no_links(content)
}

#[tokio::test]
async fn feishu_takes_everything() {
    let (_file, secret) = secret(SECRET);
    double(FEISHU, WebhookFormat::Feishu { secret: Some(secret) }, "/open-apis/bot/v2/hook/x").await;
}

#[test]
fn the_signature_is_the_known_one() {
    let sign = feishu::sign(SECRET, 1_700_000_000);
    assert_eq!(sign, "PpT1eUZxUcI7appIfKM6nlNI8mGdlulVQkrKTJRm04s=");
    assert_ne!(sign, "ASYm8zxy6ZBLoEUItBZOi81TBa+MW/q/skcYPnYj3NU=", "key and message the wrong way round");
    let unsigned = card_of(&story(), |card| feishu::body(card, None, 1));
    assert!(unsigned.get("sign").is_none() && unsigned.get("timestamp").is_none());
}

#[test]
fn feishu_is_answered() {
    judged(
        feishu::judge,
        &[
            (200, "{\"code\":0,\"msg\":\"success\"}", Verdict::Taken),
            (200, "{\"StatusCode\":0,\"StatusMessage\":\"success\"}", Verdict::Taken),
            (200, "{}", Verdict::Later(None)),
            (200, "", Verdict::Later(None)),
            (400, "{\"code\":9499,\"msg\":\"Bad Request\"}", Verdict::Refused),
            (400, "{\"code\":9499,\"msg\":\"too many request\"}", later(60)),
            (200, "{\"code\":11232,\"msg\":\"frequency limited\"}", later(60)),
            (400, "{\"code\":99991400,\"msg\":\"request trigger frequency limit\"}", later(60)),
            (
                200,
                "{\"code\":19001,\"msg\":\"param invalid: incoming webhook access token invalid\"}",
                Verdict::Gone,
            ),
            (
                200,
                "{\"code\":19021,\"msg\":\"sign match fail or timestamp is not within one hour from current time\"}",
                Verdict::Refused,
            ),
            (200, "{\"code\":19022,\"msg\":\"Ip Not Allowed\"}", Verdict::Refused),
            (200, "{\"code\":19024,\"msg\":\"Key Words Not Found\"}", Verdict::Refused),
            (200, "{\"code\":2200,\"msg\":\"Internal Error\"}", Verdict::Later(None)),
            (200, "{\"code\":77777,\"msg\":\"never heard of\"}", Verdict::Later(None)),
            (404, "404 page not found", Verdict::Gone),
        ],
    );
}
