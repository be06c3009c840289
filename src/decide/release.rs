//! The release machine.
//!
//! ```text
//!            another identity seen                every check passes at the end
//!   Idle ───────────────────────────▶ Watching ───────────────────────────────────▶ Idle (accepted)
//!    ▲                                  │   │ blind or undecided at the end, ask, on hold
//!    │                                  │   └──────────────────────────▶ Held ──▶ (a person: accept, abort, rollback)
//!    │ rolled back                      │ a trigger fails
//!    │                                  ▼
//!   Verifying ◀──────────────────── RollingBack ──▶ NeedsPerson (undone, or impossible)
//!        └──────────────────────────────────────────▶ NeedsPerson (the old version did not prove healthy)
//! ```
//! Another identity seen in any phase supersedes what is at hand.

use std::time::Duration;

use jiff::Timestamp;

use super::action::{Action, Persist};
use super::rollback;
use super::service::{Service, Turn};
use super::{
    ask, cause, deployment, diverge, incident, launch, naming, roll_out, roster, suspect, verify, veto,
    watch, whole,
};
use crate::model::event::Happening;
use crate::model::facts::Phase;
use crate::model::notice::{News, Tier};
use crate::model::policy::{Autonomy, ServicePolicy};
use crate::model::reason::{Reason, SetReason};
use crate::model::release::{Origin, Release, ReleaseState};
use crate::model::roster::Roster;
use crate::model::running::Running;
use crate::model::sample::Sample;

/// So often in a row every check passes before what runs at first sight is taken as good.
const ADOPT_AFTER: u32 = 3;

/// An announcement that nothing follows is dropped after this.
const ANNOUNCED_FOR: Duration = Duration::from_hours(24);

/// What the machine does with what happened: every phase with every happening.
pub(super) fn happened(turn: &mut Turn<'_>, what: &Happening) {
    use Happening::{
        Asked, Beside, Dependency, Died, Empty, Expected, Kept, Measured, Proved, Recalled, Sampled, Seen,
        Stands, StepDone, StepFailed, Stopping, Unpinned,
    };
    match (&turn.facts().phase, what) {
        (
            Phase::Idle | Phase::Watching(_) | Phase::Held { .. } | Phase::NeedsPerson { .. },
            Seen(running),
        ) => seen(turn, running.as_ref()),
        (Phase::RollingBack(_) | Phase::Verifying(_), Seen(running)) => {
            rollback::seen(turn, running.as_ref());
        }

        (Phase::Idle, Sampled(sample)) => idle_sample(turn, sample),
        (Phase::Watching(_), Sampled(sample)) => watch::sample(turn, sample),
        (Phase::RollingBack(_), Sampled(sample)) => {
            turn.count(sample);
            turn.fold_sample(sample);
        }
        (Phase::Verifying(_), Sampled(sample)) => verify::sample(turn, sample),
        (Phase::Held { .. } | Phase::NeedsPerson { .. }, Sampled(sample)) => waiting_sample(turn, sample),

        (
            Phase::Idle
            | Phase::Watching(_)
            | Phase::Verifying(_)
            | Phase::Held { .. }
            | Phase::NeedsPerson { .. },
            Died { instance, asked, exit, oom },
        ) => died(turn, instance, *asked, how(*exit, *oom)),
        (Phase::RollingBack(_), Died { .. }) => turn.fold("died"),

        (Phase::RollingBack(_) | Phase::Verifying(_), StepDone { rollback, step, instance, .. }) => {
            rollback::step_done(turn, rollback, *step, instance.as_deref());
        }
        (Phase::RollingBack(_) | Phase::Verifying(_), StepFailed { rollback, step, fault }) => {
            rollback::step_failed(turn, rollback, *step, fault);
        }
        // The answer to a step of a rollback that is over.
        (
            Phase::Idle | Phase::Watching(_) | Phase::Held { .. } | Phase::NeedsPerson { .. },
            StepDone { .. } | StepFailed { .. },
        ) => {}

        (
            Phase::Idle
            | Phase::Watching(_)
            | Phase::RollingBack(_)
            | Phase::Verifying(_)
            | Phase::Held { .. }
            | Phase::NeedsPerson { .. },
            Kept { .. }
            | Proved { .. }
            | Unpinned { .. }
            | Empty { .. }
            | Asked { .. }
            | Stands(_)
            | Dependency(_)
            | Beside(_)
            | Measured(_)
            | Recalled(_)
            | Stopping { .. }
            | Expected { .. },
        ) => unreachable!("these do not depend on the phase and are handled before"),
    }
}

/// Something ended, as somebody had asked or by itself.
fn died(turn: &mut Turn<'_>, instance: &str, asked: bool, how: String) {
    if asked {
        deployment::stopped(turn, instance);
    } else if !turn.facts().away {
        watch::died(turn, instance, how);
    }
}

/// How something has ended.
fn how(exit: Option<i64>, oom: bool) -> String {
    match (exit, oom) {
        (_, true) => "out of memory".to_owned(),
        (Some(exit), false) => format!("exit code {exit}"),
        (None, false) => "the engine does not say how".to_owned(),
    }
}

