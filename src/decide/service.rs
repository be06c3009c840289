//! One service's state, and one turn of the core over it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

use super::action::{Action, Persist};
use super::beside::{Others, Rows};
use super::launch::{self, Launch};
use super::trigger::Triggers;
use super::trigger::health::Health;
use super::whole::Lacking;
use super::{deployment, rollback, suspect, watch};
use crate::model::facts::{Facts, Phase};
use crate::model::notice::Tier;
use crate::model::policy::{ServicePolicy, TierPolicy};
use crate::model::reading::Reading;
use crate::model::reason::Reason;
use crate::model::release::{Release, ReleaseState};
use crate::model::running::Running;
use crate::model::sample::Sample;
use crate::model::verdict::{Call, Verdict};

/// Between the old container's end and the new one's start, checks fail although the old one was seen alive last.
const SWAP: Duration = Duration::from_secs(10);

/// A rate over the last minutes tells of a release that was rolled back for so long.
pub(super) const LINGERS: Duration = Duration::from_mins(5);

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
    /// Older accepted releases are proved again then.
    pub(super) prove_older_at: Option<Timestamp>,
    /// Why another golive acts for it, or none; `None` when this one does.
    pub(super) aside: Option<String>,
    /// What its ids end with, so that no other golive that acts for it ever gives the same; nothing where none does.
    pub(super) by: String,
    /// What the update that was resumed last had been halted for.
    pub(super) resumed: Option<String>,
    /// Symptoms of the rollback at hand that are counted already.
    pub(super) folded: BTreeSet<String>,
    /// When something is due at the latest, as far as is known since its last turn.
    pub(super) deadline: Option<Timestamp>,
}

