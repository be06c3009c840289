//! `golive accept`

use super::show::say;
use super::{CliError, Context};
use crate::control::wire::AcceptBody;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
It becomes the version to go back to. Also ends `held` and `needs-person`: what runs then is good.

While a trigger fails it is refused without --force; the alert and the record then say who accepted it in spite of what.

Exit codes: 0 done, 2 something fails or nothing is being watched, 69 no daemon.")]
pub(super) struct Arguments {
    /// The service
    service: String,
    /// Why; it goes into the record and the alert
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Although something fails
    #[arg(long)]
    force: bool,
}

pub(super) async fn run(arguments: &Arguments, context: &Context) -> Result<u8, CliError> {
    let service = &arguments.service;
    let body = AcceptBody { reason: arguments.reason.clone(), force: arguments.force };
    let done = context.client()?.ask(service, "accept", &body).await?;
    say(&format!("{service}: accepted {}", done.release.unwrap_or_default()))?;
    Ok(0)
}
