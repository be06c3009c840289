//! `golive notify log`

use std::io::Write as _;

use crate::cli::show::{print_json, table};
use crate::cli::{CliError, Context};
use crate::store::{LetterRow, Reader};

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
    let letters = Reader::open(&context.config()?.state_dir)?.letters(arguments.limit)?;
    if arguments.json {
        print_json(&letters)?;
        return Ok(0);
    }
    let rows: Vec<Vec<String>> = letters.into_iter().map(row).collect();
    let heads = ["LETTER", "WRITTEN", "STATE", "TRIED", "CHANNEL", "ADDRESS", "NOTICE", "ANSWER"];
    std::io::stdout().write_all(table(&heads, &rows).as_bytes())?;
    Ok(0)
}

fn row(letter: LetterRow) -> Vec<String> {
    let LetterRow { id, notice, channel, address, state, attempts, created, answer, .. } = letter;
    let (id, tried) = (id.to_string(), attempts.to_string());
    vec![id, created, state, tried, channel, address, notice, answer.unwrap_or_default()]
}
