//! Guide G4.1: a health check that fails three times in a row.

mod habit;
mod looks;
mod worst;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

use super::span;
use crate::model::phrase::Phrase;
use crate::model::policy::ServicePolicy;
use crate::model::reason::{Reason, Unit};
use crate::model::sample::{Outcome, Sample};
use crate::model::verdict::{Bound, Call, Verdict};
use habit::Habit;
use worst::Worst;

pub use habit::{Habits, STEADY};

/// Samples kept per check as evidence; older ones are in the journal.
const KEPT: u8 = 10;

/// So many failures among the last ten are flapping (judgement §2.1).
const FLAPPING: u32 = 5;

/// A run is a run only if golive looked at least this often, or so many intervals apart where they are long.
const AWAY: Duration = Duration::from_mins(1);
const MISSED: u32 = 3;

/// What passed is a pass now only if it did so lately: golive, or the whole host, may have stood still since.
const LATELY: Duration = Duration::from_secs(15);

/// The health checks of one service, counted since a moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Health {
    since: Timestamp,
    grace_until: Timestamp,
    /// The longest pause within a run.
    pause: Duration,
    /// For so long a pass is one.
    lately: Duration,
    checks: BTreeMap<String, Streak>,
    /// Those of the checks that are not simply well.
    worst: Worst,
    /// There was a moment since then in which every check had passed.
    passed: bool,
    /// A check has failed since then.
    failed: bool,
}

/// One check's run of equal outcomes.
#[derive(Debug, Clone, Default, PartialEq)]
struct Streak {
    failed: u32,
    passed: u32,
    /// When the first of those that failed in a row did.
    failed_since: Option<Timestamp>,
    /// In a row since it ended, also those that do not count.
    failed_since_end: u32,
    /// It has ended, and not passed since: however often it is looked at until then, that is one failure.
    ended: bool,
    /// Nothing of what is checked was there when it failed: what passes next has not come back by itself.
    absent: bool,
    ok_since: Option<Timestamp>,
    blind_since: Option<Timestamp>,
    /// It passed once, or the grace is over: failures count.
    started: bool,
    /// The last ten that counted, the newest in the lowest bit; set where one failed.
    failures: u16,
    counted: u32,
    recent: VecDeque<Sample>,
    habit: Habit,
}

impl Health {
    /// Counts from `since` on; until a check first passes, its failures before `since + grace` do not count.
    pub fn new(policy: &ServicePolicy, since: Timestamp, grace: Duration) -> Self {
        let grace_until = since.checked_add(grace).unwrap_or(Timestamp::MAX);
        let mut health = Self { since, grace_until, ..Self::default() };
        health.follow(policy);
        health
    }

    /// Takes a sample in. One that began before counting began, or of an unknown check, is somebody else's.
    pub fn count(&mut self, sample: &Sample) -> bool {
        let Some(streak) = self.checks.get_mut(&sample.check) else { return false };
        if sample.began < self.since {
            return false;
        }
        let before = streak.place();
        if !streak.fresh(sample.began, self.pause) {
            streak.forget();
        }
        streak.count(sample, self.grace_until);
        self.worst.moved(&sample.check, before, streak.place());
        self.failed |= failed(sample);
        self.passed |= self.all_pass();
        true
    }

    /// What is checked was started anew: counts from then on, and until a check first passes, its failures before
    /// `grace_until` do not count. What was usual stays so.
    pub fn start(&mut self, since: Timestamp, grace_until: Timestamp) {
        (self.since, self.grace_until) = (since, grace_until);
        (self.passed, self.failed) = (false, false);
        for streak in self.checks.values_mut() {
            streak.forget();
            streak.started = false;
        }
        self.look_through();
    }

    /// Whether it was checked since it was started, and never well.
    pub fn in_vain(&self) -> bool {
        self.failed && !self.passed
    }

    /// Since when it counts.
    pub fn since(&self) -> Timestamp {
        self.since
    }

    /// Whether there was a moment since it was started in which every check had passed.
    pub fn was_well(&self) -> bool {
        self.passed
    }

    /// Until when failures before the first pass do not count.
    pub fn grace_until(&self) -> Timestamp {
        self.grace_until
    }

    /// Checks follow a changed configuration; what is counted of those that stay is kept.
    pub fn follow(&mut self, policy: &ServicePolicy) {
        let missed = policy.interval.saturating_mul(MISSED);
        (self.pause, self.lately) = (missed.max(AWAY), missed.max(LATELY));
        self.checks.retain(|name, _| policy.checks.contains(name));
        for name in &policy.checks {
            self.checks.entry(name.clone()).or_default();
        }
        self.look_through();
    }

