//! `template` of a channel: files with the operator's own words for what is told there.

use super::layers::read_file;
use super::mistakes::{Mistake, Place};
use super::table::Section;

/// A template is a page of text; one that is not is a mistake.
const FILE_MAX: (u64, &str) = (64 << 10, "is larger than 64 KiB, which no message is");

const HINT: &str = "write the path of a template, from the configuration's directory";

/// A channel's own words, where it has any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Templates {
    /// For the subject or the title.
    pub subject: Option<Template>,
    /// For the text.
    pub body: Option<Template>,
}

/// A template, as it was when the configuration was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Its file.
    pub file: String,
    /// What is in there.
    pub text: String,
}

impl Templates {
    /// Those that there are.
    pub fn iter(&self) -> impl Iterator<Item = &Template> {
        self.subject.iter().chain(&self.body)
    }
}

impl Template {
    /// A mistake in a line, counted from one.
    pub fn wrong(&self, line: usize, message: &str, hint: &str) -> Mistake {
        let before = self.text.split_inclusive('\n').take(line.saturating_sub(1));
        let begin = before.map(str::len).sum::<usize>();
        let length = self.text[begin..].lines().next().map_or(0, str::len);
        let place = Place::in_file(&self.file, &self.text, &(begin..begin + length));
        Mistake::new("", place, message, hint)
    }
}

pub(super) fn read(mut section: Section<'_>) -> Templates {
    let subject = file(&mut section, "subject-file");
    let body = file(&mut section, "body-file");
    if section.given(&["subject-file", "body-file"]).is_empty() {
        section.missing("names no file", "add `subject-file`, `body-file` or both");
    }
    section.end(&[]);
    Templates { subject, body }
}

fn file(section: &mut Section<'_>, key: &'static str) -> Option<Template> {
    let path = section.string(key)?;
    let path = section.beside(&path);
    match read_file(&path, FILE_MAX) {
        Ok(text) => Some(Template { file: path.display().to_string(), text }),
        Err((why, _)) => {
            section.wrong(key, why, HINT);
            None
        }
    }
}
