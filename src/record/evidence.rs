//! What was found of a release before it was taken away, in short and whole.

use minijinja::context;
use serde_json::{Value, json};

use super::sheet::Sheet;
use crate::dsse::sha256;
use crate::model::event::{Event, ServiceEvent};
use crate::model::reading::Measure;
use crate::model::sample::Outcome;
use crate::store::{Evidence, Moment, Story};

/// Of a log and of the engine's events so many lines are in the short form: the last.
const LOG_LINES: usize = 20;
const EVENT_LINES: usize = 10;
/// So many samples and measurements are in the whole form: the newest.
const SAMPLES: usize = 500;

pub(super) fn write(sheet: &mut Sheet<'_>, found: &Evidence) {
    sheet.head("evidence");
    if let Some(exit) = found.exit {
        sheet.said("exit", &exit.to_string());
    }
    let oom = sheet.say(if found.oom { "yes" } else { "no" });
    sheet.said("oom", &oom);
    if let Some(count) = restarts(found) {
        let times = sheet.texts.phrase("record.restarts-of", context! { count });
        sheet.said("restarts", &times);
    }
    last(sheet, "events", &found.events, EVENT_LINES);
    last(sheet, "logs", &found.logs, LOG_LINES);
}

fn last(sheet: &mut Sheet<'_>, what: &str, whole: &str, lines: usize) {
    let last: Vec<&str> = whole.lines().rev().take(lines).collect();
    let none = if last.is_empty() { "no" } else { "last" };
    sheet.words(sheet.say(&format!("{none}-{what}")));
    if !last.is_empty() {
        sheet.printed(last.into_iter().rev());
    }
}

pub(super) fn json(found: &Evidence) -> Value {
    json!({
        "exit_code": found.exit,
        "oom_killed": found.oom,
        "restarts": restarts(found),
        "events": found.events.lines().collect::<Vec<_>>(),
        "logs": found.logs.lines().collect::<Vec<_>>(),
        "inspect": inspect(found),
    })
}

/// In short, with the digest of all that was found.
pub(super) fn short(found: &Evidence) -> Value {
    let all = [found.inspect.as_bytes(), found.logs.as_bytes(), found.events.as_bytes()];
    json!({
        "exit_code": found.exit,
        "oom_killed": found.oom,
        "restarts": restarts(found),
        "sha256": hex::encode(sha256(&all)),
    })
}

/// Every check and measurement around it, oldest first.
pub(super) fn samples(story: &Story) -> Vec<Value> {
    let mut samples: Vec<Value> = story.moments.iter().rev().filter_map(sample).take(SAMPLES).collect();
    samples.reverse();
    samples
}

fn sample(moment: &Moment) -> Option<Value> {
    let Event::Service { what, .. } = &moment.event else { return None };
    if let ServiceEvent::Sampled(sample) = what {
        let (outcome, seen) = match &sample.outcome {
            Outcome::Ok => ("ok", None),
            Outcome::Failed(seen) => ("failed", Some(seen)),
            Outcome::Blind(why) => ("blind", Some(why)),
        };
        let (at, took) = (sample.began.to_string(), sample.took.as_secs_f64());
        return Some(
            json!({"at": at, "check": sample.check, "outcome": outcome, "duration_seconds": took, "message": seen}),
        );
    }
    let ServiceEvent::Measured(reading) = what else { return None };
    let gave = match &reading.measure {
        Measure::Requests(requests) => json!({"failed": requests.seen.bad, "requests": requests.seen.total}),
        Measure::Durations(durations) => {
            let buckets = durations.seen.iter().map(|bucket| json!([bucket.le.to_string(), bucket.count]));
            json!({ "buckets": buckets.collect::<Vec<_>>() })
        }
        Measure::Value(value) | Measure::Again(value) => json!({ "value": value }),
        Measure::Use(of) => json!({"host": of.host, "own": of.own}),
        Measure::Alerts(names) => json!({ "alerts": names }),
        Measure::Blind(why) => json!({ "blind": why }),
        Measure::Absent(why) => json!({ "absent": why }),
    };
    Some(json!({"at": reading.at.to_string(), "trigger": reading.stream.trigger(), "gave": gave}))
}

fn restarts(found: &Evidence) -> Option<u64> {
    serde_json::from_str::<Value>(&found.inspect).ok()?.get("RestartCount")?.as_u64()
}

/// As the engine gave it, but for the values of the environment: a record is passed on, and they may be secrets.
fn inspect(found: &Evidence) -> Value {
    let mut inspect: Value = serde_json::from_str(&found.inspect).unwrap_or_default();
    if let Some(env) = inspect.pointer_mut("/Config/Env").and_then(Value::as_array_mut) {
        for var in env {
            if let Some((name, _)) = var.as_str().and_then(|var| var.split_once('=')) {
                *var = format!("{name}=…").into();
            }
        }
    }
    inspect
}
