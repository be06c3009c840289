//! Counters from look to look: by how much each has grown, with resets taken out, as Prometheus takes them out: series
//! by series.
//!
//! A look that fails is simply not shown here, and what was counted meanwhile lands on the next good one.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use crate::model::reading::Counts;

/// A series' labels.
pub(super) type Labels = BTreeMap<String, String>;

/// More series are not followed.
pub(super) const SERIES_MAX: usize = 10_000;

/// So many series are remembered, each in some tens of bytes however long its labels are; where there are more, those
/// that the last look did not show are forgotten, and count as new when they come back.
const REMEMBERED: usize = 2 * SERIES_MAX;

/// What began anew is far below what it was. A fall to more than this part of it is none.
const ANEW: f64 = 1.0 / 3.0;

/// What comes back within so many looks after a fall had never begun anew.
const BACK_WITHIN: usize = 60;

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
    /// A job or a metric's name, and an instance.
    Of(String, String),
    /// The query has added targets up, so that none can be told from another.
    Mixed,
}

impl Target {
    pub(super) fn of(labels: &Labels) -> Self {
        let label = |name: &str| labels.get(name).cloned();
        label("instance").map_or(Self::Mixed, |instance| Self::Of(label("job").unwrap_or_default(), instance))
    }
}

/// What tells series apart, in a few bytes. A label without a value is none.
pub(super) fn identity<'a>(name: &str, labels: impl Iterator<Item = (&'a str, &'a str)>) -> u64 {
    let labels: BTreeSet<(&str, &str)> = labels.filter(|(_, value)| !value.is_empty()).collect();
    let mut hasher = DefaultHasher::new();
    (name, labels).hash(&mut hasher);
    hasher.finish()
}

/// One counter at one look.
#[derive(Debug)]
pub(super) struct Count<'a> {
    /// Where it comes from.
    pub(super) target: Target,
    /// Its name, for people.
    pub(super) name: &'a str,
    /// What tells it from the others.
    pub(super) series: u64,
    /// What begins anew with it, if anything does: the buckets of one histogram. Else it is the series itself.
    pub(super) whole: u64,
    /// Its value, which is finite.
    pub(super) value: f64,
}

/// What the counters were at the last good look.
#[derive(Debug, Clone, Default)]
pub(super) struct Counters {
    last: BTreeMap<u64, Past>,
    targets: BTreeMap<Target, Standing>,
    looks: usize,
}

#[derive(Debug, Clone, Copy)]
struct Past {
    value: f64,
    look: usize,
}

/// How a target stands.
#[derive(Debug, Clone, Copy, Default)]
struct Standing {
    look: usize,
    /// All of its counters added up.
    level: f64,
    /// When they fell last, taken together.
    fell: Option<Fall>,
    /// Counters went back and forth last then: more than one process answers for it.
    shared: Option<usize>,
}

/// All counters of a target, before and after they fell.
#[derive(Debug, Clone, Copy)]
struct Fall {
    look: usize,
    from: f64,
    to: f64,
}

/// Those counters of a target that fell, added up.
struct Fell<'a> {
    from: f64,
    to: f64,
    name: &'a str,
}

/// All counters of a target at one look.
struct Level<'a> {
    of: f64,
    grown: f64,
    name: &'a str,
}

/// A target that shows less than there was, or more than there can be, so that nothing can be told of it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(super) enum Untold {
    /// Not all of it began anew.
    #[error("{name} fell from {from} to {to} and did not begin anew: a part of what was counted has gone")]
    Fell { name: String, from: f64, to: f64 },
    /// It fell, and now it is back.
    #[error(
        "{name} fell and rose again by {by} at once: several processes answer here in turn, and none says when it began"
    )]
    Back { name: String, by: f64 },
}

impl Counters {
    /// Of a process that is known to have begun since the look before: all of it counts.
    pub(super) fn of_new_process() -> Self {
        Self { looks: 1, ..Self::default() }
    }

    /// Whether there is something to compare with.
    pub(super) fn compare(&self) -> bool {
        self.looks > 0
    }

