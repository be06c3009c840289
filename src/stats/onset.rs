//! When trouble began, and whether somebody else would show it if they had it too.

use super::beta;

/// One good tick may be luck; so many in a row end a run of bad ones.
const ENDS: u32 = 2;

/// A stream that shared the trouble would have at least this part of its failure rate…
const HALF: f64 = 0.5;
/// …and would look as good as it does with no more than this chance.
const UNLIKELY: f64 = 0.05;

/// Where the present run of bad ticks begins, by ticks of (where, failed, all), oldest first: more than `tolerated` of a
/// bad tick's requests failed. A tick without requests says nothing.
pub fn onset<T>(ticks: impl DoubleEndedIterator<Item = (T, u64, u64)>, tolerated: f64) -> Option<T> {
    let (mut first, mut good) = (None, 0);
    for (at, bad, all) in ticks.rev().filter(|(_, _, all)| *all > 0) {
        if bad as f64 / all as f64 > tolerated {
            (first, good) = (Some(at), 0);
        } else {
            good += 1;
            if good == ENDS {
                break;
            }
        }
    }
    first
}

/// Whether (failed, all) requests are too good to have shared a trouble in which `rate` of the requests failed.
pub fn shown_well(bad: u64, all: u64, rate: f64) -> bool {
    all > 0 && at_most(bad, all, HALF * rate) <= UNLIKELY
}

/// The chance of at most `bad` failures among `all` requests of which each fails with this chance.
pub fn at_most(bad: u64, all: u64, chance: f64) -> f64 {
    if bad >= all {
        return 1.0;
    }
    beta::above(chance, bad as f64 + 1.0, (all - bad) as f64)
}
