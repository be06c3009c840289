//! The release record (guide G8) and the whole story of a release, drawn from what was stored.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::config::Language;
use crate::decide::event::{Event, Happening, Outcome};
use crate::decide::facts::Origin;
use crate::store::{Moment, Story};
use crate::text::Texts;
use crate::untrusted::clean;

mod asked;
mod evidence;
mod explanation;
mod measure;
#[cfg(test)]
mod tests;

pub use explanation::explain;
use measure::{Measure, measures};

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
    if let Some(version) = restored(story) {
        row(&mut text, "Restored version", version);
    }
    if let Some(reason) = &story.reason {
        row(&mut text, "Problem", &texts.reason(reason));
    }
    for Measure { at, step, took, output } in measures(story) {
        let took = took.map(|took| format!(" ({} ms)", took.as_millis())).unwrap_or_default();
        row(&mut text, &format!("Measure at {}", texts.time(at)), &format!("{step}{took}"));
        if let Some(output) = output {
            printed(&mut text, output.lines());
        }
    }
    row(&mut text, "Follow-up", follow_up(&story.state));
    if let Some(found) = &story.forensics {
        evidence::markdown(&mut text, found);
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
    let measures: Vec<Value> = measures(story).into_iter().map(|measure| measure.json()).collect();
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
        "restored": restored(story),
        "reason": story.reason.as_ref().map(|reason| texts.reason(reason)),
        "measures": measures,
        "evidence": story.forensics.as_ref().map(evidence::json),
        "samples": evidence::samples(story),
        "follow_up": follow_up(&story.state),
    })
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

/// The version that runs in place of one that was taken back: where the last rollback went to.
fn restored(story: &Story) -> Option<&str> {
    let actions = story.moments.iter().flat_map(|moment| &moment.actions);
    let to = actions.filter_map(|action| action.pointer("/plan/to-version")?.as_str()).next_back();
    to.filter(|_| story.state == "rolled-back")
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

/// Indented, so that nothing that a program wrote can end a block or begin markup.
fn printed<'a>(text: &mut String, lines: impl Iterator<Item = &'a str>) {
    for line in lines {
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
