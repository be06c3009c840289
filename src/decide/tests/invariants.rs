//! What must hold after every single event, whatever has happened.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use super::fixture::{API, World, later, secs};
use crate::decide::action::{Action, Effect, Persist};
use crate::model::acceptance::Verdict;
use crate::model::drill::{Drill, Way};
use crate::model::event::{Ask, Event, ServiceEvent};
use crate::model::facts::{AcceptanceRun, Facts, Phase, Rollback};
use crate::model::incident::IncidentState;
use crate::model::notice::News;
use crate::model::plan::Plan;
use crate::model::policy::{Autonomy, Otherwise, Quarantine, ServicePolicy};
use crate::model::reason::Reason;
use crate::model::release::Release;
use crate::model::running::Running;

/// A world under watch. Only [`Watched::step`], [`Watched::pass`] and [`Watched::kill`] move it on.
#[derive(Debug, Clone)]
pub(super) struct Watched {
    pub(super) world: World,
    /// The step that waits for its answer.
    pub(super) step: Option<(Plan, crate::model::step::Step)>,
    notices: BTreeSet<String>,
    kept: BTreeSet<String>,
    logged: BTreeMap<String, IncidentState>,
    rolled_back: BTreeSet<String>,
    automatic: Vec<Timestamp>,
    /// What restarts and outages may have added to the watch that began then.
    added: (Timestamp, Duration),
}

impl Watched {
    pub(super) fn new(policy: ServicePolicy) -> Self {
        let world = World::new(policy);
        let now = world.now;
        Self {
            world,
            step: None,
            notices: BTreeSet::new(),
            kept: BTreeSet::new(),
            logged: BTreeMap::new(),
            rolled_back: BTreeSet::new(),
            automatic: Vec::new(),
            added: (now, Duration::ZERO),
        }
    }

    pub(super) fn policy(&self) -> &ServicePolicy {
        &self.world.policy.services[API]
    }

    /// Everything that the core wanted, checked.
    pub(super) fn step(&mut self, event: &Event) -> Vec<Action> {
        let before = self.world.facts().clone();
        let ran = self.world.state.services[API].seen.clone();
        if *event == Event::Started {
            self.away();
        }
        if let Event::StoodStill { since } = event {
            self.watched_later(Duration::try_from(self.world.now.duration_since(*since)).unwrap_or_default());
        }
        let began = before.deployment.as_ref().map(|deployment| deployment.began);
        let actions = self.world.step(event);
        let until = self.world.facts().deployment.as_ref().map_or(self.world.now, |it| it.began);
        if let Some(began) = began {
            self.watched_later(Duration::try_from(until.duration_since(began)).unwrap_or_default());
        }
        let stored = self.world.stored();
        assert_eq!(stored, self.world.facts(), "a change of facts was not reported");
        answered(event, &actions);
        self.rolls_back(event, &before, ran.as_ref(), &actions);
        self.tells(&actions);
        self.keeps(&actions);
        self.waits_for(&before, event);
        actions
    }

    /// Time passes, and deadlines come; whoever gets the actions hears of each.
    pub(super) fn pass(&mut self, pause: Duration) -> Vec<Action> {
        let mut actions = Vec::new();
        let until = later(self.world.now, pause);
        while let Some(at) = self.world.state.next_deadline().filter(|at| *at <= until) {
            self.world.now = at.max(self.world.now);
            actions.extend(self.step(&Event::Due));
        }
        self.world.now = until;
        actions
    }

    /// golive is killed, and comes up again. `Started` is sent.
    pub(super) fn kill(&mut self) -> Vec<Action> {
        self.step = None;
        self.world.kill();
        self.step(&Event::Started)
    }

    /// How long golive may have been away, as far as its samples say.
    fn away(&mut self) {
        if let Phase::Watching(watch) = &self.world.facts().phase {
            let last = self.world.state.services[API].health.last_began().unwrap_or(watch.began);
            self.watched_later(Duration::try_from(self.world.now.duration_since(last)).unwrap_or_default());
        }
    }

    /// For so long it could not be watched.
    fn watched_later(&mut self, by: Duration) {
        if let Phase::Watching(watch) = &self.world.facts().phase {
            if self.added.0 != watch.began {
                self.added = (watch.began, Duration::ZERO);
            }
            self.added.1 += by;
        }
    }

