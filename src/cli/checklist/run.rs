//! `golive checklist SERVICE`

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

use serde_json::json;

use super::{Asking, summary};
use crate::acceptance::{self, Told, With, junit};
use crate::cli::items::{Lines, exit_code, measured, standing, write_junit};
use crate::cli::show::print_json;
use crate::cli::{CliError, Context, tools};
use crate::clock::Clock;
use crate::config::acceptance::Acceptance;
use crate::config::{Config, Service};
use crate::control::wire::{ChecklistInfo, ChecklistItemInfo};
use crate::model::acceptance::Verdict;
use crate::model::checklist::{Deed, Found, Standing, place};
use crate::model::sample::Outcome;

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The items of this phase alone
    #[arg(long, value_name = "PHASE")]
    phase: Option<String>,
    /// Make no check; show how it stands
    #[arg(long)]
    show: bool,
    /// As JSON, which is stable, when all checks have ended
    #[arg(long, conflicts_with = "junit")]
    json: bool,
    /// A file of XML for a CI server, as that of a test runner (`JUnit`), beside the lines
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

pub(super) async fn run(options: &Options, mut ask: Asking, context: &Context) -> Result<u8, CliError> {
    let before = ask.of(context, None, Deed::Show).await?;
    let config = context.config()?;
    let service = service(&config, &ask.service)?;
    ask.version = Some(before.version.clone());
    let before = of_phase(before, options.phase.as_deref(), service)?;
    let names = before.items.iter().map(|item| (item.phase.as_str(), item.name.as_str()));
    let mut lines = Lines::new(options.json, names);
    let phases = before.items.iter().map(|item| (item.name.as_str(), item.phase.as_str())).collect();
    let found = if options.show {
        BTreeMap::new()
    } else {
        made(service, &before.version, &config, &phases, &mut lines).await?
    };
    let now = if found.is_empty() {
        before
    } else {
        of_phase(ask.of(context, None, Deed::Report(found)).await?, options.phase.as_deref(), service)?
    };
    // What checks have shown was told as each ended.
    let checked = |item: &&ChecklistItemInfo| !options.show && service.checklist.contains_key(&item.name);
    for item in now.items.iter().filter(|item| !checked(item) || item.outcome == Standing::Waived) {
        lines.tell(item.outcome, (&item.phase, &item.name), &said(item));
    }
    lines.end()?;
    if let Some(file) = &options.junit {
        let cases: Vec<junit::Case> = now.items.iter().map(case).collect();
        write_junit(file, ("checklist", &ask.service), &cases)?;
    }
    let result = result(&now);
    if options.json {
        let word: &str = result.into();
        let (service, version, items) = (&ask.service, &now.version, &now.items);
        print_json(&json!({ "service": service, "version": version, "result": word, "items": items }))?;
    } else {
        counts(&now)?;
        summary(&now)?;
    }
    Ok(exit_code(result))
}

pub(super) fn service<'a>(config: &'a Config, name: &str) -> Result<&'a Service, CliError> {
    let unknown =
        || CliError::Usage(format!("the daemon knows {name}, this configuration does not: reload it"));
    config.services.get(name).ok_or_else(unknown)
}

/// The items of a phase in the order of the guide, each with its kind of check.
fn of_phase(
    mut checklist: ChecklistInfo,
    phase: Option<&str>,
    service: &Service,
) -> Result<ChecklistInfo, CliError> {
    if let Some(phase) = phase
        && !checklist.items.iter().any(|item| item.phase == phase)
    {
        return Err(CliError::Usage(format!("no item of the checklist is of the phase {phase}")));
    }
    checklist.items.retain(|item| phase.is_none_or(|phase| item.phase == phase));
    checklist.items.sort_by(|a, b| (place(&a.phase), &a.name).cmp(&(place(&b.phase), &b.name)));
    for item in &mut checklist.items {
        let kind = service.checklist.get(&item.name).map(|check| check.kind().to_owned());
        item.kind = item.kind.take().or(kind);
    }
    Ok(checklist)
}

