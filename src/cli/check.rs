//! `golive check`

use std::io::Write as _;

use super::show::{Mood, color, paint};
use super::{CliError, Context, engine, tools};
use crate::clock::Clock;
use crate::config::{self, Config, Service};
use crate::control::client::ClientError;
use crate::docker::OLDEST_API;
use crate::model::sample::{Outcome, Sample};
use crate::notify::{self, Notifier};
use crate::probe::Probe;
use crate::runtime::{ON_PODMAN, Runtime};
use crate::untrusted::harmless;

mod doubts;
mod measured;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Every mistake is told at once, with its place and a hint. --online tells nobody anything: mail channels are logged
in to and webhooks are only connected to.

Exit codes: 0 good, 1 something online failed, 78 the configuration has mistakes.")]
pub(super) struct Arguments {
    /// Also try Docker, every health check, Prometheus and every query, every channel's login and whether a rollback
    /// would work
    #[arg(long)]
    online: bool,
}

pub(super) async fn run(arguments: &Arguments, context: &Context) -> Result<u8, CliError> {
    let config = context.config()?;
    let mistakes = notify::check_templates(&config);
    if !mistakes.is_empty() {
        return Err(mistakes.into());
    }
    let mut report = Report { out: std::io::stdout(), color: color(&std::io::stdout()), bad: false };
    let checks = config.services.values().map(|service| service.checks.len()).sum();
    let mut counts = vec![
        count(config.services.len(), "service"),
        count(checks, "health check"),
        count(config.channels.len(), "channel"),
    ];
    if !config.always.is_empty() {
        counts.insert(2, format!("{} that are made always", count(config.always.len(), "check")));
    }
    writeln!(report.out, "{} is good: {}", context.config.display(), counts.join(", "))?;
    for (what, why) in doubts::doubts(&config, &context.config) {
        report.note(&what, &why)?;
    }
    if arguments.online {
        docker(&config, &mut report).await?;
        services(&config, &mut report).await?;
        channels(&config, &mut report).await?;
        state(&config, &mut report)?;
        page(&config, &mut report)?;
        readiness(context, &mut report).await?;
    }
    Ok(u8::from(report.bad))
}

fn count(number: usize, of: &str) -> String {
    format!("{number} {of}{}", if number == 1 { "" } else { "s" })
}

/// One line per thing tried.
struct Report {
    out: std::io::Stdout,
    color: bool,
    bad: bool,
}

impl Report {
    fn line(&mut self, what: &str, result: Result<&str, &str>) -> Result<(), CliError> {
        let (word, mood, text) = match result {
            Ok(text) => ("good", Mood::Good, text),
            Err(text) => {
                self.bad = true;
                ("BAD ", Mood::Bad, text)
            }
        };
        writeln!(self.out, "{}  {}", paint(word, mood, self.color), harmless(&format!("{what}: {text}")))?;
        Ok(())
    }

    /// Neither good nor bad.
    fn note(&mut self, what: &str, text: &str) -> Result<(), CliError> {
        Ok(writeln!(self.out, "      {}", harmless(&format!("{what}: {text}")))?)
    }
}

/// The engine itself, where anything needs it.
async fn docker(config: &Config, report: &mut Report) -> Result<(), CliError> {
    let needed = |service: &Service| !matches!(service.runtime, config::Runtime::Command { .. });
    let looks = |always: &config::Always| always.of.is_some();
    if !config.services.values().any(needed) && !config.always.values().any(looks) {
        return Ok(());
    }
    let what = format!("Docker at {}", config.docker_socket.display());
    match engine(config)?.version().await {
        Ok(version) => {
            let (major, minor) = OLDEST_API;
            let old = format!("{}; golive needs API {major}.{minor}, which Docker 20.10 has", version.text);
            report.line(&what, if version.too_old { Err(&old) } else { Ok(&version.text) })?;
            if version.podman {
                report.note(&what, ON_PODMAN)?;
            }
            Ok(())
        }
        Err(error) => report.line(&what, Err(&format!("failed to {error}"))),
    }
}