    fn rolls_back(&mut self, event: &Event, before: &Facts, ran: Option<&Running>, actions: &[Action]) {
        let after = self.world.facts().clone();
        let at_hand = rollback(&after.phase);
        drills_or_releases(&after);
        let steps =
            actions.iter().filter(|action| matches!(action, Action::Effect(Effect::Step { .. }))).count();
        assert!(steps <= 1, "two steps at once: {actions:?}");
        for action in actions {
            let Action::Effect(Effect::Step { plan, step, .. }) = action else { continue };
            let at_hand = at_hand.expect("a step belongs to a rollback");
            assert_eq!((&at_hand.plan, &at_hand.step), (plan, step), "a step of another rollback");
            assert!(at_hand.retry_at.is_none(), "under way and waiting");
            self.step = Some((plan.clone(), *step));
        }
        if at_hand.is_none() || matches!(&after.phase, Phase::Verifying(proof) if !proof.settled()) {
            self.step = None;
        }
        let Some(begun) = at_hand else { return };
        assert!(self.world.state.next_deadline().is_some(), "it stands for ever: {begun:?}");
        self.drills(before, &after);
        match rollback(&before.phase) {
            _ if begun.plan.drill.is_some() => self.went_for_real(event, before, begun),
            Some(old) if begun.again && !old.again => self.went_on(before, old, begun),
            // What came in the middle of the old one was known, and is gone back from at once.
            Some(_)
                if before.release.as_ref().map(|it| &it.id) != after.release.as_ref().map(|it| &it.id) =>
            {
                self.began(event, before, ran, begun);
            }
            Some(old) => assert_eq!(old.plan, begun.plan, "a rollback within a rollback"),
            None => self.began(event, before, ran, begun),
        }
    }

    /// Back only from where all is well; forth from there, and again when a person says so. What is accepted stays so.
    fn went_for_real(&self, event: &Event, before: &Facts, begun: &Rollback) {
        if rollback(&before.phase).is_some_and(|old| old.plan == begun.plan) {
            return;
        }
        let accepted = before.accepted.last().map(|accepted| accepted.id.clone());
        let (from, to) = (Some(begun.plan.from.clone()), Some(begun.plan.to.clone()));
        assert_ne!(from, to);
        match begun.plan.drill.expect("a drill") {
            Way::Back => {
                assert_eq!((from, &before.phase), (accepted, &Phase::Idle), "not from what is accepted");
                assert!(before.hold.is_none(), "went for real on hold");
                let older = before.accepted.iter().find(|release| Some(&release.id) == to.as_ref());
                let older = older.and_then(|older| older.running.as_ref()).expect("it was accepted");
                let bad = before.quarantine.iter().any(|bad| bad.identity == older.identity);
                assert!(!bad, "back to what was gone back from");
            }
            Way::Forth => {
                assert_eq!(to, accepted, "forth to something else");
                let back = rollback(&before.phase).is_some_and(|old| old.plan.drill == Some(Way::Back));
                let asked = matches!(
                    event,
                    Event::Service { what: ServiceEvent::Asked { ask: Ask::Rollback { .. }, .. }, .. }
                );
                assert!(back || asked, "forth from {:?}", before.phase);
            }
        }
    }

    /// What goes for real files nothing, holds nothing against a version, and forgets none.
    fn drills(&self, before: &Facts, after: &Facts) {
        let drills = |facts: &Facts| rollback(&facts.phase).is_some_and(|it| it.plan.drill.is_some());
        if drills(before) && drills(after) {
            let ids = |facts: &Facts| facts.accepted.iter().map(|it| it.id.clone()).collect::<Vec<_>>();
            assert_eq!(ids(before), ids(after), "a drill changes what is accepted");
            assert_eq!(before.quarantine, after.quarantine);
            assert_eq!(before.rollbacks, after.rollbacks, "a drill counts as a rollback");
            assert_eq!(before.decided, after.decided);
        }
    }

    /// The restored version did not work: the next older one, and never a third.
    fn went_on(&self, before: &Facts, old: &Rollback, begun: &Rollback) {
        assert!(matches!(before.phase, Phase::Verifying(_)), "went on in the middle of a swap");
        assert_eq!((&begun.plan.from, &begun.reason), (&old.plan.to, &old.reason));
        assert_ne!(begun.plan.rollback, old.plan.rollback);
        let place = |id: &str| before.accepted.iter().position(|release| release.id == id);
        let (from, to) = (place(&begun.plan.from), place(&begun.plan.to));
        assert!(to.is_some() && to < from, "{to:?} is no older accepted version than {from:?}");
        assert!(!matches!(begun.reason, Reason::Person { .. }), "a person has asked for one version");
        assert!(before.hold.is_none(), "went on on hold");
        assert_eq!(self.policy().maintenance.until(self.world.now), None, "went on in maintenance");
    }

