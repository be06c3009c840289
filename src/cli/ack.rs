//! `golive ack`

use super::show::say;
use super::{CliError, Context};
use crate::control::wire::AckBody;

#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 done, 2 there is no such open incident, 69 no daemon.")]
pub(super) struct Arguments {
    /// The incident, as alerts and `golive incidents` name it
    incident: String,
    /// Who takes it on; the caller when left out
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

pub(super) async fn run(arguments: Arguments, context: &Context) -> Result<u8, CliError> {
    context.client()?.acknowledge(&arguments.incident, &AckBody { by: arguments.by }).await?;
    say(&format!("{}: acknowledged; nobody is reminded of it again", arguments.incident))?;
    Ok(0)
}