    /// Whether these may be the same counters, gone on: none of them fell, and one at least was there.
    pub(super) fn go_on(&self, counts: &[Count<'_>]) -> bool {
        let mut known =
            counts.iter().filter_map(|count| Some((self.last.get(&count.series)?.value, count.value)));
        let mut there = false;
        known.all(|(before, now)| {
            there |= before > 0.0;
            now >= before
        }) && there
    }

    /// Growth of each counter, in the order given. The first look only says where they begin. Of a `young` process,
    /// what is seen first has counted nothing that belongs to an earlier time.
    ///
    /// A counter that fell began anew and has grown to what it is; no other has, but for the buckets of the same
    /// histogram. Where it did not fall far, only a part of it has gone: a worker whose counters were added up with
    /// those of others. Of such a target nothing is counted at this look, and the next one goes on from there; where it
    /// is the only one, nothing can be told.
    pub(super) fn look(&mut self, counts: &[Count<'_>], young: bool) -> Result<Vec<Growth>, Untold> {
        let began = self.looks > 0;
        let anew = self.anew(counts);
        let growths = counts.iter().map(|count| match self.last.get(&count.series) {
            _ if !began => Growth { by: 0.0, newborn: false },
            Some(past) if !anew.contains(&count.whole) => {
                Growth { by: (count.value - past.value).max(0.0), newborn: false }
            }
            Some(_) => Growth { by: count.value, newborn: false },
            None => {
                let newborn = !young && !self.targets.contains_key(&count.target);
                Growth { by: count.value, newborn }
            }
        });
        let mut growths: Vec<Growth> = growths.collect();
        let mut levels: BTreeMap<&Target, Level<'_>> = BTreeMap::new();
        for (count, growth) in counts.iter().zip(&growths) {
            let level =
                levels.entry(&count.target).or_insert(Level { of: 0.0, grown: 0.0, name: count.name });
            (level.of, level.grown) = (level.of + count.value, level.grown + growth.by);
        }
        let falls = self.falls(counts);
        let mut untold = self.partly_gone(&falls);
        for (target, level) in &levels {
            if !untold.contains_key(target) && self.is_back(target, level) {
                let (name, by) = (level.name.to_owned(), level.grown);
                untold.insert((*target).clone(), Untold::Back { name, by });
            }
        }
        self.remember(counts, &levels, &falls, &untold);
        if untold.len() == levels.len()
            && let Some((_, untold)) = untold.pop_first()
        {
            return Err(untold);
        }
        for (count, growth) in counts.iter().zip(&mut growths) {
            if untold.contains_key(&count.target) {
                growth.by = 0.0;
            }
        }
        Ok(growths)
    }

    /// Everything of which a counter fell.
    fn anew(&self, counts: &[Count<'_>]) -> BTreeSet<u64> {
        let fell =
            |count: &&Count<'_>| self.last.get(&count.series).is_some_and(|past| count.value < past.value);
        counts.iter().filter(fell).map(|count| count.whole).collect()
    }

    /// What of each target fell, taken together.
    fn falls<'a>(&self, counts: &'a [Count<'_>]) -> BTreeMap<&'a Target, Fell<'a>> {
        let mut falls: BTreeMap<&Target, Fell<'_>> = BTreeMap::new();
        for count in counts {
            let past = self.last.get(&count.series).map_or(0.0, |past| past.value);
            if count.value < past {
                let fell =
                    falls.entry(&count.target).or_insert(Fell { from: 0.0, to: 0.0, name: count.name });
                (fell.from, fell.to) = (fell.from + past, fell.to + count.value);
            }
        }
        falls
    }

    /// Targets that did not fall as far as what begins anew does.
    fn partly_gone(&self, falls: &BTreeMap<&Target, Fell<'_>>) -> BTreeMap<Target, Untold> {
        let shared = |target: &Target| {
            self.targets.get(target).and_then(|standing| standing.shared).is_some_and(|at| self.lately(at))
        };
        let untold = falls.iter().filter_map(|(target, Fell { from, to, name })| {
            let partly = **target == Target::Mixed || *to > from * ANEW || shared(target);
            let (name, from, to) = ((*name).to_owned(), *from, *to);
            partly.then(|| ((*target).clone(), Untold::Fell { name, from, to }))
        });
        untold.collect()
    }

    /// Whether a target fell lately and is back where it was, in one leap.
    fn is_back(&self, target: &Target, level: &Level<'_>) -> bool {
        let fall = self.targets.get(target).and_then(|standing| standing.fell);
        fall.filter(|fall| self.lately(fall.look))
            .is_some_and(|fall| level.of >= fall.from && level.grown >= (fall.from - fall.to) / 2.0)
    }

    fn lately(&self, look: usize) -> bool {
        self.looks - look < BACK_WITHIN
    }

    fn remember(
        &mut self,
        counts: &[Count<'_>],
        levels: &BTreeMap<&Target, Level<'_>>,
        falls: &BTreeMap<&Target, Fell<'_>>,
        untold: &BTreeMap<Target, Untold>,
    ) {
        self.looks += 1;
        let look = self.looks;
        for count in counts {
            self.last.insert(count.series, Past { value: count.value, look });
        }
        for (target, level) in levels {
            let standing = self.targets.entry((*target).clone()).or_default();
            if let Some(Untold::Back { .. }) = untold.get(target) {
                (standing.fell, standing.shared) = (None, Some(look));
            } else if falls.contains_key(target) && level.of < standing.level {
                standing.fell = Some(Fall { look, from: standing.level, to: level.of });
            }
            (standing.look, standing.level) = (look, level.of);
        }
        if self.last.len() > REMEMBERED {
            self.last.retain(|_, past| past.look == look);
        }
        if self.targets.len() > REMEMBERED {
            self.targets.retain(|_, standing| standing.look == look);
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
