//! The release record (guide G8) and the whole story of a release, drawn from what was stored.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use minijinja::context;
use serde_json::{Value, json};

use crate::model::event::{Event, Happening};
use crate::model::reason::Reason;
use crate::model::release::{Origin, Release};
use crate::model::sample::Outcome;
use crate::store::{Filing, Moment, Story};
use crate::text::Texts;
use crate::untrusted::clean;

mod asked;
mod course;
mod evidence;
mod explanation;
mod measure;
#[cfg(test)]
mod tests;
mod verification;

use course::Course;
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

/// A record as it is written.
struct Page<'a> {
    text: String,
    texts: &'a Texts,
}

/// The record as Markdown.
pub fn markdown(story: &Story, texts: &Texts) -> String {
    let release = &story.release;
    let (service, version) = (mark(&release.service), mark(&release.version));
    let title = texts.phrase("record.title", context! { service, version });
    let mut page = Page { text: format!("# {title}\n"), texts };
    page.basics(story);
    page.content(story);
    page.head("verification");
    for check in verification::of(story) {
        page.row(&check.name, &check.sentence(texts));
    }
    for (check, tally) in tallies(story) {
        let name = texts.phrase("record.check", context! { check });
        page.row(&name, &tally.sentence(texts));
    }
    page.result(story);
    if let Some(found) = &story.forensics {
        evidence::markdown(&mut page, found);
    }
    page.text
}

impl Page<'_> {
    fn say(&self, name: &str) -> String {
        self.texts.phrase(&format!("record.{name}"), context! {})
    }

    fn head(&mut self, name: &str) {
        let head = self.say(name);
        write!(self.text, "\n## {head}\n\n").expect("writing to a string cannot fail");
    }

    fn row(&mut self, name: &str, value: &str) {
        let colon = self.say("colon");
        writeln!(self.text, "- **{}**{colon}{}", mark(name), mark(value))
            .expect("writing to a string cannot fail");
    }

    fn said(&mut self, name: &str, value: &str) {
        let name = self.say(name);
        self.row(&name, value);
    }

    fn basics(&mut self, story: &Story) {
        let release = &story.release;
        let said = release.announcement.clone().unwrap_or_default();
        let time = release.began.to_zoned(self.texts.zone().clone()).strftime("%Y-%m-%d %H:%M:%S");
        let unsaid = self.say("not-said");
        self.head("basics");
        self.said("version", &release.version);
        if let Some(about) = about(release) {
            self.said("set", about);
        }
        self.said("release", &release.id);
        self.said("time", &time.to_string());
        self.said("responsible", said.by.as_deref().unwrap_or(&unsaid));
        self.said("participants", &if said.with.is_empty() { unsaid } else { said.with.join(", ") });
        let announced = release.origin == Origin::Announced || release.announcement.is_some();
        self.said("announced", &self.say(if announced { "announced-yes" } else { "announced-no" }));
    }

    fn content(&mut self, story: &Story) {
        let said = story.release.announcement.clone().unwrap_or_default();
        self.head("content");
        for (name, items) in [
            ("features", &said.features),
            ("improvements", &said.improvements),
            ("fixes", &said.fixes),
            ("config-changes", &said.config_changes),
        ] {
            let text = if items.is_empty() { self.say("none-said") } else { items.join("; ") };
            self.said(name, &text);
        }
    }

    /// The result of the release, then what came of it afterwards: nothing of the first is ever taken back.
    fn result(&mut self, story: &Story) {
        let (texts, course) = (self.texts, Course::of(story));
        self.head("result");
        let grade = self.say(course.grade().word());
        let status =
            texts.phrase("record.status-of", context! { grade, state => texts.state(course.state()) });
        self.said("status", &status);
        if let Some(reason) = course.problem() {
            self.said("problem", &texts.reason(reason));
        }
        for filing in &story.filings {
            let why = filing.reason.as_ref().map(|reason| texts.reason(reason));
            let state = texts.state(filing.state);
            self.said(
                "entry",
                &texts.phrase("record.entry-of", context! { at => texts.time(filing.at), state, why }),
            );
        }
        if let Some(version) = restored(story) {
            self.said("restored", version);
        }
        for Measure { at, step, took, output, .. } in measures(story) {
            let took = took.map(|took| texts.duration(took));
            let name = texts.phrase("record.measure", context! { at => texts.time(at) });
            let step = texts.step(step);
            self.row(&name, &texts.phrase("record.measure-of", context! { step, took }));
            if let Some(output) = output {
                self.printed(output.lines());
            }
        }
        self.said("follow-up", &self.say(course.follow_up()));
    }

    /// Indented, so that nothing that a program wrote can end a block or begin markup.
    fn printed<'a>(&mut self, lines: impl Iterator<Item = &'a str>) {
        for line in lines {
            writeln!(self.text, "    {}", clean(line)).expect("writing to a string cannot fail");
        }
    }
}