/// The daemon is up: what was under way goes on.
pub(super) fn started(turn: &mut Turn<'_>) {
    turn.service.prove_at = Some(turn.now);
    match turn.facts().phase {
        Phase::Watching(_) => watch::started(turn),
        Phase::RollingBack(_) | Phase::Verifying(_) => rollback::resume(turn),
        Phase::Idle | Phase::Held { .. } | Phase::NeedsPerson { .. } => {}
    }
}

/// Deadlines that have come.
pub(super) fn due(turn: &mut Turn<'_>) {
    let now = turn.now;
    turn.incidents_due();
    watch::look_again(turn);
    deployment::due(turn);
    whole::due(turn);
    if turn.service.prove_at.is_some_and(|at| at <= now) {
        turn.prove();
    }
    if turn.facts().hold.as_ref().and_then(|hold| hold.until).is_some_and(|until| until <= now) {
        ask::resume(turn);
    }
    if announced_until(turn.service).is_some_and(|until| until <= now) {
        ask::drop_announced(turn);
    }
    veto::due(turn);
    match &turn.facts().phase {
        Phase::RollingBack(_) | Phase::Verifying(_) => rollback::due(turn),
        Phase::Watching(_) | Phase::Idle | Phase::Held { .. } | Phase::NeedsPerson { .. } => watch::due(turn),
    }
    watch::blind_too_long(turn);
}

/// When `Due` has to come for this service at the latest.
pub(super) fn next_deadline(service: &Service, policy: &ServicePolicy, now: Timestamp) -> Option<Timestamp> {
    let facts = service.facts();
    // What is decided waits for the end of a deployment, which is an event.
    let at_work = deployment::under_way(service, now);
    let phase = match &facts.phase {
        Phase::Watching(watch) => {
            Some(watch::deadline(facts, watch)).filter(|_| facts.veto.is_none() && !at_work)
        }
        Phase::RollingBack(_) | Phase::Verifying(_) => rollback::next_deadline(service, policy),
        // What waits for the end of a maintenance window is watched again then.
        Phase::Held { why: Reason::Maintenance { until, .. }, .. } => Some(*until),
        Phase::Held { answer_by, .. } => answer_by.filter(|_| !at_work),
        Phase::Idle | Phase::NeedsPerson { .. } => None,
    };
    let blind = watch::blind_deadline(service, policy, now);
    let again = service.look_again.front().copied();
    let hold = facts.hold.as_ref().and_then(|hold| hold.until);
    let remind = incident::next_deadline(&facts.incidents);
    let prove = service.prove_at;
    let veto = facts.veto.as_ref().map(|veto| veto.ends).filter(|_| !at_work);
    let deployment = deployment::next_deadline(service, policy);
    let grace = launch::grace(policy, service.seen.as_ref());
    let lacks = whole::next_deadline(service.lacking.as_ref(), grace).filter(|_| !at_work);
    [phase, veto, deployment, lacks, blind, again, hold, remind, prove, announced_until(service)]
        .into_iter()
        .flatten()
        .min()
}

/// What runs has been looked at while nothing is being taken back.
pub(super) fn seen(turn: &mut Turn<'_>, running: Option<&Running>) {
    let before = std::mem::replace(&mut turn.service.seen, running.cloned());
    let Some(running) = running else {
        return turn.unknown();
    };
    turn.filled();
    // What could not be recorded or found while nothing of it was seen can be now.
    if before.is_none() {
        turn.prove_now();
    }
    if running.alive {
        turn.service.died_at = None;
    }
    let lasted = deployment::lasted(turn);
    // What is half there is no release, and is not started yet.
    if !deployment::seen(turn, running) {
        return;
    }
    let launched = launch::look(turn, running, lasted);
    match &turn.facts().known {
        Some(known) if *known == running.identity => {
            same_again(turn, running);
            if launched {
                launch::again(turn, running);
                watch::started_in_vain(turn);
            }
            if before.is_some_and(|before| before.rolling_out) && !running.rolling_out {
                watch::rolled_out(turn);
            }
            watch::given_up(turn);
            roll_out::look(turn, running);
            whole::look(turn, running);
        }
        Some(_) if turn.facts().announced.is_none() && whole::is_left(turn, running) => {
            whole::look(turn, running)
        }
        None if turn.facts().announced.is_none() && turn.facts().accepted.is_empty() => {
            turn.facts_mut().known = Some(running.identity.clone());
            turn.count_anew(launch::grace(turn.policy, Some(running)));
        }
        Some(_) | None => another(turn, running),
    }
}

/// Something else runs than what golive knows of.
pub(super) fn another(turn: &mut Turn<'_>, running: &Running) {
    let facts = turn.facts();
    let back = facts.accepted.last().and_then(|accepted| accepted.running.as_ref());
    let back = back.is_some_and(|back| back.identity == running.identity);
    let by_engine = running.given_up.is_some() && facts.release.is_some();
    match (back && facts.announced.is_none(), by_engine) {
        (true, true) if turn.policy.health_autonomy >= Autonomy::Ask => join(turn, running),
        (true, _) => back_by_hand(turn, running),
        (false, true) if watch::given_up(turn) => turn.facts_mut().known = Some(running.identity.clone()),
        (false, _) => watch::begin(turn, running),
    }
}

