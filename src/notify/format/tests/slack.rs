use serde_json::Value;

use super::double::{count, list, no_links, rule, text};
use super::*;
use crate::notify::format::markup;
use crate::notify::format::slack;

pub(super) const SLACK: Double = Double { check, yes: (200, "ok"), no: 400 };

fn check(sent: &Sent) -> Result<(), String> {
    rule(!text(&sent.body, "/text").is_empty(), "no_text")?;
    rule(sent.body["mrkdwn"] == false, "the text is looked into")?;
    rule(sent.path == "/services/T000/B000/XXXX", "no_service")?;
    let inner = list(&sent.body, "/attachments/0/blocks");
    let color = text(&sent.body, "/attachments/0/color");
    rule(inner.is_empty() || (color.starts_with('#') && color.len() == 7), "invalid_attachments")?;
    rule(list(&sent.body, "/attachments").len() <= 1, "too_many_attachments")?;
    let blocks: Vec<&Value> = list(&sent.body, "/blocks").iter().chain(inner).collect();
    rule((1..=50).contains(&blocks.len()), "invalid_blocks: number")?;
    let mut total = 0;
    for block in blocks {
        total += match text(block, "/type") {
            "header" => object(&block["text"], "plain_text", 150)?,
            "section" => object(&block["text"], "", 3000)?,
            "context" => {
                let elements = list(block, "/elements");
                rule((1..=10).contains(&elements.len()), "invalid_blocks: elements")?;
                elements.iter().map(|element| object(element, "", 3000)).sum::<Result<usize, String>>()?
            }
            other => return Err(format!("invalid_blocks: {other}")),
        };
    }
    rule(total <= 13_200, "msg_blocks_too_long")
}

/// A text object: what is in it does nothing but what golive wants.
fn object(object: &Value, kind: &str, most: usize) -> Result<usize, String> {
    let (found, shown) = (text(object, "/type"), text(object, "/text"));
    rule(kind.is_empty() || found == kind, "invalid_blocks: kind")?;
    rule((1..=most).contains(&count(shown)), &format!("invalid_blocks: {} of {most}", count(shown)))?;
    let without = shown.replace(&format!("<{}>", markup::entities(&markup_link())), "");
    rule(!without.contains(['<', '>']), &format!("a token in {shown}"))?;
    let entities =
        ["&amp;", "&lt;", "&gt;"].iter().fold(without.clone(), |text, entity| text.replace(entity, ""));
    rule(!entities.contains('&'), &format!("a broken entity in {shown}"))?;
    no_links(&without)?;
    match found {
        "plain_text" => rule(object["emoji"] == false, "emoji are looked for")?,
        "mrkdwn" => {
            rule(object["verbatim"] == true, "words are looked into")?;
            let own = without.is_empty()
                || (without.starts_with('*') && without.matches('*').count() == 2)
                || (without.starts_with('`') && without.ends_with('`') && without.matches('`').count() == 2);
            rule(own, &format!("foreign words in {shown}"))?;
        }
        other => return Err(format!("invalid_blocks: {other}")),
    }
    Ok(count(shown))
}

#[tokio::test]
async fn slack_takes_everything() {
    double(SLACK, WebhookFormat::Slack, "/services/T000/B000/XXXX").await;
}

#[test]
fn the_double_refuses_what_slack_would() {
    let good = card_of(&story(), slack::body);
    for (pointer, bad) in [
        ("/text", ""),
        ("/blocks/0/text/text", &"x".repeat(151)),
        ("/attachments/0/blocks/1/text/text", &"x".repeat(3001)),
        ("/attachments/0/blocks/1/text/text", ""),
        ("/attachments/0/blocks/1/text/text", "<!channel>"),
        ("/attachments/0/blocks/1/text/text", "AT&T"),
        ("/attachments/0/blocks/0/elements/0/text", "*a* *b*"),
    ] {
        let mut body = good.clone();
        *body.pointer_mut(pointer).unwrap() = bad.into();
        let post =
            Post { body: body.to_string(), ..Post::to("https://x/services/T000/B000/XXXX".parse().unwrap()) };
        assert!(check(&Sent::of(&post)).is_err(), "{pointer} {bad}");
    }
}

#[test]
fn slack_is_answered() {
    judged(
        slack::judge,
        &[
            (200, "ok", Verdict::Taken),
            (200, "ok\n", Verdict::Taken),
            (200, "", Verdict::Later(None)),
            (200, "{\"ok\":false,\"error\":\"internal_error\"}", Verdict::Later(None)),
            (200, "{\"ok\":false,\"error\":\"channel_not_found\"}", Verdict::Gone),
            (400, "invalid_blocks", Verdict::Refused),
            (400, "no_text", Verdict::Refused),
            (403, "action_prohibited", Verdict::Refused),
            (403, "invalid_token", Verdict::Gone),
            (404, "no_active_hooks", Verdict::Gone),
            (404, "no_service", Verdict::Gone),
            (410, "channel_is_archived", Verdict::Gone),
            (302, "", Verdict::Refused),
            (429, "{\"retry_after\":7,\"ok\":false,\"error\":\"rate_limited\"}", later(7)),
            (500, "rollup_error", Verdict::Later(None)),
        ],
    );
}
