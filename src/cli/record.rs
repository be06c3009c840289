//! `golive record`

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::show::{print_json, print_lines};
use super::{CliError, Context, story};
use crate::dsse;
use crate::record;
use crate::store::{Held, Reader};

mod follow_up;
mod note;
mod verify;

#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  golive record shop > release-record.md
  golive record shop --format html > release-record.html    one file that prints on A4
  golive record --verify --head \"#17 8c1e6f0a2b3c4d5e\"    is all that was recorded still there, as it was?
  golive record shop --format dsse                        for openssl and cosign

Read from the state directory, so no daemon need run; notes and follow-ups are added through it.

Exit codes: 0 done, with --verify: the chain is whole; 1 an entry does not hold, or nothing is there."
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// A release, or a service for the one that something became of last; of all services when left out
    release: Option<String>,
    /// How it is written
    #[arg(long, default_value = "md")]
    format: Format,
    /// Look whether every entry of every record is there and as it was signed, and name the first that is not; of a named
    /// release, also whether its journal is what was signed
    #[arg(long, conflicts_with = "format")]
    verify: bool,
    /// A hash that an alert or an earlier check has told: nothing may be cut off before it
    #[arg(long, value_name = "HASH", requires = "verify", value_parser = verify::held)]
    head: Option<Held>,
    /// Write each entry as a signed envelope, and each key, into this directory
    #[arg(long, value_name = "DIR", requires = "verify")]
    export: Option<PathBuf>,
    /// As JSON, which is stable
    #[arg(long, requires = "verify")]
    json: bool,
    /// The key that signs, as PEM
    #[arg(long, conflicts_with_all = ["release", "format", "verify"])]
    public_key: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Add a note to a release's record
    Note(note::Arguments),
    /// Add what is still to be done, or say that it is done
    FollowUp(follow_up::Arguments),
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Md,
    Html,
    Json,
    Dsse,
}

pub(super) async fn run(arguments: Arguments, context: &Context) -> Result<u8, CliError> {
    match arguments.verb {
        Some(Verb::Note(arguments)) => return note::run(arguments, context).await,
        Some(Verb::FollowUp(arguments)) => return follow_up::run(arguments, context).await,
        None => {}
    }
    if arguments.verify {
        return verify::run(&arguments, context);
    }
    if arguments.public_key {
        let key = Reader::open(&context.config()?.state_dir)?.record_key()?;
        let key = key.ok_or_else(|| {
            CliError::Plain("there is no key yet: the daemon makes it when it starts first".to_owned())
        })?;
        print_lines(&key.pem())?;
        return Ok(0);
    }
    let (story, texts) = story::read(arguments.release.as_deref(), context)?;
    match arguments.format {
        Format::Md => print_lines(&record::markdown(&story, &texts))?,
        Format::Html => print_lines(&record::html(&story, &texts))?,
        Format::Json => print_json(&record::json(&story, &texts))?,
        Format::Dsse => {
            let id = &story.release.id;
            let found = Reader::open(&context.config()?.state_dir)?.statement(id)?;
            let envelope =
                found.and_then(|(link, key)| Some(dsse::envelope(&link.payload?, &link.sig, &key)));
            let envelope = envelope.ok_or_else(|| {
                CliError::Plain(format!(
                    "{id} has no signed entry: it is not decided yet, or its content was dropped for its age"
                ))
            })?;
            print_json(&envelope)?;
        }
    }
    Ok(0)
}
