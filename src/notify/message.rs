//! What a message says, in the order in which it is read at night: what, why, what is next, whom to call, what to type;
//! then when it was, and what there is to show for it.

use std::time::Duration;

use super::{Context, bundle};
use crate::model::notice::{News, Notice, Tier};
use crate::model::reason::Reason;
use crate::model::sample::{Outcome, Sample};
use crate::untrusted::clean;

/// A notice told later than this says so.
const LATE: Duration = Duration::from_mins(1);

/// A message's parts, each ready to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    /// The language, as HTML names it.
    pub(super) language: &'static str,
    pub(super) tier: String,
    /// Which service, and what happened to it.
    pub(super) service: String,
    pub(super) news: String,
    /// The subject without its reason.
    pub(super) title: String,
    pub(super) subject: String,
    pub(super) late: Option<String>,
    /// What the picture shows, where there is one.
    pub(super) caption: Option<String>,
    pub(super) parts: Vec<Part>,
}

/// A heading and what is below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) what: SectionKind,
    pub(super) heading: String,
    pub(super) lines: Vec<String>,
    pub(super) kind: Kind,
}

/// What a part is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SectionKind {
    Thread,
    Why,
    Blame,
    Next,
    Call,
    Acknowledge,
    Story,
    Runbook,
    AcknowledgeHere,
    When,
    Evidence,
    Also,
    /// Where it stands in the record.
    Record,
    /// All of it, by a template.
    Body,
    /// That a template failed.
    Template,
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

impl Message {
    /// In golive's own words.
    pub(super) fn own(notice: &Notice, context: &Context<'_>) -> Self {
        let texts = context.texts;
        let mut parts = Vec::new();
        let mut part = |what: SectionKind, kind: Kind, lines: Vec<String>| {
            if !lines.is_empty() {
                parts.push(Part { what, heading: texts.label(what.label()), lines, kind });
            }
        };
        part(SectionKind::Thread, Kind::Own, texts.place(notice.place));
        let why = notice.reason.iter().map(|reason| texts.reason(reason));
        part(SectionKind::Why, Kind::Foreign, why.chain(took(notice, context)).collect());
        let told = |reason: &Reason| matches!(reason, Reason::NotToBlame { .. });
        let told = notice.reason.as_ref().is_some_and(told);
        let blame = notice.blame.iter().filter(|_| !told).map(|blame| texts.blame(blame));
        part(SectionKind::Blame, Kind::Foreign, blame.collect());
        part(SectionKind::Next, Kind::Own, vec![texts.next(notice)]);
        if notice.tier == Tier::Urgent {
            part(SectionKind::Call, Kind::Own, people(context));
        }
        if notice.acknowledgeable {
            let command = format!("golive ack {}", clean(&notice.incident));
            part(SectionKind::Acknowledge, Kind::Code, vec![command]);
        }
        let story = notice.release.iter().map(|release| format!("golive explain {}", clean(release)));
        part(SectionKind::Story, Kind::Code, story.collect());
        let runbook = context.runbook.iter().map(|runbook| clean(runbook));
        part(SectionKind::Runbook, Kind::Link, runbook.collect());
        part(SectionKind::AcknowledgeHere, Kind::Link, context.acknowledge.clone().into_iter().collect());
        let host = format!("{}: {}", texts.label("host"), clean(context.host));
        part(SectionKind::When, Kind::Own, vec![format!("{} ({host})", texts.time(notice.at))]);
        let evidence = notice.evidence.iter().map(|sample| evidence(sample, context));
        part(SectionKind::Evidence, Kind::Foreign, evidence.collect());
        part(
            SectionKind::Also,
            Kind::Foreign,
            context.with.iter().map(|other| also(other, context)).collect(),
        );
        part(SectionKind::Record, Kind::Own, witness(notice, context).into_iter().collect());
        let recovered = bundle::beginning(notice, context.with).map(|first| texts.recovered(first, notice));
        let and = |text: String| match &recovered {
            Some(recovered) => format!("{text}: {recovered}"),
            None => text,
        };
        let caption = context.curve.filter(|_| context.picture.is_some());
        Self {
            caption: caption.map(|curve| texts.caption(curve)),
            language: texts.tag(),
            tier: texts.tier(notice.tier),
            service: clean(notice.service.as_deref().unwrap_or("golive")),
            news: and(texts.news(notice)),
            title: and(texts.title(notice)),
            subject: and(texts.subject(notice)),
            late: delay(notice, context).map(|delay| context.texts.late(delay)),
            parts,
        }
    }

    /// As plain text.
    pub(super) fn plain(&self) -> String {
        let (body, parts): (Vec<&Part>, Vec<&Part>) =
            self.parts.iter().partition(|part| part.what == SectionKind::Body);
        let mut text = match (body.first(), &self.late) {
            // Its words stand for the rest.
            (Some(body), _) => body.lines.join("\n"),
            (None, Some(late)) => format!("{}\n({late})", self.subject),
            (None, None) => self.subject.clone(),
        };
        text.push('\n');
        for Part { heading, lines, .. } in parts {
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
        if let Some(caption) = &self.caption {
            text.push_str(&format!("\n[{caption}]\n"));
        }
        text
    }
}

impl SectionKind {
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Thread => "thread",
            Self::Also => "also",
            Self::Record => "record",
            Self::Why => "why",
            Self::Blame => "blame",
            Self::Next => "next",
            Self::Call => "call",
            Self::Acknowledge => "acknowledge",
            Self::Runbook => "runbook",
            Self::AcknowledgeHere => "acknowledge-here",
            Self::When => "when",
            Self::Evidence => "evidence",
            Self::Story => "story",
            Self::Body => "body",
            Self::Template => "template",
        }
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

/// What is told in the same message, in one line.
fn also(notice: &Notice, context: &Context<'_>) -> String {
    let line = format!("{}  {}", context.texts.time(notice.at), context.texts.subject(notice));
    witness(notice, context).map_or_else(|| line.clone(), |witness| format!("{line} [{witness}]"))
}

/// The record's entry of what is told.
fn witness(notice: &Notice, context: &Context<'_>) -> Option<String> {
    context.witnesses.get(&notice.id).map(|witness| context.texts.witness(witness))
}

fn took(notice: &Notice, context: &Context<'_>) -> Option<String> {
    let News::RollbackSucceeded { took } = &notice.news else { return None };
    Some(context.texts.took(*took))
}

/// How late a notice is told, when it is.
pub(super) fn delay(notice: &Notice, context: &Context<'_>) -> Option<Duration> {
    let by = Duration::try_from(context.now.duration_since(notice.at)).unwrap_or_default();
    (by >= LATE).then_some(by)
}

/// Whom to call, a person a line.
pub(super) fn people(context: &Context<'_>) -> Vec<String> {
    let line = |person: &crate::config::Person| {
        let role = context.texts.role(&person.role);
        let ways: Vec<String> =
            [&person.phone, &person.email].into_iter().flatten().map(|way| clean(way)).collect();
        format!("{role}: {} {}", clean(&person.name), ways.join(", ")).trim_end().to_owned()
    };
    context.people.iter().map(line).collect()
}
