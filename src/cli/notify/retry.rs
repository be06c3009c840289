//! `golive notify retry`

use crate::cli::show::say;
use crate::cli::{CliError, Context};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 it is tried now, 2 there is no such delivery that was given up, 69 no daemon."
)]
pub(super) struct Arguments {
    /// Its number in `golive notify log`
    id: i64,
}

pub(super) async fn run(arguments: &Arguments, context: &Context) -> Result<u8, CliError> {
    let id = arguments.id;
    context.client()?.retry(id).await?;
    say(&format!("delivery {id} is sent again now; `golive notify log` tells how it went"))?;
    Ok(0)
}
