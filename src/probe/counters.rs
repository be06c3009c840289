//! Counters from look to look: by how much each has grown, with resets taken out.
//!
//! A look that fails is simply not shown here, and what was counted meanwhile lands on the next good one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::decide::reading::Counts;

/// A series' labels.
pub(super) type Labels = BTreeMap<String, String>;

/// More series are not followed.
pub(super) const SERIES_MAX: usize = 10_000;

/// A series that was not seen for so many looks is forgotten, unless there is room.
const FORGET: usize = 2 * SERIES_MAX;

/// One series at one time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Point {
    /// What tells it from the others.
    pub(super) labels: Arc<Labels>,
    /// Its value.
    pub(super) value: f64,
}

/// How much a series has grown since the look before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Growth {
    /// By so much.
    pub(super) by: f64,
    /// It was not there before, and neither was its target: it is not known since when it counts.
    pub(super) newborn: bool,
}

/// Where counters come from: one process, as far as can be told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    /// `job` and `instance`.
    Of(String, String),
    /// The exposition that was asked.
    Asked,
    /// The query has added targets up, so that none can be told from another.
    Mixed,
}

impl Target {
    pub(super) fn of(labels: &Labels) -> Self {
        let label = |name: &str| labels.get(name).cloned();
        label("instance").map_or(Self::Mixed, |instance| Self::Of(label("job").unwrap_or_default(), instance))
    }
}

/// One counter at one look.
#[derive(Debug)]
pub(super) struct Count<'a> {
    /// Where it comes from.
    pub(super) target: Target,
    /// Its name and labels.
    pub(super) key: &'a str,
    /// Its value, which is finite.
    pub(super) value: f64,
}

/// What the counters were at the last good look.
#[derive(Debug, Clone, Default)]
pub(super) struct Counters {
    last: BTreeMap<String, Past>,
    targets: BTreeMap<Target, usize>,
    looks: usize,
}

#[derive(Debug, Clone)]
struct Past {
    value: f64,
    look: usize,
}

impl Counters {
    /// Of a process that is known to have begun since the look before: all of it counts.
    pub(super) fn of_new_process() -> Self {
        Self { last: BTreeMap::new(), targets: [(Target::Asked, 0)].into(), looks: 1 }
    }

    /// Whether there is something to compare with.
    pub(super) fn compare(&self) -> bool {
        self.looks > 0
    }

    /// Growth of each counter, in the order given. The first look only says where they begin.
    ///
    /// A counter that dropped says that its target began anew, and so did all the others of this target, which may
    /// stand higher than before all the same. Where targets were added up, a drop cannot be told from one of many
    /// that left, so nothing of that look is counted.
    pub(super) fn look(&mut self, counts: &[Count<'_>]) -> Vec<Growth> {
        let dropped: BTreeSet<&Target> = counts
            .iter()
            .filter(|count| self.last.get(count.key).is_some_and(|past| count.value < past.value))
            .map(|count| &count.target)
            .collect();
        let growths = counts.iter().map(|count| {
            let nothing = Growth { by: 0.0, newborn: false };
            let anew = dropped.contains(&count.target);
            match self.last.get(count.key) {
                _ if self.looks == 0 || (anew && count.target == Target::Mixed) => nothing,
                Some(past) if !anew => Growth { by: count.value - past.value, newborn: false },
                Some(_) => Growth { by: count.value, newborn: false },
                None => {
                    let newborn = !self.targets.contains_key(&count.target);
                    Growth { by: count.value, newborn }
                }
            }
        });
        let growths = growths.collect();
        self.remember(counts);
        growths
    }

    /// Notes that a target is there, though none of its counters may be yet.
    pub(super) fn met(&mut self, target: Target) {
        self.targets.insert(target, self.looks);
    }

    fn remember(&mut self, counts: &[Count<'_>]) {
        self.looks += 1;
        let look = self.looks;
        for count in counts {
            match self.last.get_mut(count.key) {
                Some(past) => *past = Past { value: count.value, look },
                None => {
                    self.last.insert(count.key.to_owned(), Past { value: count.value, look });
                }
            }
            self.targets.insert(count.target.clone(), look);
        }
        if self.last.len() > FORGET {
            self.last.retain(|_, past| past.look == look);
        }
        if self.targets.len() > FORGET {
            self.targets.retain(|_, seen| *seen == look);
        }
    }
}

/// Requests that are waiting to be whole: a rate gives parts of them, and none may be lost to rounding.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Pending {
    bad: f64,
    total: f64,
}

impl Pending {
    pub(super) fn add_bad(&mut self, by: f64) {
        self.bad += by.max(0.0);
    }

    pub(super) fn add_total(&mut self, by: f64) {
        self.total += by.max(0.0);
    }

    /// What is whole by now. More failures than requests have to wait for their requests.
    pub(super) fn take(&mut self) -> Counts {
        let total = whole(self.total);
        let bad = whole(self.bad).min(total);
        self.total -= as_float(total);
        self.bad -= as_float(bad);
        Counts { bad, total }
    }
}

/// The whole part, with a hair's breadth for the sums of fractions.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast from float saturates")]
pub(super) fn whole(value: f64) -> u64 {
    (value + 1e-6).floor() as u64
}

#[expect(clippy::cast_precision_loss, reason = "counts of requests are far below 2^53")]
pub(super) fn as_float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