/// The engine itself puts the accepted version back: the rollback is its doing, and golive proves and tells it.
fn join(turn: &mut Turn<'_>, running: &Running) {
    let Some(target) = turn.facts().accepted.last().cloned() else { return };
    let now = turn.now;
    let facts = turn.facts_mut();
    facts.known = Some(running.identity.clone());
    facts.rollbacks.push(now);
    let seen = running.given_up.clone().unwrap_or_default();
    rollback::begin(turn, Reason::GivenUp { seen }, &target, true);
}

/// The known release in a new container, restarted or redeployed.
fn same_again(turn: &mut Turn<'_>, running: &Running) {
    let facts = turn.facts();
    let at_hand = facts.release.as_ref().or(facts.accepted.last());
    let Some(old) = at_hand.and_then(|release| release.running.as_ref()) else { return };
    if old == running || old.identity != running.identity {
        return;
    }
    // Its record tells of containers that are gone, or of fewer than there are.
    let anew = old.instance != running.instance;
    let scaled = roster::scaled(old, running);
    let facts = turn.facts_mut();
    if let Some(release) = facts.release.as_mut().or(facts.accepted.last_mut()) {
        release.running = Some(running.clone());
    }
    if anew {
        turn.service.prove_at = Some(turn.now);
    }
    if !scaled.is_empty() {
        turn.tell(News::ServiceScaled, Tier::General, Some(Reason::Set(SetReason::Scaled(scaled))));
    }
}

/// The accepted version was put back by somebody else: what was at hand is over, and nothing is to be judged.
fn back_by_hand(turn: &mut Turn<'_>, running: &Running) {
    superseded(turn, running);
    turn.facts_mut().known = Some(running.identity.clone());
    if let Some(accepted) = turn.facts_mut().accepted.last_mut() {
        accepted.running = Some(running.clone());
    }
    diverge::end(turn);
    turn.count_anew(turn.policy.grace);
}

pub(super) fn superseded(turn: &mut Turn<'_>, by: &Running) {
    if turn.facts().release.is_some() {
        let reason = Reason::Superseded { version: by.version.clone() };
        turn.conclude(News::ReleaseSuperseded, Some(reason.clone()));
        turn.close(ReleaseState::Superseded, Some(reason));
    }
}

/// A release with an id of its own.
pub(super) fn new_release(turn: &Turn<'_>, running: &Running, origin: Origin) -> Release {
    Release {
        id: release_id(turn),
        service: turn.service.name.clone(),
        version: naming::of(turn.facts().accepted.last(), running),
        running: Some(running.clone()),
        began: turn.now,
        origin,
        announcement: None,
        checklist: None,
        roster: Roster::new(),
    }
}

/// Unique: services have unique names, no two releases of one begin in the same millisecond, and of several golives that
/// act for one each has an ending of its own.
pub(super) fn release_id(turn: &Turn<'_>) -> String {
    format!("{}-{}{}", turn.service.name, turn.now.strftime("%Y%m%dT%H%M%S%3f"), turn.service.by)
}

fn idle_sample(turn: &mut Turn<'_>, sample: &Sample) {
    if !turn.count(sample) {
        return;
    }
    turn.mark_red();
    let facts = turn.facts();
    let adoptable = facts.accepted.is_empty() && facts.diverged.is_none();
    if adoptable
        && let Some(running) = turn.service.seen.clone()
        && turn.service.health.all_passed(ADOPT_AFTER)
    {
        let release = new_release(turn, &running, Origin::Adopted);
        let (release_of, state) = (release.clone(), ReleaseState::Accepted);
        turn.act(Action::Persist(Persist::File { release: release_of, state, reason: None, asked: false }));
        turn.facts_mut().decided = Some((release.id.clone(), ReleaseState::Accepted));
        turn.accept(release, None);
        let said = whole::noted(turn);
        turn.tell(News::ReleaseAccepted, Tier::General, said);
    }
    down_or_up(turn);
}

/// Nothing is being judged, but a service that is down is news.
pub(super) fn down_or_up(turn: &mut Turn<'_>) {
    if let Some(reason) = suspect::failing(turn) {
        let evidence = cause::evidence(turn, &reason);
        turn.open(News::ServiceDown, Tier::Urgent, Some(reason), evidence);
    } else if turn.service.health.all_pass() {
        turn.resolve(News::ServiceUp);
    }
}

fn announced_until(service: &Service) -> Option<Timestamp> {
    let announced = service.facts().announced.as_ref()?;
    announced.began.checked_add(ANNOUNCED_FOR).ok()
}

fn waiting_sample(turn: &mut Turn<'_>, sample: &Sample) {
    if !turn.count(sample) {
        return;
    }
    // An urgent incident already says that somebody has to come.
    let told = turn.urgent();
    if !told || turn.service.health.all_pass() {
        down_or_up(turn);
    }
    watch::judge_held(turn);
}
