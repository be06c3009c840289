//! The release record (guide G8) and the whole story of a release, drawn from what was stored.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::config::Language;
use crate::decide::event::{Event, Happening, Outcome, Sample};
use crate::decide::facts::Origin;
use crate::store::{Evidence, Moment, Story};
use crate::text::{Texts, clean};

mod asked;
#[cfg(test)]
mod tests;

/// One check's results over a release.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: usize,
    failed: usize,
    blind: usize,
    slowest: Duration,
    last_failure: Option<String>,
}

/// The record as Markdown.
pub fn markdown(story: &Story, zone: &TimeZone) -> String {
    let release = &story.release;
    let said = release.announcement.clone().unwrap_or_default();
    let texts = Texts::new(Language::English, Some(zone.clone()));
    let mut text = format!("# Release record: {} {}\n\n", mark(&release.service), mark(&release.version));
    let time = release.began.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
    text.push_str("## Basics\n\n");
    row(&mut text, "Version", &release.version);
    row(&mut text, "Release", &release.id);
    row(&mut text, "Time", &time);
    row(&mut text, "Responsible", said.by.as_deref().unwrap_or("not said"));
    row(
        &mut text,
        "Participants",
        &if said.with.is_empty() { "not said".to_owned() } else { said.with.join(", ") },
    );
    row(
        &mut text,
        "Announced",
        if release.origin == Origin::Announced || release.announcement.is_some() {
            "yes"
        } else {
            "no, noticed"
        },
    );
    text.push_str("\n## Content\n\n");
    let content = [
        ("New features", &said.features),
        ("Improvements", &said.improvements),
        ("Fixes", &said.fixes),
        ("Configuration changes", &said.config_changes),
    ];
    for (heading, items) in content {
        row(&mut text, heading, &if items.is_empty() { "none said".to_owned() } else { items.join("; ") });
    }
    text.push_str("\n## Verification\n\n");
    for (check, tally) in tallies(story) {
        row(&mut text, &format!("Health check {check}"), &tally.sentence(&texts));
    }
    text.push_str("\n## Result\n\n");
    row(&mut text, "Status", &format!("{} ({})", verdict(&story.state), story.state));
    if let Some(reason) = &story.reason {
        row(&mut text, "Problem", &texts.reason(reason));
    }
    for (at, step, took) in steps(story) {
        row(&mut text, &format!("Measure at {}", texts.time(at)), &format!("{step}{took}"));
    }
    row(&mut text, "Follow-up", follow_up(&story.state));
    if let Some(found) = &story.forensics {
        evidence(&mut text, found);
    }
    text
}

/// The record as JSON.
pub fn json(story: &Story) -> Value {
    let release = &story.release;
    let said = release.announcement.clone().unwrap_or_default();
    let texts = Texts::new(Language::English, Some(TimeZone::UTC));
    let checks = tallies(story).into_iter().map(|(check, tally)| {
        let value = json!({
            "passed": tally.passed, "failed": tally.failed, "blind": tally.blind,
            "slowest": tally.slowest.as_secs_f64(), "last_failure": tally.last_failure,
        });
        (check, value)
    });
    let measures: Vec<Value> = steps(story)
        .into_iter()
        .map(|(at, step, took)| json!({"at": at.to_string(), "step": step, "took": took.trim()}))
        .collect();
    json!({
        "release": release.id,
        "service": release.service,
        "version": release.version,
        "began": release.began.to_string(),
        "by": said.by,
        "with": said.with,
        "features": said.features,
        "improvements": said.improvements,
        "fixes": said.fixes,
        "config_changes": said.config_changes,
        "irreversible": said.irreversible,
        "checks": checks.collect::<BTreeMap<_, _>>(),
        "state": story.state,
        "result": verdict(&story.state),
        "reason": story.reason.as_ref().map(|reason| texts.reason(reason)),
        "measures": measures,
        "follow_up": follow_up(&story.state),
    })
}

/// What happened and what golive made of it, line by line.
pub fn explain(story: &Story, zone: &TimeZone) -> String {
    let texts = Texts::new(Language::English, Some(zone.clone()));
    let release = &story.release;
    let mut text = format!("{} {} ({})\n", clean(&release.service), clean(&release.version), release.id);
    let mut lines = Lines { text: String::new(), zone: zone.clone(), passing: BTreeMap::new() };
    for moment in &story.moments {
        lines.moment(moment, &texts);
    }
    lines.flush();
    text.push_str(&lines.text);
    let why = story.reason.as_ref().map(|reason| format!(": {}", texts.reason(reason))).unwrap_or_default();
    writeln!(text, "It is {}{why}.", story.state).expect("writing to a string cannot fail");
    text
}

