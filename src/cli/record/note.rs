//! `golive record note`

use crate::cli::show::say;
use crate::cli::{CliError, Context};
use crate::control::wire::NoteBody;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example: golive record note shop-20260301T100000Z \"the cache was cold; warmed before the next one\"

Exit codes: 0 added, 2 there is no such release, 64 the text is empty or too long, 69 no daemon.")]
pub(super) struct Arguments {
    /// The release, as `golive releases` lists it
    release: String,
    /// What is said of it, 4,000 characters at most
    text: String,
    /// Who says so; the caller when left out
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

pub(super) async fn run(arguments: Arguments, context: &Context) -> Result<u8, CliError> {
    let Arguments { release, text, by } = arguments;
    context.client()?.remark(&release, "note", &NoteBody { text, by }).await?;
    say(&format!("{release}: noted, and chained in; `golive record {release}` shows it"))?;
    Ok(0)
}
