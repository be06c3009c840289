//! Mistakes in the configuration, each with where it is, what is wrong and what to write instead.

use std::fmt;
use std::ops::Range;

use crate::untrusted::{escaped, harmless, short};

mod drawing;

/// So many mistakes are told; of the rest only how many there are.
const MOST: usize = 200;

/// A message or key is cut after so many bytes.
const MESSAGE_MAX: usize = 300;

/// Everything that is wrong, in the order of the layers and of their lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mistakes {
    all: Vec<Mistake>,
    more: usize,
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
        /// Line, counted from one.
        line: usize,
        /// Column in characters, counted from one.
        column: usize,
        /// The line itself, with secrets masked; a long one is cut.
        excerpt: String,
        /// Which bytes of the excerpt it is about.
        span: Range<usize>,
    },
    /// Somewhere in a file.
    File(String),
    /// In a variable of the environment.
    Variable(String),
    /// Not written anywhere.
    Nowhere,
}

impl Mistakes {
    /// Adds one. Beyond [`MOST`] they are only counted, and not even made: finding the place takes time.
    pub(super) fn push(&mut self, mistake: impl FnOnce() -> Mistake) {
        if self.all.len() < MOST {
            self.all.push(mistake());
        } else {
            self.more += 1;
        }
    }

    /// Adds one about a whole file.
    pub(super) fn push_file(&mut self, file: &str, message: String, hint: &str) {
        self.push(|| Mistake::new("", Place::File(file.to_owned()), message, hint));
    }

    /// Puts them into the order of the files and, within a file, of the lines.
    pub(super) fn sort(&mut self, files: &[&str]) {
        self.all.sort_by_key(|mistake| match &mistake.place {
            Place::Text { file, line, column, .. } => (rank(files, file), *line, *column),
            Place::File(file) => (rank(files, file), 0, 0),
            Place::Variable(_) => (files.len(), 0, 0),
            Place::Nowhere => (files.len() + 1, 0, 0),
        });
        self.all.dedup();
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
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
            [first, more @ ..] => format!("{first} (and {} more)", more.len() + self.more),
        }
    }
}

impl FromIterator<Mistake> for Mistakes {
    fn from_iter<I: IntoIterator<Item = Mistake>>(mistakes: I) -> Self {
        let mut all = Self::default();
        mistakes.into_iter().for_each(|mistake| all.push(|| mistake));
        all
    }
}

fn rank(files: &[&str], file: &str) -> usize {
    files.iter().position(|known| *known == file).unwrap_or(files.len())
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.all.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{mistake}")?;
            mistake.place.draw(f)?;
            if let Some(hint) = &mistake.hint {
                write!(f, "\n  hint: {hint}")?;
            }
        }
        if self.more > 0 {
            write!(f, "\nand {} more", self.more)?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

impl Mistake {
    pub(super) fn new(key: &str, place: Place, message: impl AsRef<str>, hint: &str) -> Self {
        let hint = (!hint.is_empty()).then(|| short(hint, MESSAGE_MAX));
        Self { key: escaped(key, MESSAGE_MAX), place, message: short(message.as_ref(), MESSAGE_MAX), hint }
    }
}

/// In one line, whatever the configuration holds.
impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key.as_str() {
            "" => write!(f, "{}: {}", self.place, self.message),
            key => write!(f, "{}: {key}: {}", self.place, self.message),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { file, line, column, .. } => write!(f, "{}:{line}:{column}", harmless(file)),
            Self::File(file) => f.write_str(&harmless(file)),
            Self::Variable(name) => write!(f, "environment variable {}", harmless(name)),
            Self::Nowhere => f.write_str("configuration"),
        }
    }
}
