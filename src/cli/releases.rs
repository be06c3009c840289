//! `golive releases`

use std::io::Write as _;

use super::show::{print_json, table};
use super::{CliError, Context};
use crate::store::Reader;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Newest first, a thousand at most. ROLLBACK says of those that are kept whether they can be gone back to, as it was looked
at last: hourly, and every minute in a watch. Read from the state directory, so no daemon need run.")]
pub(super) struct Arguments {
    /// Only of this service
    service: Option<String>,
    /// How many of each service's releases were accepted, rolled back, and would have been in shadow mode
    #[arg(long)]
    summary: bool,
    /// As JSON, which is stable
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, context: &Context) -> Result<u8, CliError> {
    if arguments.summary {
        return summary(arguments, context);
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
        vec![it.id, it.service, it.version, state, it.began, back]
    });
    let rows: Vec<Vec<String>> = drawn.collect();
    let heads = ["RELEASE", "SERVICE", "VERSION", "STATE", "BEGAN", "ROLLBACK"];
    std::io::stdout().write_all(table(&heads, &rows).as_bytes())?;
    Ok(0)
}

fn summary(arguments: &Arguments, context: &Context) -> Result<u8, CliError> {
    let rows = Reader::open(&context.config()?.state_dir)?.summary(arguments.service.as_deref())?;
    if arguments.json {
        print_json(&rows)?;
        return Ok(0);
    }
    let drawn = rows.into_iter().map(|row| {
        let shadow = format!(
            "{} ({} accepted, {} rolled back)",
            row.shadow, row.shadow_accepted, row.shadow_rolled_back
        );
        let counts = [
            row.releases,
            row.accepted,
            row.rolled_back,
            row.rolled_back_by_person,
            row.rollback_failed,
            row.held,
            row.superseded,
        ];
        std::iter::once(row.service).chain(counts.map(|count| count.to_string())).chain([shadow]).collect()
    });
    let rows: Vec<Vec<String>> = drawn.collect();
    let heads = [
        "SERVICE",
        "RELEASES",
        "ACCEPTED",
        "ROLLED BACK",
        "BY A PERSON",
        "FAILED",
        "HELD",
        "SUPERSEDED",
        "WOULD HAVE",
    ];
    std::io::stdout().write_all(table(&heads, &rows).as_bytes())?;
    Ok(0)
}
