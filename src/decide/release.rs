//! The release machine. It alone writes which phase a service is in, which release is at hand and what is known to run.
//! Handlers say what is to become of the release at hand (a [`Transition`]), and know nothing of each other.
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

use super::action::Action;
use super::service::Service;
use super::transition::Transition;
use super::turn::Turn;
use super::{
    ask, blindness, counting, deployment, down, drill, guard, incident, rollback, standing, verify, veto,
    watch, whole,
};
use crate::model::event::{Ask, Happening};
use crate::model::facts::Phase;
use crate::model::policy::ServicePolicy;
use crate::model::reason::Reason;
use crate::model::running::Running;
use crate::model::sample::Sample;

mod close;
mod looked;
mod open;
mod swap;

/// An announcement that nothing follows is dropped after this.
const ANNOUNCED_FOR: Duration = Duration::from_hours(24);

/// One transition brings about the next, so many at most. The longest way: a step holds, it was the last, another release is
/// seen to run, and it was gone back from before.
const CHAIN: usize = 8;

/// What the machine does with what happened.
pub(super) fn happened(turn: &mut Turn<'_>, what: &Happening) {
    if !turn.acts() {
        if standing::happened(turn, what) {
            take_up(turn);
        }
        return;
    }
    let next = match what {
        Happening::Seen(running) => seen(turn, running.as_ref()),
        Happening::Sampled(sample) => sampled(turn, sample),
        Happening::Died { instance, asked, exit, oom } => died(turn, instance, *asked, how(*exit, *oom)),
        // Answers to a step of a rollback that is over find none at hand.
        Happening::StepDone { rollback, step, instance, .. } => {
            rollback::step_done(turn, rollback, *step, instance.as_deref())
        }
        Happening::StepFailed { rollback, step, fault } => {
            rollback::step_failed(turn, rollback, *step, fault)
        }
        Happening::Measured(reading) => watch::measured(turn, reading),
        Happening::AcceptanceRan { release, items } => watch::acceptance_ran(turn, release, items),
        Happening::Stopping { instance, signal } => deployment::asked(turn, instance, signal),
        Happening::Asked { by, ask } => return asked(turn, by, ask),
        // These are taken in whatever is at hand.
        Happening::Stands(standing) => {
            standing::stands(turn, standing);
            return;
        }
        Happening::Kept { release, problems } => return turn.kept(release, problems),
        Happening::Proved { release, problems } => return turn.proved(release, problems),
        Happening::Drilled { drill, problems } => return drill::made(turn, drill, problems),
        Happening::Unpinned { release } => return turn.unpinned(release),
        Happening::Empty { left } => return turn.empty(left),
        Happening::Dependency(sample) => return turn.service.dependencies.depend(sample, turn.policy),
        Happening::Beside(beside) => return turn.service.others.take(beside, turn.policy.window),
        Happening::Recalled(readings) => return watch::recalled(turn, readings),
        Happening::Expected { metric, until, learnt } => {
            return turn.service.triggers.expect(metric, *until, learnt);
        }
    };
    follow(turn, next);
}

/// Makes it so, and what follows from it.
pub(super) fn follow(turn: &mut Turn<'_>, first: Transition) {
    let mut next = first;
    for _ in 0..CHAIN {
        next = match next {
            Transition::Stay => return,
            Transition::WatchAgain => open::again(turn),
            Transition::Accept(reason) => close::accept(turn, reason),
            Transition::Adopt(running, reason) => close::adopt(turn, running, reason),
            Transition::Abort(reason) => close::abort(turn, reason),
            Transition::Hold(why, tier) => close::hold(turn, why, tier),
            Transition::Impossible(why) => close::impossible(turn, why),
            Transition::RollBack { cause, target, known_bad } => swap::begin(turn, cause, &target, known_bad),
            Transition::Advance(rollback) => rollback::advance(turn, rollback),
            Transition::Verify(rollback) => swap::verify(turn, rollback),
            Transition::Unhealthy(why) => swap::again(turn, why),
            Transition::RolledBack => swap::finish(turn),
            Transition::Fail(news, why) => swap::fail(turn, news, why),
            Transition::Another(running) => looked::another(turn, &running),
            Transition::Yield => swap::give_way(turn),
            Transition::Look(running) => looked::seen(turn, running.as_ref()),
        };
    }
    debug_assert_eq!(next, Transition::Stay, "a chain of transitions has an end");
}

/// What runs is looked at as if for the first time.
pub(super) fn look(turn: &mut Turn<'_>, running: Option<&Running>) {
    follow(turn, Transition::Look(running.cloned()));
}

