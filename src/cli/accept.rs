//! `golive accept`

use super::show::say;
use super::{CliError, Context};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
It becomes the version to go back to. Also ends `held` and `needs-person`: what runs then is good.

Exit codes: 0 done, 2 nothing is being watched, 69 no daemon.")]
pub(super) struct Arguments {
    /// The service
    service: String,
}

pub(super) async fn run(arguments: &Arguments, context: &Context) -> Result<u8, CliError> {
    let service = &arguments.service;
    let done = context.client()?.ask(service, "accept", &serde_json::json!({})).await?;
    say(&format!("{service}: accepted {}", done.release.unwrap_or_default()))?;
    Ok(0)
}
