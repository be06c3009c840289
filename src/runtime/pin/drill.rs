//! A drill: the release is made anew beside the one that runs and apart from everything, started where that is allowed, and
//! removed again.
//!
//! It has no network but its own loopback, and writes nothing that the running one reads: volumes are fresh ones, and what
//! is bound in from the host is read-only. So it may well be one that nobody can use, and still shows that image,
//! entrypoint and files are what they were.

use std::time::Duration;

use super::rehearsal;
use crate::clock::Clock;
use crate::docker::{EngineError, Inspect};
use crate::model::step::{Fault, FaultKind};
use crate::runtime::container::{Container, token};
use crate::untrusted::clean;

/// One that was started has to stay up for so long.
const LIVES: Duration = Duration::from_secs(10);

/// What it wrote last, where it did not.
const LINES: u32 = 3;
const BYTES: usize = 1024;

/// What does not work, a sentence each.
pub(super) async fn problems(on: &Container, good: &Inspect) -> Result<Vec<String>, Fault> {
    let name = format!("golive-drill-{}", token(&on.name));
    // A drill that was cut short has left one.
    clear(on, &name).await?;
    let tried = tried(on, good, &name).await;
    clear(on, &name).await?;
    match tried {
        Err(Fault { kind: FaultKind::Refused, text }) => Ok(vec![format!("failed to {text}")]),
        result => result,
    }
}

async fn tried(on: &Container, good: &Inspect, name: &str) -> Result<Vec<String>, Fault> {
    if on.drill_starts && reaches_out(good) {
        let why = "is privileged or shares the processes of the host, so a second one is not started";
        return Ok(vec![format!("{} {why}: set `start = false` in its [drill]", on.name)]);
    }
    let blueprint = rehearsal::blueprint(on, good).await?.by_id(good).apart(good);
    let id = blueprint.create(&on.engine, name).await?;
    blueprint.complete(&on.engine, &id).await?;
    if !on.drill_starts {
        return Ok(Vec::new());
    }
    on.engine.start(&id).await?;
    let clock = Clock::start();
    let started = clock.now();
    match tokio::time::timeout(LIVES, on.engine.ended(&id)).await {
        Err(_) => Ok(Vec::new()),
        Ok(exit) => {
            let (exit, lived) = (exit?, clock.now().duration_since(started).as_secs_f64());
            let wrote = on.engine.logs(&id, LINES, BYTES).await.unwrap_or_default();
            let wrote: Vec<String> = wrote.lines().map(clean).filter(|line| !line.is_empty()).collect();
            let wrote = if wrote.is_empty() {
                String::new()
            } else {
                format!("; last it wrote: {}", wrote.join(" / "))
            };
            Ok(vec![format!("started apart, it ended after {lived:.1} s with exit code {exit}{wrote}")])
        }
    }
}

/// Whether one that is started could do something to the host or to what runs on it.
fn reaches_out(good: &Inspect) -> bool {
    let shares = |field: &str| !matches!(good.text(field), "" | "private" | "shareable" | "none");
    good.at("/HostConfig/Privileged") == true
        || shares("/HostConfig/PidMode")
        || shares("/HostConfig/IpcMode")
        || good.text("/HostConfig/UTSMode") == "host"
}

/// None of that name is there that a drill has made.
async fn clear(on: &Container, name: &str) -> Result<(), EngineError> {
    let Some(left) = rehearsal::left(on, name).await? else { return Ok(()) };
    if left.up() {
        on.engine.stop(left.id(), Duration::ZERO).await?;
    }
    on.engine.remove_with_volumes(left.id()).await
}
