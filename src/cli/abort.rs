//! `golive abort`

use super::show::say;
use super::{CliError, Context};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
The release stays as it is, and the version before stays the one to go back to.

Exit codes: 0 done, 2 nothing is being watched, 69 no daemon.")]
pub(super) struct Arguments {
    /// The service
    service: String,
}

pub(super) async fn run(arguments: &Arguments, context: &Context) -> Result<u8, CliError> {
    let service = &arguments.service;
    let done = context.client()?.ask(service, "abort", &serde_json::json!({})).await?;
    say(&format!("{service}: aborted the watch of {}", done.release.unwrap_or_default()))?;
    Ok(0)
}
