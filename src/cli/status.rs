//! `golive status`

use std::fmt::Write as _;
use std::io::Write as _;

use jiff::Timestamp;

use super::show::{Mood, color, padded, paint, print_json, time_left};
use super::{CliError, Context};
use crate::clock::Clock;
use crate::control::wire::{DeploymentInfo, DriftInfo, IncidentInfo, ServiceInfo, Status, TriggerInfo};
use crate::model::reason::Unit;
use crate::model::verdict::Bound;
use crate::text::{Texts, english};
use crate::untrusted::harmless;

mod short;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Colour only on a terminal, and not with NO_COLOR.

Exit codes: 0 all is well, 1 something needs a person (held, needs-person, not ready to roll back, diverged and nobody has
acknowledged it, an urgent
or important incident that nobody has acknowledged, Docker, the Swarm or the state directory lost, configuration refused),
69 no daemon.")]
pub(super) struct Arguments {
    /// Only this one
    service: Option<String>,
    /// A line a service: name, phase, version, verdict
    #[arg(long, conflicts_with = "json")]
    short: bool,
    /// As JSON, which is stable
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: &Arguments, context: &Context) -> Result<u8, CliError> {
    let status = context.client()?.status(arguments.service.as_deref()).await?;
    if arguments.json {
        print_json(&status)?;
    } else {
        let mut out = std::io::stdout();
        let texts = Texts::new(context.language(), None);
        let page = Page { text: String::new(), now: Clock::start().now(), color: color(&out), texts };
        let drawn = if arguments.short { page.draw_short(&status) } else { page.draw(&status) };
        out.write_all(drawn.as_bytes())?;
    }
    Ok(u8::from(!well(&status)))
}

/// Whether nothing needs a person.
fn well(status: &Status) -> bool {
    let daemon = &status.daemon;
    let (engine, state, rules) = (&daemon.docker_error, &daemon.store_error, &daemon.config_error);
    let lost = [engine, &daemon.swarm_error, &daemon.clock_skew, state, rules];
    let fine = lost.iter().all(|lost| lost.is_none());
    let unknown = |diverged: &DriftInfo| diverged.acknowledged_by.is_none();
    let services = status.services.iter().all(|service| {
        let waiting = matches!(service.phase.as_str(), "held" | "needs-person");
        !waiting && service.readiness.ready != Some(false) && !service.drift.as_ref().is_some_and(unknown)
    });
    fine && services
        && !status.incidents.iter().any(|incident| incident.state == "open" && incident.tier != "general")
}

/// What is shown, as it is written.
struct Page {
    text: String,
    now: Timestamp,
    color: bool,
    texts: Texts,
}

impl Page {
    fn draw(mut self, status: &Status) -> String {
        let daemon = &status.daemon;
        let troubles = [
            ("Docker does not answer", &daemon.docker_error),
            ("nobody acts in the Swarm", &daemon.swarm_error),
            ("this host's clock is not that of the golive that acts", &daemon.clock_skew),
            ("the state directory cannot be written", &daemon.store_error),
            ("the new configuration is refused, the old one is in force", &daemon.config_error),
        ];
        for (what, why) in troubles {
            if let Some(why) = why {
                let what = paint(what, Mood::Bad, self.color);
                self.line(&format!("{what}: {}", harmless(why)));
            }
        }
        if let Some(why) = daemon.heartbeat.as_ref().and_then(|heartbeat| heartbeat.failing.as_ref()) {
            let what = paint("the heartbeat is not heard", Mood::Uncertain, self.color);
            self.line(&format!("{what}: failed to {why}"));
        }
        if status.services.is_empty() {
            self.line(&format!("no services yet; add one to {} and reload golive", daemon.config));
        }
        for service in &status.services {
            self.service(service);
        }
        if !status.rules.is_empty() {
            self.line("always watched");
            status.rules.iter().for_each(|rule| self.trigger(rule));
        }
        for incident in &status.incidents {
            self.incident(incident);
        }
        self.text
    }