    /// golive was away: passing has to be seen again; what failed goes on counting if it was not away for long.
    pub fn resume(&mut self, now: Timestamp) {
        for streak in self.checks.values_mut() {
            let goes_on = streak.fresh(now, self.pause);
            let Streak { failed, failed_since, failures, counted, .. } = *streak;
            streak.forget();
            if goes_on {
                *streak = Streak { failed, failed_since, failures, counted, ..std::mem::take(streak) };
            }
        }
        self.look_through();
    }

    /// The check that has failed `limit` times in a row or more, if one has.
    pub fn failing(&self, limit: u32) -> Option<Reason> {
        self.failing_unlike(&STEADY, limit)
    }

    /// The same, where a check that used to come back by itself is given one more chance.
    pub fn failing_unlike(&self, usual: &Habits, limit: u32) -> Option<Reason> {
        let wanted = |name: &str, streak: &Streak| streak.limit(limit, usual.get(name), self.since);
        let mut failing = self.failing_most().take_while(|(_, streak)| streak.failed >= limit);
        let (check, streak) = failing.find(|(name, streak)| streak.failed >= wanted(name, streak))?;
        let (failures, limit) = (streak.failed, wanted(check, streak));
        Some(Reason::Health { check: check.clone(), failures, limit, seen: streak.seen() })
    }

    /// A check that fails half of the time, though never often enough in a row.
    pub fn flapping(&self) -> Option<Reason> {
        let (check, streak) = self.flaps()?;
        let (failures, of) = (streak.failed_lately(), u32::from(KEPT));
        Some(Reason::Flapping { check: check.clone(), failures, of, seen: streak.seen() })
    }

    /// Nothing of what is checked is there.
    pub fn not_by_itself(&mut self) {
        self.checks.values_mut().filter(|streak| streak.failed > 0).for_each(|streak| streak.absent = true);
    }

    /// What is checked has just ended: what fails from now on may not be its start-up.
    pub fn died(&mut self) {
        self.checks.values_mut().for_each(|streak| (streak.failed_since_end, streak.ended) = (0, true));
    }

    /// It does not come back: its start-up is over, and what failed since it ended counts.
    pub fn ended(&mut self) {
        for streak in self.checks.values_mut().filter(|streak| !streak.started) {
            streak.started = true;
            streak.failed = streak.failed_since_end;
            let run = streak.recent.iter().rev().take_while(|sample| sample.outcome != Outcome::Ok);
            streak.failed_since = run.last().map(|sample| sample.began);
        }
        self.look_through();
    }

    /// Whether every check passed when it was last made.
    pub fn all_pass(&self) -> bool {
        self.unwell().is_none()
    }

    /// Whether every check passed at least so often in a row.
    pub fn all_passed(&self, times: u32) -> bool {
        self.checks.values().all(|streak| streak.passed >= times)
    }

    /// Since when every check has passed without a break; `None` while one does not.
    pub fn all_pass_since(&self) -> Option<Timestamp> {
        let since = || self.checks.values().filter_map(|streak| streak.ok_since).max();
        self.all_pass().then(|| since().map_or(self.since, |since| since.max(self.since)))
    }

    /// The check that has been blind longest, since when, and why.
    pub fn blind(&self) -> Option<(Timestamp, Reason)> {
        let (check, streak) = self.blind_longest()?;
        let since = streak.blind_since?;
        let lasted = streak.recent.back().map_or(Duration::ZERO, |last| span(since, last.began));
        Some((since, Reason::Blind { check: check.clone(), lasted, seen: streak.seen() }))
    }

    /// A check that neither passes nor has failed for good. What was seen long ago is no pass now.
    pub fn undecided(&self, now: Timestamp) -> Option<Reason> {
        let (check, _) =
            self.checks.iter().find(|(_, streak)| streak.passed == 0 || !streak.fresh(now, self.lately))?;
        Some(Reason::Undecided { check: check.clone() })
    }

    /// The newest samples of a check, oldest first.
    pub fn evidence(&self, check: &str) -> Vec<Sample> {
        self.checks.get(check).map(|streak| streak.recent.iter().cloned().collect()).unwrap_or_default()
    }

    /// The newest sample of each check.
    pub fn last(&self) -> Vec<Sample> {
        self.checks.values().filter_map(|streak| streak.recent.back().cloned()).collect()
    }

    /// When the newest sample began.
    pub fn last_began(&self) -> Option<Timestamp> {
        self.checks.values().filter_map(|streak| streak.recent.back().map(|sample| sample.began)).max()
    }

