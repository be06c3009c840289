//! `golive ack`, `golive incidents`

use std::io::Write as _;

use super::show::table;
use super::{CliError, Context};
use crate::control::asks::AckBody;
use crate::store::Reader;

#[derive(Debug, clap::Args)]
pub(super) struct Ack {
    /// The incident, as alerts and `golive incidents` name it
    incident: String,
    /// Who takes it on; the caller when left out
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// As JSON, which is stable
    #[arg(long)]
    json: bool,
}

pub(super) async fn ack(arguments: Ack, context: &Context) -> Result<u8, CliError> {
    context.client()?.acknowledge(&arguments.incident, &AckBody { by: arguments.by }).await?;
    writeln!(std::io::stdout(), "{}: acknowledged", arguments.incident)?;
    Ok(0)
}

pub(super) fn list(arguments: &List, context: &Context) -> Result<u8, CliError> {
    let incidents = Reader::open(&context.config()?.state_dir)?.incidents()?;
    let mut out = std::io::stdout();
    if arguments.json {
        let json =
            serde_json::to_string_pretty(&incidents).map_err(|error| CliError::Plain(error.to_string()))?;
        writeln!(out, "{json}")?;
        return Ok(0);
    }
    let rows: Vec<Vec<String>> = incidents
        .into_iter()
        .map(|it| vec![it.id, it.service.unwrap_or_else(|| "golive".to_owned()), it.tier, it.state, it.began])
        .collect();
    out.write_all(table(&["INCIDENT", "SERVICE", "TIER", "STATE", "BEGAN"], &rows).as_bytes())?;
    Ok(0)
}
