//! Mistakes in the configuration, each with where it is, what is wrong and what to write instead.

use std::fmt;
use std::ops::Range;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Report};

/// Everything that is wrong, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes {
    all: Vec<Mistake>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The key, as `service.api.watch.window`; empty for a whole file.
    pub key: String,
    /// Where it was written.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
}

/// Where something was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a file's text.
    Text {
        /// The file.
        file: String,
        /// Its text.
        text: String,
        /// Where in it.
        span: Range<usize>,
    },
    /// Somewhere in a file.
    File(String),
    /// In a variable of the environment.
    Variable(String),
    /// Not written anywhere.
    Nowhere,
}

impl Place {
    pub(super) fn in_file(file: &str, text: &str, span: Range<usize>) -> Self {
        Self::Text { file: file.to_owned(), text: text.to_owned(), span }
    }

    /// Line and column, counted from one, of a place in a text.
    fn position(&self) -> Option<(usize, usize)> {
        let Self::Text { text, span, .. } = self else { return None };
        let before = text.get(..span.start)?;
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        Some((line, column))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.position()) {
            (Self::Text { file, .. }, Some((line, column))) => write!(f, "{file}:{line}:{column}"),
            (Self::Text { file, .. } | Self::File(file), _) => f.write_str(file),
            (Self::Variable(name), _) => write!(f, "environment variable {name}"),
            (Self::Nowhere, _) => f.write_str("configuration"),
        }
    }
}

impl Mistake {
    pub(super) fn new(key: &str, place: Place, message: String, hint: Option<String>) -> Self {
        Self { key: key.to_owned(), place, message, hint }
    }

    /// A file that cannot be used at all.
    pub(super) fn of_file(file: &str, why: &str) -> Self {
        Self::new("", Place::File(file.to_owned()), why.to_owned(), None)
    }

    fn report(&self) -> Report {
        let mut diagnostic = MietteDiagnostic::new(self.to_string());
        diagnostic.help.clone_from(&self.hint);
        match &self.place {
            Place::Text { file, text, span } => {
                let label = LabeledSpan::new_primary_with_span(None, span.clone());
                diagnostic.labels = Some(vec![label]);
                Report::new(diagnostic).with_source_code(NamedSource::new(file, text.clone()))
            }
            Place::File(_) | Place::Variable(_) | Place::Nowhere => Report::new(diagnostic),
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key.as_str() {
            "" => write!(f, "{}: {}", self.place, self.message),
            key => write!(f, "{}: {key}: {}", self.place, self.message),
        }
    }
}

impl Mistakes {
    pub(super) fn new(mut all: Vec<Mistake>) -> Self {
        all.sort_by_key(|mistake| mistake.place.position());
        Self { all }
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        self.all.iter()
    }

    /// The first in one line, and how many more there are.
    pub fn summary(&self) -> String {
        match self.all.as_slice() {
            [] => "the configuration is wrong".to_owned(),
            [only] => only.to_string(),
            [first, more @ ..] => format!("{first} (and {} more)", more.len()),
        }
    }

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
        text
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.summary())
    }
}

impl std::error::Error for Mistakes {}
