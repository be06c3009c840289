//! `golive explain`

use std::path::PathBuf;

use super::show::print_lines;
use super::{CliError, Context, story};
use crate::record;

#[derive(Debug, clap::Args)]
#[command(after_help = "Read from the state directory, so no daemon need run.")]
pub(super) struct Arguments {
    /// A release, or a service for the one that something became of last; of all services when left out
    release: Option<String>,
    /// Write it as a file instead, which `golive backtest --file` judges again
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, context: &Context) -> Result<u8, CliError> {
    if let Some(file) = &arguments.export {
        let text = story::recording(arguments.release.as_deref(), context)?.write();
        let text = text.map_err(|error| CliError::Plain(error.to_string()))?;
        let written = std::fs::write(file, text);
        written.map_err(|error| CliError::Plain(format!("write {}: {error}", file.display())))?;
        return Ok(0);
    }
    let (story, texts) = story::read(arguments.release.as_deref(), context)?;
    print_lines(&record::explain(&story, &texts))?;
    Ok(0)
}