async fn services(config: &Config, report: &mut Report) -> Result<(), CliError> {
    let (engine, tools) = tools(config)?;
    let clock = Clock::start();
    for (name, service) in &config.services {
        let runtime = Runtime::new(name, service, &engine);
        match runtime.seen().await {
            Ok(Some(running)) => {
                report.line(name, Ok(&format!("{} runs", running.version)))?;
                if let Some(about) = &running.about {
                    report.note(name, about)?;
                }
            }
            Ok(None) => report.line(name, Err(nothing(&service.runtime)))?,
            Err(fault) => report.line(name, Err(&format!("failed to {}", fault.text)))?,
        }
        // That the engine does not answer is said already.
        for why in runtime.beyond().await.unwrap_or_default() {
            report.line(&format!("{name} rollback"), Err(&why))?;
        }
        if let Some(why) = runtime.stops_first().await {
            report.note(name, &format!("order: a rollback stops what runs first, because {why}"))?;
        }
        for (check, what) in &service.checks {
            let sample = Probe::new(check, what, &service.runtime, &tools).observe(&clock).await;
            sampled(&format!("{name} health check {check}"), &sample, report)?;
        }
        measured::measured(name, service, (config, &tools, &clock), report).await?;
    }
    measured::always((config, &tools, &clock), report).await?;
    Ok(())
}

fn nothing(runtime: &config::Runtime) -> &'static str {
    match runtime {
        config::Runtime::Container { .. } | config::Runtime::Swarm(_) | config::Runtime::Command(_) => {
            "nothing runs under its name"
        }
        config::Runtime::Compose(_) => {
            "its project has no container that belongs to it; services that keep data have to be named in `services`"
        }
    }
}

fn sampled(what: &str, sample: &Sample, report: &mut Report) -> Result<(), CliError> {
    let took = format!("passed in {} ms", sample.took.as_millis());
    let result = match &sample.outcome {
        Outcome::Ok => Ok(took.as_str()),
        Outcome::Failed(seen) | Outcome::Blind(seen) => Err(seen.as_str()),
    };
    report.line(what, result)
}

async fn channels(config: &Config, report: &mut Report) -> Result<(), CliError> {
    let notifier = Notifier::new(config);
    for channel in notifier.channels() {
        let result = notifier.reach(channel).await;
        let result = result.map_err(|refusal| format!("failed to {}", refusal.text));
        let result = result.as_ref().map(|receipt| receipt.answer.as_str()).map_err(String::as_str);
        report.line(&format!("channel {channel}"), result)?;
    }
    Ok(())
}

fn state(config: &Config, report: &mut Report) -> Result<(), CliError> {
    let dir = &config.state_dir;
    let what = format!("state directory {}", dir.display());
    if !dir.exists() {
        return report.note(&what, "not there yet; the daemon makes it");
    }
    let trial = dir.join(format!(".check-{}", std::process::id()));
    let written = std::fs::write(&trial, b"golive");
    drop(std::fs::remove_file(&trial));
    match written {
        Ok(()) => report.line(&what, Ok("can be written")),
        Err(error) => report.line(&what, Err(&error.to_string())),
    }
}

/// Whether the page's address is free, or taken: by the daemon, where one runs.
fn page(config: &Config, report: &mut Report) -> Result<(), CliError> {
    let Some(page) = &config.page else { return Ok(()) };
    let what = format!("page at {}", page.listen);
    match std::net::TcpListener::bind(page.listen) {
        Ok(_) => report.line(&what, Ok("can be listened on; no daemon does yet")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            report.note(&what, "somebody listens there: the daemon, if it runs by these rules")
        }
        Err(error) => report.line(&what, Err(&error.to_string())),
    }
}

/// What the daemon knows of going back, where one runs.
async fn readiness(context: &Context, report: &mut Report) -> Result<(), CliError> {
    let status = match context.client()?.status(None).await {
        Ok(status) => status,
        Err(ClientError::NoDaemon { .. }) => {
            return report.note("rollback", "no daemon answers, so it is not known whether one would work");
        }
        Err(error) => return report.line("daemon", Err(&error.to_string())),
    };
    for service in status.services {
        let what = format!("{} rollback", service.name);
        match (service.accepted, service.readiness.ready) {
            (None, _) => report.note(&what, "no version is accepted yet")?,
            (Some(_), None) => report.note(&what, "not looked at yet")?,
            (Some(accepted), Some(true)) => {
                report.line(&what, Ok(&format!("{} can be gone back to", accepted.version)))?;
            }
            (Some(_), Some(false)) => report.line(&what, Err(&service.readiness.problems.join("; ")))?,
        }
    }
    Ok(())
}
