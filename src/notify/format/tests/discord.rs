use super::double::{commonmark_means_nothing, count, list, no_links, rule, text, unescaped};
use super::*;
use crate::notify::format::discord;

pub(super) const DISCORD: Double = Double { check, yes: (200, "{\"id\":\"1\",\"type\":0}"), no: 400 };

fn check(sent: &Sent) -> Result<(), String> {
    rule(sent.query["wait"] == "true", "an unsaved message would not be told")?;
    rule(sent.query.get("thread_id").is_none_or(|id| id == "77"), "thread_id")?;
    rule(list(&sent.body, "/embeds").len() == 1, "50006 empty message")?;
    let embed = &sent.body["embeds"][0];
    let title = text(embed, "/title");
    rule((1..=256).contains(&count(title)), "BASE_TYPE_MAX_LENGTH title")?;
    commonmark_means_nothing(title)?;
    let mut total = count(title);
    rule(list(embed, "/fields").len() <= 25, "BASE_TYPE_MAX_LENGTH fields")?;
    for field in list(embed, "/fields") {
        let (name, value) = (text(field, "/name"), text(field, "/value"));
        rule((1..=256).contains(&count(name)), "BASE_TYPE_MAX_LENGTH name")?;
        rule(!value.trim().is_empty() && count(value) <= 1024, "BASE_TYPE_MAX_LENGTH value")?;
        commonmark_means_nothing(value)?;
        no_links(&unescaped(value))?;
        total += count(name) + count(value);
    }
    rule(total <= 6000, "MAX_EMBED_SIZE_EXCEEDED")?;
    rule(embed["color"].as_u64().is_some_and(|color| color <= 0xff_ffff), "color")?;
    rule(text(embed, "/timestamp").parse::<Timestamp>().is_ok(), "timestamp")?;
    rule(sent.body["allowed_mentions"]["parse"] == serde_json::json!([]), "mentions are looked for")
}

#[tokio::test]
async fn discord_takes_everything() {
    double(DISCORD, WebhookFormat::Discord, "/api/webhooks/1/t0ken").await;
    double(DISCORD, WebhookFormat::Discord, "/api/webhooks/1/t0ken?thread_id=77&wait=false").await;
}

#[test]
fn only_general_news_makes_no_sound() {
    let flags = |tier| {
        card_of(&notice(News::RollbackNotReady, tier, "1"), |card| discord::body(card, false))["flags"]
            .as_u64()
            .unwrap_or_default()
    };
    assert_eq!([Tier::Urgent, Tier::Important, Tier::General].map(flags), [0, 0, 4096]);
}

#[test]
fn discord_is_answered() {
    judged(
        discord::judge,
        &[
            (200, "{\"id\":\"1\"}", Verdict::Taken),
            (204, "", Verdict::Later(None)),
            (200, "<html>", Verdict::Later(None)),
            (400, "{\"code\":50035,\"message\":\"Invalid Form Body\"}", Verdict::Refused),
            (401, "{\"code\":50027,\"message\":\"Invalid Webhook Token\"}", Verdict::Gone),
            (403, "{\"code\":50013}", Verdict::Refused),
            (404, "{\"code\":10015,\"message\":\"Unknown Webhook\"}", Verdict::Gone),
            (
                429,
                "{\"message\":\"You are being rate limited.\",\"retry_after\":64.57,\"global\":false}",
                later(65),
            ),
            (429, "error code: 1015", Verdict::Later(None)),
        ],
    );
}
