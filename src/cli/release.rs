//! `golive release`

use std::path::PathBuf;
use std::time::Duration;

use super::show::say;
use super::wait::{About, until_decided};
use super::{CliError, Context, duration};
use crate::control::wire::ReleaseBody;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Prints the release's id. Without it golive notices a new image or configuration by itself.

Example: golive release shop 1.4 --by Ada --fix 'carts keep their order' --wait

Exit codes: 0 announced, 2 its checklist is not complete, 64 no such service, 69 no daemon; with --wait those of `golive wait`.")]
pub(super) struct Arguments {
    /// The service
    service: String,
    /// The version that goes live
    #[arg(required_unless_present = "named", conflicts_with = "named")]
    version: Option<String>,
    /// The same
    #[arg(long = "version", value_name = "VERSION", id = "named")]
    named: Option<String>,
    /// The person responsible; the caller when left out
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// A participant
    #[arg(long, value_name = "NAME")]
    with: Vec<String>,
    /// A new feature
    #[arg(long, value_name = "TEXT")]
    feature: Vec<String>,
    /// An improvement
    #[arg(long, value_name = "TEXT")]
    improvement: Vec<String>,
    /// A fix
    #[arg(long, value_name = "TEXT")]
    fix: Vec<String>,
    /// A configuration change
    #[arg(long, value_name = "TEXT")]
    config_change: Vec<String>,
    /// Why swapping containers would not take it back, e.g. a migration: golive then asks instead of acting
    #[arg(long, value_name = "WHY")]
    irreversible: Option<String>,
    /// It mends what another release broke
    #[arg(long)]
    hotfix: bool,
    /// Announce it although its checklist is not complete or the service is frozen, and why: the record says so
    #[arg(long = "override", value_name = "WHY")]
    overrides: Option<String>,
    /// Wait until it is decided
    #[arg(long)]
    wait: bool,
    /// With --wait: give up after this
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = duration)]
    timeout: Duration,
    /// With --wait: add the outcome to this file as Markdown, as CI systems show it on a job's page
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
}

pub(super) async fn run(arguments: Arguments, context: &Context) -> Result<u8, CliError> {
    let client = context.client()?;
    let body = ReleaseBody {
        // One of the two is there: the command line is refused otherwise.
        version: arguments.version.or(arguments.named).unwrap_or_default(),
        by: arguments.by,
        with: arguments.with,
        features: arguments.feature,
        improvements: arguments.improvement,
        fixes: arguments.fix,
        config_changes: arguments.config_change,
        hotfix: arguments.hotfix,
        overrides: arguments.overrides,
        irreversible: arguments.irreversible,
    };
    let done = client.ask(&arguments.service, "release", &body).await?;
    if let Some(release) = &done.release {
        say(release)?;
    }
    if !arguments.wait {
        return Ok(0);
    }
    let about = About::release(done.release).summed_up_in(arguments.summary);
    until_decided(&client, &arguments.service, about, arguments.timeout).await
}
