//! What was looked at, a line for each: items of an acceptance run and of a checklist.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use super::CliError;
use super::show::{Mood, color, paint};
use crate::acceptance::junit;
use crate::model::acceptance::Verdict;
use crate::model::checklist::Standing;
use crate::model::figure::Figure;
use crate::text::english;
use crate::untrusted::harmless;

/// A line as each item ends.
pub(super) struct Lines {
    quiet: bool,
    color: bool,
    /// Of the groups, and of the names.
    widths: (usize, usize),
    /// Why nothing can be written any more.
    failed: Option<CliError>,
}

impl Lines {
    /// For items of these groups and names.
    pub(super) fn new<'a>(quiet: bool, names: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let wider =
            |(group, name): (usize, usize), (a, b): (&str, &str)| (group.max(a.len()), name.max(b.len()));
        let widths = names.fold((0, 0), wider);
        Self { quiet, color: color(&std::io::stdout()), widths, failed: None }
    }

    /// How it went with an item of a group, by name, and what was seen.
    pub(super) fn tell(&mut self, standing: Standing, (group, name): (&str, &str), seen: &str) {
        if self.quiet || self.failed.is_some() {
            return;
        }
        let (word, mood) = match standing {
            Standing::Pass => ("pass", Mood::Good),
            Standing::Waived => ("waived", Mood::Uncertain),
            Standing::Open => ("open", Mood::Bad),
            Standing::NoData => ("no data", Mood::Uncertain),
            Standing::Fail => ("FAIL", Mood::Bad),
        };
        let ((wide, width), word) = (self.widths, format!("{word:<7}"));
        let line = harmless(&format!("{group:<wide$}  {name:<width$}  {seen}"));
        let written = writeln!(std::io::stdout(), "{}  {}", paint(&word, mood, self.color), line.trim_end());
        self.failed = written.err().map(CliError::from);
    }

    pub(super) fn end(self) -> Result<(), CliError> {
        self.failed.map_or(Ok(()), Err)
    }
}

/// What was found stands so.
pub(super) fn standing(verdict: Verdict) -> Standing {
    match verdict {
        Verdict::Pass => Standing::Pass,
        Verdict::Fail => Standing::Fail,
        Verdict::NoData => Standing::NoData,
    }
}

/// Contract §1.
pub(super) fn exit_code(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::Fail => 1,
        Verdict::NoData => 3,
    }
}

/// What was seen, and the value against its limit.
pub(super) fn measured(figure: Option<Figure>, message: &str, took: Duration) -> String {
    match (figure.map(|figure| english().figure(figure)), message) {
        (Some(against), "") => against,
        (Some(against), message) => format!("{against}: {message}"),
        (None, "") => english().duration(took),
        (None, message) => message.to_owned(),
    }
}

/// A file for a CI server.
pub(super) fn write_junit(
    file: &Path,
    (verb, service): (&str, &str),
    cases: &[junit::Case<'_>],
) -> Result<(), CliError> {
    let written = junit::written(verb, service, cases).and_then(|text| std::fs::write(file, text));
    written.map_err(|error| CliError::Plain(format!("write {}: {error}", file.display())))
}
