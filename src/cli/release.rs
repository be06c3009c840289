//! `golive release`, `accept`, `abort`, `hold`, `resume`

use std::io::Write as _;
use std::time::Duration;

use super::wait::{duration, until_decided};
use super::{CliError, Context};
use crate::control::asks::{HoldBody, ReleaseBody};

#[derive(Debug, clap::Args)]
#[command(after_help = "Prints the release's id. With --wait the exit codes are those of `golive wait`.")]
pub(super) struct Arguments {
    /// The service
    service: String,
    /// The version that goes live
    #[arg(long)]
    version: String,
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
    /// Wait until it is decided
    #[arg(long)]
    wait: bool,
    /// With --wait: give up after this
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = duration)]
    timeout: Duration,
}

#[derive(Debug, clap::Args)]
pub(super) struct Service {
    /// The service
    service: String,
}

#[derive(Debug, clap::Args)]
pub(super) struct Hold {
    /// The service
    service: String,
    /// For how long; until `golive resume` when left out
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    lasts: Option<Duration>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

pub(super) async fn run(arguments: Arguments, context: &Context) -> Result<u8, CliError> {
    let client = context.client()?;
    let body = ReleaseBody {
        version: arguments.version,
        by: arguments.by,
        with: arguments.with,
        features: arguments.feature,
        improvements: arguments.improvement,
        fixes: arguments.fix,
        config_changes: arguments.config_change,
        irreversible: arguments.irreversible,
    };
    let done = client.ask(&arguments.service, "release", &body).await?;
    if let Some(release) = &done.release {
        writeln!(std::io::stdout(), "{release}")?;
    }
    if !arguments.wait {
        return Ok(0);
    }
    until_decided(&client, &arguments.service, done.release, arguments.timeout).await
}

/// Verbs that need no more than the service.
pub(super) async fn tell(service: &Service, verb: &str, context: &Context) -> Result<u8, CliError> {
    let done = context.client()?.ask(&service.service, verb, &serde_json::json!({})).await?;
    let release = done.release.map(|release| format!(" ({release})")).unwrap_or_default();
    writeln!(std::io::stdout(), "{}: {verb}: done{release}", service.service)?;
    Ok(0)
}

pub(super) async fn hold(arguments: Hold, context: &Context) -> Result<u8, CliError> {
    let seconds = arguments.lasts.map(|lasts| lasts.as_secs_f64());
    let body = HoldBody { seconds, reason: arguments.reason };
    context.client()?.ask(&arguments.service, "hold", &body).await?;
    writeln!(
        std::io::stdout(),
        "{}: on hold; `golive resume {}` ends it",
        arguments.service,
        arguments.service
    )?;
    Ok(0)
}
