//! `golive releases`

use std::io::Write as _;

use super::show::{print_json, table};
use super::{CliError, Context};
use crate::store::Reader;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Newest first, a thousand at most. Read from the state directory, so no daemon need run."
)]
pub(super) struct Arguments {
    /// Only of this service
    service: Option<String>,
    /// As JSON, which is stable
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, context: &Context) -> Result<u8, CliError> {
    let releases = Reader::open(&context.config()?.state_dir)?.releases(arguments.service.as_deref())?;
    if arguments.json {
        print_json(&releases)?;
        return Ok(0);
    }
    let rows: Vec<Vec<String>> =
        releases.into_iter().map(|it| vec![it.id, it.service, it.version, it.state, it.began]).collect();
    let heads = ["RELEASE", "SERVICE", "VERSION", "STATE", "BEGAN"];
    std::io::stdout().write_all(table(&heads, &rows).as_bytes())?;
    Ok(0)
}
