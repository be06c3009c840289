//! `golive checklist`

use std::path::PathBuf;

use clap::Subcommand;

use super::show::say;
use super::{CliError, Context};
use crate::control::wire::{ChecklistBody, ChecklistInfo};
use crate::model::checklist::Deed;

mod attach;
mod run;
mod until;

use until::Until;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Items are the tables [service.SERVICE.checklist.ITEM] of the configuration. Without more, their checks are made from here, by \
whoever types this, a line as each ends; the daemon keeps what they have shown, beside what people sign. What was shown or \
signed counts for one version and for `valid-for` (24h unless set).

Examples:
  golive checklist shop --version 1.4
  golive checklist shop sign review --by Ada --evidence https://git.example/pr/7
  golive checklist shop waive load-test --why 'no load generator today' --until 2026-03-09
  golive checklist shop attach target/junit.xml

Exit codes: 0 complete, 1 something is open or failed, 2 refused, 3 something could not be told, 64 no such service, 69 no \
daemon.")]
pub(super) struct Arguments {
    /// The service
    service: String,
    /// The version that is to go live; the one whose checklist was worked on last when left out
    #[arg(long, value_name = "VERSION", global = true)]
    version: Option<String>,
    #[command(flatten)]
    run: run::Options,
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Sign an item that no check shows
    Sign {
        /// The item
        item: String,
        /// Who signs; the caller when left out
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
        /// What there is to say to it
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        /// Where it can be seen
        #[arg(long, value_name = "URL")]
        evidence: Option<String>,
    },
    /// Take a signature or a waiver back
    Unsign {
        /// The item
        item: String,
    },
    /// Do not wait for an item, for a while
    Waive {
        /// The item
        item: String,
        /// Why
        #[arg(long, value_name = "TEXT")]
        why: String,
        /// Then it counts again: the end of a day, or a time
        #[arg(long, value_name = "DATE")]
        until: Until,
        /// Who waives it; the caller when left out
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
    },
    /// Judge a report that a build has written, in place of the file that the configuration names
    Attach {
        /// The report
        file: PathBuf,
        /// The item, where more than one takes such a report
        #[arg(long, value_name = "ITEM")]
        item: Option<String>,
    },
}

pub(super) async fn run(arguments: Arguments, context: &Context) -> Result<u8, CliError> {
    let Arguments { service, version, run, verb } = arguments;
    let ask = Asking { service, version };
    let (by, deed) = match verb {
        None => return run::run(&run, ask, context).await,
        Some(Verb::Attach { file, item }) => return attach::run(&file, item.as_deref(), ask, context).await,
        Some(Verb::Sign { item, by, note, evidence }) => (by, Deed::Sign { item, note, evidence }),
        Some(Verb::Unsign { item }) => (None, Deed::Unsign { item }),
        Some(Verb::Waive { item, why, until, by }) => {
            let until = until.moment(context.config().ok().and_then(|config| config.timezone));
            (by, Deed::Waive { item, why, until })
        }
    };
    let checklist = ask.of(context, by, deed).await?;
    summary(&checklist)?;
    Ok(0)
}

/// What is asked of the daemon.
struct Asking {
    service: String,
    version: Option<String>,
}

impl Asking {
    /// Has something done to the checklist, and gives how it stands then.
    async fn of(&self, context: &Context, by: Option<String>, deed: Deed) -> Result<ChecklistInfo, CliError> {
        let body = ChecklistBody { version: self.version.clone(), by, deed: Some(deed) };
        let done = context.client()?.ask(&self.service, "checklist", &body).await?;
        done.checklist
            .ok_or_else(|| CliError::Plain("the daemon did not tell how the checklist stands".to_owned()))
    }
}

/// What is still open.
fn summary(checklist: &ChecklistInfo) -> Result<(), CliError> {
    let open = checklist.items.iter().filter(|item| !item.outcome.is_settled());
    let open: Vec<&str> = open.map(|item| item.name.as_str()).collect();
    let version = &checklist.version;
    match open.as_slice() {
        [] => say(&format!("the checklist of {version} is complete")),
        open => say(&format!("the checklist of {version} is not complete; open: {}", open.join(", "))),
    }
}
