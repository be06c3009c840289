//! The whole story of a release, line by line.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::asked;
use crate::config::Language;
use crate::decide::event::{Event, Happening, Outcome, Sample, Standing};
use crate::store::{Moment, Story};
use crate::text::Texts;
use crate::untrusted::clean;

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
    let why = why.trim_end_matches(['.', '。']);
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
                        &format!(
                            "seen: {} {state} ({})",
                            clean(&running.version),
                            clean(short(&running.instance))
                        ),
                    );
                }
                Happening::Seen(None) => self.line(moment.at, "seen: nothing runs under its name"),
                Happening::Stopping { signal, .. } => {
                    self.line(moment.at, &format!("it was told to stop (signal {})", clean(signal)));
                }
                Happening::Died { exit, oom, asked, .. } => {
                    self.line(moment.at, &ended(*exit, *oom, *asked));
                }
                // What came of these is in the verdicts.
                Happening::Dependency(_)
                | Happening::Measured(_)
                | Happening::Recalled(_)
                | Happening::Expected { .. } => {}
                Happening::StepDone { step, output, .. } => {
                    self.line(moment.at, &format!("step {} holds", step.word()));
                    output.iter().flat_map(|output| output.lines()).for_each(|line| self.printed(line));
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
                Happening::Stands(Standing::Acts { .. }) => self.line(moment.at, "this golive acts"),
                Happening::Stands(Standing::Watches { why, .. }) => {
                    self.line(moment.at, &format!("this golive only watches: {}", clean(why)))
                }
                Happening::Unpinned { release } => {
                    self.line(moment.at, &format!("somebody took the pin of {release} away"));
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
        } else if let Some(step) = action.get("step") {
            self.line(at, &format!("→ step {}", text(step)));
        } else if let Some(state) = action.get("file") {
            self.line(at, &format!("→ {}", text(state)));
        } else if let Some(trigger) = action.get("judged") {
            let (verdict, why) = (text(&action["verdict"]), text(&action["why"]));
            self.line(at, &format!("→ {} {verdict}: {why}", text(trigger)));
        } else if let Some(why) = action.get("refused") {
            self.line(at, &format!("→ refused: {}", text(why)));
        }
    }

    fn line(&mut self, at: Timestamp, text: &str) {
        self.flush();
        self.push(at, text);
    }

    /// What a program printed stands below the step that ran it.
    fn printed(&mut self, line: &str) {
        writeln!(self.text, "    | {}", clean(line)).expect("writing to a string cannot fail");
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

fn short(instance: &str) -> &str {
    instance.get(..12).unwrap_or(instance)
}

/// How what runs has ended.
fn ended(exit: Option<i64>, oom: bool, asked: bool) -> String {
    let exit = exit.map(|exit| format!(" with exit code {exit}")).unwrap_or_default();
    let how = match (oom, asked) {
        (true, _) => ", out of memory",
        (false, true) => ", on request",
        (false, false) => "",
    };
    format!("it ended{exit}{how}")
}