    fn service(&mut self, service: &ServiceInfo) {
        self.headline(service);
        if let Some(why) = &service.standby_reason {
            self.row("acts", &format!("no, it only watches: {why}"), Some(Mood::Uncertain));
        }
        if let Some(why) = &service.why {
            self.row("why", why, Some(Mood::Bad));
        }
        match &service.running {
            Some(running) if running.running => self.row("runs", &running.version, None),
            Some(running) => {
                // Of one container, its name says nothing.
                let down =
                    if running.description.is_some() { running.down.join(", ") } else { String::new() };
                let which = if down.is_empty() { down } else { format!(": {down}") };
                let text = format!("{}, not running{which}", running.version);
                self.row("runs", &text, Some(Mood::Bad));
            }
            None => self.row("runs", "nothing seen", Some(Mood::Uncertain)),
        }
        if let Some(about) = service.running.as_ref().and_then(|running| running.description.as_ref()) {
            self.row("set", about, None);
        }
        match &service.accepted {
            Some(accepted) => self.row("accepted", &accepted.version, None),
            None => self.row("accepted", "none yet", Some(Mood::Uncertain)),
        }
        self.starts(service);
        if let Some(announced) = &service.announced {
            let (version, ago) = (&announced.version, self.ago(announced.started_at));
            self.row("announced", &format!("{version}, {ago}, not seen yet"), None);
        }
        for trigger in &service.triggers {
            self.trigger(trigger);
        }
        self.readiness(service);
        self.drills(service);
        for warning in &service.warnings {
            self.row("warning", warning, Some(Mood::Uncertain));
        }
        if let Some(diverged) = &service.drift {
            let lasts = english().lasting(self.now.duration_since(diverged.since));
            let instead =
                diverged.released.as_ref().map_or_else(String::new, |version| format!(" ({version})"));
            let known = diverged.acknowledged_by.as_ref().map(|by| format!("; {by} has it"));
            let (why, known) = (&diverged.why, known.unwrap_or_default());
            let text = format!("for {lasts}, what runs is not what was released last{instead}: {why}{known}");
            self.row("drift", &text, Some(Mood::Bad));
        }
        self.guards(service);
        if let Some(hold) = &service.hold {
            let left = hold.until.map(|until| english().lasting(until.duration_since(self.now)));
            let left = left.map_or_else(|| "until `golive resume`".to_owned(), |left| format!("{left} left"));
            let why = hold.reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            self.row("on hold", &format!("by {}, {left}{why}", hold.by), Some(Mood::Uncertain));
        }
    }

    /// Whether it could be gone back from; where another golive acts, what this node has of that.
    fn readiness(&mut self, service: &ServiceInfo) {
        match service.readiness.ready {
            Some(true) if service.standby_reason.is_some() => {
                self.row("rollback", "ready, as far as this node goes", Some(Mood::Good));
            }
            Some(true) => self.row("rollback", "ready", Some(Mood::Good)),
            None => self.row("rollback", "not looked at yet", Some(Mood::Uncertain)),
            Some(false) => {
                for problem in &service.readiness.problems {
                    self.row("rollback", &format!("NOT ready: {problem}"), Some(Mood::Bad));
                }
            }
        }
    }

    /// Whether going back was tried.
    fn drills(&mut self, service: &ServiceInfo) {
        let Some(drills) = &service.drills else { return };
        let passed = drills.passed_at.map(|at| format!("last passed {}", self.ago(at)));
        let due = drills.due_at.map(|at| {
            let left = at.duration_since(self.now);
            if left.is_positive() {
                format!("due in {}", english().lasting(left))
            } else {
                "due now".to_owned()
            }
        });
        let (newest, mood) = match &drills.newest {
            Some(drill) if drill.passed.is_none() => {
                let way = drill.swap.as_ref().and_then(|swap| Some((swap, swap.ways.last()?)));
                let way = way.map(|(swap, leg)| match leg.way.as_str() {
                    "back" => format!(", going back to {}", swap.to_version),
                    _ => format!(", going forth to {} again", drill.version),
                });
                (Some(format!("{} under way{}", drill.level, way.unwrap_or_default())), Mood::Uncertain)
            }
            Some(drill) if drill.passed == Some(false) => {
                let problems = drill.problems.as_deref().unwrap_or_default().join("; ");
                let problems =
                    if problems.is_empty() { "nobody answered the call".to_owned() } else { problems };
                (Some(format!("NOT passed: {problems}")), Mood::Bad)
            }
            Some(_) | None => (None, Mood::Good),
        };
        let parts: Vec<String> = [newest, passed, due].into_iter().flatten().collect();
        self.row("drill", &parts.join(", "), Some(mood));
    }