/// Lines of a story, with runs of passing checks folded into one.
struct Lines {
    text: String,
    zone: TimeZone,
    /// By check: first, last, how often, fastest, slowest.
    passing: BTreeMap<String, (Timestamp, Timestamp, usize, Duration, Duration)>,
}

impl Lines {
    fn moment(&mut self, moment: &Moment, texts: &Texts) {
        if let Event::Service { what, .. } = &moment.event {
            match what {
                Happening::Sampled(sample) => self.sample(sample, texts),
                Happening::Seen(Some(running)) => {
                    let state = if running.alive { "runs" } else { "does not run" };
                    self.line(
                        moment.at,
                        &format!("seen: {} {state} ({})", clean(&running.version), short(&running.instance)),
                    );
                }
                Happening::Seen(None) => self.line(moment.at, "seen: nothing runs under its name"),
                Happening::Died { exit, oom, .. } => {
                    let exit = exit.map(|exit| format!(" with exit code {exit}")).unwrap_or_default();
                    self.line(
                        moment.at,
                        &format!("it ended{exit}{}", if *oom { ", out of memory" } else { "" }),
                    );
                }
                // What came of these is in the verdicts.
                Happening::Dependency(_)
                | Happening::Measured(_)
                | Happening::Recalled(_)
                | Happening::Expected { .. } => {}
                Happening::StepDone { step, .. } => {
                    self.line(moment.at, &format!("step {} holds", step.word()))
                }
                Happening::StepFailed { step, fault, .. } => {
                    self.line(moment.at, &format!("step {} failed to {}", step.word(), clean(&fault.text)));
                }
                Happening::Kept { release, problems } | Happening::Proved { release, problems } => {
                    let ready = if problems.is_empty() {
                        "ready to go back to".to_owned()
                    } else {
                        clean(&problems.join("; "))
                    };
                    self.line(moment.at, &format!("looked at {release}: {ready}"));
                }
                Happening::Asked { by, ask } => {
                    self.line(moment.at, &format!("{} {}", clean(by), asked::words(ask, texts)));
                }
            }
        }
        for action in &moment.actions {
            self.action(moment.at, action);
        }
    }

    fn sample(&mut self, sample: &Sample, texts: &Texts) {
        let took = sample.took;
        match &sample.outcome {
            Outcome::Ok => {
                let run = self.passing.entry(sample.check.clone()).or_insert((
                    sample.began,
                    sample.began,
                    0,
                    took,
                    took,
                ));
                *run = (run.0, sample.began, run.2 + 1, run.3.min(took), run.4.max(took));
            }
            Outcome::Failed(seen) => {
                let line =
                    format!("{} failed: {} ({})", clean(&sample.check), clean(seen), texts.duration(took));
                self.line(sample.began, &line);
            }
            Outcome::Blind(seen) => {
                self.line(
                    sample.began,
                    &format!("{} could not be told: {}", clean(&sample.check), clean(seen)),
                );
            }
        }
    }

