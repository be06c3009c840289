//! What Alertmanager sends to its webhook receivers, so that whatever understands that understands golive.

use serde_json::{Value, json};

use super::answer::{Answer, Verdict};
use super::card::Card;
use super::fingerprint;
use crate::model::notice::Tier;
use crate::notify::message::Part;
use crate::notify::tone::AlertState;

/// How Alertmanager writes that something has no end yet.
const NEVER: &str = "0001-01-01T00:00:00Z";

pub(super) fn body(card: &Card<'_>) -> Value {
    let notice = card.notice;
    let status = match card.standing() {
        AlertState::Open => "firing",
        // What is only good to know must not stand open for ever.
        AlertState::Over | AlertState::Aside => "resolved",
    };
    let severity = match notice.tier {
        Tier::Urgent => "critical",
        Tier::Important => "warning",
        Tier::General => "info",
    };
    let labels = json!({
        "alertname": "golive",
        "instance": card.host,
        "service": notice.service.as_deref().unwrap_or("golive"),
        "severity": severity,
        "incident": notice.incident,
    });
    let mut annotations =
        json!({ "summary": card.title, "description": description(card), "event": notice.news.into_str() });
    if let Some((_, url)) = card.runbook() {
        annotations["runbook_url"] = json!(url);
    }
    let at = card.at();
    let alert = json!({
        "status": status,
        "labels": labels,
        "annotations": annotations,
        "startsAt": at,
        "endsAt": if status == "firing" { NEVER } else { &at },
        "generatorURL": "",
        // Of the incident alone, so that it stays the same when the severity does not.
        "fingerprint": &fingerprint(&[card.host, &notice.incident])[..16],
    });
    json!({
        "version": "4",
        "groupKey": format!("golive/{}/{}", card.host, notice.incident),
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "golive",
        "groupLabels": { "alertname": "golive", "incident": notice.incident },
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": "",
        "alerts": [alert],
    })
}

fn description(card: &Card<'_>) -> String {
    let lines = |part: &Part| format!("{}: {}", part.heading, part.lines.join("\n"));
    card.parts.iter().map(lines).collect::<Vec<_>>().join("\n")
}

pub(super) fn judge(answer: &Answer) -> Verdict {
    answer.by_status()
}
