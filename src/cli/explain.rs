//! `golive explain`

use std::io::Write as _;

use super::{CliError, Context, story};
use crate::record;

#[derive(Debug, clap::Args)]
#[command(after_help = "Read from the state directory, so no daemon need run.")]
pub(super) struct Arguments {
    /// A release, or a service for its newest one; the newest of all when left out
    release: Option<String>,
}

pub(super) fn run(arguments: &Arguments, context: &Context) -> Result<u8, CliError> {
    let (story, zone) = story::read(arguments.release.as_deref(), context)?;
    std::io::stdout().write_all(record::explain(&story, &zone).as_bytes())?;
    Ok(0)
}
