//! What is saved of a bad release before anything is done to it.

use crate::decide::event::Fault;

use super::container::Container;
use super::inspect::Inspect;
use super::{Done, Forensics};

const LINES: u32 = 1000;
/// Of longer logs the end is kept.
const BYTES: usize = 256 << 10;

/// Saves the bad container's inspect, logs and exit; nothing when it is gone. Logs that cannot be read say why, and
/// hold nothing up.
pub(super) async fn save(on: &Container, bad: Option<&str>) -> Result<Done, Fault> {
    let found = match bad {
        Some(id) => on.engine.inspect(id).await?,
        None => None,
    };
    let Some(found) = found else { return Ok(Done::default()) };
    let logs = match on.engine.logs(found.id(), LINES, BYTES).await {
        Ok(logs) => logs,
        Err(error) => format!("(failed to {error})"),
    };
    let forensics = Forensics {
        inspect: found.raw().to_owned(),
        logs,
        exit: exit(&found),
        oom: found.flag("/State/OOMKilled"),
    };
    Ok(Done { instance: Some(found.id().to_owned()), forensics: Some(forensics), output: None })
}

fn exit(found: &Inspect) -> Option<i64> {
    if found.flag("/State/Running") && !found.flag("/State/Restarting") {
        return None;
    }
    found.at("/State/ExitCode").as_i64()
}
