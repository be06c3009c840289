//! A rollback under way: its steps one after the other, the proof, and the way out when a step fails.

use jiff::Timestamp;

use super::action::{Action, Effect};
use super::cause::evidence;
use super::service::{Service, Turn};
use super::{diverge, guard, release, verify};
use crate::model::facts::{Facts, Phase, Rollback, Verification};
use crate::model::notice::{News, Tier};
use crate::model::policy::ServicePolicy;
use crate::model::reason::{Reason, Runs};
use crate::model::release::{Release, ReleaseState};
use crate::model::running::{Identity, Running, parts};
use crate::model::step::{Fault, FaultKind, Step};

mod patience;
mod plan;

use patience::{answer_by, pause, unheard};
use plan::told;
pub(super) use plan::{leaves, partly, plan, removes, rollback_id};

/// Decides a rollback of the release at hand, which is known when it comes again if it is bad.
pub(super) fn begin(turn: &mut Turn<'_>, cause: Reason, target: &Release, known_bad: bool) {
    let evidence = evidence(turn, &cause);
    let Some(plan) = plan(turn, target, &cause) else { return };
    let told = told(turn, target, &cause);
    let step = turn.policy.steps.first().copied().unwrap_or(Step::Prepare);
    let rollback = Rollback {
        plan,
        reason: cause.clone(),
        known_bad,
        began: turn.now,
        step,
        since: turn.now,
        asked: turn.now,
        attempts: 0,
        retry_at: None,
        successor: None,
        undoing: None,
        again: false,
    };
    turn.conclude_watch();
    turn.service.triggers.rest(Timestamp::MAX);
    turn.facts_mut().veto = None;
    turn.facts_mut().deployment = None;
    turn.service.folded.clear();
    turn.facts_mut().phase = Phase::RollingBack(rollback);
    turn.file(ReleaseState::RollingBack, Some(cause));
    turn.open(News::RollbackStarted, Tier::Urgent, Some(told), evidence);
    perform(turn);
}

/// What runs has been looked at in mid-rollback: our own doing, or somebody else's.
pub(super) fn seen(turn: &mut Turn<'_>, running: Option<&Running>) {
    turn.service.seen = running.cloned();
    let (Some(rollback), Some(running)) = (at_hand(turn), running) else { return };
    if rollback.undoing.is_some() {
        return;
    }
    if foreign(turn, running) {
        give_way(turn, Reason::Superseded { version: running.version.clone() });
    } else if let Phase::Verifying(_) = turn.facts().phase {
        verify::prove(turn);
    }
}

/// Neither what the rollback leaves nor what it goes to, nor some of both: a set is swapped one by one.
fn foreign(turn: &Turn<'_>, running: &Running) -> bool {
    let Some(rollback) = at_hand(turn) else { return false };
    // The operator's command restores the version itself, which is all the instance it has.
    let target = target(turn).and_then(|target| target.running).map(|target| target.instance);
    let ours = [rollback.successor.as_deref(), rollback.plan.bad.as_deref(), target.as_deref()];
    let is_ours = |part: &str| ours.iter().flatten().any(|known| parts(known).any(|known| known == part));
    // The engine takes the release back by itself: the update waits for that, and looks who has been there.
    running.given_up.is_none()
        // Half a set is seen while the others are still to be updated.
        && rollback.step != Step::Update
        && !parts(&running.instance).all(is_ours)
}

