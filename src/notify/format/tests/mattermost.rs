use super::double::{commonmark_means_nothing, count, list, no_links, rule, text, unescaped};
use super::*;
use crate::notify::format::mattermost;

pub(super) const MATTERMOST: Double = Double { check, yes: (200, "ok"), no: 400 };

fn check(sent: &Sent) -> Result<(), String> {
    rule(count(&sent.raw) <= 8000, "props_too_long")?;
    rule(list(&sent.body, "/attachments").len() == 1, "no_text")?;
    let attachment = &sent.body["attachments"][0];
    rule(!text(attachment, "/fallback").is_empty(), "fallback")?;
    no_links(text(attachment, "/fallback"))?;
    commonmark_means_nothing(text(attachment, "/title"))?;
    for field in list(attachment, "/fields") {
        let value = text(field, "/value");
        rule(!value.is_empty(), "an empty field")?;
        commonmark_means_nothing(value)?;
        no_links(&unescaped(value))?;
    }
    let priority = text(&sent.body, "/priority/priority");
    rule(["", "urgent", "important", "standard"].contains(&priority), "invalid priority")?;
    rule(sent.body["priority"]["requested_ack"].is_boolean() != priority.is_empty(), "requested_ack")?;
    rule(priority.is_empty() || sent.body["silent"].is_null(), "a silent priority")
}

#[tokio::test]
async fn mattermost_takes_everything() {
    double(MATTERMOST, WebhookFormat::Mattermost, "/hooks/xxx").await;
}

#[test]
fn mattermost_knows_the_three_tiers() {
    let body = |tier| card_of(&notice(News::RollbackNotReady, tier, "1"), mattermost::body);
    assert_eq!(body(Tier::Urgent)["priority"]["priority"], "urgent");
    assert_eq!(body(Tier::Important)["priority"]["priority"], "important");
    assert_eq!(
        (&body(Tier::General)["priority"], &body(Tier::General)["silent"]),
        (&serde_json::Value::Null, &true.into())
    );
}

#[test]
fn mattermost_is_answered() {
    judged(
        mattermost::judge,
        &[
            (200, "ok", Verdict::Taken),
            (200, "<!doctype html>", Verdict::Later(None)),
            (400, "{\"id\":\"web.incoming_webhook.text.app_error\"}", Verdict::Refused),
            (403, "{\"id\":\"x\"}", Verdict::Refused),
            (404, "{\"id\":\"x\"}", Verdict::Gone),
            (429, "limit exceeded", Verdict::Later(None)),
        ],
    );
}
