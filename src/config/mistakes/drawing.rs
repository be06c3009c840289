//! The line of a mistake, cut out and drawn.

use std::fmt;
use std::ops::Range;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, MietteError, Report};
use miette::{MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use unicode_width::UnicodeWidthStr;

use super::{Mistake, Mistakes, Place};
use crate::untrusted::harmless;

/// A line is cut so many bytes before and after what it is about.
const AROUND: usize = 100;

impl Place {
    /// A place in a text. Only its first line is kept.
    pub(in crate::config) fn in_file(file: &str, text: &str, span: &Range<usize>) -> Self {
        let at = floor(text, span.start);
        let begin = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
        let until = floor(text, span.end.clamp(at, end));
        let (from, to) = (
            floor(text, begin.max(at.saturating_sub(AROUND))),
            floor(text, end.min(until.min(at + AROUND) + AROUND)),
        );
        let before = harmless(&text[from..at]);
        let span = before.len()..before.len() + harmless(&text[at..until.min(to)]).len();
        let mut excerpt = harmless(&text[from..to]);
        excerpt.truncate(excerpt.trim_end().len().max(span.end));
        Self::Text {
            file: file.to_owned(),
            line: text[..begin].matches('\n').count() + 1,
            column: text[begin..at].chars().count() + 1,
            excerpt,
            span,
        }
    }

    /// The line with carets below what it is about.
    pub(super) fn draw(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Text { line, excerpt, span, .. } = self else { return Ok(()) };
        let number = line.to_string();
        let gap = " ".repeat(number.len());
        let before = excerpt.get(..span.start).unwrap_or(excerpt).width();
        let within = excerpt.get(span.clone()).unwrap_or_default().width();
        let (before, carets) = (" ".repeat(before), "^".repeat(within.max(1)));
        write!(f, "\n  {number} | {excerpt}\n  {gap} | {before}{carets}")
    }
}

/// The nearest character boundary at or before.
fn floor(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at.min(text.len()))
}

impl Mistakes {
    /// All of them with their lines, for people.
    pub fn render(&self, color: bool) -> String {
        let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme).with_width(100).without_cause_chain();
        let mut text = String::new();
        for mistake in &self.all {
            // Writing to a string cannot fail; were it to, the plain line says the same.
            if handler.render_report(&mut text, mistake.report().as_ref()).is_err() {
                text.push_str(&mistake.to_string());
            }
            text.push('\n');
        }
        if self.more > 0 {
            text.push_str(&format!("and {} more\n", self.more));
        }
        text
    }
}

impl Mistake {
    fn report(&self) -> Report {
        let title = match (&self.place, self.key.as_str()) {
            (Place::Text { .. }, "") => self.message.clone(),
            (Place::Text { .. }, key) => format!("{key}: {}", self.message),
            (Place::File(_) | Place::Variable(_) | Place::Nowhere, _) => self.to_string(),
        };
        let mut diagnostic = MietteDiagnostic::new(title);
        diagnostic.help.clone_from(&self.hint);
        let Place::Text { file, line, column, excerpt, span } = &self.place else {
            return Report::new(diagnostic);
        };
        diagnostic.labels = Some(vec![LabeledSpan::new_primary_with_span(None, span.clone())]);
        let source = Line { file: harmless(file), number: *line, column: *column, text: excerpt.clone() };
        Report::new(diagnostic).with_source_code(source)
    }
}

/// One line of a file, which knows where it stood.
#[derive(Debug)]
struct Line {
    file: String,
    number: usize,
    column: usize,
    text: String,
}

impl SourceCode for Line {
    /// The whole line, whatever part of it is asked for; without context, the position of the mistake is asked for.
    fn read_span<'a>(
        &'a self,
        _: &SourceSpan,
        before: usize,
        _: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let whole = SourceSpan::from((0, self.text.len()));
        let column = if before == 0 { self.column - 1 } else { 0 };
        let (file, line) = (self.file.clone(), self.number - 1);
        Ok(Box::new(MietteSpanContents::new_named(file, self.text.as_bytes(), whole, line, column, 1)))
    }
}