/// A step holds: the next one.
pub(super) fn step_done(turn: &mut Turn<'_>, id: &str, step: Step, instance: Option<&str>) {
    let Some(mut rollback) = current(turn, id, step) else { return };
    rollback.attempts = 0;
    rollback.retry_at = None;
    if matches!(step, Step::Create | Step::Start | Step::Command | Step::Update) {
        rollback.successor = instance.map(str::to_owned).or(rollback.successor);
    }
    match step {
        Step::Undo => {
            let (runs, cause) = (Runs::Version(rollback.plan.from_version), rollback.undoing);
            let cause = Box::new(cause.unwrap_or(rollback.reason));
            return undone(turn, Reason::Stuck { undo: None, runs, cause });
        }
        Step::StandAside => return stood_aside(turn),
        Step::Prepare
        | Step::Forensics
        | Step::Before
        | Step::Create
        | Step::Disarm
        | Step::Stop
        | Step::SetAside
        | Step::TakeName
        | Step::Start
        | Step::Dependents
        | Step::Command
        | Step::Update
        | Step::Converge
        | Step::Verify
        | Step::CleanUp
        | Step::After => {}
    }
    advance(turn, rollback);
}

/// A step does not hold: again, around it, or back.
pub(super) fn step_failed(turn: &mut Turn<'_>, id: &str, step: Step, fault: &Fault) {
    // One that is to be tried again has had its answer.
    let Some(mut rollback) = current(turn, id, step).filter(|rollback| rollback.retry_at.is_none()) else {
        return;
    };
    if let Some(pause) = pause(fault.kind, turn.now, &mut rollback) {
        rollback.retry_at = turn.now.checked_add(pause).ok();
        return put(turn, rollback);
    }
    let why = Reason::Step { step, seen: fault.text.clone() };
    match step {
        Step::Prepare
        | Step::Forensics
        | Step::Before
        | Step::Create
        | Step::Disarm
        | Step::Stop
        | Step::SetAside
        | Step::TakeName
        | Step::Start
        | Step::Command
        | Step::Update
        | Step::Converge
            if fault.kind == FaultKind::Foreign =>
        {
            give_way(turn, why);
        }
        // Nothing has been touched.
        Step::Prepare if !rollback.again => needs_person(turn, News::RollbackImpossible, why),
        Step::Before if fault.kind == FaultKind::Irreversible => {
            guard::said_irreversible(turn, rollback, &fault.text)
        }
        Step::Prepare | Step::Before => failed(turn, why),
        // Knowing less must not keep the service down.
        Step::Forensics => advance(turn, rollback),
        Step::Create
        | Step::Disarm
        | Step::Stop
        | Step::SetAside
        | Step::TakeName
        | Step::Start
        | Step::Update => undo(turn, rollback, why),
        // The engine says that the old version cannot run; what runs of the bad one is better than nothing.
        Step::Converge if fault.kind == FaultKind::Refused => undo(turn, rollback, why),
        // It may still come: it stays what the engine works towards.
        Step::Command | Step::Converge => failed(turn, why),
        Step::Verify => verify::unhealthy(turn, why),
        Step::Undo if fault.kind == FaultKind::Foreign => give_way(turn, why),
        Step::Undo => {
            // What a refusal leaves running, its words say.
            let runs = if fault.kind == FaultKind::Transient { runs(turn) } else { Runs::Unknown };
            let cause = Box::new(rollback.undoing.unwrap_or(rollback.reason));
            undone(turn, Reason::Stuck { undo: Some(fault.text.clone()), runs, cause });
        }
        Step::StandAside => stood_aside(turn),
        // The service is restored; what is left over is told, and no reason to touch it again.
        Step::Dependents | Step::CleanUp | Step::After => {
            turn.open(News::LeftOver, Tier::Important, Some(why), Vec::new());
            advance(turn, rollback);
        }
    }
}

/// Deadlines that have come.
pub(super) fn due(turn: &mut Turn<'_>) {
    if proving(turn) {
        return verify::prove(turn);
    }
    let Some(rollback) = at_hand(turn).cloned() else { return };
    match rollback.retry_at {
        Some(retry_at) if retry_at <= turn.now => perform(turn),
        Some(_) => {}
        None if answer_by(&rollback, turn.policy) <= turn.now => {
            let fault = unheard(turn.policy);
            step_failed(turn, &rollback.plan.rollback, rollback.step, &fault);
        }
        None => {}
    }
}

/// Docker answers again: a step that waited for it is tried at once.
pub(super) fn engine_back(turn: &mut Turn<'_>) {
    if at_hand(turn).is_some_and(|rollback| rollback.retry_at.is_some()) {
        perform(turn);
    }
}

