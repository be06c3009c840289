//! `golive status`

use std::io::Write as _;

use jiff::Timestamp;

use super::show::{Mood, color, paint};
use super::{CliError, Context};
use crate::clock::Clock;
use crate::control::wire::{ServiceInfo, Status};

#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 all is well, 1 something needs a person, 69 no daemon answers.")]
pub(super) struct Arguments {
    /// Only this one
    service: Option<String>,
    /// As JSON, which is stable
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: &Arguments, context: &Context) -> Result<u8, CliError> {
    let status = context.client()?.status(arguments.service.as_deref()).await?;
    let mut out = std::io::stdout();
    if arguments.json {
        let json =
            serde_json::to_string_pretty(&status).map_err(|error| CliError::Plain(error.to_string()))?;
        writeln!(out, "{json}")?;
    } else {
        let text = describe(&status, Clock::start().now(), color(&out));
        out.write_all(text.as_bytes())?;
    }
    Ok(u8::from(!well(&status)))
}

/// Whether nothing needs a person.
fn well(status: &Status) -> bool {
    let daemon = &status.daemon;
    let fine =
        daemon.engine_lost.is_none() && daemon.store_lost.is_none() && daemon.config_rejected.is_none();
    let services = status.services.iter().all(|service| {
        let waiting = matches!(service.phase.as_str(), "held" | "needs-person");
        !waiting && service.readiness.ready != Some(false) && service.diverged.is_none()
    });
    fine && services
        && !status.incidents.iter().any(|incident| incident.state == "open" && incident.tier != "general")
}

fn describe(status: &Status, now: Timestamp, color: bool) -> String {
    let mut text = String::new();
    let daemon = &status.daemon;
    let troubles = [
        ("Docker does not answer", &daemon.engine_lost),
        ("the state directory cannot be written", &daemon.store_lost),
        ("the new configuration is refused", &daemon.config_rejected),
    ];
    for (what, why) in troubles {
        if let Some(why) = why {
            text.push_str(&format!("{}: {why}\n", paint(what, Mood::Bad, color)));
        }
    }
    if status.services.is_empty() {
        text.push_str(&format!("no services yet; add one to {}\n", daemon.config));
    }
    for service in &status.services {
        describe_service(&mut text, service, now, color);
    }
    for incident in &status.incidents {
        let about = incident.service.as_deref().unwrap_or("golive");
        let line = format!(
            "{} {about}: {} since {} ({})",
            incident.tier, incident.title, incident.began, incident.state
        );
        let mood = if incident.state == "open" { Mood::Bad } else { Mood::Uncertain };
        text.push_str(&format!("{}  golive ack {}\n", paint(&line, mood, color), incident.id));
    }
    text
}

fn headline(service: &ServiceInfo, now: Timestamp, color: bool) -> String {
    let mood = match service.phase.as_str() {
        "idle" => Mood::Good,
        "held" | "needs-person" => Mood::Bad,
        _ => Mood::Uncertain,
    };
    let mut line = format!("{}  {}", service.name, paint(&service.phase, mood, color));
    if let Some(release) = &service.release {
        line.push_str(&format!("  {} ({})", release.version, release.id));
        if let Some(ends) = release.ends {
            line.push_str(&format!(", {} s left", ends.duration_since(now).as_secs().max(0)));
        }
        if let Some(step) = &release.step {
            line.push_str(&format!(", step {step}"));
        }
    }
    line.push('\n');
    line
}

fn describe_service(text: &mut String, service: &ServiceInfo, now: Timestamp, color: bool) {
    text.push_str(&headline(service, now, color));
    let mut row = |name: &str, value: &str| text.push_str(&format!("  {name:<9} {value}\n"));
    if let Some(running) = &service.running {
        let state = if running.alive { "" } else { ", not running" };
        row("runs", &format!("{}{state}", running.version));
    }
    match &service.accepted {
        Some(accepted) => row("accepted", &accepted.version),
        None => row("accepted", "none yet"),
    }
    if let Some(announced) = &service.announced {
        row("announced", &announced.version);
    }
    for trigger in &service.triggers {
        let mood = match trigger.verdict.as_str() {
            "pass" => Mood::Good,
            "fail" => Mood::Bad,
            _ => Mood::Uncertain,
        };
        let value = format!(
            "{} {} of {} {}: {}",
            trigger.verdict, trigger.value, trigger.limit, trigger.unit, trigger.why
        );
        row(&trigger.name, &paint(&value, mood, color));
    }
    for problem in &service.readiness.problems {
        row("not ready", &paint(problem, Mood::Bad, color));
    }
    if service.readiness.ready == Some(true) {
        row("ready", "a rollback would work");
    }
    if let Some(diverged) = &service.diverged {
        row(
            "diverged",
            &paint(
                &format!("since {}: what runs is not what was released last", diverged.since),
                Mood::Bad,
                color,
            ),
        );
    }
    if let Some(hold) = &service.hold {
        let until = hold.until.map(|until| format!(" until {until}")).unwrap_or_default();
        let why = hold.reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        row("on hold", &paint(&format!("by {}{until}{why}", hold.by), Mood::Uncertain, color));
    }
}