/// What runs was looked at.
fn seen(turn: &mut Turn<'_>, running: Option<&Running>) -> Transition {
    match turn.facts().phase {
        Phase::Idle | Phase::Watching(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => {
            looked::seen(turn, running)
        }
        Phase::RollingBack(_) => {
            rollback::seen(turn, running);
            Transition::Stay
        }
        Phase::Verifying(_) => {
            let ours = rollback::seen(turn, running);
            if ours { verify::prove(turn) } else { Transition::Stay }
        }
    }
}

/// A health check was made.
fn sampled(turn: &mut Turn<'_>, sample: &Sample) -> Transition {
    match turn.facts().phase {
        Phase::Idle => {
            idle(turn, sample);
            Transition::Stay
        }
        Phase::Watching(_) => watch::sample(turn, sample),
        Phase::RollingBack(_) => {
            counting::count(turn, sample);
            turn.fold_sample(sample);
            Transition::Stay
        }
        Phase::Verifying(_) => verify::sample(turn, sample),
        Phase::Held { .. } | Phase::NeedsPerson { .. } => waiting(turn, sample),
    }
}

/// Something ended, as somebody had asked or by itself.
fn died(turn: &mut Turn<'_>, instance: &str, asked: bool, how: String) -> Transition {
    if let Phase::RollingBack(_) = turn.facts().phase {
        turn.fold("died");
        return Transition::Stay;
    }
    if asked {
        return deployment::stopped(turn, instance);
    }
    if turn.facts().away {
        return Transition::Stay;
    }
    let at_hand = watch::ended(turn, instance);
    let next = deployment::crashed(turn, instance);
    follow(turn, next);
    watch::died(turn, at_hand, how)
}

/// How something has ended.
fn how(exit: Option<i64>, oom: bool) -> String {
    match (exit, oom) {
        (_, true) => "out of memory".to_owned(),
        (Some(exit), false) => format!("exit code {exit}"),
        (None, false) => "the engine does not say how".to_owned(),
    }
}

/// Somebody asks for something: it is done before it is answered.
fn asked(turn: &mut Turn<'_>, by: &str, ask: &Ask) {
    let (answer, next) = ask::asked(turn, by, ask);
    follow(turn, next);
    turn.act(Action::Answer(answer));
}

/// Nothing is released, and a health check was made.
fn idle(turn: &mut Turn<'_>, sample: &Sample) {
    if !counting::count(turn, sample) {
        return;
    }
    counting::mark_red(turn);
    close::adopt_at_first_sight(turn);
    down::tell(turn);
}

/// A person is waited for, and a health check was made.
fn waiting(turn: &mut Turn<'_>, sample: &Sample) -> Transition {
    if !counting::count(turn, sample) {
        return Transition::Stay;
    }
    // An urgent incident already says that somebody has to come.
    let told = turn.urgent();
    if !told || turn.service.health.all_pass() {
        down::tell(turn);
    }
    watch::judge_held(turn)
}

/// This golive acts from now on: it goes on as after a restart.
fn take_up(turn: &mut Turn<'_>) {
    started(turn);
    if let Some(running) = turn.service.seen.clone() {
        let next = seen(turn, Some(&running));
        follow(turn, next);
    }
}

/// The daemon is up: what was under way goes on.
pub(super) fn started(turn: &mut Turn<'_>) {
    turn.service.prove_at = Some(turn.now);
    drill::started(turn);
    match turn.facts().phase {
        Phase::Watching(_) => watch::started(turn),
        Phase::RollingBack(_) | Phase::Verifying(_) => rollback::resume(turn),
        Phase::Idle | Phase::Held { .. } | Phase::NeedsPerson { .. } => {}
    }
}

/// Deadlines that have come.
pub(super) fn due(turn: &mut Turn<'_>) {
    let now = turn.now;
    // What a drill gives up is not reminded of.
    drill::due(turn);
    turn.incidents_due();
    watch::look_again(turn);
    let next = deployment::due(turn);
    follow(turn, next);
    whole::due(turn);
    if turn.service.prove_at.is_some_and(|at| at <= now) {
        turn.prove();
    }
    if turn.facts().hold.as_ref().and_then(|hold| hold.until).is_some_and(|until| until <= now) {
        let next = ask::resume(turn);
        follow(turn, next);
    }
    if announced_until(turn.service).is_some_and(|until| until <= now) {
        ask::drop_announced(turn);
    }
    if let Some(cause) = veto::due(turn) {
        let next = guard::act(turn, cause);
        follow(turn, next);
    }
    let next = match &turn.facts().phase {
        Phase::Verifying(verification) if !verification.settled() => verify::prove(turn),
        Phase::RollingBack(_) | Phase::Verifying(_) => rollback::due(turn),
        Phase::Watching(_) | Phase::Idle | Phase::Held { .. } | Phase::NeedsPerson { .. } => watch::due(turn),
    };
    follow(turn, next);
    blindness::too_long(turn);
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
        Phase::RollingBack(_) | Phase::Verifying(_) => swap_deadline(service, policy),
        // What waits for the end of a maintenance window is watched again then.
        Phase::Held { why: Reason::Maintenance { until, .. }, .. } => Some(*until),
        Phase::Held { answer_by, .. } => answer_by.filter(|_| !at_work),
        Phase::Idle | Phase::NeedsPerson { .. } => None,
    };
    let blind = blindness::deadline(service, policy, now);
    let again = service.look_again.front().copied();
    let hold = facts.hold.as_ref().and_then(|hold| hold.until);
    let remind = incident::next_deadline(&facts.incidents);
    let prove = service.prove_at;
    let veto = facts.veto.as_ref().map(|veto| veto.ends).filter(|_| !at_work);
    let deployment = deployment::next_deadline(service, policy);
    let grace = policy.grace_of(service.seen.as_ref());
    let lacks = whole::next_deadline(service.lacking.as_ref(), grace).filter(|_| !at_work);
    let drill = drill::next_deadline(service, policy, now);
    [phase, veto, deployment, lacks, blind, again, hold, remind, prove, drill, announced_until(service)]
        .into_iter()
        .flatten()
        .min()
}

/// When a step of a rollback is asked for again or has to have been answered, or the proof ends.
pub(super) fn swap_deadline(service: &Service, policy: &ServicePolicy) -> Option<Timestamp> {
    match &service.facts().phase {
        Phase::RollingBack(rollback) => Some(rollback::due_at(rollback, policy)),
        Phase::Verifying(verification) if verification.settled() => {
            Some(rollback::due_at(&verification.rollback, policy))
        }
        Phase::Verifying(verification) => verify::next_deadline(service, verification, policy),
        Phase::Idle | Phase::Watching(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => None,
    }
}

fn announced_until(service: &Service) -> Option<Timestamp> {
    let announced = service.facts().announced.as_ref()?;
    announced.began.checked_add(ANNOUNCED_FOR).ok()
}