    /// A rollback has begun: who wanted it, and to where?
    fn began(&mut self, event: &Event, before: &Facts, ran: Option<&Running>, begun: &Rollback) {
        let to = before.accepted.iter().find(|release| release.id == begun.plan.to);
        let to = to.unwrap_or_else(|| panic!("{} was never accepted", begun.plan.to));
        let release = self.world.facts().release.as_ref().expect("something is rolled back");
        assert_eq!(release.id, begun.plan.from);
        // What was known is gone back from in the moment that it comes.
        let ran = ran.filter(|_| !matches!(begun.reason, Reason::Quarantined { .. }));
        let runs = ran.or(release.running.as_ref()).map(|running| &running.identity);
        // What a failed rollback has left lying dead may be asked for again.
        let dead = matches!(before.phase, Phase::NeedsPerson { .. }) && ran.is_some_and(|ran| !ran.alive);
        assert!(dead || to.running.as_ref().map(|it| &it.identity) != runs, "back to what runs: {runs:?}");
        if let Event::Service { what: ServiceEvent::Asked { ask: Ask::Rollback { .. }, .. }, .. } = event {
            assert!(matches!(begun.reason, Reason::Person { .. }));
            return;
        }
        let policy = self.policy();
        if let Reason::Health { failures, limit, .. } = &begun.reason {
            // A check that is used to coming back is given one more chance.
            let shaky = matches!(&before.phase, Phase::Watching(watch) if !watch.came_back.is_empty());
            let limits = policy.failures..=policy.failures + u32::from(shaky);
            assert!(failures >= limit && limits.contains(limit), "{:?}", begun.reason);
        } else if let Reason::Quarantined { same, .. } = &begun.reason {
            assert!(*same && policy.quarantine == Quarantine::Rollback, "{:?}", begun.reason);
        } else if let Reason::Acceptance { short, .. } = &begun.reason {
            let failed = short.iter().any(|item| item.verdict == Verdict::Fail);
            assert!(failed && policy.acceptance == Some(Otherwise::Rollback), "{:?}", begun.reason);
        } else {
            let untold = matches!(begun.reason, Reason::Blind { .. } | Reason::Undecided { .. });
            assert!(untold && policy.on_blind == Otherwise::Rollback, "{:?}", begun.reason);
        }
        assert_eq!(policy.autonomy, Autonomy::Auto);
        assert!(self.world.facts().hold.is_none(), "rolled back on hold");
        let said = release.announcement.as_ref().and_then(|said| said.irreversible.as_ref());
        assert!(said.is_none(), "rolled back what is irreversible");
        let now = self.world.now;
        assert_eq!(policy.maintenance.until(now), None, "rolled back in maintenance");
        if !policy.veto.is_zero() {
            let veto = before.veto.as_ref().expect("people were told before");
            assert_eq!((&veto.cause, &begun.reason), (&begun.reason, &veto.cause));
            assert!(veto.ends <= now, "people had no time");
        }
        let bad = |release: &Release| {
            let identity = release.running.as_ref().map(|running| &running.identity);
            before.quarantine.iter().any(|bad| Some(&bad.identity) == identity)
        };
        assert!(!bad(to), "back to what was gone back from");
        let today = self.automatic.iter().filter(|at| later(**at, secs(86400)) > now).count();
        assert!(today < policy.per_day as usize, "more rollbacks a day than allowed");
        assert!(self.rolled_back.insert(release.id.clone()), "{} was rolled back before", release.id);
        self.automatic.push(now);
    }

    fn tells(&mut self, actions: &[Action]) {
        for action in actions {
            if let Action::Tell { notice, channels, .. } = action {
                assert!(self.notices.insert(notice.id.clone()), "{} is told twice", notice.id);
                assert!(!channels.is_empty(), "{} goes nowhere", notice.id);
                assert_eq!(notice.at, self.world.now);
            }
            if let Action::Persist(Persist::Log(incident)) = action
                && incident.service.is_some()
            {
                let was = self.logged.insert(incident.id.clone(), incident.state.clone());
                let over = was == Some(IncidentState::Resolved);
                assert!(!over || incident.flaps > 0, "{} comes back", incident.id);
            }
        }
        let facts = self.world.facts();
        let mut open = BTreeMap::new();
        for incident in &facts.incidents {
            assert!(open.insert(&incident.id, &incident.state).is_none(), "{} is there twice", incident.id);
        }
        let logged: BTreeMap<_, _> =
            self.logged.iter().filter(|(_, state)| **state != IncidentState::Resolved).collect();
        assert_eq!(logged, open, "the list of incidents is another than the core's");
        let waits = matches!(facts.phase, Phase::Held { .. } | Phase::NeedsPerson { .. });
        let told = |news: &News| {
            let asks = matches!(news, News::DecisionRequired | News::RollbackScheduled { .. });
            asks || matches!(news, News::RollbackFailed | News::RollbackImpossible)
        };
        assert!(!waits || facts.incidents.iter().any(|incident| told(&incident.news)), "waits in silence");
    }

