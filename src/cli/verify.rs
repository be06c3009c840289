//! `golive verify`

use std::io::Write as _;
use std::path::PathBuf;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::show::{Mood, color, paint, print_json};
use super::{CliError, Context};
use crate::acceptance::{self, Item, Verdict, junit};
use crate::clock::Clock;
use crate::config::{Config, Service, nearest};
use crate::docker::Engine;
use crate::probe::{Figure, Tools, Unit};
use crate::runtime::Runtime;

use crate::text::english;
use crate::untrusted::harmless;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Items are the tables [service.SERVICE.acceptance.NAME] of the configuration. They are made from here, by whoever types this:
no daemon is asked, and nothing is changed or recorded. A line is written as each item ends.

Exit codes: 0 all pass, 1 some fail, 3 some could not be told and none failed.")]
pub(super) struct Arguments {
    /// The service
    service: String,
    /// This item alone
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Make it from here, without the daemon: no other way is known yet
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
    let plain = |error: &dyn std::error::Error| CliError::Plain(error.to_string());
    let engine = Engine::new(&config.docker_socket).map_err(|error| plain(&error))?;
    let tools = Tools::new(&engine).map_err(|error| plain(&error))?;
    let clock = Clock::start();
    let mut lines =
        Lines::new(&arguments, service.acceptance.keys().map(String::len).max().unwrap_or_default());
    let items =
        acceptance::run(service, arguments.only.as_deref(), &tools, &clock, |item| lines.tell(item)).await;
    lines.failed.map_or(Ok(()), Err)?;
    let verdict = acceptance::of_all(&items);
    if let Some(file) = &arguments.junit {
        let written = junit::written(&arguments.service, &items).and_then(|text| std::fs::write(file, text));
        written.map_err(|error| CliError::Plain(format!("write {}: {error}", file.display())))?;
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
    Ok(match verdict {
        Verdict::Pass => 0,
        Verdict::Fail => 1,
        Verdict::NoData => 3,
    })
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

/// A line as each item ends.
struct Lines {
    quiet: bool,
    color: bool,
    width: usize,
    /// Why nothing can be written any more.
    failed: Option<CliError>,
}

impl Lines {
    fn new(arguments: &Arguments, width: usize) -> Self {
        Self { quiet: arguments.json, color: color(&std::io::stdout()), width, failed: None }
    }

    fn tell(&mut self, item: &Item) {
        if self.quiet || self.failed.is_some() {
            return;
        }
        let (word, mood) = match item.verdict {
            Verdict::Pass => ("pass   ", Mood::Good),
            Verdict::Fail => ("FAIL   ", Mood::Bad),
            Verdict::NoData => ("no data", Mood::Uncertain),
        };
        let group: &str = item.group.into();
        let (name, width, what) = (&item.name, self.width, said(item));
        let line = harmless(&format!("{group:<11}  {name:<width$}  {what}"));
        let written = writeln!(std::io::stdout(), "{}  {}", paint(word, mood, self.color), line.trim_end());
        self.failed = written.err().map(CliError::from);
    }
}

/// What was seen, and the value against its limit.
fn said(item: &Item) -> String {
    let against = item.figure.map(|Figure { value, limit, unit }| {
        let limit = limit.map_or_else(String::new, |limit| match unit {
            Unit::Seconds => format!(", allowed {}", people(limit)),
            Unit::Days => format!(", wanted {limit:.0}"),
        });
        match unit {
            Unit::Seconds => format!("{}{limit}", people(value)),
            Unit::Days => format!("{value:.0} days{limit}"),
        }
    });
    match (against, item.message.as_str()) {
        (Some(against), "") => against,
        (Some(against), message) => format!("{against}: {message}"),
        (None, "") => people(item.took.as_secs_f64()),
        (None, message) => message.to_owned(),
    }
}

fn people(seconds: f64) -> String {
    if seconds < 1.0 {
        return format!("{:.0} ms", seconds * 1000.0);
    }
    if seconds < 100.0 {
        return format!("{seconds:.2} s");
    }
    english().lasting(SignedDuration::try_from_secs_f64(seconds).unwrap_or(SignedDuration::MAX))
}

/// Contract §3.
fn document(service: &str, version: Option<&str>, verdict: Verdict, items: &[Item]) -> Value {
    let word = |verdict: Verdict| -> &'static str { verdict.into() };
    let each = items.iter().map(|item| {
        let (group, unit): (&str, Option<&str>) =
            (item.group.into(), item.figure.map(|figure| figure.unit.into()));
        let figures = item.spread.map(|spread| {
            json!({ "answered": spread.answered, "p50": spread.median, "p95": spread.p95, "max": spread.max })
        });
        json!({
            "name": item.name,
            "kind": item.kind,
            "group": group,
            "phase": null,
            "outcome": word(item.verdict),
            "value": item.figure.map(|figure| figure.value),
            "limit": item.figure.and_then(|figure| figure.limit),
            "unit": unit,
            "message": item.message,
            "duration_seconds": item.took.as_secs_f64(),
            "signed_by": null,
            "signed_at": null,
            "note": null,
            "figures": figures,
        })
    });
    let items: Vec<Value> = each.collect();
    json!({ "service": service, "version": version, "result": word(verdict), "items": items })
}