    /// What does not count, because somebody is at work on it or it has just been started; and what it is made to show last.
    fn starts(&mut self, service: &ServiceInfo) {
        if let Some(DeploymentInfo { started_at, waits, notified }) = &service.deployment {
            let so_far = english().lasting(self.now.duration_since(*started_at));
            let mood = if *notified { Mood::Bad } else { Mood::Uncertain };
            self.row(
                "deployment",
                &format!("for {so_far}, {}; nothing counts", waits.join("; ")),
                Some(mood),
            );
        }
        if let Some(until) = service.grace_until.filter(|until| *until > self.now) {
            let left = english().lasting(until.duration_since(self.now));
            self.row("grace", &format!("{left} left: failures before the first pass do not count"), None);
        }
        if let Some(since) = service.acceptance_since {
            let so_far = english().lasting(self.now.duration_since(since));
            self.row("acceptance", &format!("its items are being made, for {so_far}"), None);
        }
    }

    fn guards(&mut self, service: &ServiceInfo) {
        if let Some(veto) = &service.scheduled_rollback {
            let left = english().lasting(veto.starts_at.duration_since(self.now));
            let text = format!("in {left}, unless `golive hold {}` stops it: {}", service.name, veto.why);
            self.row("rolls back", &text, Some(Mood::Bad));
        }
        if let Some(until) = service.maintenance {
            let text =
                format!("{} left; a person decides", english().lasting(until.duration_since(self.now)));
            self.row("window", &text, Some(Mood::Uncertain));
        }
        if let Some(until) = service.freeze {
            let left = english().lasting(until.duration_since(self.now));
            self.row("freeze", &format!("{left} left; nothing is to be released"), None);
        }
        // Newest first, and no more than tell the tale; `--json` has all of them.
        for bad in service.quarantine.iter().rev().take(3) {
            let text = format!("{}, taken back {}: {}", bad.version, self.ago(bad.at), bad.why);
            self.row("known bad", &text, None);
        }
    }

    fn headline(&mut self, service: &ServiceInfo) {
        let mood = match service.phase.as_str() {
            "idle" => Mood::Good,
            "held" | "needs-person" => Mood::Bad,
            _ => Mood::Uncertain,
        };
        let mut line = format!("{}  {}", service.name, paint(&service.phase, mood, self.color));
        if let Some(release) = &service.release {
            write!(line, "  {} ({})", harmless(&release.version), release.id)
                .expect("writing to a string cannot fail");
            if let Some(ends) = release.ends_at {
                line = format!("{line}, {}", time_left(&service.phase, ends.duration_since(self.now)));
            }
            if let Some(step) = &release.step {
                line = format!("{line}, step {step}");
            }
        }
        if service.autonomy != "auto" {
            line = format!("{line}  [{}]", service.autonomy);
        }
        self.line(&line);
    }

    fn trigger(&mut self, trigger: &TriggerInfo) {
        let mood = match trigger.verdict.as_str() {
            "pass" => Mood::Good,
            "fail" => Mood::Bad,
            _ => Mood::Uncertain,
        };
        let TriggerInfo { verdict, value, limit, bound, unit, why, .. } = trigger;
        let bound = bound.parse().unwrap_or(Bound::Above);
        let unit = unit.parse().unwrap_or(Unit::Plain);
        let value = self.texts.value(*value, unit);
        let shown = self.texts.limit(*limit, bound, unit);
        let limit = match (limit, bound) {
            (None, _) => String::new(),
            (Some(_), Bound::Expected) => format!(", expected {shown}"),
            (Some(_), Bound::Above | Bound::AtLeast | Bound::Below) => format!(", bad when {shown}"),
        };
        self.row(&trigger.name, &format!("{verdict}, {value}{limit}: {why}"), Some(mood));
    }

    fn incident(&mut self, incident: &IncidentInfo) {
        let about = incident.service.as_deref().unwrap_or("golive");
        let title = harmless(&incident.title);
        let line = format!("{} {about}: {title}, {}", incident.tier, self.ago(incident.started_at));
        let (mood, more) = match (incident.resolve_at, &incident.acknowledged_by) {
            (Some(until), _) => {
                let left = english().lasting(until.duration_since(self.now));
                (Mood::Good, format!("within its limits; over in {left} if it stays so"))
            }
            (None, Some(by)) => (Mood::Uncertain, format!("{by} has it")),
            (None, None) => (Mood::Bad, format!("golive ack {}", incident.id)),
        };
        self.line(&format!("{}; {}", paint(&line, mood, self.color), harmless(&more)));
    }

    fn ago(&self, at: Timestamp) -> String {
        format!("{} ago", english().lasting(self.now.duration_since(at)))
    }

    fn row(&mut self, name: &str, value: &str, mood: Option<Mood>) {
        let value = harmless(value);
        let value = mood.map_or_else(|| value.clone(), |mood| paint(&value, mood, self.color));
        self.line(&format!("  {} {value}", padded(&harmless(name), 10)));
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }
}

#[cfg(test)]
mod tests;
