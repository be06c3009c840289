//! `golive notify log`

use std::io::Write as _;

use crate::cli::show::{print_json, table};
use crate::cli::{CliError, Context};
use crate::store::{DeliveryRow, Reader};

#[derive(Debug, clap::Args)]
#[command(after_help = "Read from the state directory, so no daemon need run.")]
pub(super) struct Arguments {
    /// As JSON, which is stable
    #[arg(long)]
    json: bool,
    /// How many, newest first
    #[arg(long, value_name = "COUNT", default_value = "100")]
    limit: u32,
}

pub(super) fn run(arguments: &Arguments, context: &Context) -> Result<u8, CliError> {
    let deliveries = Reader::open(&context.config()?.state_dir)?.deliveries(arguments.limit)?;
    if arguments.json {
        print_json(&deliveries)?;
        return Ok(0);
    }
    let rows: Vec<Vec<String>> = deliveries.into_iter().map(row).collect();
    let heads = ["ID", "WRITTEN", "STATE", "TRIED", "CHANNEL", "ADDRESS", "NOTICE", "ANSWER"];
    std::io::stdout().write_all(table(&heads, &rows).as_bytes())?;
    Ok(0)
}

fn row(delivery: DeliveryRow) -> Vec<String> {
    let DeliveryRow { id, notification_id, channel, address, state, attempts, created_at, response, .. } =
        delivery;
    let (id, tried) = (id.to_string(), attempts.to_string());
    vec![id, created_at, state, tried, channel, address, notification_id, response.unwrap_or_default()]
}
