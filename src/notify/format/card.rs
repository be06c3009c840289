//! A notice with what every platform shows of it.

use super::markup;
use crate::model::notice::Notice;
use crate::notify::message::{Kind, Message, Part, SectionKind};
use crate::notify::tone::{AlertState, Tone};
use crate::notify::{Context, bundle};
use crate::untrusted::acts;

/// So many lines of a part, so long each: fuller first. What is left out is said to be.
const CUTS: [(usize, usize); 7] = [(20, 600), (10, 400), (5, 300), (3, 200), (2, 120), (1, 80), (1, 40)];

/// A notice, ready to be drawn.
#[derive(Debug, Clone)]
pub(super) struct Card<'a> {
    pub(super) notice: &'a Notice,
    pub(super) host: &'a str,
    /// One line without markup.
    pub(super) title: String,
    pub(super) parts: Vec<Part>,
    /// Everybody in the chat is called.
    pub(super) calls: bool,
    /// It tells an incident from its beginning to its end.
    whole: bool,
}

impl<'a> Card<'a> {
    pub(super) fn new(message: Message, notice: &'a Notice, context: &Context<'a>) -> Self {
        let Message { title, late, mut parts, .. } = message;
        if let Some(when) = parts.iter_mut().find(|part| part.what == SectionKind::When) {
            when.lines.extend(late);
        }
        for part in &mut parts {
            part.lines.retain(|line| is_seen(line));
            if part.kind == Kind::Code && !part.lines.iter().all(|line| is_command(line)) {
                part.kind = Kind::Foreign;
            }
            if part.kind == Kind::Foreign {
                part.lines.iter_mut().for_each(|line| *line = markup::defuse(line));
            }
            if part.kind == Kind::Link {
                match part.lines.first().and_then(|line| markup::link(line)) {
                    Some(link) => part.lines = vec![link],
                    None => part.kind = Kind::Own,
                }
            }
        }
        parts.retain(|part| !part.lines.is_empty());
        Self {
            notice,
            host: context.host,
            title: markup::defuse(&title).replace(" -> ", " → "),
            parts,
            calls: false,
            whole: bundle::beginning(notice, context.with).is_some(),
        }
    }

    pub(super) fn standing(&self) -> AlertState {
        // Over before anybody was told of it: no incident to close.
        if self.whole { AlertState::Aside } else { AlertState::of(self.notice) }
    }

    pub(super) fn tone(&self) -> Tone {
        if self.whole { Tone::Good } else { Tone::of(self.notice) }
    }

    /// Where to read what to do, as an address.
    pub(super) fn runbook(&self) -> Option<(&str, &str)> {
        let part =
            self.parts.iter().find(|part| part.what == SectionKind::Runbook && part.kind == Kind::Link)?;
        Some((part.heading.as_str(), part.lines.first()?.as_str()))
    }

    /// Every address, with what is there.
    pub(super) fn links(&self) -> impl Iterator<Item = (&str, &str)> {
        let links = self.parts.iter().filter(|part| part.kind == Kind::Link);
        links.filter_map(|part| Some((part.heading.as_str(), part.lines.first()?.as_str())))
    }

    /// The time of the event, to the millisecond.
    pub(super) fn at(&self) -> String {
        self.notice.at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
    }

    /// Drawn as fully as the platform takes it.
    pub(super) fn fit<T>(&self, draw: impl Fn(&Self) -> T, fits: impl Fn(&T) -> bool) -> T {
        for (lines, length) in CUTS {
            let drawn = draw(&self.cut(lines, length));
            if fits(&drawn) {
                return drawn;
            }
        }
        draw(&Self { parts: Vec::new(), ..self.cut(0, 40) })
    }

    fn cut(&self, lines: usize, length: usize) -> Self {
        let title = super::Unit::Utf16.clip(&self.title, length.max(80));
        let parts = self.parts.iter().filter_map(|part| cut(part, lines, length));
        Self { title, parts: parts.collect(), ..*self }
    }
}

/// The beginning of a part; a command or an address is of no use but whole.
fn cut(part: &Part, lines: usize, length: usize) -> Option<Part> {
    let unit = super::Unit::Utf16;
    let whole = match part.kind {
        Kind::Code | Kind::Link => true,
        Kind::Own | Kind::Foreign => false,
    };
    if whole && part.lines.iter().any(|line| unit.count(line) > length) {
        return None;
    }
    let mut kept: Vec<String> = part.lines.iter().take(lines).map(|line| unit.clip(line, length)).collect();
    if part.lines.len() > lines {
        kept.push(format!("… +{}", part.lines.len() - lines));
    }
    Some(Part { lines: kept, ..part.clone() })
}

/// Whether anything of a line can be seen; platforms refuse what is blank.
fn is_seen(line: &str) -> bool {
    !line.chars().all(|c| c.is_whitespace() || acts(c) || c == '\u{3164}')
}

/// Nothing in it needs to be escaped anywhere.
fn is_command(line: &str) -> bool {
    line.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" -_.".contains(&byte))
}
