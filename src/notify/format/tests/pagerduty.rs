use serde_json::Value;

use super::double::{list, rule, secret, text};
use super::*;
use crate::notify::format::pagerduty;

pub(super) const PAGERDUTY: Double =
    Double { check, yes: (202, "{\"status\":\"success\",\"message\":\"Event processed\"}"), no: 400 };
pub(super) const KEY: &str = "0123456789abcdef0123456789abcdef";

fn check(sent: &Sent) -> Result<(), String> {
    rule(sent.raw.len() <= 512_000, "413")?;
    rule(sent.body["routing_key"] == KEY, "Invalid routing key")?;
    let payload = &sent.body["payload"];
    let (summary, source) = (text(payload, "/summary"), text(payload, "/source"));
    rule(!summary.is_empty() && summary.chars().count() <= 1024, "summary")?;
    rule(
        !source.is_empty() && text(payload, "/timestamp").parse::<Timestamp>().is_ok(),
        "source, timestamp",
    )?;
    rule(payload["custom_details"].is_object(), "custom_details")?;
    rule(
        list(&sent.body, "/links").iter().all(|link| text(link, "/href") == markup_link()),
        "a foreign link",
    )?;
    if sent.path == "/v2/change/enqueue" {
        return rule(sent.body["event_action"].is_null(), "a change with an action");
    }
    rule(sent.path == "/v2/enqueue", "404")?;
    rule(["trigger", "acknowledge", "resolve"].contains(&text(&sent.body, "/event_action")), "event_action")?;
    rule(["critical", "error", "warning", "info"].contains(&text(payload, "/severity")), "severity")?;
    let key = text(&sent.body, "/dedup_key");
    rule(!key.is_empty() && key.chars().count() <= 255, "dedup_key")
}

#[tokio::test]
async fn pagerduty_takes_everything() {
    let (_file, routing_key) = secret(KEY);
    double(PAGERDUTY, WebhookFormat::Pagerduty { routing_key }, "").await;
}

fn told(news: News, tier: Tier) -> Value {
    card_of(&notice(news, tier, "1.4.2"), |card| pagerduty::body(card, KEY))
}

/// One incident is one alert, from its first notice to its end.
#[test]
fn an_incident_is_triggered_and_resolved_under_one_key() {
    let (down, up) = (told(News::ServiceDown, Tier::Urgent), told(News::ServiceUp, Tier::Urgent));
    assert_eq!((&down["event_action"], &up["event_action"]), (&"trigger".into(), &"resolve".into()));
    assert_eq!(down["dedup_key"], "host-1/web-1");
    assert_eq!(down["dedup_key"], up["dedup_key"]);
    assert_eq!(down["payload"]["severity"], "critical");
    assert_eq!(told(News::RollbackNotReady, Tier::Important)["payload"]["severity"], "warning");
    assert_eq!(told(News::Test, Tier::Urgent)["event_action"], "trigger");
}

#[test]
fn a_release_is_a_change_and_wakes_nobody() {
    let url: Url = "https://events.eu.pagerduty.com/".parse().unwrap();
    let path = |news, tier| {
        let notice = notice(news, tier, "1");
        card_of(&notice, |card| pagerduty::address(url.clone(), card)).path().to_owned()
    };
    assert_eq!(path(News::ReleaseDetected, Tier::General), "/v2/change/enqueue");
    assert_eq!(path(News::Test, Tier::General), "/v2/change/enqueue");
    assert_eq!(path(News::ServiceUp, Tier::Urgent), "/v2/enqueue");
}

#[test]
fn a_key_is_never_too_long() {
    let mut notice = story();
    notice.incident = "回".repeat(300);
    let key =
        |notice: &Notice| text(&card_of(notice, |card| pagerduty::body(card, KEY)), "/dedup_key").to_owned();
    let first = key(&notice);
    notice.incident.push('x');
    assert_eq!(first.len(), 64);
    assert_ne!(first, key(&notice), "and still another one for another incident");
}

#[test]
fn pagerduty_is_answered() {
    judged(
        pagerduty::judge,
        &[
            (202, "{\"status\":\"success\"}", Verdict::Taken),
            (400, "{\"status\":\"invalid event\",\"errors\":[\"Invalid routing key\"]}", Verdict::Refused),
            (429, "", later(30)),
            (404, "", Verdict::Gone),
        ],
    );
}
