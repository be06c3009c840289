//! `golive verify`

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::items::{Lines, exit_code, measured, rolls_back, standing, write_junit};
use super::show::print_json;
use super::{CliError, Context, tools};
use crate::acceptance::{self, Told, With, junit};
use crate::clock::Clock;
use crate::config::{Config, Service, nearest};
use crate::model::acceptance::{self as model, Item, Verdict};
use crate::runtime::Runtime;
use crate::text::Texts;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Items are the tables [service.SERVICE.acceptance.NAME] of the configuration. They are made from here, by whoever types this:
nothing is changed or recorded. A line is written as each item ends. A load run ends early when a health check of the service
fails, when more than half of the requests fail for five seconds, and when the daemon, where one answers, begins a rollback.

Exit codes: 0 all pass, 1 some fail, 3 some could not be told and none failed.")]
pub(super) struct Arguments {
    /// The service
    service: String,
    /// This item alone
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Ask no daemon whether a rollback is under way
    #[arg(long)]
    local: bool,
    /// As JSON, which is stable, when all have ended
    #[arg(long, conflicts_with = "junit")]
    json: bool,
    /// A file of XML for a CI server, as that of a test runner (`JUnit`), beside the lines
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

pub(super) async fn run(arguments: Arguments, context: &Context) -> Result<u8, CliError> {
    let config = context.config()?;
    let service = named(&arguments, &config)?;
    let (engine, tools) = tools(&config)?;
    let clock = Clock::start();
    let mut lines = Lines::new(
        arguments.json,
        service.acceptance.iter().map(|(name, item)| (item.group.into(), name.as_str())),
    );
    let texts = Texts::new(context.language(), None);
    let told = |told: Told<'_>| match told {
        Told::Item(item) => {
            lines.tell(standing(item.verdict), (item.group.into(), &item.name), &said(item, &texts));
        }
        Told::Progress(name, progress) => {
            let group = service.acceptance.get(name).map_or("", |item| item.group.into());
            lines.progress((group, name), progress);
        }
    };
    let wanted = |name: &str| arguments.only.as_deref().is_none_or(|only| only == name);
    let items = service.acceptance.iter().filter(|(name, _)| wanted(name));
    let items: BTreeMap<_, _> = items.map(|(name, item)| (name.clone(), item.clone())).collect();
    let daemon = if arguments.local { None } else { Some(context.client()?) };
    let rolls_back = rolls_back(daemon, &arguments.service, items.values());
    let state_dir = config.state_dir.as_path();
    let with = With { service, tools: &tools, clock: &clock, state_dir, rolls_back };
    let items = acceptance::run(&items, &with, told).await;
    lines.end()?;
    let verdict = model::of_all(&items);
    if let Some(file) = &arguments.junit {
        let cases: Vec<junit::Case> = items.iter().map(junit::Case::of).collect();
        write_junit(file, ("verify", &arguments.service), &cases)?;
    }
    if arguments.json {
        let runtime = Runtime::new(&arguments.service, service, &engine);
        let version = runtime.seen().await.ok().flatten().map(|running| running.version);
        print_json(&document(&arguments.service, version.as_deref(), verdict, &items))?;
    } else {
        let count = |verdict| items.iter().filter(|item| item.verdict == verdict).count();
        let (pass, fail, no_data) = (count(Verdict::Pass), count(Verdict::Fail), count(Verdict::NoData));
        writeln!(std::io::stdout(), "{pass} pass, {fail} fail, {no_data} could not be told")?;
    }
    Ok(exit_code(verdict))
}

/// The service, which has what is asked for.
fn named<'a>(arguments: &Arguments, config: &'a Config) -> Result<&'a Service, CliError> {
    let Arguments { service, only, .. } = arguments;
    let found = config.services.get(service);
    let found = found.ok_or_else(|| no_such("service", service, config.services.keys()))?;
    match only {
        Some(only) if !found.acceptance.contains_key(only) => {
            Err(no_such(&format!("item of {service}"), only, found.acceptance.keys()))
        }
        None if found.acceptance.is_empty() => Err(CliError::Usage(format!(
            "{service} has nothing to verify: write [service.{service}.acceptance.NAME] with a check"
        ))),
        Some(_) | None => Ok(found),
    }
}

fn no_such<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a String>) -> CliError {
    let near = nearest(name, known.map(String::as_str)).map(|near| format!("; did you mean {near}?"));
    CliError::Usage(format!("there is no {what} named {name}{}", near.unwrap_or_default()))
}

fn said(item: &Item, texts: &Texts) -> String {
    let message = item.phrase.as_ref().map(|phrase| texts.sentence(phrase));
    measured(item.figure, message.as_ref().unwrap_or(&item.message), item.took)
}

/// Contract §3.
fn document(service: &str, version: Option<&str>, verdict: Verdict, items: &[Item]) -> Value {
    let result: &str = verdict.into();
    let items: Vec<Value> = items.iter().map(acceptance::json::item).collect();
    json!({ "service": service, "version": version, "result": result, "items": items })
}