    /// The verdict at this moment.
    pub fn verdict(&self, usual: &Habits, configured: u32) -> Verdict {
        let (check, worst) = match self.checks.iter().max_by_key(|(_, s)| (s.failed, s.passed == 0)) {
            Some((check, worst)) => (check.as_str(), worst),
            None => {
                return self.sentence(Call::Blind, 0, configured, Phrase::new("verdict.no-check"));
            }
        };
        let failed = worst.failed;
        let limit = worst.limit(configured, usual.get(check), self.since);
        if failed >= limit {
            let why = worst.failing("verdict.health-failed", check, limit);
            return self.sentence(Call::Fail, failed, limit, why);
        }
        if let Some((_, Reason::Blind { check, seen, .. })) = self.blind() {
            let why = Phrase::new("verdict.health-blind").text("check", check).text("seen", seen);
            return self.sentence(Call::Blind, failed, limit, why);
        }
        if failed > 0 {
            let usual = usual.get(check).filter(|_| limit > configured).copied();
            let why = worst.failing("verdict.health-failing", check, limit);
            let why = why.count("usual", usual.map(u64::from));
            return self.sentence(Call::Wait, failed, limit, why);
        }
        if let Some((check, streak)) = self.unwell() {
            let why = match streak.recent.back() {
                Some(_) => Phrase::new("verdict.health-in-grace").text("seen", streak.seen()),
                None => Phrase::new("verdict.health-unmade"),
            };
            let why = why.text("check", check);
            return self.sentence(Call::Wait, failed, limit, why);
        }
        let why = match self.checks.len() {
            1 => Phrase::new("verdict.health-passes").text("check", check),
            many => Phrase::new("verdict.all-pass").count("checks", many as u64),
        };
        self.sentence(Call::Pass, failed, limit, why)
    }

    fn sentence(&self, call: Call, failed: u32, limit: u32, why: Phrase) -> Verdict {
        let samples: u64 = self.checks.values().map(|streak| streak.recent.len() as u64).sum();
        Verdict {
            call,
            value: (samples > 0).then_some(f64::from(failed)),
            limit: Some(f64::from(limit)),
            bound: Bound::AtLeast,
            unit: Unit::Failures,
            samples,
            why,
        }
    }
}

impl Streak {
    fn count(&mut self, sample: &Sample, grace_until: Timestamp) {
        self.started |= sample.began >= grace_until || sample.outcome == Outcome::Ok;
        let again = self.ended && self.failed_since_end > 0 && failed(sample);
        if self.started && !again && !matches!(sample.outcome, Outcome::Blind(_)) {
            self.counted = self.counted.saturating_add(1);
            self.failures = self.failures << 1 | u16::from(sample.outcome != Outcome::Ok);
        }
        match &sample.outcome {
            Outcome::Ok => {
                if self.failed > 0 && !std::mem::take(&mut self.absent) {
                    self.habit.came_back(self.recent.iter().rev().find(|last| failed(last)), sample);
                }
                self.passed = self.passed.saturating_add(1);
                self.failed = 0;
                self.failed_since = None;
                (self.failed_since_end, self.ended) = (0, false);
                self.started = true;
                self.ok_since.get_or_insert(sample.began);
                self.blind_since = None;
            }
            Outcome::Failed(_) => {
                self.failed_since_end = self.failed_since_end.saturating_add(1);
                if self.started {
                    self.failed = self.failed.saturating_add(1);
                    self.failed_since.get_or_insert(sample.began);
                }
                self.passed = 0;
                self.ok_since = None;
                self.blind_since = None;
            }
            // Neither breaks a run of failures nor lengthens it.
            Outcome::Blind(_) => {
                self.passed = 0;
                self.ok_since = None;
                self.blind_since.get_or_insert(sample.began);
            }
        }
        if self.recent.len() == usize::from(KEPT) {
            self.recent.pop_front();
        }
        self.recent.push_back(sample.clone());
    }

    /// That it failed so many times of so many.
    fn failing(&self, sentence: &'static str, check: &str, limit: u32) -> Phrase {
        let (failed, limit) = (u64::from(self.failed), u64::from(limit));
        let failing = Phrase::new(sentence).text("check", check).count("failed", failed);
        failing.count("limit", limit).text("seen", self.seen())
    }

    /// Whether it was made lately.
    fn fresh(&self, now: Timestamp, pause: Duration) -> bool {
        self.recent.back().is_some_and(|last| span(last.began, now) <= pause.saturating_add(last.took))
    }

    /// What comes begins a new run.
    fn forget(&mut self) {
        let recent = std::mem::take(&mut self.recent);
        let habit = std::mem::take(&mut self.habit);
        *self = Self { started: self.started, recent, habit, ..Self::default() };
    }

    /// What was seen last, in the probe's words.
    fn seen(&self) -> String {
        match self.recent.back().map(|sample| &sample.outcome) {
            Some(Outcome::Failed(seen) | Outcome::Blind(seen)) => seen.clone(),
            Some(Outcome::Ok) => "it passes again".to_owned(),
            None => "nothing yet".to_owned(),
        }
    }
}

fn failed(sample: &Sample) -> bool {
    matches!(sample.outcome, Outcome::Failed(_))
}
