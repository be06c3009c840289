//! `golive hold`

use std::time::Duration;

use super::show::say;
use super::{CliError, Context, duration};
use crate::control::wire::HoldBody;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example: golive hold shop --for 1h --reason 'migration runs'

Exit codes: 0 done, 69 no daemon.")]
pub(super) struct Arguments {
    /// The service
    service: String,
    /// For how long; until `golive resume` when left out
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    lasts: Option<Duration>,
    /// Why; alerts and `golive status` show it
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

pub(super) async fn run(arguments: Arguments, context: &Context) -> Result<u8, CliError> {
    let seconds = arguments.lasts.map(|lasts| lasts.as_secs_f64());
    let (service, body) = (arguments.service, HoldBody { seconds, reason: arguments.reason });
    context.client()?.ask(&service, "hold", &body).await?;
    say(&format!("{service}: automation is off; `golive resume {service}` turns it on"))?;
    Ok(0)
}
