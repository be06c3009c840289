//! The newest minutes of a stream.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use super::span;
use crate::model::reading::Counts;

/// A literal rule looks back so far at most (judgement: a window of 60 s is lengthened up to this).
const LONGEST: Duration = Duration::from_mins(5);

/// Shorter pieces are joined, so that a window holds few, however often is measured.
const PIECE: Duration = Duration::from_secs(1);

/// Something that adds up over time.
pub(super) trait Tally: Clone {
    fn add(&mut self, more: &Self);
    fn total(&self) -> u64;
}

/// What came in over the newest five minutes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Window<T> {
    pieces: VecDeque<Piece<T>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Piece<T> {
    from: Timestamp,
    to: Timestamp,
    what: T,
}

/// The newest part of a window.
pub(super) struct Recent<T> {
    pub(super) what: T,
    pub(super) over: Duration,
    /// As long and as much as was asked for.
    pub(super) enough: bool,
    /// As much as was asked for, though all that there is yet is shorter.
    pub(super) much: bool,
}

impl<T> Default for Window<T> {
    fn default() -> Self {
        Self { pieces: VecDeque::new() }
    }
}

impl<T: Tally> Window<T> {
    pub(super) fn push(&mut self, from: Timestamp, to: Timestamp, what: T) {
        match self.pieces.back_mut() {
            Some(last) if span(last.from, to) <= PIECE => {
                last.what.add(&what);
                last.to = to;
            }
            Some(_) | None => self.pieces.push_back(Piece { from, to, what }),
        }
        while self.pieces.front().is_some_and(|first| span(first.from, to) > LONGEST) {
            self.pieces.pop_front();
        }
    }

    /// The shortest newest part that lasts at least `over` and holds at least `least`; all there is, if none does.
    pub(super) fn newest(&self, over: Duration, least: u64) -> Option<Recent<T>> {
        let mut pieces = self.pieces.iter().rev();
        let last = pieces.next()?;
        let mut newest =
            Recent { what: last.what.clone(), over: span(last.from, last.to), enough: false, much: false };
        loop {
            newest.much = newest.what.total() >= least;
            newest.enough = newest.over >= over && newest.much;
            let Some(piece) = pieces.next().filter(|_| !newest.enough) else { return Some(newest) };
            newest.what.add(&piece.what);
            newest.over = span(piece.from, last.to);
        }
    }

    /// Each piece of it, oldest first.
    pub(super) fn pieces(&self) -> impl Iterator<Item = (Timestamp, Timestamp, &T)> {
        self.pieces.iter().map(|piece| (piece.from, piece.to, &piece.what))
    }

    pub(super) fn clear(&mut self) {
        self.pieces.clear();
    }
}

impl Tally for Counts {
    fn add(&mut self, more: &Self) {
        *self += *more;
    }

    fn total(&self) -> u64 {
        self.total
    }
}
