//! `golive record follow-up`

use jiff::civil::Date;

use crate::cli::show::say;
use crate::cli::{CliError, Context};
use crate::control::wire::FollowUpBody;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example: golive record follow-up shop-20260301T100000Z \"limit the queue\" --owner ann --due 2026-03-15

The same text again changes its owner and day, and with --done it is done.

Exit codes: 0 added, 2 there is no such release, or nothing of that text to be done, 64 wrong usage, 69 no daemon.")]
pub(super) struct Arguments {
    /// The release, as `golive releases` lists it
    release: String,
    /// What is to be done, 4,000 characters at most
    text: String,
    /// Who does it
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// Until when
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    due: Option<Date>,
    /// It is done
    #[arg(long)]
    done: bool,
    /// Who says so; the caller when left out
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

pub(super) async fn run(arguments: Arguments, context: &Context) -> Result<u8, CliError> {
    let Arguments { release, text, owner, due, done, by } = arguments;
    context.client()?.remark(&release, "follow-up", &FollowUpBody { text, owner, due, done, by }).await?;
    let what = if done { "done" } else { "to be done" };
    say(&format!("{release}: {what}, and chained in; `golive record {release}` shows it"))?;
    Ok(0)
}

fn day(text: &str) -> Result<Date, String> {
    let date = text.parse().ok().filter(|date: &Date| date.to_string() == text);
    date.ok_or_else(|| "write a day as 2026-03-15".to_owned())
}
