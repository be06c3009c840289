//! One service of the canvas.

use std::time::Duration;

use console::measure_text_width;
use jiff::Timestamp;

use super::canvas::Canvas;
use super::strip::{bar, sparkline};
use crate::cli::show::{Mood, padded};
use crate::control::wire::{ReleaseInfo, RollbackInfo, ServiceInfo, StepInfo, TriggerInfo};
use crate::model::reason::Unit;
use crate::model::verdict::Bound;
use crate::text::Texts;
use crate::untrusted::harmless;

/// One turn of what shows that something goes on.
const TURNS: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// One service.
pub(super) struct Block<'a> {
    pub(super) service: &'a ServiceInfo,
    pub(super) canvas: &'a Canvas<'a>,
    pub(super) widths: &'a Widths,
}

/// How wide the columns are, the same for all services.
pub(super) struct Widths {
    service: usize,
    trigger: usize,
    value: usize,
    limit: usize,
    /// In a narrow terminal the bar and the sparklines are left out first.
    bar: usize,
    spark: usize,
}

impl Widths {
    pub(super) fn of(services: &[ServiceInfo], texts: &Texts, width: usize) -> Self {
        let widest = |cells: &mut dyn Iterator<Item = String>| {
            cells.map(|cell| measure_text_width(&harmless(&cell))).max().unwrap_or_default()
        };
        let triggers = || services.iter().flat_map(|service| &service.triggers);
        let (bar, spark) = match width {
            110.. => (34, 20),
            76.. => (16, 12),
            52.. => (0, 8),
            _ => (0, 0),
        };
        Self {
            service: widest(&mut services.iter().map(|service| service.name.clone())),
            trigger: widest(&mut triggers().map(|trigger| trigger.name.clone())),
            value: widest(&mut triggers().map(|trigger| measured(trigger, texts).0)),
            limit: widest(&mut triggers().map(|trigger| measured(trigger, texts).1)),
            bar,
            spark,
        }
    }
}

/// The value and the limit with its direction; of failures, how many of how many.
pub(super) fn measured(trigger: &TriggerInfo, texts: &Texts) -> (String, String) {
    let (bound, unit) = (trigger.bound.parse(), trigger.unit.parse().unwrap_or(Unit::Plain));
    let value = texts.value(trigger.value.filter(|_| trigger.verdict != "blind"), unit);
    if trigger.limit.is_none() || (unit == Unit::Failures && trigger.value.is_none()) {
        return (value, String::new());
    }
    if unit == Unit::Failures {
        let limit = texts.value(trigger.limit, unit);
        return (texts.live("failures", &[("value", &value), ("limit", &limit)]), String::new());
    }
    (value, texts.limit(trigger.limit, bound.unwrap_or(Bound::Above), unit))
}

/// Nothing is under way and nothing is wrong.
pub(super) fn is_quiet(service: &ServiceInfo) -> bool {
    let ServiceInfo { phase, triggers, drift, hold, why, readiness, .. } = service;
    phase == "idle"
        && triggers.iter().all(|trigger| trigger.verdict != "fail" && trigger.verdict != "blind")
        && (drift.is_none() && hold.is_none() && why.is_none())
        && readiness.ready != Some(false)
}

