//! Checks that fail now and then and come back by themselves: what is usual for one is no release's fault.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

use super::{Health, Streak, span};
use crate::model::sample::Sample;

/// How often each check came back by itself in the hour before the release.
pub type Habits = BTreeMap<String, u32>;

/// Checks that never do.
pub static STEADY: Habits = BTreeMap::new();

const HOUR: Duration = Duration::from_hours(1);

/// More are not kept: who fails oftener is flapping.
const KEPT: usize = 20;

/// A release that makes a check fail this many times as often as before is not what is usual.
const OFTENER: u64 = 2;

/// When one check came back by itself: the last failure and the pass after it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Habit {
    times: VecDeque<[Sample; 2]>,
}

impl Habit {
    pub(super) fn came_back(&mut self, failed: Option<&Sample>, passed: &Sample) {
        let Some(failed) = failed else { return };
        if self.times.len() == KEPT {
            self.times.pop_front();
        }
        self.times.push_back([failed.clone(), passed.clone()]);
    }

    fn in_the_hour(&self, now: Timestamp) -> impl Iterator<Item = &[Sample; 2]> {
        self.times.iter().filter(move |[_, passed]| span(passed.began, now) <= HOUR)
    }
}

impl Health {
    /// How often each check has come back by itself in the hour before `now`.
    pub fn habits(&self, now: Timestamp) -> Habits {
        let count =
            |streak: &Streak| u32::try_from(streak.habit.in_the_hour(now).count()).unwrap_or(u32::MAX);
        let habits = self.checks.iter().map(|(name, streak)| (name.clone(), count(streak)));
        habits.filter(|(_, times)| *times > 0).collect()
    }

    /// The samples that say so, for the record: oldest first.
    pub fn habit_samples(&self, now: Timestamp) -> Vec<Sample> {
        let of_all = self.checks.values().flat_map(|streak| streak.habit.in_the_hour(now)).flatten();
        let mut samples: Vec<Sample> = of_all.cloned().collect();
        samples.sort_by_key(|sample| sample.began);
        samples
    }
}

impl Streak {
    /// The failures in a row that count as one too many: one more than configured where coming back is usual, and is
    /// so no oftener since `since` than before.
    pub(super) fn limit(&self, configured: u32, usual: Option<&u32>, since: Timestamp) -> u32 {
        let usual = u64::from(usual.copied().unwrap_or_default());
        let watched = self.recent.back().map_or(Duration::ZERO, |last| span(since, last.began));
        let oftener = self.habit.times.len() as u64 * HOUR.as_secs() > OFTENER * usual * watched.as_secs();
        configured.saturating_add(u32::from(usual > 0 && !oftener))
    }
}