    fn action(&mut self, at: Timestamp, action: &Value) {
        let text = |value: &Value| clean(value.as_str().unwrap_or_default());
        if let Some(notice) = action.get("tell") {
            let channels: Vec<&str> =
                action["channels"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let channels = if channels.is_empty() {
                "nobody: no channel has this tier".to_owned()
            } else {
                channels.join(", ")
            };
            let news = match notice["news"].as_object() {
                Some(object) => object.keys().next().cloned().unwrap_or_default(),
                None => text(&notice["news"]),
            };
            self.line(at, &format!("→ told ({}) {news} → {channels}", text(&notice["tier"])));
        } else if let Some(trigger) = action.get("judged") {
            let (verdict, why) = (text(&action["verdict"]), text(&action["why"]));
            let (value, limit) = (&action["value"], &action["limit"]);
            let numbers = format!("value {value}, limit {limit}, {} samples", action["samples"]);
            self.line(at, &format!("{} says {verdict}: {why} ({numbers})", text(trigger)));
        } else if let Some(step) = action.get("step") {
            self.line(at, &format!("→ step {}", text(step)));
        } else if let Some(state) = action.get("file") {
            self.line(at, &format!("→ {}", text(state)));
        } else if let Some(why) = action.get("refused") {
            self.line(at, &format!("→ refused: {}", text(why)));
        }
    }

    fn line(&mut self, at: Timestamp, text: &str) {
        self.flush();
        self.push(at, text);
    }

    fn flush(&mut self) {
        let runs = std::mem::take(&mut self.passing);
        let mut runs: Vec<_> = runs.into_iter().collect();
        runs.sort_by_key(|(_, run)| run.0);
        for (check, (first, last, times, fastest, slowest)) in runs {
            let span = match times {
                1 => "passed".to_owned(),
                _ => format!(
                    "passed {times} times until {}",
                    last.to_zoned(self.zone.clone()).strftime("%H:%M:%S")
                ),
            };
            let (fastest, slowest) = (fastest.as_millis(), slowest.as_millis());
            self.push(first, &format!("{} {span} ({fastest}–{slowest} ms)", clean(&check)));
        }
    }

    fn push(&mut self, at: Timestamp, text: &str) {
        let at = at.to_zoned(self.zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string();
        writeln!(self.text, "{at}  {text}").expect("writing to a string cannot fail");
    }
}

impl Tally {
    fn sentence(&self, texts: &Texts) -> String {
        let result = if self.failed == 0 && self.passed > 0 { "passed" } else { "not passed" };
        let mut text = format!(
            "{result}: {} good, {} failed, {} could not be told; slowest {}",
            self.passed,
            self.failed,
            self.blind,
            texts.duration(self.slowest)
        );
        if let Some(seen) = &self.last_failure {
            text.push_str("; last failure: ");
            text.push_str(seen);
        }
        text
    }
}

/// Results by check, of the release itself: what was checked after it was taken away is the old version's.
fn tallies(story: &Story) -> BTreeMap<String, Tally> {
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for moment in &story.moments {
        if moment.actions.iter().any(|action| action.get("step").is_some()) {
            count(&mut tallies, moment);
            break;
        }
        count(&mut tallies, moment);
    }
    tallies
}

fn count(tallies: &mut BTreeMap<String, Tally>, moment: &Moment) {
    let Event::Service { what: Happening::Sampled(sample), .. } = &moment.event else { return };
    let tally = tallies.entry(clean(&sample.check)).or_default();
    tally.slowest = tally.slowest.max(sample.took);
    match &sample.outcome {
        Outcome::Ok => tally.passed += 1,
        Outcome::Failed(seen) => {
            tally.failed += 1;
            tally.last_failure = Some(clean(seen));
        }
        Outcome::Blind(_) => tally.blind += 1,
    }
}

/// Rollback steps with when each was begun and how long it took.
fn steps(story: &Story) -> Vec<(Timestamp, String, String)> {
    let mut steps: Vec<(Timestamp, String, String)> = Vec::new();
    for moment in &story.moments {
        if let Event::Service { what: Happening::StepDone { step, .. }, .. } = &moment.event
            && let Some((began, name, took)) = steps.last_mut()
            && name == step.word()
        {
            let lasted = Duration::try_from(moment.at.duration_since(*began)).unwrap_or_default();
            *took = format!(" ({} ms)", lasted.as_millis());
        }
        for action in &moment.actions {
            if let Some(step) = action.get("step").and_then(Value::as_str) {
                steps.push((moment.at, step.to_owned(), String::new()));
            }
        }
    }
    steps
}

fn verdict(state: &str) -> &'static str {
    match state {
        "accepted" => "success",
        "rolled-back" | "superseded" | "aborted" => "partial success",
        "rollback-failed" => "failure",
        _ => "open",
    }
}

fn follow_up(state: &str) -> &'static str {
    match state {
        "rolled-back" => {
            "find out what was wrong before it is deployed again; the compose file or the registry may still name it"
        }
        "rollback-failed" | "held" => "a person has to decide",
        _ => "none",
    }
}

/// What was found of the release before it was taken away.
fn evidence(text: &mut String, found: &Evidence) {
    text.push_str("\n## Evidence\n\n");
    if let Some(exit) = found.exit {
        row(text, "Exit code", &exit.to_string());
    }
    row(text, "Out of memory", if found.oom { "yes" } else { "no" });
    let last: Vec<&str> = found.logs.lines().rev().take(20).collect();
    text.push_str(if last.is_empty() { "\nIts log is empty.\n" } else { "\nThe last lines of its log:\n\n" });
    for line in last.iter().rev() {
        // Indented, so that nothing in a log can end a block or begin markup.
        writeln!(text, "    {}", clean(line)).expect("writing to a string cannot fail");
    }
}

fn row(text: &mut String, name: &str, value: &str) {
    writeln!(text, "- **{}**: {}", mark(name), mark(value)).expect("writing to a string cannot fail");
}

/// Somebody else's words within Markdown.
fn mark(text: &str) -> String {
    let mut marked = String::new();
    for character in clean(text).chars() {
        if "\\`*_[]<>#|".contains(character) {
            marked.push('\\');
        }
        marked.push(character);
    }
    marked
}

fn short(instance: &str) -> &str {
    instance.get(..12).unwrap_or(instance)
}