impl Service {
    pub(super) fn new(name: String, policy: &ServicePolicy, mut facts: Facts, now: Timestamp) -> Self {
        facts.away &= policy.runs_in_engine();
        let at_hand = facts.release.as_ref().and_then(|release| release.running.as_ref());
        let (since, grace) = match &facts.phase {
            Phase::Watching(watch) => (watch.started, launch::grace(policy, at_hand)),
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
            prove_older_at: None,
            aside: policy.shared.then(|| "it is not known yet whose turn it is".to_owned()),
            by: String::new(),
            resumed: None,
            folded: BTreeSet::new(),
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
    fn is_gone(&self) -> bool {
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

/// One step of the core over one service.
pub(super) struct Turn<'a> {
    pub(super) now: Timestamp,
    pub(super) service: &'a mut Service,
    pub(super) policy: &'a ServicePolicy,
    pub(super) tiers: &'a BTreeMap<Tier, TierPolicy>,
    /// No channel of the urgent tier has confirmed lately, though they were tried.
    pub(super) unheard: bool,
    pub(super) actions: &'a mut Vec<Action>,
}

impl Turn<'_> {
    /// Whether this golive acts for the service.
    pub(super) fn acts(&self) -> bool {
        self.service.aside.is_none()
    }

    pub(super) fn facts(&self) -> &Facts {
        self.service.facts()
    }

    pub(super) fn facts_mut(&mut self) -> &mut Facts {
        self.service.facts_mut()
    }

    pub(super) fn act(&mut self, action: Action) {
        self.actions.push(action);
    }

    /// Takes a sample in, if it is of what is counted now.
    pub(super) fn count(&mut self, sample: &Sample) -> bool {
        if deployment::under_way(self.service, self.now) {
            if !self.facts().away {
                launch::put_by(self, sample);
            }
            return false;
        }
        let counted = self.service.health.count(sample);
        if self.service.is_gone() {
            self.service.health.not_by_itself();
        }
        launch::well(self);
        self.service.red = self.service.red.filter(|_| !self.service.health.all_pass());
        for reading in suspect::probe_readings(sample, self.policy, &self.service.triggers) {
            self.measure(&reading);
        }
        self.see_again();
        counted
    }

    /// Takes a reading in, and says what its trigger makes of it when that has changed.
    pub(super) fn measure(&mut self, reading: &Reading) {
        let started = self.service.seen.as_ref().and_then(|seen| seen.started);
        if deployment::under_way(self.service, self.now) {
            self.service.triggers.pause(Timestamp::MAX);
        }
        // What nothing answers is nobody's normal; of the release at hand it is a failure.
        let judged = matches!(self.facts().phase, Phase::Watching(_) | Phase::Held { .. });
        if self.service.is_gone() && !judged {
            self.service.triggers.pause(Timestamp::MAX);
        }
        self.service.triggers.measure(reading, started, self.policy);
        self.see_again();
        if !matches!(self.facts().phase, Phase::Watching(_)) {
            return;
        }
        let trigger = reading.stream.trigger();
        let Some(verdict) = self.service.triggers.verdict(&reading.stream, self.now, self.policy) else {
            return;
        };
        if self.service.said.insert(trigger.to_owned(), verdict.call) != Some(verdict.call) {
            let (service, trigger) = (self.service.name.clone(), trigger.to_owned());
            self.act(Action::Persist(Persist::Judged { service, trigger, verdict }));
        }
    }

    fn see_again(&mut self) {
        if watch::blind(self.service, self.policy, self.now).is_none() {
            self.resolve_blind();
        }
    }

    /// Remembers that the checks fail although it runs: what comes next is not what broke it.
    pub(super) fn mark_red(&mut self) {
        let alive = self.service.seen.as_ref().is_some_and(|seen| seen.alive);
        if alive && self.service.health.failing(self.policy.failures).is_some() {
            self.service.red.get_or_insert(self.now);
        }
    }

    /// Whether it was so, before what runs now was started, for longer than a swap that takes its time would make it so.
    pub(super) fn was_red(&self, started: Timestamp) -> bool {
        self.service.red.and_then(|since| since.checked_add(SWAP).ok()).is_some_and(|until| until <= started)
    }

    /// Counts health from now on.
    pub(super) fn count_anew(&mut self, grace: Duration) {
        self.service.health = Health::new(self.policy, self.now, grace);
    }

    /// What every trigger says now, the health checks first.
    pub(super) fn verdicts(&self) -> Vec<(String, Verdict)> {
        let (service, policy) = (&*self.service, self.policy);
        let health = service.health.verdict(suspect::usual(service, policy), policy.failures);
        let others = service.triggers.verdicts(self.now, policy);
        std::iter::once(("health".to_owned(), health)).chain(others).collect()
    }

    /// A watch ends: what every trigger says goes into the record.
    pub(super) fn conclude_watch(&mut self) {
        let Phase::Watching(_) = &self.facts().phase else { return };
        let Some(release) = self.facts().release.as_ref().map(|release| release.id.clone()) else { return };
        let (service, verdicts) = (self.service.name.clone(), self.verdicts());
        self.act(Action::Persist(Persist::Concluded { service, release, verdicts }));
    }

    pub(super) fn file(&mut self, state: ReleaseState, reason: Option<Reason>) {
        if let Some(release) = self.facts().release.clone() {
            let asked = rollback::at_hand(self)
                .map(|rollback| &rollback.reason)
                .or(reason.as_ref())
                .is_some_and(Reason::is_a_persons);
            self.act(Action::Persist(Persist::File { release, state, reason, asked }));
        }
    }

    /// The release at hand is decided: it is filed, and nothing is at hand any more.
    pub(super) fn close(&mut self, state: ReleaseState, reason: Option<Reason>) -> Option<Release> {
        self.conclude_watch();
        self.file(state, reason);
        let settled = match state {
            ReleaseState::RolledBack => self.now.checked_add(LINGERS).unwrap_or(Timestamp::MAX),
            ReleaseState::Announced
            | ReleaseState::Watching
            | ReleaseState::Accepted
            | ReleaseState::RollingBack
            | ReleaseState::Verifying
            | ReleaseState::RollbackFailed
            | ReleaseState::Held
            | ReleaseState::Superseded
            | ReleaseState::Aborted => self.now,
        };
        self.service.triggers.rest(settled);
        let facts = self.facts_mut();
        facts.phase = Phase::Idle;
        facts.blame = None;
        facts.veto = None;
        facts.irreversible = None;
        let release = facts.release.take()?;
        facts.decided = Some((release.id.clone(), state));
        Some(release)
    }
}
