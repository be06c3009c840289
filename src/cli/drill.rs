//! `golive drill`

use std::io::Write as _;
use std::time::Duration;

use super::absence::{self, Absence};
use super::show::{print_json, say};
use super::{CliError, Context};
use crate::clock::Clock;
use crate::control::client::Client;
use crate::control::wire::{DrillBody, DrillInfo, SwapInfo};
use crate::model::drill;
use crate::text::english;
use crate::untrusted::harmless;

/// Contract §1.
const PASSED: u8 = 0;
const FAILED: u8 = 1;
const IMPOSSIBLE: u8 = 2;

/// One question to the daemon waits so long, in seconds.
const TURN: u64 = 20;

/// A daemon that is restarted meanwhile is waited for, for so long.
const PATIENCE: Duration = Duration::from_mins(2);

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  golive drill shop
  golive drill shop --level steps
  golive drill shop --page
  golive drill shop --level swap --for-real

What runs is not touched, but for `swap`: the service goes back to the accepted version before and forth again, each by a
rollback with its proof, and is not there for a while both times. That needs --for-real outside a maintenance window. When a
way does not come to its end, golive goes forth to the accepted version, and calls a person where that is not proved.

The drill goes into the record of the accepted release, its age into /metrics; by itself golive makes one where
[service.SERVICE.drill] says `every`. With --page the channels of the urgent tier are sent a message that says that it is a
drill, repeated and escalated as a real one, until somebody acknowledges it, for an hour at most.

Exit codes: 0 passed, 1 not, 2 impossible now, and why; 69 no daemon.")]
pub(super) struct Arguments {
    /// The service
    service: String,
    /// How far: `ready` looks at all that a rollback needs; `steps` also makes the accepted version anew beside the one that
    /// runs, and removes it; `swap` goes back and forth for real
    #[arg(long, value_enum, default_value_t = Level::Ready)]
    level: Level,
    /// Call whoever is on call, and see how long it takes until somebody acknowledges
    #[arg(long)]
    page: bool,
    /// With --level swap: it may be done outside a maintenance window too
    #[arg(long)]
    for_real: bool,
    /// As JSON, which is stable, when it has ended
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Level {
    Ready,
    Steps,
    Swap,
}

pub(super) async fn run(arguments: Arguments, context: &Context) -> Result<u8, CliError> {
    let Arguments { service, level, page, for_real, json } = arguments;
    let client = context.client()?;
    let level = match level {
        Level::Ready => drill::Level::Ready,
        Level::Steps => drill::Level::Steps,
        Level::Swap => drill::Level::Swap,
    };
    let done = client.ask(&service, "drill", &DrillBody { level, page, for_real }).await?;
    let Some(id) = done.drill else { return Err(CliError::Plain("the daemon named no drill".to_owned())) };
    writeln!(std::io::stderr(), "{service}: drill {id}, level {}", level.into_str())?;
    let drill = ended(&client, &service, &id).await?;
    if json {
        print_json(&drill)?;
    } else {
        tell(&service, &drill)?;
    }
    Ok(match drill.passed {
        Some(true) => PASSED,
        Some(false) | None if drill.impossible => IMPOSSIBLE,
        Some(false) | None => FAILED,
    })
}

/// Waits for its end, and tells on the way what it waits for.
async fn ended(client: &Client, service: &str, id: &str) -> Result<DrillInfo, CliError> {
    let clock = Clock::start();
    let (mut called, mut absence, mut ways) = (false, Absence::at_most(PATIENCE), 0);
    loop {
        match client.drill(service, id, TURN).await {
            Ok(drill) if drill.ended_at.is_some() => return Ok(drill),
            Ok(drill) => {
                absence.is_over();
                if let Some(swap) = &drill.swap {
                    for leg in swap.ways.iter().skip(ways) {
                        let to = if leg.way == "back" { &swap.to_version } else { &drill.version };
                        writeln!(std::io::stderr(), "{service}: going {} to {}", leg.way, harmless(to))?;
                    }
                    ways = swap.ways.len();
                }
                let waits = drill.problems.is_some() && drill.page.is_some();
                if waits && !called {
                    called = true;
                    writeln!(std::io::stderr(), "{service}: called; waiting until somebody acknowledges")?;
                }
            }
            Err(error) => {
                let silence = absence.goes_on(error, clock.now())?;
                if silence.new {
                    writeln!(std::io::stderr(), "{service}: {}", absence::TOLD)?;
                }
                tokio::time::sleep(silence.pause).await;
            }
        }
    }
}

fn tell(service: &str, drill: &DrillInfo) -> Result<(), CliError> {
    let version = harmless(&drill.version);
    let problems = drill.problems.as_deref().unwrap_or_default();
    if let Some(swap) = &drill.swap {
        return swapped(service, drill, swap, problems);
    }
    if problems.is_empty() {
        let how = if drill.level == "steps" { ", and it was made anew beside it" } else { "" };
        say(&format!("{service}: {version} could be gone back to{how}"))?;
    }
    for problem in problems {
        say(&format!("{service}: {version} could not be gone back to, or not without loss: {problem}"))?;
    }
    call(service, drill)
}

/// What came of going back and forth for real.
fn swapped(service: &str, drill: &DrillInfo, swap: &SwapInfo, problems: &[String]) -> Result<(), CliError> {
    for leg in &swap.ways {
        let to = harmless(if leg.way == "back" { &swap.to_version } else { &drill.version });
        let without = leg.without_service_seconds.and_then(|it| Duration::try_from_secs_f64(it).ok());
        if let Some(without) = without {
            let without = english().duration(without);
            say(&format!("{service}: went {} to {to}, without the service for {without} at most", leg.way))?;
        }
    }
    if drill.impossible {
        say(&format!("{service}: nothing was touched"))?;
    }
    for problem in problems {
        say(&format!("{service}: {}", harmless(problem)))?;
    }
    call(service, drill)
}

/// What came of the call, where one was made.
fn call(service: &str, drill: &DrillInfo) -> Result<(), CliError> {
    if let Some(page) = &drill.page {
        let after = page.after_seconds.and_then(|after| Duration::try_from_secs_f64(after).ok());
        match (&page.acknowledged_by, after) {
            (Some(by), Some(after)) => {
                say(&format!("{service}: on-call answered after {} ({by})", english().duration(after)))?;
            }
            (Some(_) | None, _) => say(&format!("{service}: nobody acknowledged the call"))?,
        }
    }
    Ok(())
}
