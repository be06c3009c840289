//! `golive resume`

use super::show::say;
use super::{CliError, Context};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
A release that was held because of the hold is watched again, so that what is seen now decides.

Exit codes: 0 done, 69 no daemon.")]
pub(super) struct Arguments {
    /// The service
    service: String,
}

pub(super) async fn run(arguments: &Arguments, context: &Context) -> Result<u8, CliError> {
    let service = &arguments.service;
    context.client()?.ask(service, "resume", &serde_json::json!({})).await?;
    say(&format!("{service}: automation is on"))?;
    Ok(0)
}
