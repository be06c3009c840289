//! `golive check`

use std::io::Write as _;

use super::show::{Mood, color, paint};
use super::{CliError, Context};
use crate::clock::Clock;
use crate::config::Config;
use crate::decide::event::Outcome;
use crate::notify::Notifier;
use crate::probe::{Probe, Tools};
use crate::runtime::{Engine, Runtime};

#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 good, 1 something online failed, 78 the configuration has mistakes.")]
pub(super) struct Arguments {
    /// Also try Docker, every health check and every channel's login
    #[arg(long)]
    online: bool,
}

pub(super) async fn run(arguments: &Arguments, context: &Context) -> Result<u8, CliError> {
    let config = context.config()?;
    let mut report = Report { out: std::io::stdout(), color: color(&std::io::stdout()), bad: false };
    let checks: usize = config.services.values().map(|service| service.checks.len()).sum();
    let counts = match config.services.len() {
        0 => "no services yet".to_owned(),
        services => {
            format!("{services} services, {checks} health checks, {} channels", config.channels.len())
        }
    };
    writeln!(report.out, "{} is good: {counts}", context.config.display())?;
    if arguments.online {
        services(&config, &mut report).await?;
        channels(&config, &mut report).await?;
        state(&config, &mut report)?;
        readiness(context, &mut report).await?;
    }
    Ok(u8::from(report.bad))
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
        writeln!(self.out, "{}  {what}: {text}", paint(word, mood, self.color))?;
        Ok(())
    }
}

async fn services(config: &Config, report: &mut Report) -> Result<(), CliError> {
    let plain = |error: &dyn std::error::Error| CliError::Plain(error.to_string());
    let engine = Engine::new(&config.docker_socket).map_err(|error| plain(&error))?;
    let tools = Tools::new(&config.docker_socket).map_err(|error| plain(&error))?;
    let clock = Clock::start();
    for (name, service) in &config.services {
        match Runtime::new(name, service, &engine).seen().await {
            Ok(Some(running)) => report.line(name, Ok(&format!("{} runs", running.version)))?,
            Ok(None) => report.line(name, Err("nothing runs under its name"))?,
            Err(fault) => report.line(name, Err(&format!("failed to {}", fault.text)))?,
        }
        for (check, what) in &service.checks {
            let sample = Probe::new(check, what, &service.runtime, &tools).observe(&clock).await;
            let took = format!("passed in {} ms", sample.took.as_millis());
            let result = match &sample.outcome {
                Outcome::Ok => Ok(took.as_str()),
                Outcome::Failed(seen) | Outcome::Blind(seen) => Err(seen.as_str()),
            };
            report.line(&format!("{name} health check {check}"), result)?;
        }
    }
    Ok(())
}

async fn channels(config: &Config, report: &mut Report) -> Result<(), CliError> {
    let notifier = Notifier::new(config).map_err(|error| CliError::Plain(error.to_string()))?;
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
    let trial = dir.join(".check");
    let written = std::fs::create_dir_all(dir).and_then(|()| std::fs::write(&trial, b"golive"));
    drop(std::fs::remove_file(&trial));
    match written {
        Ok(()) => report.line(&what, Ok("can be written")),
        Err(error) => report.line(&what, Err(&error.to_string())),
    }
}

/// What the daemon knows of going back, where one runs.
async fn readiness(context: &Context, report: &mut Report) -> Result<(), CliError> {
    let Ok(status) = context.client()?.status(None).await else {
        writeln!(report.out, "      no daemon answers, so readiness to roll back is not known")?;
        return Ok(());
    };
    for service in status.services {
        let what = format!("{} rollback", service.name);
        match (service.accepted, service.readiness.ready) {
            (None, _) => writeln!(report.out, "      {what}: no version is accepted yet")?,
            (Some(_), None) => writeln!(report.out, "      {what}: not looked at yet")?,
            (Some(accepted), Some(true)) => {
                report.line(&what, Ok(&format!("{} can be gone back to", accepted.version)))?
            }
            (Some(_), Some(false)) => report.line(&what, Err(&service.readiness.problems.join("; ")))?,
        }
    }
    Ok(())
}