/// The daemon was killed in the middle: the step at hand is done again, a proof begins anew.
pub(super) fn resume(turn: &mut Turn<'_>) {
    let now = turn.now;
    match &mut turn.facts_mut().phase {
        Phase::Verifying(verification) if !verification.settled() => {
            verification.began = now;
            turn.count_anew(turn.policy.grace);
        }
        Phase::RollingBack(rollback) | Phase::Verifying(Verification { rollback, .. }) => {
            rollback.since = now;
            perform(turn);
        }
        Phase::Idle | Phase::Watching(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => {}
    }
}

pub(super) fn next_deadline(service: &Service, policy: &ServicePolicy) -> Option<Timestamp> {
    match &service.facts().phase {
        Phase::RollingBack(rollback) => Some(due_at(rollback, policy)),
        Phase::Verifying(verification) if verification.settled() => {
            Some(due_at(&verification.rollback, policy))
        }
        Phase::Verifying(verification) => verify::next_deadline(service, verification, policy),
        Phase::Idle | Phase::Watching(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => None,
    }
}

/// When the step at hand is asked for again, or has to have been answered.
fn due_at(rollback: &Rollback, policy: &ServicePolicy) -> Timestamp {
    rollback.retry_at.unwrap_or_else(|| answer_by(rollback, policy))
}

/// Whether no step is at hand, because the restored version is being proved.
fn proving(turn: &Turn<'_>) -> bool {
    matches!(&turn.facts().phase, Phase::Verifying(proof) if !proof.settled())
}

pub(super) fn at_hand<'a>(turn: &'a Turn<'_>) -> Option<&'a Rollback> {
    of(turn.facts())
}

/// The rollback that is at hand by these facts.
pub(super) fn of(facts: &Facts) -> Option<&Rollback> {
    match &facts.phase {
        Phase::RollingBack(rollback) => Some(rollback),
        Phase::Verifying(verification) => Some(&verification.rollback),
        Phase::Idle | Phase::Watching(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => None,
    }
}

/// The rollback at hand, if it is the one that an answer is about and waits for that step. A proof waits for none.
fn current(turn: &Turn<'_>, id: &str, step: Step) -> Option<Rollback> {
    let rollback = at_hand(turn).filter(|_| !proving(turn))?;
    (rollback.plan.rollback == id && rollback.step == step).then(|| rollback.clone())
}

pub(super) fn target(turn: &Turn<'_>) -> Option<Release> {
    let to = &at_hand(turn)?.plan.to;
    turn.facts().accepted.iter().find(|release| release.id == *to).cloned()
}

pub(super) fn put(turn: &mut Turn<'_>, rollback: Rollback) {
    match &mut turn.facts_mut().phase {
        Phase::RollingBack(old) => *old = rollback,
        Phase::Verifying(verification) => verification.rollback = rollback,
        Phase::Idle | Phase::Watching(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => {}
    }
}

/// Asks for the step at hand.
pub(super) fn perform(turn: &mut Turn<'_>) {
    let Some(mut rollback) = at_hand(turn).cloned() else { return };
    (rollback.retry_at, rollback.asked) = (None, turn.now);
    let (plan, step) = (rollback.plan.clone(), rollback.step);
    put(turn, rollback);
    let service = turn.service.name.clone();
    turn.act(Action::Effect(Effect::Step { service, plan, step }));
}

/// The next step is at hand.
fn take_up(turn: &mut Turn<'_>, rollback: Rollback) {
    put(turn, Rollback { since: turn.now, attempts: 0, ..rollback });
    perform(turn);
}

pub(super) fn advance(turn: &mut Turn<'_>, rollback: Rollback) {
    let verifying = matches!(turn.facts().phase, Phase::Verifying(_));
    let steps = if verifying { &turn.policy.finish } else { &turn.policy.steps };
    // By order, not by position: the list may have been changed by a reload meanwhile.
    match steps.iter().find(|next| **next > rollback.step) {
        Some(next) => {
            take_up(turn, Rollback { step: *next, ..rollback });
        }
        None if verifying => verify::finished(turn),
        None => verify::begin(turn, rollback),
    }
}

/// The way back out: the bad release runs again rather than nothing.
fn undo(turn: &mut Turn<'_>, rollback: Rollback, why: Reason) {
    take_up(turn, Rollback { step: Step::Undo, undoing: Some(why), ..rollback });
}

/// Somebody else deploys: what golive made is removed and theirs is watched.
fn give_way(turn: &mut Turn<'_>, why: Reason) {
    let Some(rollback) = at_hand(turn).cloned() else { return };
    take_up(turn, Rollback { step: Step::StandAside, undoing: Some(why), ..rollback });
}

/// The way back out was taken, or barred; unless somebody has deployed meanwhile, a person has to come.
fn undone(turn: &mut Turn<'_>, why: Reason) {
    match turn.service.seen.clone() {
        Some(running) if foreign(turn, &running) => release::another(turn, &running),
        Some(_) | None => failed(turn, why),
    }
}

fn stood_aside(turn: &mut Turn<'_>) {
    match turn.service.seen.clone() {
        Some(running) if foreign(turn, &running) => release::another(turn, &running),
        // Theirs was not seen yet, and is watched when it is. What is still there is nobody's release any more.
        seen => {
            let why = at_hand(turn).and_then(|rollback| rollback.undoing.clone());
            turn.conclude(News::ReleaseSuperseded, why.clone());
            turn.close(ReleaseState::Superseded, why);
            diverge::end(turn);
            turn.facts_mut().known = seen.map(|running| running.identity);
        }
    }
}

/// What is seen to run; of a set it is not said in one word.
pub(super) fn runs(turn: &Turn<'_>) -> Runs {
    match turn.service.seen.as_ref() {
        Some(seen) if seen.about.is_some() => Runs::Unknown,
        Some(seen) if seen.alive => Runs::Version(seen.version.clone()),
        Some(_) | None => Runs::Nothing,
    }
}

pub(super) fn failed(turn: &mut Turn<'_>, why: Reason) {
    needs_person(turn, News::RollbackFailed, why);
}

fn needs_person(turn: &mut Turn<'_>, news: News, why: Reason) {
    let evidence = evidence(turn, &why);
    turn.open(news, Tier::Urgent, Some(why.clone()), evidence);
    turn.file(ReleaseState::RollbackFailed, Some(why.clone()));
    let at_hand = turn.facts().release.as_ref().map(|release| release.id.clone());
    let known = left(turn);
    let facts = turn.facts_mut();
    facts.decided = at_hand.map(|id| (id, ReleaseState::RollbackFailed));
    facts.known = known.or(facts.known.take());
    facts.phase = Phase::NeedsPerson { why };
}

/// What a rollback that ends here leaves running, so that seeing it is no news. Until the swap is done that is the bad
/// release, whatever was seen in between; an operator's command may have left either.
fn left(turn: &Turn<'_>) -> Option<Identity> {
    let swapped = match &turn.facts().phase {
        Phase::RollingBack(rollback) => matches!(rollback.step, Step::Command | Step::Converge),
        Phase::Idle
        | Phase::Watching(_)
        | Phase::Verifying(_)
        | Phase::Held { .. }
        | Phase::NeedsPerson { .. } => true,
    };
    let facts = turn.facts();
    // Of two rollbacks the second leaves what the first has restored.
    let from = at_hand(turn).map(|rollback| &rollback.plan.from);
    let bad = facts
        .release
        .iter()
        .chain(&facts.accepted)
        .find(|release| from.is_none_or(|from| *from == release.id));
    let bad = bad.and_then(|release| release.running.as_ref());
    let seen = turn.service.seen.as_ref();
    let left = if swapped { seen.or(bad) } else { bad };
    left.map(|running| running.identity.clone())
}
