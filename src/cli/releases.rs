//! `golive releases`, `record`, `explain`: read from the store, whether the daemon runs or not.

use std::io::Write as _;

use clap::ValueEnum;
use jiff::tz::TimeZone;

use super::show::table;
use super::{CliError, Context};
use crate::record;
use crate::store::{Reader, Story};

#[derive(Debug, clap::Args)]
pub(super) struct Releases {
    /// Only of this service
    service: Option<String>,
    /// As JSON, which is stable
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Record {
    /// The release; the newest when left out
    release: Option<String>,
    /// How it is written
    #[arg(long, default_value = "md")]
    format: Format,
}

#[derive(Debug, clap::Args)]
pub(super) struct Explain {
    /// The release; the newest when left out
    release: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Md,
    Json,
}

pub(super) fn releases(arguments: &Releases, context: &Context) -> Result<u8, CliError> {
    let releases = Reader::open(&context.config()?.state_dir)?.releases(arguments.service.as_deref())?;
    let mut out = std::io::stdout();
    if arguments.json {
        let json =
            serde_json::to_string_pretty(&releases).map_err(|error| CliError::Plain(error.to_string()))?;
        writeln!(out, "{json}")?;
        return Ok(0);
    }
    let rows: Vec<Vec<String>> =
        releases.into_iter().map(|it| vec![it.id, it.service, it.version, it.state, it.began]).collect();
    out.write_all(table(&["RELEASE", "SERVICE", "VERSION", "STATE", "BEGAN"], &rows).as_bytes())?;
    Ok(0)
}

pub(super) fn record(arguments: &Record, context: &Context) -> Result<u8, CliError> {
    let (story, zone) = story(arguments.release.as_deref(), context)?;
    let mut out = std::io::stdout();
    match arguments.format {
        Format::Md => out.write_all(record::markdown(&story, &zone).as_bytes())?,
        Format::Json => writeln!(out, "{:#}", record::json(&story))?,
    }
    Ok(0)
}

pub(super) fn explain(arguments: &Explain, context: &Context) -> Result<u8, CliError> {
    let (story, zone) = story(arguments.release.as_deref(), context)?;
    std::io::stdout().write_all(record::explain(&story, &zone).as_bytes())?;
    Ok(0)
}

fn story(release: Option<&str>, context: &Context) -> Result<(Story, TimeZone), CliError> {
    let config = context.config()?;
    let reader = Reader::open(&config.state_dir)?;
    let newest = reader.latest_release(None)?;
    let Some(id) = release.map(str::to_owned).or(newest) else {
        return Err(CliError::Plain("there is no release yet".to_owned()));
    };
    // A service's name stands for its newest release.
    let by_service = if config.services.contains_key(&id) { reader.latest_release(Some(&id))? } else { None };
    let id = by_service.unwrap_or(id);
    let story = reader.story(&id)?;
    let story = story
        .ok_or_else(|| CliError::Plain(format!("there is no release {id}; `golive releases` lists them")))?;
    Ok((story, config.timezone.unwrap_or_else(TimeZone::system)))
}
