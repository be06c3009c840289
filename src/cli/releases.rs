//! `golive releases`

use std::io::Write as _;
use std::time::Duration;

use super::show::{print_json, table};
use super::{CliError, Context};
use crate::store::Reader;

mod summary;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Newest first, a thousand at most. ROLLBACK says of those that are kept whether they can be gone back to, as it was looked
at last: hourly, and every minute in a watch.

Of --summary, LIVE counts what went live, LEAD TIME is from the making of the image (its label
org.opencontainers.image.created) to the release, BAD FOR from the first sign of a failure to the proof of the old version,
both as medians; what is not known is a dash.

Read from the state directory, so no daemon need run.")]
pub(super) struct Arguments {
    /// Only of this service
    service: Option<String>,
    /// How many of each service's releases were accepted, rolled back, and would have been in shadow mode; how often, how
    /// fast and how well it was released
    #[arg(long)]
    summary: bool,
    /// Of the summary, only of releases that began within this; of all that are kept when left out
    #[arg(long, requires = "summary", value_name = "DURATION", value_parser = super::duration)]
    since: Option<Duration>,
    /// As JSON, which is stable
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, context: &Context) -> Result<u8, CliError> {
    if arguments.summary {
        return summary::run(arguments.service.as_deref(), arguments.since, arguments.json, context);
    }
    let releases = Reader::open(&context.config()?.state_dir)?.releases(arguments.service.as_deref())?;
    if arguments.json {
        print_json(&releases)?;
        return Ok(0);
    }
    let drawn = releases.into_iter().map(|it| {
        let back = match it.ready {
            Some(true) => "ready".to_owned(),
            Some(false) => format!("NOT ready: {}", it.problems.join("; ")),
            None => "-".to_owned(),
        };
        let state = if it.quarantined { format!("{}, known bad", it.state) } else { it.state };
        vec![it.id, it.service, it.version, state, it.started_at, back]
    });
    let rows: Vec<Vec<String>> = drawn.collect();
    let heads = ["RELEASE", "SERVICE", "VERSION", "STATE", "BEGAN", "ROLLBACK"];
    std::io::stdout().write_all(table(&heads, &rows).as_bytes())?;
    Ok(0)
}