/// Makes the checks of these items.
async fn made(
    service: &Service,
    version: &str,
    config: &Config,
    phases: &BTreeMap<&str, &str>,
    lines: &mut Lines,
) -> Result<BTreeMap<String, Found>, CliError> {
    let (mut items, mut found) = (BTreeMap::new(), BTreeMap::new());
    for (name, item) in service.checklist.iter().filter(|(name, _)| phases.contains_key(name.as_str())) {
        match item.of_version(version) {
            Ok(item) => drop(items.insert(name.clone(), item)),
            Err(why) => {
                lines.tell(Standing::NoData, (phases[name.as_str()], name), &why);
                let result = Outcome::Blind(why);
                found.insert(name.clone(), Found { result, figure: None, took: std::time::Duration::ZERO });
            }
        }
    }
    let told = |told: Told<'_>| {
        let Told::Item(item) = told else { return };
        let seen = measured(item.figure, &item.message, item.took);
        lines.tell(standing(item.verdict), (phases[item.name.as_str()], &item.name), &seen);
    };
    found.extend(looked(&items, service, config, told).await?);
    Ok(found)
}

/// Makes these checks, and gives what each has found.
pub(super) async fn looked(
    items: &BTreeMap<String, Acceptance>,
    service: &Service,
    config: &Config,
    told: impl FnMut(Told<'_>),
) -> Result<BTreeMap<String, Found>, CliError> {
    let (_, tools) = tools(config)?;
    let (clock, state_dir) = (Clock::start(), config.state_dir.as_path());
    // A checklist comes before the release: nobody says that it is rolled back.
    let rolls_back = tokio::sync::watch::channel(false).1;
    let with = With { service, tools: &tools, clock: &clock, state_dir, rolls_back };
    let looked = acceptance::run(items, &with, told).await;
    let found = looked.into_iter().map(|item| {
        let result = match item.verdict {
            Verdict::Pass => Outcome::Ok,
            Verdict::Fail => Outcome::Failed(item.message),
            Verdict::NoData => Outcome::Blind(item.message),
        };
        (item.name, Found { result, figure: item.figure, took: item.took })
    });
    Ok(found.collect())
}

/// What it is, and who stands for it.
fn said(item: &ChecklistItemInfo) -> String {
    let by = item.signed_by.as_deref().unwrap_or_default();
    let at = item.signed_at.map(|at| at.strftime("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default();
    match item.outcome {
        Standing::Waived => {
            let until = item.until.map(|until| until.to_string()).unwrap_or_default();
            format!("{}: waived by {by} until {until}: {}", item.text, item.message)
        }
        Standing::Open if item.signed_at.is_some() => {
            format!("{}: what {by} gave on {at} counts no more", item.text)
        }
        Standing::Open => item.text.clone(),
        Standing::Pass => format!("{}: {by}, {at}{}", item.text, noted(item)),
        Standing::NoData | Standing::Fail => format!("{}: {}", item.text, item.message),
    }
}

fn noted(item: &ChecklistItemInfo) -> String {
    let said = [&item.note, &item.evidence].into_iter().flatten();
    said.fold(String::new(), |before, text| before + ", " + text)
}

/// How much of each phase is settled.
fn counts(checklist: &ChecklistInfo) -> Result<(), CliError> {
    let mut phases: Vec<(&str, usize, usize)> = Vec::new();
    for item in &checklist.items {
        let settled = usize::from(item.outcome.is_settled());
        match phases.last_mut().filter(|(phase, ..)| *phase == item.phase) {
            Some((_, done, all)) => (*done, *all) = (*done + settled, *all + 1),
            None => phases.push((&item.phase, settled, 1)),
        }
    }
    let phases: Vec<String> =
        phases.iter().map(|(phase, done, all)| format!("{phase} {done} of {all}")).collect();
    Ok(writeln!(std::io::stdout(), "{}", crate::untrusted::harmless(&phases.join(", ")))?)
}

/// What is open has not passed; where all that is left could not be told, nothing is known.
fn result(checklist: &ChecklistInfo) -> Verdict {
    let unsettled = || checklist.items.iter().filter(|item| !item.outcome.is_settled());
    if unsettled().next().is_none() {
        Verdict::Pass
    } else if unsettled().all(|item| item.outcome == Standing::NoData) {
        Verdict::NoData
    } else {
        Verdict::Fail
    }
}

fn case(item: &ChecklistItemInfo) -> junit::Case<'_> {
    let verdict = match item.outcome {
        Standing::Pass => Verdict::Pass,
        // A CI server has one word for what is not asked of it now.
        Standing::Waived | Standing::NoData => Verdict::NoData,
        Standing::Open | Standing::Fail => Verdict::Fail,
    };
    let message = if item.message.is_empty() { &item.text } else { &item.message };
    let seconds = item.duration_seconds.unwrap_or_default();
    junit::Case { group: &item.phase, name: &item.name, verdict, message, seconds, figures: Vec::new() }
}
