//! What a letter says, in the order in which it is read at night: what, when, why, what is next, whom to call.

use std::time::Duration;

use super::Context;
use crate::decide::action::{News, Notice, Tier};
use crate::decide::event::{Outcome, Sample};
use crate::decide::reason::Reason;
use crate::text::clean;

/// A notice told later than this says so.
const LATE: Duration = Duration::from_mins(1);

/// A letter's parts, each ready to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letter {
    /// The subject without its reason.
    pub(super) title: String,
    pub(super) subject: String,
    pub(super) late: Option<String>,
    pub(super) parts: Vec<Part>,
}

/// A heading and what is below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) heading: String,
    pub(super) lines: Vec<String>,
    pub(super) kind: Kind,
}

/// How the lines of a part can be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// golive's own words and the configuration's.
    Own,
    /// What a service, a registry or a stranger may have written.
    Foreign,
    /// A command to be typed.
    Code,
    /// An address, if it is one.
    Link,
}

impl Letter {
    pub(super) fn new(notice: &Notice, context: &Context<'_>) -> Self {
        let texts = context.texts;
        let mut parts = Vec::new();
        let mut part = |heading: &str, kind: Kind, lines: Vec<String>| {
            if !lines.is_empty() {
                parts.push(Part { heading: texts.label(heading), lines, kind });
            }
        };
        part(
            "when",
            Kind::Own,
            vec![format!("{} ({}: {})", texts.time(notice.at), texts.label("host"), clean(context.host))],
        );
        part(
            "why",
            Kind::Foreign,
            notice.reason.iter().map(|reason| texts.reason(reason)).chain(took(notice, context)).collect(),
        );
        let told = |reason: &Reason| matches!(reason, Reason::NotToBlame { .. });
        let told = notice.reason.as_ref().is_some_and(told);
        let blame = notice.blame.iter().filter(|_| !told).map(|blame| texts.blame(blame));
        part("blame", Kind::Foreign, blame.collect());
        part(
            "evidence",
            Kind::Foreign,
            notice.evidence.iter().map(|sample| evidence(sample, context)).collect(),
        );
        part("next", Kind::Own, vec![texts.next(notice)]);
        if notice.tier == Tier::Urgent {
            part("call", Kind::Own, people(context));
        }
        if notice.acknowledgeable {
            part("acknowledge", Kind::Code, vec![format!("golive ack {}", clean(&notice.incident))]);
        }
        part("runbook", Kind::Link, context.runbook.iter().map(|runbook| clean(runbook)).collect());
        part("acknowledge-here", Kind::Link, context.acknowledge.clone().into_iter().collect());
        part(
            "story",
            Kind::Code,
            notice.release.iter().map(|release| format!("golive explain {}", clean(release))).collect(),
        );
        let (title, subject) = (texts.title(notice), texts.subject(notice));
        Self { title, subject, late: late(notice, context), parts }
    }

    /// As plain text.
    pub(super) fn plain(&self) -> String {
        let mut text = self.subject.clone();
        if let Some(late) = &self.late {
            text.push_str("\n(");
            text.push_str(late);
            text.push(')');
        }
        text.push('\n');
        for Part { heading, lines, .. } in &self.parts {
            text.push('\n');
            match lines.as_slice() {
                [line] => text.push_str(&format!("{heading}: {line}\n")),
                many => {
                    text.push_str(&format!("{heading}:\n"));
                    for line in many {
                        text.push_str(&format!("  {line}\n"));
                    }
                }
            }
        }
        text
    }
}

/// One sample in one line.
pub(super) fn evidence(sample: &Sample, context: &Context<'_>) -> String {
    let texts = context.texts;
    let took = texts.duration(sample.took);
    let outcome = match &sample.outcome {
        Outcome::Ok => texts.label("passed"),
        Outcome::Failed(seen) => format!("{}: {}", texts.label("failed"), clean(seen)),
        Outcome::Blind(seen) => format!("{}: {}", texts.label("unknown"), clean(seen)),
    };
    format!("{}  {}  {outcome} ({took})", texts.time(sample.began), clean(&sample.check))
}

fn took(notice: &Notice, context: &Context<'_>) -> Option<String> {
    let News::RollbackDone { took } = &notice.news else { return None };
    Some(context.texts.took(*took))
}

/// How late a notice is told, when it is.
pub(super) fn late(notice: &Notice, context: &Context<'_>) -> Option<String> {
    let by = Duration::try_from(context.now.duration_since(notice.at)).unwrap_or_default();
    (by >= LATE).then(|| context.texts.late(by))
}

fn people(context: &Context<'_>) -> Vec<String> {
    let line = |person: &crate::config::Person| {
        let role = context.texts.role(&person.role);
        let ways: Vec<String> =
            [&person.phone, &person.email].into_iter().flatten().map(|way| clean(way)).collect();
        format!("{role}: {} {}", clean(&person.name), ways.join(", ")).trim_end().to_owned()
    };
    context.people.iter().map(line).collect()
}
