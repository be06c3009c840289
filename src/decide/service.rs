//! One service's state.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

use super::beside::{Others, Rows};
use super::trigger::Triggers;
use super::trigger::health::Health;
use crate::model::facts::{Facts, Phase};
use crate::model::policy::ServicePolicy;
use crate::model::reason::Lack;
use crate::model::release::Release;
use crate::model::running::Running;
use crate::model::sample::Sample;
use crate::model::verdict::Call;

/// One service.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Service {
    pub(super) name: String,
    facts: Facts,
    /// The facts have changed since they were stored.
    pub(super) touched: bool,
    pub(super) health: Health,
    pub(super) triggers: Triggers,
    /// Checks of what it depends on.
    pub(super) dependencies: Rows,
    /// What others show in the watch at hand.
    pub(super) others: Others,
    /// Its checks failed for good while it ran: a release that comes now is not what broke it.
    pub(super) red: Option<Timestamp>,
    /// When the release at hand ended by itself.
    pub(super) ended: VecDeque<Timestamp>,
    /// It has ended by itself, and was not well since.
    pub(super) crashed: bool,
    /// Nothing could be seen before then, so what tells nothing has done so no longer than since.
    pub(super) blind_from: Timestamp,
    /// The newest start of what runs.
    pub(super) launch: Option<Launch>,
    /// Samples of a time in which somebody was at work on what runs: those since the newest start are of what was started.
    pub(super) uncounted: VecDeque<Sample>,
    /// What the accepted set lacks while nothing is released.
    pub(super) lacking: Option<Lacking>,
    /// When it ended, while it has not come back.
    pub(super) died_at: Option<Timestamp>,
    /// How it did so last.
    pub(super) ended_how: String,
    /// When it is looked at again out of turn.
    pub(super) look_again: VecDeque<Timestamp>,
    /// What each trigger said last of the release at hand.
    pub(super) said: BTreeMap<String, Call>,
    /// What runs now, as far as is known; `None` before the first look and when nothing does.
    pub(super) seen: Option<Running>,
    /// What of a set's project is left alone, while the set has nothing else.
    pub(super) empty: Option<Vec<String>>,
    /// What stands in the way of going back to the accepted release; `None` before it was looked at.
    pub(super) problems: Option<Vec<String>>,
    pub(super) prove_at: Option<Timestamp>,
    /// A drill that is due and could not be made is tried again then.
    pub(super) drill_at: Option<Timestamp>,
    /// Older accepted releases are proved again then.
    pub(super) prove_older_at: Option<Timestamp>,
    /// Why another golive acts for it, or none; `None` when this one does.
    pub(super) standby_reason: Option<String>,
    /// What its ids end with, so that no other golive that acts for it ever gives the same; nothing where none does.
    pub(super) by: String,
    /// What the update that was resumed last had been halted for.
    pub(super) resumed: Option<String>,
    /// Symptoms of the rollback at hand that are counted already.
    pub(super) suppressed: BTreeSet<String>,
    /// When something is due at the latest, as far as is known since its last turn.
    pub(super) deadline: Option<Timestamp>,
}

/// The newest start of what runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Launch {
    /// When it was, as the engine tells.
    pub(super) told: Timestamp,
    /// When it was by golive's own clock.
    pub(super) at: Timestamp,
}

impl Launch {
    /// One that is known from before golive was started.
    pub(super) fn known(running: Option<&Running>, at: Timestamp) -> Option<Self> {
        Some(Self { told: running?.launched()?, at })
    }
}

/// What the accepted set lacks while nothing is released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lacking {
    pub(super) since: Timestamp,
    pub(super) what: Vec<Lack>,
    pub(super) told: bool,
}

impl Service {
    pub(super) fn new(name: String, policy: &ServicePolicy, mut facts: Facts, now: Timestamp) -> Self {
        facts.away &= policy.runs_in_engine();
        let at_hand = facts.release.as_ref().and_then(|release| release.running.as_ref());
        let (since, grace) = match &facts.phase {
            Phase::Watching(watch) => (watch.started, policy.grace_of(at_hand)),
            Phase::Verifying(verification) => (verification.began, policy.grace),
            Phase::Idle | Phase::RollingBack(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => {
                (now, Duration::ZERO)
            }
        };
        let health = Health::new(policy, since, grace);
        let mut triggers = Triggers::default();
        let (mut launch, mut others) = (None, Others::default());
        if let Phase::Watching(watch) = &facts.phase {
            others = Others::of_watch(watch.began);
            triggers.arm(policy, watch);
            triggers.pause(health.grace_until());
            launch = Launch::known(at_hand, watch.started);
        }
        Self {
            name,
            facts,
            touched: false,
            health,
            triggers,
            dependencies: Rows::default(),
            others,
            red: None,
            ended: VecDeque::new(),
            crashed: false,
            blind_from: Timestamp::MIN,
            launch,
            uncounted: VecDeque::new(),
            lacking: None,
            died_at: None,
            ended_how: String::new(),
            look_again: VecDeque::new(),
            said: BTreeMap::new(),
            seen: None,
            empty: None,
            problems: None,
            prove_at: None,
            drill_at: None,
            prove_older_at: None,
            standby_reason: policy.shared.then(|| "it is not known yet whose turn it is".to_owned()),
            by: String::new(),
            resumed: None,
            suppressed: BTreeSet::new(),
            deadline: None,
        }
    }

    /// Back in the configuration: a step that was left undone is due.
    pub(super) fn wake(&mut self, now: Timestamp) {
        self.prove_at = Some(now);
        match &mut self.facts.phase {
            Phase::RollingBack(rollback) => rollback.retry_at = Some(now),
            Phase::Verifying(verification) if verification.settled() => {
                verification.rollback.retry_at = Some(now);
            }
            Phase::Idle
            | Phase::Watching(_)
            | Phase::Verifying(_)
            | Phase::Held { .. }
            | Phase::NeedsPerson { .. } => {}
        }
    }

    pub(super) fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Whether something goes wrong, little as it may be.
    pub(super) fn uneasy(&self) -> bool {
        !self.ended.is_empty() || self.health.failing(1).is_some() || self.triggers.uneasy()
    }

    /// The version that runs, in the words that it was released under where there are such.
    pub(super) fn version(&self) -> Option<String> {
        let runs = |release: &&Release| match (&release.running, &self.seen) {
            (Some(running), Some(seen)) => running.identity == seen.identity,
            _ => true,
        };
        // What a set's release changed does not name all of it.
        let whole = |release: &&Release| match &release.running {
            Some(running) => !running.is_set() || release.announcement.is_some(),
            None => true,
        };
        let named = self.facts.accepted.last().filter(runs).filter(whole).map(|it| it.version.clone());
        named.or_else(|| self.seen.as_ref().map(|seen| seen.version.clone()))
    }

    /// Whether nothing of it runs, as far as is known.
    pub(super) fn is_gone(&self) -> bool {
        match &self.seen {
            Some(seen) => !seen.members.is_empty() && !seen.members.iter().any(|member| member.stage.is_up()),
            None => self.facts.known.is_some(),
        }
    }

    /// For changing; marks the facts as to be stored.
    pub(super) fn facts_mut(&mut self) -> &mut Facts {
        self.touched = true;
        &mut self.facts
    }
}
