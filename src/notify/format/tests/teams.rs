use serde_json::Value;

use super::double::{list, no_links, rule, text};
use super::*;
use crate::notify::format::teams;

pub(super) const TEAMS: Double = Double { check, yes: (202, ""), no: 400 };

fn check(sent: &Sent) -> Result<(), String> {
    rule(sent.query["sig"] == "s3cr3t/+=", "DirectApiAuthorizationRequired")?;
    // What Teams measures is larger than what is sent: 28,897 were once counted for 24,453.
    rule(sent.raw.len() * 118 / 100 <= 28_672, "MessageSizeExceeded")?;
    rule(sent.body["type"] == "message", "type")?;
    let attachment = &sent.body["attachments"][0];
    rule(text(attachment, "/contentType") == "application/vnd.microsoft.card.adaptive", "contentType")?;
    let card = &attachment["content"];
    rule(text(card, "/type") == "AdaptiveCard" && text(card, "/version") == "1.4", "version")?;
    let container = &card["body"][0];
    let style = text(container, "/style");
    rule(["attention", "warning", "accent", "good"].contains(&style), "style")?;
    let blocks = list(container, "/items").iter().chain(list(card, "/body").iter().skip(1));
    let mut runs = 0;
    for block in blocks {
        rule(text(block, "/type") == "RichTextBlock", "text that knows Markdown")?;
        for run in list(block, "/inlines") {
            runs += 1;
            let shown = text(run, "/text");
            rule(text(run, "/type") == "TextRun" && !shown.is_empty(), "an empty run")?;
            no_links(shown)?;
        }
    }
    rule(runs > 0, "nothing is said")?;
    let links = list(card, "/actions").iter().all(|action: &Value| {
        text(action, "/type") == "Action.OpenUrl" && text(action, "/url") == markup_link()
    });
    rule(links, "a foreign link")
}

#[tokio::test]
async fn teams_takes_everything() {
    double(
        TEAMS,
        WebhookFormat::Teams,
        "/workflows/abc/triggers/manual/paths/invoke?api-version=2016-06-01&sig=s3cr3t%2F%2B%3D",
    )
    .await;
}

#[test]
fn teams_is_coloured_by_what_it_means() {
    let style = |news, tier| {
        let notice = notice(news, tier, "1.4.2");
        text(&card_of(&notice, teams::body), "/attachments/0/content/body/0/style").to_owned()
    };
    assert_eq!(style(News::ServiceDown, Tier::Urgent), "attention");
    assert_eq!(style(News::RollbackNotReady, Tier::Important), "warning");
    assert_eq!(style(News::ReleaseDetected, Tier::General), "accent");
    assert_eq!(style(News::ServiceUp, Tier::Urgent), "good");
}

#[test]
fn teams_is_answered() {
    judged(
        teams::judge,
        &[
            (202, "", Verdict::Taken),
            (200, "1", Verdict::Taken),
            (
                200,
                "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429",
                Verdict::Later(None),
            ),
            (
                200,
                "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 413",
                Verdict::Refused,
            ),
            (400, "TriggerInputSchemaMismatch", Verdict::Refused),
            (401, "DirectApiAuthorizationRequired", Verdict::Refused),
            (404, "WorkflowNotFound", Verdict::Gone),
            (410, "", Verdict::Gone),
            (429, "", Verdict::Later(None)),
        ],
    );
}
