//! How long ago a file was written.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::{Duration, SystemTime};

use jiff::SignedDuration;
use jiff::fmt::friendly::SpanPrinter;

use super::disk::Disk;
use crate::clock::Clock;
use crate::config::FileAge;
use crate::model::figure::Figure;
use crate::model::sample::Outcome;

/// Of a directory no more entries are looked at.
const MOST: usize = 10_000;

/// Clocks of file servers are a little ahead at times.
const AHEAD: Duration = Duration::from_mins(5);

#[derive(Debug)]
pub(super) struct File {
    check: FileAge,
    disk: Disk,
}

impl File {
    pub(super) fn new(check: &FileAge) -> Self {
        Self { check: check.clone(), disk: Disk::default() }
    }

    pub(super) async fn look(&self) -> (Outcome, Option<Figure>) {
        let path = self.check.path.clone();
        match self.disk.ask(move || written(&path)).await {
            Ok(Ok(written)) => self.judged(written, Clock::wall().into()),
            Ok(Err(error)) => (unseen(&error), None),
            Err(outcome) => (outcome, None),
        }
    }

    fn judged(&self, written: SystemTime, now: SystemTime) -> (Outcome, Option<Figure>) {
        let below = self.check.below;
        let age = match now.duration_since(written) {
            Ok(age) => age,
            Err(ahead) if ahead.duration() <= AHEAD => Duration::ZERO,
            Err(ahead) => {
                let ahead = words(ahead.duration());
                return (Outcome::Blind(format!("it is said to have been written {ahead} from now")), None);
            }
        };
        let figure = Some(Figure::seconds(age.as_secs_f64(), Some(below.as_secs_f64())));
        if age < below {
            return (Outcome::Ok, figure);
        }
        let seen = format!("it was written {} ago, allowed {}", words(age), words(below));
        (Outcome::Failed(seen), figure)
    }
}

/// Hours and minutes; it is days that are asked for.
fn words(duration: Duration) -> String {
    let whole =
        SignedDuration::try_from(Duration::from_secs(duration.as_secs())).unwrap_or(SignedDuration::MAX);
    SpanPrinter::new().duration_to_string(&whole)
}

/// When it was written; of a directory, the newest file in it.
fn written(path: &Path) -> io::Result<SystemTime> {
    let found = fs::metadata(path)?;
    if !found.is_dir() {
        return found.modified();
    }
    let mut newest = None;
    for (number, entry) in fs::read_dir(path)?.enumerate() {
        if number >= MOST {
            return Err(io::Error::other(format!("the directory has more than {MOST} entries")));
        }
        let entry = entry?.metadata()?;
        if entry.is_file() {
            newest = newest.max(Some(entry.modified()?));
        }
    }
    newest.ok_or_else(|| io::Error::new(ErrorKind::NotFound, "there is no file in the directory"))
}

/// What is not there was not written. What may not be looked at says nothing.
fn unseen(error: &io::Error) -> Outcome {
    if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) {
        return Outcome::Blind(format!("this host: {error}"));
    }
    let by_the_system = error.raw_os_error().is_some();
    Outcome::Failed(if by_the_system { "there is no such file".to_owned() } else { error.to_string() })
}

#[cfg(test)]
mod tests;
