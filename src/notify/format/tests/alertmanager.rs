use serde_json::Value;

use super::double::{list, rule, secret, text};
use super::*;
use crate::notify::format::alertmanager;

pub(super) const ALERTMANAGER: Double = Double { check, yes: (200, ""), no: 400 };

/// As receivers read it: every field of version 4, of its type.
fn check(sent: &Sent) -> Result<(), String> {
    let body = &sent.body;
    rule(sent.headers.get("authorization").is_some_and(|value| value == "Bearer t0ken"), "401")?;
    rule(body["version"] == "4" && body["truncatedAlerts"] == 0, "version")?;
    for key in ["groupKey", "receiver", "status", "externalURL"] {
        rule(body[key].is_string(), key)?;
    }
    for key in ["groupLabels", "commonLabels", "commonAnnotations"] {
        texts(&body[key])?;
    }
    rule(list(body, "/alerts").len() == 1, "alerts")?;
    for alert in list(body, "/alerts") {
        texts(&alert["labels"])?;
        texts(&alert["annotations"])?;
        rule(!text(alert, "/labels/alertname").is_empty(), "alertname")?;
        let (status, begins, ends) =
            (text(alert, "/status"), text(alert, "/startsAt"), text(alert, "/endsAt"));
        rule(status == text(body, "/status"), "status")?;
        let begins: Timestamp = begins.parse().map_err(|_| "startsAt")?;
        match status {
            "firing" => rule(ends == "0001-01-01T00:00:00Z", "endsAt")?,
            "resolved" => rule(ends.parse::<Timestamp>().is_ok_and(|ends| ends >= begins), "endsAt")?,
            other => return Err(other.to_owned()),
        }
        let print = text(alert, "/fingerprint");
        rule(print.len() == 16 && print.bytes().all(|byte| byte.is_ascii_hexdigit()), "fingerprint")?;
    }
    Ok(())
}

fn texts(value: &Value) -> Result<(), String> {
    let all = value.as_object().is_some_and(|fields| fields.values().all(Value::is_string));
    rule(all, "labels and annotations are texts")
}

#[tokio::test]
async fn receivers_of_alertmanager_take_everything() {
    let (_file, token) = secret("t0ken");
    double(ALERTMANAGER, WebhookFormat::Alertmanager { token: Some(token) }, "/alert").await;
}

#[test]
fn an_incident_fires_and_is_resolved_as_one_alert() {
    let told = |news, tier| card_of(&notice(news, tier, "1.4.2"), alertmanager::body);
    let (down, up) = (
        told(News::RollbackStarted, Tier::Important),
        told(News::RollbackSucceeded { took: Duration::ZERO }, Tier::Urgent),
    );
    assert_eq!((&down["status"], &up["status"]), (&"firing".into(), &"resolved".into()));
    assert_eq!(down["groupKey"], up["groupKey"]);
    assert_eq!(down["alerts"][0]["fingerprint"], up["alerts"][0]["fingerprint"]);
    assert_eq!(down["alerts"][0]["annotations"]["runbook_url"], markup_link());
    assert_eq!(told(News::ReleaseDetected, Tier::General)["status"], "resolved", "nothing stays open for it");
}

#[test]
fn receivers_answer() {
    judged(
        alertmanager::judge,
        &[
            (200, "", Verdict::Taken),
            (204, "", Verdict::Taken),
            (400, "", Verdict::Refused),
            (302, "", Verdict::Refused),
            (404, "", Verdict::Gone),
        ],
    );
}
