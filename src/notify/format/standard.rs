//! golive's own JSON (contract §4), signed by the Standard Webhooks scheme.

use serde_json::{Value, json};

use super::answer::{Answer, Verdict};
use crate::model::notice::Notice;
use crate::model::reason::{Blame, Reason};
use crate::model::sample::{Outcome, Sample};
use crate::notify::Context;
use crate::notify::message::{self, Message};
use crate::untrusted::clean;

/// Receivers are advised to take 20 KB.
const EVIDENCE_MAX: usize = 20;

pub(super) fn sign(secret: &str, id: &str, sent: i64, body: &str) -> Result<String, String> {
    let webhook = standardwebhooks::Webhook::new(secret).map_err(|_| {
        "the secret is not one of the Standard Webhooks scheme, which is base64, with or without whsec_ before it"
            .to_owned()
    })?;
    webhook.sign(id, sent, body.as_bytes()).map_err(|error| error.to_string())
}

/// A count without a fraction is written as one.
fn number(value: f64) -> Value {
    let whole = value.fract() == 0.0 && value.abs() < 1e15;
    if whole {
        format!("{value:.0}").parse().map_or_else(|_| json!(value), |whole: i64| json!(whole))
    } else {
        json!(value)
    }
}

/// The body of contract §4.
pub(super) fn body(message: &Message, notice: &Notice, context: &Context<'_>) -> Value {
    let texts = context.texts;
    let numbers = notice.reason.as_ref().and_then(Reason::numbers);
    let (trigger, value, limit) = numbers.map_or((Value::Null, Value::Null, Value::Null), |numbers| {
        (json!(numbers.0), number(numbers.1), number(numbers.2))
    });
    let evidence: Vec<Value> = notice.evidence.iter().take(EVIDENCE_MAX).map(sample).collect();
    json!({
        "type": format!("golive.{}", notice.news.into_str()),
        "timestamp": notice.at.to_string(),
        "data": {
            "id": notice.id,
            "tier": notice.tier.into_str(),
            "event": notice.news.into_str(),
            "incident": notice.incident,
            "service": clean_some(notice.service.as_ref()),
            "release": notice.release,
            "from": clean_some(notice.from.as_ref()),
            "to": clean_some(notice.to.as_ref()),
            "trigger": trigger,
            "value": value,
            "limit": limit,
            "reason": notice.reason.as_ref().map(|reason| texts.reason(reason)),
            "blame": notice.blame.as_ref().map(Blame::into_str),
            "title": message.subject,
            "text": message.plain(),
            "evidence": evidence,
            "action_required": texts.next(notice),
            "acknowledge": notice.acknowledgeable.then(|| format!("golive ack {}", notice.incident)),
            "runbook": context.runbook,
            "host": context.host,
            "record": context.witnesses.get(&notice.id).map(|it| json!({"seq": it.seq, "hash": it.hash})),
            "delay_seconds": message::delay(notice, context).map(|delay| delay.as_secs_f64()),
            "stage": notice.place.stage.into_str(),
            "suppressed_count": notice.place.suppressed,
            "flap_count": notice.place.flaps,
            "superseded": context.with.iter().map(|other| overtaken(other, context)).collect::<Vec<Value>>(),
        }
    })
}

/// A notice of the same incident that is told no more than this.
fn overtaken(notice: &Notice, context: &Context<'_>) -> Value {
    json!({
        "id": notice.id,
        "timestamp": notice.at.to_string(),
        "event": notice.news.into_str(),
        "stage": notice.place.stage.into_str(),
        "title": context.texts.subject(notice),
    })
}

/// Receivers print this too.
fn clean_some(text: Option<&String>) -> Option<String> {
    text.map(|text| clean(text))
}

fn sample(sample: &Sample) -> Value {
    let (outcome, seen) = match &sample.outcome {
        Outcome::Ok => ("ok", None),
        Outcome::Failed(seen) => ("failed", Some(seen)),
        Outcome::Blind(seen) => ("blind", Some(seen)),
    };
    json!({
        "check": clean(&sample.check),
        "started_at": sample.began.to_string(),
        "duration_seconds": sample.took.as_secs_f64(),
        "outcome": outcome,
        "message": clean_some(seen),
    })
}

pub(super) fn judge(answer: &Answer) -> Verdict {
    answer.by_status()
}