impl Block<'_> {
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = self.headline();
        lines.extend(self.remarks());
        lines.extend(self.service.triggers.iter().map(|trigger| self.trigger(trigger)));
        if let Some(rollback) = &self.service.rollback {
            lines.extend(self.rollback(rollback));
        }
        lines
    }

    fn headline(&self) -> Vec<String> {
        let (canvas, service) = (self.canvas, self.service);
        let mood = match service.phase.as_str() {
            "idle" => Mood::Good,
            "held" | "needs-person" => Mood::Bad,
            _ => Mood::Uncertain,
        };
        let running = service.running.as_ref().map(|running| &running.version);
        let version = service.release.as_ref().map(|release| &release.version).or(running);
        let version = version.map_or_else(|| "–".to_owned(), |version| harmless(version));
        let name = padded(&harmless(&service.name), self.widths.service);
        let phase = canvas.paint(&canvas.texts.page(&service.phase, ""), mood);
        let time = service.release.as_ref().and_then(|release| self.time(release));
        let (back, mood) = self.back();
        let mut lines = vec![format!("{name}  {version}  {phase}")];
        let more = [time.map(|time| (2, time)), Some((6, canvas.paint(&back, mood)))];
        // What has no room beside the rest has a line of its own.
        for (gap, text) in more.into_iter().flatten() {
            let room = |line: &&mut String| {
                measure_text_width(line) + gap + measure_text_width(&text) <= canvas.width
            };
            match lines.last_mut().filter(room) {
                Some(line) => line.push_str(&format!("{}{text}", " ".repeat(gap))),
                None => lines.push(format!("  {text}")),
            }
        }
        lines
    }

    /// How much of the watch or the proof is over; how long a rollback has taken.
    fn time(&self, release: &ReleaseInfo) -> Option<String> {
        let (texts, now) = (self.canvas.texts, self.canvas.now);
        let since = release.phase_since?;
        let Some(ends) = release.ends_at else {
            return Some(texts.page("for", &texts.lasting(now.duration_since(since))));
        };
        let whole = ends.duration_since(since);
        let left = texts.lasting(ends.duration_since(now));
        // The proof ends sooner when all is well: how much of it is over cannot be told.
        if self.service.phase == "verifying" {
            return Some(texts.page("at-most", &left));
        }
        let left = texts.live("left", &[("left", &left), ("whole", &texts.lasting(whole))]);
        if self.widths.bar == 0 {
            return Some(left);
        }
        let over = now.duration_since(since).as_secs_f64();
        Some(format!("{}  {left}", bar(over, whole.as_secs_f64(), self.widths.bar)))
    }

    /// Which version it could be gone back to; while nothing is under way, whether it could.
    fn back(&self) -> (String, Mood) {
        let (texts, readiness) = (self.canvas.texts, &self.service.readiness);
        let Some(accepted) = &self.service.accepted else {
            return (texts.live("no-target", &[]), Mood::Uncertain);
        };
        let why = readiness.problems.join("; ");
        let (name, mood) = match readiness.ready {
            Some(true) => ("ready", Mood::Good),
            Some(false) => ("not-ready", Mood::Bad),
            None => ("not-looked", Mood::Uncertain),
        };
        if self.service.release.is_some() {
            return (texts.live(name, &[("version", &accepted.version), ("why", &why)]), mood);
        }
        let state = texts.page(name, "");
        (texts.live("rollback", &[("state", &state), ("why", &why)]), mood)
    }

    /// What else there is to know, a line each.
    fn remarks(&self) -> Vec<String> {
        let (texts, now, service) = (self.canvas.texts, self.canvas.now, self.service);
        let named =
            |name: &str, text: &str| texts.live("remark", &[("name", &texts.page(name, "")), ("text", text)]);
        let down = service.running.as_ref().is_some_and(|running| !running.running);
        let down = down.then(|| named("runs", &texts.page("not-running", "")));
        let countdown = service.scheduled_rollback.as_ref().map(|scheduled| {
            let left = texts.lasting(scheduled.starts_at.duration_since(now));
            texts.live("countdown", &[("left", &left), ("service", &service.name), ("why", &scheduled.why)])
        });
        let drift = service.drift.as_ref().map(|drift| named("diverged", &drift.why));
        let hold = service.hold.as_ref().map(|hold| {
            let parts = [Some(texts.page("by", &hold.by)), hold.reason.clone()];
            named("on-hold", &parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
        });
        let deployment = service.deployment.as_ref().map(|it| named("deployment", &it.waits.join("; ")));
        let standby = service.standby_reason.as_ref().map(|why| named("only-watches", why));
        let announced = service.announced.as_ref().map(|release| named("announced", &release.version));
        let bad = [service.why.as_ref().map(|why| named("why", why)), down, countdown, drift];
        let others = [hold, deployment, standby, announced];
        let line = |mood| move |text: String| format!("  {}", self.canvas.paint(&text, mood));
        let bad = bad.into_iter().flatten().map(line(Mood::Bad));
        bad.chain(others.into_iter().flatten().map(line(Mood::Uncertain))).collect()
    }

    fn trigger(&self, trigger: &TriggerInfo) -> String {
        let (canvas, widths) = (self.canvas, self.widths);
        let (mark, mood) = match trigger.verdict.as_str() {
            "pass" => ("✓", Mood::Good),
            "fail" => ("✗", Mood::Bad),
            "wait" => ("…", Mood::Uncertain),
            _ => ("?", Mood::Uncertain),
        };
        let (value, limit) = measured(trigger, canvas.texts);
        let value = padded(&harmless(&value), widths.value);
        let value = if trigger.verdict == "fail" { canvas.paint(&value, mood) } else { value };
        let name = padded(&harmless(&trigger.name), widths.trigger);
        let mut cells = vec![format!("  {} {name}", canvas.paint(mark, mood)), value];
        if widths.limit > 0 {
            cells.push(padded(&limit, widths.limit));
        }
        if widths.spark > 0 {
            cells.push(sparkline(&trigger.recent, trigger.limit, widths.spark));
        }
        if trigger.verdict != "pass" {
            cells.push(canvas.paint(&trigger.why, mood));
        }
        cells.join("  ")
    }

    fn rollback(&self, rollback: &RollbackInfo) -> Vec<String> {
        let name = match (self.service.release.is_some(), rollback.undoing) {
            (true, false) => "rolling-back",
            (true, true) => "undoing",
            (false, _) => "rolled-back",
        };
        let what = self.canvas.texts.live(name, &[("version", &rollback.to)]);
        let what = self.canvas.paint(&what, Mood::Uncertain);
        let steps: Vec<String> = rollback.steps.iter().map(|step| self.step(step)).collect();
        self.canvas.filled(&format!("  {what} "), &steps)
    }

    fn step(&self, step: &StepInfo) -> String {
        let now = self.canvas.now;
        let took = step.duration_seconds.and_then(|took| Duration::try_from_secs_f64(took).ok());
        let so_far = step.since.map(|since| tenths(since, now)).unwrap_or_default();
        let took = self.canvas.texts.duration(took.unwrap_or(so_far));
        let turn = usize::try_from(now.as_millisecond() / 100).unwrap_or_default() % TURNS.len();
        let (mark, mood) = match (step.failed, step.duration_seconds) {
            (true, _) => ("✗", Mood::Bad),
            (false, Some(_)) => ("✓", Mood::Good),
            (false, None) => (TURNS[turn], Mood::Uncertain),
        };
        format!("{} {} {took}", self.canvas.paint(mark, mood), harmless(&step.name))
    }
}

/// To the tenth of a second: more of it would only flicker.
fn tenths(since: Timestamp, now: Timestamp) -> Duration {
    let millis = u64::try_from(now.duration_since(since).as_millis()).unwrap_or_default();
    Duration::from_millis(millis / 100 * 100)
}
