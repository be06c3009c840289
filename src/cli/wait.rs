//! `golive wait`, and waiting after `--wait`.

use std::io::Write as _;
use std::time::Duration;

use super::{CliError, Context, NEEDS_PERSON, OVERTAKEN, ROLLED_BACK, TIMED_OUT};
use crate::clock::Clock;
use crate::control::client::{Client, ClientError};
use crate::control::wire::Outcome;

/// One question to the daemon waits so long; a daemon that is gone is asked again.
const TURN: u64 = 20;
const AGAIN: Duration = Duration::from_millis(250);

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 accepted, 10 rolled back, 11 rollback failed or a person has to decide, \
                        12 superseded or aborted, 69 no daemon, 124 timeout."
)]
pub(super) struct Arguments {
    /// The service
    service: String,
    /// Give up after this
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = duration)]
    timeout: Duration,
    /// This release instead of the current one
    #[arg(long, value_name = "RELEASE")]
    release: Option<String>,
}

pub(super) async fn run(arguments: &Arguments, context: &Context) -> Result<u8, CliError> {
    let client = context.client()?;
    // A daemon that never answered is told at once; one that goes away later may come back.
    client.status(Some(&arguments.service)).await?;
    until_decided(&client, &arguments.service, arguments.release.clone(), arguments.timeout).await
}

/// A duration as in the configuration: `90s`, `15m`, `1h`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    crate::config::duration(text)
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "write a number with a unit, e.g. 30s, 15m or 1h".to_owned())
}

/// Waits for the decision on a release, tells each change, and gives the exit code.
pub(super) async fn until_decided(
    client: &Client,
    service: &str,
    mut release: Option<String>,
    patience: Duration,
) -> Result<u8, CliError> {
    let clock = Clock::start();
    let end = clock.now().checked_add(patience).map_err(|error| CliError::Plain(error.to_string()))?;
    let mut told = String::new();
    loop {
        let left = Duration::try_from(end.duration_since(clock.now())).unwrap_or_default();
        if left.is_zero() {
            writeln!(std::io::stdout(), "{service}: not decided in time")?;
            return Ok(TIMED_OUT);
        }
        let turn = if told.is_empty() { 0 } else { TURN.min(left.as_secs()) };
        match client.outcome(service, release.as_deref(), turn).await {
            Ok(outcome) => {
                release = release.or_else(|| outcome.release.clone());
                let line = format!(
                    "{service}: {}, {}",
                    outcome.release.as_deref().unwrap_or("no release"),
                    outcome.phase
                );
                if line != told {
                    writeln!(std::io::stderr(), "{line}")?;
                    told = line;
                }
                if outcome.decided() {
                    writeln!(std::io::stdout(), "{service}: {}", outcome.state)?;
                    return Ok(code(&outcome));
                }
                if turn == 0 {
                    continue;
                }
            }
            Err(ClientError::NoDaemon { .. }) => {}
            Err(error @ (ClientError::Refused(_) | ClientError::Unknown(_))) => return Err(error.into()),
        }
        tokio::time::sleep(AGAIN.min(left)).await;
    }
}

fn code(outcome: &Outcome) -> u8 {
    match outcome.state.as_str() {
        "accepted" => 0,
        "rolled-back" => ROLLED_BACK,
        "superseded" | "aborted" => OVERTAKEN,
        _ => NEEDS_PERSON,
    }
}
