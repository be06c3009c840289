//! `golive incidents`

use std::io::Write as _;

use super::show::{print_json, table};
use super::{CliError, Context};
use crate::store::Reader;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Newest first, a thousand at most. Read from the state directory, so no daemon need run."
)]
pub(super) struct Arguments {
    /// As JSON, which is stable
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, context: &Context) -> Result<u8, CliError> {
    let incidents = Reader::open(&context.config()?.state_dir)?.incidents()?;
    if arguments.json {
        print_json(&incidents)?;
        return Ok(0);
    }
    let rows: Vec<Vec<String>> = incidents
        .into_iter()
        .map(|it| vec![it.id, it.service.unwrap_or_else(|| "golive".to_owned()), it.tier, it.state, it.began])
        .collect();
    let heads = ["INCIDENT", "SERVICE", "TIER", "STATE", "BEGAN"];
    std::io::stdout().write_all(table(&heads, &rows).as_bytes())?;
    Ok(0)
}
