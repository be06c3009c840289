//! What is saved of a bad release before anything is done to it.

use jiff::Timestamp;
use serde_json::Value;

use crate::clock::Clock;
use crate::docker::{Engine, EngineError, Inspect};
use crate::model::step::Fault;

use super::{Done, Forensics};

const LINES: u32 = 1000;
/// Of longer logs the end is kept.
const BYTES: usize = 256 << 10;
/// An engine remembers 256 events in all.
const EVENTS: usize = 200;

/// Saves the bad container's inspect, logs, events and exit; nothing when it is gone. What cannot be read says why, and
/// holds nothing up.
pub(super) async fn save(engine: &Engine, bad: Option<&str>) -> Result<Done, Fault> {
    let found = match bad {
        Some(id) => engine.inspect(id).await?,
        None => None,
    };
    let Some(found) = found else { return Ok(Done::default()) };
    let (logs, events) =
        tokio::join!(engine.logs(found.id(), LINES, BYTES), engine.past(found.id(), Clock::wall()));
    let unread = |error: EngineError| format!("(failed to {error})");
    let logs = logs.unwrap_or_else(unread);
    let events = events.map_or_else(unread, |events| lines(&events));
    let forensics = Forensics {
        inspect: found.raw().to_owned(),
        logs,
        events,
        exit: exit(&found),
        oom: found.out_of_memory(),
    };
    Ok(Done { instance: Some(found.id().to_owned()), forensics: Some(forensics), output: None })
}

fn exit(found: &Inspect) -> Option<i64> {
    if found.runs() && !found.restarting() {
        return None;
    }
    found.exit_code()
}

/// When, what, and how it ended, of the newest.
fn lines(events: &[Value]) -> String {
    let newest = events.get(events.len().saturating_sub(EVENTS)..).unwrap_or_default();
    let line = |event: &Value| {
        let at = Timestamp::from_nanosecond(event["timeNano"].as_i64()?.into()).ok()?;
        let told = |name: &&str| Some(format!(" {name}={}", event["Actor"]["Attributes"][*name].as_str()?));
        let more: String = ["exitCode", "signal", "oldName"].iter().filter_map(told).collect();
        Some(format!("{at} {}{more}\n", event["Action"].as_str()?))
    };
    newest.iter().filter_map(line).collect()
}