    fn keeps(&mut self, actions: &[Action]) {
        for action in actions {
            if let Action::Effect(Effect::Keep { release, .. }) = action {
                self.kept.insert(release.clone());
            }
            if let Action::Effect(Effect::Forget { release, .. }) = action {
                self.kept.remove(release);
            }
        }
        let facts = self.world.facts();
        let accepted: BTreeSet<String> = facts.accepted.iter().map(|release| release.id.clone()).collect();
        assert_eq!(self.kept, accepted, "kept is another than accepted");
        assert_eq!(accepted.len(), facts.accepted.len(), "accepted twice");
        assert!(facts.accepted.len() <= self.policy().keep);
        assert!(facts.quarantine.len() <= 20, "{:?}", facts.quarantine);
        let counts = matches!(facts.phase, Phase::Watching(_) | Phase::Held { .. });
        assert!(facts.veto.is_none() || counts, "a count-down of nothing: {:?}", facts.phase);
        let reminded = facts.incidents.iter().any(|incident| incident.news == News::DriftDetected);
        assert!(facts.diverged.is_none() || reminded, "diverged in silence: {facts:?}");
        // A version that was gone back from before is at hand again: only its end says whether that is good news.
        assert!(facts.diverged.is_some() || !reminded || facts.release.is_some(), "not over: {facts:?}");
        assert!(facts.incidents.len() <= 6, "{:?}", facts.incidents);
        assert!(facts.rollbacks.len() <= self.policy().per_day as usize);
    }

    /// No deadline comes again at once, none is forgotten, and no watch goes on for ever.
    fn waits_for(&self, before: &Facts, event: &Event) {
        if *event != Event::Due {
            return;
        }
        let (now, next) = (self.world.now, self.world.state.next_deadline());
        assert!(
            next.is_none_or(|next| next > now),
            "due again at {next:?} after {before:?}, now {:?} {:?}",
            self.world.facts().phase,
            self.world.state.services[API]
        );
        if let Phase::Watching(watch) = &self.world.facts().phase {
            let run = matches!(watch.acceptance, Some(AcceptanceRun::Running { .. }));
            let facts = self.world.facts();
            let waits = run || facts.veto.is_some() || facts.deployment.is_some();
            assert!(watch.ends > now || waits, "a watch that is over goes on: {watch:?}");
            let added = if self.added.0 == watch.began { self.added.1 } else { Duration::ZERO };
            let longest = later(watch.began, self.policy().window * 2 + added);
            assert!(watch.ends <= longest, "{watch:?} with {added:?}");
        }
    }
}

/// A drill that goes for real is one that has not ended, and no release is at hand with it; all else is of a release.
fn drills_or_releases(facts: &Facts) {
    let swaps = facts.drills.newest.as_ref().is_some_and(Drill::swaps);
    let of_drill = rollback(&facts.phase).filter(|it| it.plan.drill.is_some());
    assert!(!swaps || of_drill.is_some(), "a drill that goes nowhere: {facts:?}");
    let forth = of_drill.is_some_and(|it| it.plan.drill == Some(Way::Forth));
    assert!(of_drill.is_none() || swaps || forth, "back without a drill: {facts:?}");
    match rollback(&facts.phase) {
        Some(at_hand) => assert_eq!(at_hand.plan.drill.is_some(), facts.release.is_none(), "{facts:?}"),
        None => {
            let alone = matches!(facts.phase, Phase::Idle | Phase::NeedsPerson { .. });
            assert!(facts.release.is_some() || alone, "nothing is at hand: {facts:?}");
        }
    }
}

/// Who asks gets one answer, and nobody else does.
fn answered(event: &Event, actions: &[Action]) {
    let answers = actions.iter().filter(|action| matches!(action, Action::Answer(_))).count();
    let asked =
        matches!(event, Event::Acknowledged { .. } | Event::Service { what: ServiceEvent::Asked { .. }, .. });
    assert_eq!(answers, usize::from(asked), "answers to {event:?}: {actions:?}");
}

fn rollback(phase: &Phase) -> Option<&Rollback> {
    match phase {
        Phase::RollingBack(rollback) => Some(rollback),
        Phase::Verifying(verification) => Some(&verification.rollback),
        Phase::Idle | Phase::Watching(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => None,
    }
}
