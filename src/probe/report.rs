//! What a tool of the build has written: tests, findings, coverage.
//!
//! What is missing, half written or of another format says nothing about the release: it could not be told.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, ErrorKind, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;

use super::disk::Disk;
use crate::config::check::{self, Reported};
use crate::model::figure::Figure;
use crate::model::policy::Ppm;
use crate::model::sample::Outcome;

mod cobertura;
mod junit;
mod lcov;
mod sarif;
mod xml;

/// No report is larger that anybody reads. The largest that test runners write are of tens of megabytes.
const MOST: u64 = 64 * 1024 * 1024;

#[derive(Debug)]
pub(super) struct Report {
    check: check::Report,
    disk: Disk,
}

impl Report {
    pub(super) fn new(check: &check::Report) -> Self {
        Self { check: check.clone(), disk: Disk::default() }
    }

    pub(super) async fn look(&self) -> (Outcome, Option<Figure>) {
        let check::Report { path, wanted } = self.check.clone();
        match self.disk.ask(move || judged(&path, wanted)).await {
            Ok(Ok((outcome, figure))) => (outcome, Some(figure)),
            Ok(Err(why)) => (Outcome::Blind(why), None),
            Err(outcome) => (outcome, None),
        }
    }
}

fn judged(path: &Path, wanted: Reported) -> Result<(Outcome, Figure), String> {
    let mut file = opened(path)?;
    match wanted {
        Reported::Junit { pass_rate } => Ok(junit::counted(&mut file)?.judged(pass_rate)),
        Reported::Sarif { none_of } => Ok(sarif::counted(&mut file)?.judged(none_of)),
        Reported::Lcov { lines } => Ok(lcov::counted(&mut file)?.judged(lines)),
        Reported::Cobertura { lines } => Ok(cobertura::counted(&mut file)?.judged(lines)),
    }
}

/// A plain file that is not too large. A pipe or a terminal is not waited for.
fn opened(path: &Path) -> Result<impl BufRead, String> {
    let nonblocking = OFlags::NONBLOCK.bits().cast_signed();
    let opened = OpenOptions::new().read(true).custom_flags(nonblocking).open(path);
    let file: File = opened.map_err(|error| unread(&error))?;
    let found = file.metadata().map_err(|error| unread(&error))?;
    if !found.is_file() {
        return Err("it is no plain file".to_owned());
    }
    if found.len() > MOST {
        return Err(format!("it has {} bytes; at most {MOST} are read", found.len()));
    }
    // It may grow while it is read.
    Ok(BufReader::new(file.take(MOST)))
}

fn unread(error: &io::Error) -> String {
    if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) {
        return "there is no such file".to_owned();
    }
    format!("this host: {error}")
}

/// How many lines a test run has reached.
#[derive(Debug, Default, PartialEq, Eq)]
struct Coverage {
    covered: u64,
    lines: u64,
}

impl Coverage {
    /// Where there are no lines, there is nothing that could be uncovered, and nothing that was measured either.
    fn new(covered: u64, lines: u64) -> Result<Self, String> {
        match (covered, lines) {
            (_, 0) => Err("it covers no line at all".to_owned()),
            (covered, lines) if covered > lines => Err("it covers more lines than there are".to_owned()),
            (covered, lines) => Ok(Self { covered, lines }),
        }
    }

    fn judged(&self, wanted: Ppm) -> (Outcome, Figure) {
        let Self { covered, lines } = *self;
        let figure = Figure::ratio(covered, lines, wanted.ratio());
        let said = format!("{covered} of {lines} lines are covered");
        (if reaches(wanted, covered, lines) { Outcome::Ok } else { Outcome::Failed(said) }, figure)
    }
}

/// Whether a part of a whole is at least as large as is wanted.
fn reaches(wanted: Ppm, part: u64, whole: u64) -> bool {
    u128::from(part) * 1_000_000 >= u128::from(whole) * u128::from(wanted.0)
}

#[cfg(test)]
mod tests;