/// The record as JSON: words are stable, sentences are in the reader's language.
pub fn json(story: &Story, texts: &Texts) -> Value {
    let release = &story.release;
    let said = release.announcement.clone().unwrap_or_default();
    let course = Course::of(story);
    let checks = tallies(story).into_iter().map(|(check, tally)| {
        let value = json!({
            "passed": tally.passed, "failed": tally.failed, "blind": tally.blind,
            "slowest": tally.slowest.as_secs_f64(), "last_failure": tally.last_failure,
        });
        (check, value)
    });
    let measures: Vec<Value> = measures(story).into_iter().map(|measure| measure.json()).collect();
    let reason = |reason: &Reason| texts.reason(reason);
    let entry = |filing: &Filing| {
        let why = filing.reason.as_ref().map(reason);
        json!({
            "at": filing.at.to_string(), "state": filing.state.into_str(), "reason": why, "by_person": filing.asked,
        })
    };
    json!({
        "release": release.id,
        "service": release.service,
        "version": release.version,
        "set": about(release),
        "began": release.began.to_string(),
        "by": said.by,
        "with": said.with,
        "features": said.features,
        "improvements": said.improvements,
        "fixes": said.fixes,
        "config_changes": said.config_changes,
        "irreversible": said.irreversible,
        "verification": verification::of(story).iter().map(|check| check.json(texts)).collect::<Vec<_>>(),
        "checks": checks.collect::<BTreeMap<_, _>>(),
        "state": story.state.into_str(),
        "result": course.grade().word(),
        "restored": restored(story),
        "reason": course.problem().map(reason),
        "entries": story.filings.iter().map(entry).collect::<Vec<_>>(),
        "measures": measures,
        "evidence": story.forensics.as_ref().map(evidence::json),
        "samples": evidence::samples(story),
        "follow_up": texts.phrase(&format!("record.{}", course.follow_up()), context! {}),
    })
}

/// Every member of a set, with its version: the release's own says what it changed.
fn about(release: &Release) -> Option<&str> {
    release.running.as_ref()?.about.as_deref()
}

impl Tally {
    fn sentence(&self, texts: &Texts) -> String {
        let passed = self.failed == 0 && self.passed > 0;
        texts.phrase(
            "record.tally",
            context! {
                passed,
                good => self.passed,
                failed => self.failed,
                blind => self.blind,
                slowest => texts.duration(self.slowest),
                seen => self.last_failure.clone(),
            },
        )
    }
}

/// Results by check, of the release itself: what was checked after it was taken away is the old version's.
fn tallies(story: &Story) -> BTreeMap<String, Tally> {
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for moment in course::watched(story) {
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
    let rolled_back = story.state == crate::model::release::ReleaseState::RolledBack;
    let plans = measures(story).into_iter().map(|measure| measure.to).next_back();
    plans.filter(|_| rolled_back)
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
