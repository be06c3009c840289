//! `golive releases --summary`

use std::io::Write as _;
use std::time::Duration;

use jiff::Timestamp;

use crate::cli::show::{print_json, table};
use crate::cli::{CliError, Context};
use crate::clock::Clock;
use crate::store::{Figures, Reader, SummaryRow};
use crate::text::english;

const COUNTS: [&str; 9] = [
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

const FIGURES: [&str; 7] =
    ["SERVICE", "LIVE", "PER DAY", "LEAD TIME", "CHANGES FAILED", "BAD FOR (WORST)", "CAME IN TROUBLE"];

pub(super) fn run(
    service: Option<&str>,
    since: Option<Duration>,
    as_json: bool,
    context: &Context,
) -> Result<u8, CliError> {
    let reader = Reader::open(&context.config()?.state_dir)?;
    let now = Clock::wall();
    let since = since.and_then(|since| now.checked_sub(since).ok()).unwrap_or(Timestamp::UNIX_EPOCH);
    let (counts, mut figures) = (reader.summary(service, since)?, reader.figures(service, since, now)?);
    if as_json {
        let rows = counts.into_iter().map(|row| {
            let of = figures.remove(&row.service).unwrap_or_default();
            let (row, of) = (serde_json::to_value(row), serde_json::to_value(of));
            let mut row = row.map_err(std::io::Error::from)?;
            row["figures"] = of.map_err(std::io::Error::from)?;
            Ok(row)
        });
        print_json(&rows.collect::<Result<Vec<_>, std::io::Error>>()?)?;
        return Ok(0);
    }
    let of_each =
        |row: &SummaryRow| drawn(&row.service, &figures.get(&row.service).cloned().unwrap_or_default());
    let figures: Vec<Vec<String>> = counts.iter().map(of_each).collect();
    let counts: Vec<Vec<String>> = counts.into_iter().map(counted).collect();
    let text = format!("{}\n{}", table(&COUNTS, &counts), table(&FIGURES, &figures));
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(0)
}

fn counted(row: SummaryRow) -> Vec<String> {
    let shadow =
        format!("{} ({} accepted, {} rolled back)", row.shadow, row.shadow_accepted, row.shadow_rolled_back);
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
}

/// What is not known is a dash.
fn drawn(service: &str, figures: &Figures) -> Vec<String> {
    let none = || "-".to_owned();
    let lasted = |seconds: Option<f64>| {
        let lasted = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        lasted.map_or_else(none, |lasted| english().duration(lasted))
    };
    let share = |share: Option<f64>| share.map_or_else(none, |share| format!("{:.0} %", share * 100.0));
    let worst = figures.recovery_time_worst.map(|worst| format!(" ({})", lasted(Some(worst))));
    vec![
        service.to_owned(),
        figures.live.to_string(),
        figures.per_day.map_or_else(none, |per_day| format!("{per_day:.2}")),
        lasted(figures.lead_time),
        share(figures.change_fail_rate),
        lasted(figures.recovery_time) + &worst.unwrap_or_default(),
        share(figures.rework_rate),
    ]
}
