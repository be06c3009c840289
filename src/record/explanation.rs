//! The whole story of a release, line by line.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use minijinja::{Value, context};

use super::course::Course;
use crate::model::acceptance::{Item, Verdict};
use crate::model::event::{Event, Leadership, ServiceEvent};
use crate::model::sample::{Outcome, Sample};
use crate::store::{Deed, Moment, Story};
use crate::text::Texts;
use crate::untrusted::clean;

/// What happened and what golive made of it, line by line.
pub fn explain(story: &Story, texts: &Texts) -> String {
    let release = &story.release;
    let mut text = format!("{} {} ({})\n", clean(&release.service), clean(&release.version), release.id);
    let mut lines = Lines { text: String::new(), texts, passing: BTreeMap::new() };
    for moment in &story.moments {
        lines.moment(moment);
    }
    lines.flush();
    text.push_str(&lines.text);
    let last = story.filings.last().and_then(|filing| filing.reason.as_ref());
    let why = last.or_else(|| Course::of(story).problem()).map(|reason| texts.reason(reason));
    if story.unread > 0 {
        writeln!(text, "{}", texts.phrase("explain.unread", context! { count => story.unread }))
            .expect("writing to a string cannot fail");
    }
    let why = why.map(|why| why.trim_end_matches(['.', '。']).to_owned());
    let state = texts.state(story.state);
    writeln!(text, "{}", texts.phrase("explain.end", context! { state, why }))
        .expect("writing to a string cannot fail");
    text
}

/// Lines of a story, with runs of passing checks folded into one.
struct Lines<'a> {
    text: String,
    texts: &'a Texts,
    /// By check: first, last, how often, fastest, slowest.
    passing: BTreeMap<String, (Timestamp, Timestamp, usize, Duration, Duration)>,
}

impl Lines<'_> {
    fn moment(&mut self, moment: &Moment) {
        if let Event::Service { what, .. } = &moment.event {
            self.happening(moment.at, what);
        }
        for deed in &moment.deeds {
            self.deed(moment.at, deed);
        }
    }

    fn happening(&mut self, at: Timestamp, what: &ServiceEvent) {
        let texts = self.texts;
        match what {
            ServiceEvent::Sampled(sample) => self.sample(sample),
            ServiceEvent::Seen(Some(running)) => {
                let (version, instance) = (clean(&running.version), clean(short(&running.instance)));
                self.line(at, "seen", context! { version, instance, alive => running.alive });
            }
            // That it is so is told as what stands in the way of a rollback.
            ServiceEvent::Seen(None) | ServiceEvent::Empty { .. } => {
                self.line(at, "nothing-seen", context! {})
            }
            ServiceEvent::Stopping { signal, .. } => {
                self.line(at, "stopping", context! { signal => clean(signal) });
            }
            ServiceEvent::Died { exit, oom, asked, .. } => {
                self.line(at, "died", context! { exit, oom, asked })
            }
            // What came of these is in the verdicts.
            ServiceEvent::Dependency(_)
            | ServiceEvent::Beside(_)
            | ServiceEvent::Measured(_)
            | ServiceEvent::Recalled(_)
            | ServiceEvent::Expected { .. } => {}
            ServiceEvent::StepDone { step, output, .. } => {
                self.line(at, "step-done", context! { step => texts.step(*step) });
                output.iter().flat_map(|output| output.lines()).for_each(|line| self.printed(line));
            }
            ServiceEvent::StepFailed { step, fault, .. } => {
                let (step, why) = (texts.step(*step), clean(&fault.text));
                self.line(at, "step-failed", context! { step, why });
            }
            ServiceEvent::Kept { release, problems } | ServiceEvent::Proved { release, problems } => {
                let name = if problems.is_empty() { "ready" } else { "not-ready" };
                self.line(at, name, context! { release, problems => clean(&problems.join("; ")) });
            }
            ServiceEvent::AcceptanceRan { items, .. } => self.acceptance(at, items),
            ServiceEvent::Drilled { problems, .. } => {
                self.line(at, "drilled", context! { problems => clean(&problems.join("; ")) });
            }
            ServiceEvent::Leadership(Leadership::Leader { .. }) => self.line(at, "acts", context! {}),
            ServiceEvent::Leadership(Leadership::Standby { why, .. }) => {
                self.line(at, "watches", context! { why => clean(why) });
            }
            ServiceEvent::Unpinned { release } => self.line(at, "unpinned", context! { release }),
            ServiceEvent::Asked { by, ask } => {
                self.line(at, "asked", context! { by => clean(by), what => texts.asked(ask) });
            }
        }
    }

    fn acceptance(&mut self, at: Timestamp, items: &[Item]) {
        let count = |verdict| items.iter().filter(|item| item.verdict == verdict).count();
        let (pass, fail, no_data) = (count(Verdict::Pass), count(Verdict::Fail), count(Verdict::NoData));
        self.line(at, "acceptance", context! { pass, fail, no_data });
        for item in items.iter().filter(|item| item.verdict != Verdict::Pass) {
            self.printed(&format!("{}: {}", item.name, self.texts.shown(item)));
        }
    }

    fn sample(&mut self, sample: &Sample) {
        let (took, check) = (sample.took, clean(&sample.check));
        match &sample.outcome {
            Outcome::Ok => {
                let (at, first) = (sample.began, (sample.began, sample.began, 0, took, took));
                let run = self.passing.entry(sample.check.clone()).or_insert(first);
                *run = (run.0, at, run.2 + 1, run.3.min(took), run.4.max(took));
            }
            Outcome::Failed(seen) => {
                let took = self.texts.duration(took);
                self.line(sample.began, "failed", context! { check, seen => clean(seen), took });
            }
            Outcome::Blind(seen) => self.line(sample.began, "blind", context! { check, seen => clean(seen) }),
        }
    }

    fn deed(&mut self, at: Timestamp, deed: &Deed) {
        let texts = self.texts;
        match deed {
            Deed::Told { notice, channels } => {
                let (tier, news) = (notice.tier.into_str(), notice.news.into_str());
                self.line(at, "told", context! { tier, news, channels => channels.join(", ") });
            }
            Deed::Step { step, .. } => self.line(at, "step", context! { step => texts.step(*step) }),
            Deed::Filed { state, .. } => self.line(at, "filed", context! { state => texts.state(*state) }),
            Deed::Judged { trigger, verdict } => {
                let (trigger, call) = (clean(trigger), texts.page(verdict.call.into_str(), ""));
                self.line(at, "judged", context! { trigger, call, why => texts.sentence(&verdict.why) });
            }
            Deed::Refused { why } => self.line(at, "refused", context! { why => texts.refusal(why) }),
            // These are in the record.
            Deed::Concluded { .. } | Deed::Remembered { .. } => {}
        }
    }

    fn line(&mut self, at: Timestamp, name: &str, values: Value) {
        self.flush();
        let text = self.texts.phrase(&format!("explain.{name}"), values);
        self.push(at, &text);
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
            let last = last.to_zoned(self.texts.zone().clone()).strftime("%H:%M:%S").to_string();
            let (fastest, slowest) = (fastest.as_millis(), slowest.as_millis());
            let values = context! { check => clean(&check), times, last, fastest, slowest };
            let text = self.texts.phrase("explain.passed", values);
            self.push(first, &text);
        }
    }

    fn push(&mut self, at: Timestamp, text: &str) {
        let at = at.to_zoned(self.texts.zone().clone()).strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string();
        writeln!(self.text, "{at}  {text}").expect("writing to a string cannot fail");
    }
}

fn short(instance: &str) -> &str {
    instance.get(..12).unwrap_or(instance)
}
