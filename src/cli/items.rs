//! What was looked at, a line for each: items of an acceptance run and of a checklist.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;

use super::CliError;
use super::show::{Mood, color, paint};
use crate::acceptance::{Verdict, junit};
use crate::model::figure::{Figure, Unit};
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
    pub(super) fn tell(&mut self, verdict: Verdict, name: (&str, &str), seen: &str) {
        let (word, mood) = match verdict {
            Verdict::Pass => ("pass", Mood::Good),
            Verdict::Fail => ("FAIL", Mood::Bad),
            Verdict::NoData => ("no data", Mood::Uncertain),
        };
        self.line((word, mood), name, seen);
    }

    pub(super) fn line(&mut self, (word, mood): (&str, Mood), (group, name): (&str, &str), seen: &str) {
        if self.quiet || self.failed.is_some() {
            return;
        }
        let ((wide, width), word) = (self.widths, format!("{word:<7}"));
        let line = harmless(&format!("{group:<wide$}  {name:<width$}  {seen}"));
        let written = writeln!(std::io::stdout(), "{}  {}", paint(&word, mood, self.color), line.trim_end());
        self.failed = written.err().map(CliError::from);
    }

    pub(super) fn end(self) -> Result<(), CliError> {
        self.failed.map_or(Ok(()), Err)
    }
}

/// What was seen, and the value against its limit.
pub(super) fn measured(figure: Option<Figure>, message: &str, took: Duration) -> String {
    let against = figure.map(|Figure { value, limit, unit }| match (unit, limit) {
        (Unit::Seconds, None) => people(value),
        (Unit::Seconds, Some(limit)) => format!("{}, allowed {}", people(value), people(limit)),
        (Unit::Days, None) => format!("{value:.0} days"),
        (Unit::Days, Some(limit)) => format!("{value:.0} days, wanted {limit:.0}"),
        (Unit::Ratio, None) => percent(value),
        (Unit::Ratio, Some(limit)) => format!("{}, wanted {}", percent(value), percent(limit)),
        (Unit::Count, None) => format!("{value}"),
        (Unit::Count, Some(limit)) => format!("{value}, allowed {limit}"),
    });
    match (against, message) {
        (Some(against), "") => against,
        (Some(against), message) => format!("{against}: {message}"),
        (None, "") => people(took.as_secs_f64()),
        (None, message) => message.to_owned(),
    }
}

/// Cut off, so that 99.96 % is not told as all of it.
fn percent(ratio: f64) -> String {
    let tenths = (ratio * 1000.0 + 1e-9).floor();
    format!("{} %", tenths / 10.0)
}

fn people(seconds: f64) -> String {
    if seconds < 1.0 {
        return format!("{:.0} ms", seconds * 1000.0);
    }
    if seconds < 100.0 {
        return format!("{seconds:.2} s");
    }
    english().lasting(SignedDuration::try_from_secs_f64(seconds).unwrap_or(SignedDuration::MAX))
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
