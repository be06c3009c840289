//! The release record (guide G8) and the whole story of a release, drawn from what was stored.

use std::collections::BTreeMap;
use std::time::Duration;

use minijinja::context;
use serde_json::{Value, json};

use crate::model::event::{Event, ServiceEvent};
use crate::model::reason::Reason;
use crate::model::sample::Outcome;
use crate::store::{Filing, Moment, Story};
use crate::text::{Texts, english};
use crate::untrusted::clean;

mod acceptance;
mod basics;
mod changes;
mod chart;
mod checklist;
mod content;
mod course;
mod drill;
mod evidence;
mod explanation;
mod html;
mod measure;
mod remarks;
mod sheet;
#[cfg(test)]
mod tests;
mod told;
mod verification;

use course::Course;
pub use explanation::explain;
use measure::{Measure, measures};
use sheet::Sheet;

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
pub fn markdown(story: &Story, texts: &Texts) -> String {
    written(story, texts).markdown()
}

/// What the release has shown before it was accepted, as the record has it.
pub fn acceptance(story: &Story, texts: &Texts) -> String {
    let mut sheet = Sheet::new(clean(&story.release.version), texts);
    sheet.head("verification");
    acceptance::write(&mut sheet, story);
    sheet.markdown()
}

/// The record as one HTML file, without a script, for a browser and for paper.
pub fn html(story: &Story, texts: &Texts) -> String {
    html::draw(&written(story, texts), &chart::of(story))
}

fn written<'a>(story: &Story, texts: &'a Texts) -> Sheet<'a> {
    let release = &story.release;
    let (service, version) = (clean(&release.service), clean(&release.version));
    let title = texts.phrase("record.title", context! { service, version });
    let mut sheet = Sheet::new(title, texts);
    basics::write(&mut sheet, story);
    content::write(&mut sheet, story);
    sheet.head("verification");
    for check in verification::of(story) {
        sheet.row(&check.name, &check.sentence(texts));
    }
    for (check, tally) in tallies(story) {
        let name = texts.phrase("record.check", context! { check });
        sheet.row(&name, &tally.sentence(texts));
    }
    acceptance::write(&mut sheet, story);
    sheet.charted();
    result(&mut sheet, story);
    checklist::write(&mut sheet, &story.release);
    told::write(&mut sheet, story);
    drill::write(&mut sheet, story);
    if let Some(found) = &story.forensics {
        evidence::write(&mut sheet, found);
    }
    sheet
}

/// The result of the release, then what came of it afterwards: nothing of the first is ever taken back.
fn result(sheet: &mut Sheet<'_>, story: &Story) {
    let (texts, course) = (sheet.texts, Course::of(story));
    sheet.head("result");
    let grade = sheet.say(course.grade().word());
    let status = texts.phrase("record.status-of", context! { grade, state => texts.state(course.state()) });
    sheet.said("status", &status);
    if let Some(reason) = course.problem() {
        sheet.said("problem", &texts.reason(reason));
    }
    for filing in &story.filings {
        let why = filing.reason.as_ref().map(|reason| texts.reason(reason));
        let state = texts.state(filing.state);
        let of = texts.phrase("record.entry-of", context! { at => texts.time(filing.at), state, why });
        sheet.said("entry", &of);
    }
    if let Some(version) = restored(story) {
        sheet.said("restored", version);
    }
    for Measure { at, step, took, output, .. } in measures(story) {
        let took = took.map(|took| texts.duration(took));
        let name = texts.phrase("record.measure", context! { at => texts.time(at) });
        let step = texts.step(step);
        sheet.row(&name, &texts.phrase("record.measure-of", context! { step, took }));
        if let Some(output) = output {
            sheet.printed(output.lines());
        }
    }
    sheet.said("follow-up", &sheet.say(course.follow_up()));
    remarks::write(sheet, story);
}

/// What is chained in of a release's record: the record as JSON, in English. Samples and what was found of it before it
/// was taken away are long, and stand in the journal and the evidence; of these it has the digest, and in short what they show.
pub fn facts(story: &Story) -> Value {
    let mut facts = json(story, english());
    if let Some(facts) = facts.as_object_mut() {
        for elsewhere in ["samples", "notifications", "chain", "notes", "follow_ups", "drills"] {
            facts.remove(elsewhere);
        }
        let evidence = story.forensics.as_ref().map(evidence::short);
        facts.insert("evidence".to_owned(), evidence.into());
    }
    facts
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
    let (chain, notes, follow_ups) = remarks::json(story);
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
        "set": basics::about(release),
        "started_at": release.began.to_string(),
        "times": basics::Times::of(story).json(),
        "by": said.by,
        "with": said.with,
        "people": basics::people(story),
        "features": said.features,
        "improvements": said.improvements,
        "fixes": said.fixes,
        "config_changes": said.config_changes,
        "commits": content::commits(story, texts),
        "image": content::image(story),
        "changes": story.changes.as_ref().map(changes::json),
        "irreversible": said.irreversible,
        "hotfix": said.hotfix,
        "overridden": said.overrides,
        "checklist": checklist::json(release),
        "acceptance": acceptance::json(story),
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
        "notifications": told::json(story),
        "chain": chain,
        "notes": notes,
        "follow_ups": follow_ups,
        "drills": drill::json(story),
        "follow_up": texts.phrase(&format!("record.{}", course.follow_up()), context! {}),
    })
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
    let Event::Service { what: ServiceEvent::Sampled(sample), .. } = &moment.event else { return };
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
