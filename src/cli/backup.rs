//! `golive backup`

use std::path::PathBuf;

use super::{CliError, Context};
use crate::store::Reader;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Whole at any moment; no daemon need run. A file that is there already is not overwritten. To bring it back: stop golive, put the file in place of golive.db in the state directory \
                  with the same owner, remove golive.db-wal, start golive."
)]
pub(super) struct Arguments {
    /// The copy
    file: PathBuf,
}

pub(super) fn run(arguments: &Arguments, context: &Context) -> Result<u8, CliError> {
    Reader::open(&context.config()?.state_dir)?.backup(&arguments.file)?;
    Ok(0)
}
