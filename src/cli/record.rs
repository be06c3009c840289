//! `golive record`

use clap::ValueEnum;

use super::show::{print_json, print_lines};
use super::{CliError, Context, story};
use crate::record;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example: golive record shop > release-record.md

Read from the state directory, so no daemon need run.")]
pub(super) struct Arguments {
    /// A release, or a service for the one that something became of last; of all services when left out
    release: Option<String>,
    /// How it is written
    #[arg(long, default_value = "md")]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Md,
    Json,
}

pub(super) fn run(arguments: &Arguments, context: &Context) -> Result<u8, CliError> {
    let (story, texts) = story::read(arguments.release.as_deref(), context)?;
    match arguments.format {
        Format::Md => print_lines(&record::markdown(&story, &texts))?,
        Format::Json => print_json(&record::json(&story, &texts))?,
    }
    Ok(0)
}
