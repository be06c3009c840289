//! `golive rollback`

use std::time::Duration;

use super::show::say;
use super::wait::{About, ROLLED_BACK, until_decided};
use super::{CliError, Context, duration};
use crate::control::wire::RollbackBody;

/// Contract §1.
const DONE: u8 = 0;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  golive rollback shop --dry-run
  golive rollback shop --to 1.3 --reason 'carts are lost' --wait

Exit codes: 0 begun, or would work (--dry-run); 2 impossible, and why; with --wait: 0 done and verified,
11 failed, 12 superseded, 124 not decided in time.")]
pub(super) struct Arguments {
    /// The service
    service: String,
    /// An accepted version or release; the last one when left out
    #[arg(long, value_name = "VERSION_OR_RELEASE")]
    to: Option<String>,
    /// Why; it goes into the record and the alerts
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// What is left is bad whatever the triggers say: it is known when it comes again
    #[arg(long)]
    known_bad: bool,
    /// Print the steps and whether they would work, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Wait until it is done and verified
    #[arg(long)]
    wait: bool,
    /// With --wait: give up after this
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = duration)]
    timeout: Duration,
}

pub(super) async fn run(arguments: Arguments, context: &Context) -> Result<u8, CliError> {
    let client = context.client()?;
    let body = RollbackBody { to: arguments.to, reason: arguments.reason, known_bad: arguments.known_bad };
    if arguments.dry_run {
        let done = client.ask(&arguments.service, "plan", &body).await?;
        let Some(plan) = done.plan else { return Err(CliError::Plain("the daemon gave no plan".to_owned())) };
        say(&format!("{}: {} -> {}", arguments.service, plan.from, plan.to))?;
        for step in &plan.steps {
            say(&format!("  {step}"))?;
        }
        for what in &plan.not_put_back {
            say(&format!("not all is put back as it was: {what}"))?;
        }
        if plan.problems.is_empty() {
            say("it would work, as far as can be told without doing it")?;
            return Ok(0);
        }
        for problem in &plan.problems {
            say(&format!("it would not work, or not without loss: {problem}"))?;
        }
        return Ok(2);
    }
    let done = client.ask(&arguments.service, "rollback", &body).await?;
    let release = done.release.as_deref().unwrap_or_default();
    say(&format!("{}: rolling back {release}", arguments.service))?;
    if !arguments.wait {
        return Ok(0);
    }
    let about = About::release(done.release);
    // That a release is rolled back is what was asked for here, and no failure.
    Ok(match until_decided(&client, &arguments.service, about, arguments.timeout).await? {
        ROLLED_BACK => DONE,
        code => code,
    })
}
