//! `golive incidents`

use std::io::Write as _;

use super::show::{print_json, table};
use super::{CliError, Context};
use crate::store::{IncidentRow, Reader};
use crate::text::Texts;
use crate::untrusted::harmless;

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
    let texts = Texts::new(context.language(), None);
    let row = |it: IncidentRow| {
        let what = it.incident.map(|incident| harmless(&texts.incident(&incident))).unwrap_or_default();
        vec![it.id, it.service.unwrap_or_else(|| "golive".to_owned()), it.tier, it.state, it.started_at, what]
    };
    let rows: Vec<Vec<String>> = incidents.into_iter().map(row).collect();
    let heads = ["INCIDENT", "SERVICE", "TIER", "STATE", "BEGAN", "WHAT"];
    std::io::stdout().write_all(table(&heads, &rows).as_bytes())?;
    Ok(0)
}
