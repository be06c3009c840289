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
//! Another identity seen in any phase supersedes what is at hand. A drill that goes for real is `Idle`, `RollingBack` and
//! `Verifying` back, the same forth, and `Idle`, with no release at hand.

use std::time::Duration;

use jiff::Timestamp;

use super::action::Action;
use super::context::Context;
use super::service::Service;
use super::transition::Transition;
use super::{
    ask, blindness, countdown, counting, deployment, down, drill, incident, leadership, permission, rollback,
    verify, watch, whole,
};
use crate::model::drill::Way;
use crate::model::event::{Ask, ServiceEvent};
use crate::model::facts::Phase;
use crate::model::notice::News;
use crate::model::policy::ServicePolicy;
use crate::model::reason::Reason;
use crate::model::running::Running;
use crate::model::sample::Sample;

mod close;
mod looked;
mod open;
mod swap;
mod there_and_back;

/// An announcement that nothing follows is dropped after this.
const ANNOUNCED_FOR: Duration = Duration::from_hours(24);

/// One transition brings about the next, so many at most. The longest way: a step holds, it was the last, another release is
/// seen to run, and it was gone back from before.
const CHAIN: usize = 8;

/// What the machine does with what happened.
pub(super) fn happened(ctx: &mut Context<'_>, what: &ServiceEvent) {
    if !ctx.acts() {
        if leadership::happened(ctx, what) {
            take_up(ctx);
        }
        return;
    }
    let next = match what {
        ServiceEvent::Seen(running) => seen(ctx, running.as_ref()),
        ServiceEvent::Sampled(sample) => sampled(ctx, sample),
        ServiceEvent::Died { instance, asked, exit, oom } => died(ctx, instance, *asked, how(*exit, *oom)),
        // Answers to a step of a rollback that is over find none at hand.
        ServiceEvent::StepDone { rollback, step, instance, .. } => {
            rollback::step_done(ctx, rollback, *step, instance.as_deref())
        }
        ServiceEvent::StepFailed { rollback, step, fault } => {
            rollback::step_failed(ctx, rollback, *step, fault)
        }
        ServiceEvent::Measured(reading) => watch::measured(ctx, reading),
        ServiceEvent::AcceptanceRan { release, items } => watch::acceptance_ran(ctx, release, items),
        ServiceEvent::Stopping { instance, signal } => deployment::asked(ctx, instance, signal),
        ServiceEvent::Asked { by, ask } => return asked(ctx, by, ask),
        ServiceEvent::Drilled { drill, problems } => drill::made(ctx, drill, problems),
        // These are taken in whatever is at hand.
        ServiceEvent::Leadership(standing) => {
            leadership::stands(ctx, standing);
            return;
        }
        ServiceEvent::Kept { release, problems } => return ctx.kept(release, problems),
        ServiceEvent::Proved { release, problems } => return ctx.proved(release, problems),
        ServiceEvent::Unpinned { release } => return ctx.unpinned(release),
        ServiceEvent::Empty { left } => return ctx.empty(left),
        ServiceEvent::Dependency(sample) => return ctx.service.dependencies.depend(sample, ctx.policy),
        ServiceEvent::Beside(beside) => return ctx.service.others.take(beside, ctx.policy.window),
        ServiceEvent::Recalled(readings) => return watch::recalled(ctx, readings),
        ServiceEvent::Expected { metric, until, learnt } => {
            return ctx.service.triggers.expect(metric, *until, learnt);
        }
    };
    follow(ctx, next);
}

/// Makes it so, and what follows from it.
pub(super) fn follow(ctx: &mut Context<'_>, first: Transition) {
    let mut next = first;
    for _ in 0..CHAIN {
        next = match next {
            Transition::Stay => return,
            Transition::WatchAgain => open::again(ctx),
            Transition::Accept(reason) => close::accept(ctx, reason),
            Transition::Adopt(running, reason) => close::adopt(ctx, running, reason),
            Transition::Abort(reason) => close::abort(ctx, reason),
            Transition::Hold(why, tier) => close::hold(ctx, why, tier),
            Transition::Impossible(why) => close::impossible(ctx, why),
            Transition::RollBack { cause, target, known_bad } => swap::begin(ctx, cause, &target, known_bad),
            Transition::Drill(way, cause) => there_and_back::begin(ctx, way, cause),
            Transition::Advance(rollback) => rollback::advance(ctx, rollback),
            Transition::Verify(rollback) => swap::verify(ctx, rollback),
            Transition::Unhealthy(why) => swap::again(ctx, why),
            Transition::RolledBack => match drills(ctx) {
                Some(way) => there_and_back::arrived(ctx, way),
                None => swap::finish(ctx),
            },
            Transition::Undone(why) => match drills(ctx) {
                Some(way) => there_and_back::undone(ctx, way, why),
                None => swap::fail(ctx, News::RollbackFailed, why),
            },
            Transition::Fail(news, why) => match drills(ctx) {
                Some(way) => there_and_back::fail(ctx, way, why),
                None => swap::fail(ctx, news, why),
            },
            Transition::Another(running) => looked::another(ctx, &running),
            Transition::Yield => swap::give_way(ctx),
            Transition::Look(running) => looked::seen(ctx, running.as_ref()),
        };
    }
    debug_assert_eq!(next, Transition::Stay, "a chain of transitions has an end");
}

/// The way of the drill that the rollback at hand is part of.
fn drills(ctx: &Context<'_>) -> Option<Way> {
    ctx.facts().rollback()?.plan.drill
}

/// What runs is looked at as if for the first time.
pub(super) fn look(ctx: &mut Context<'_>, running: Option<&Running>) {
    follow(ctx, Transition::Look(running.cloned()));
}

/// What runs was looked at.
fn seen(ctx: &mut Context<'_>, running: Option<&Running>) -> Transition {
    match ctx.facts().phase {
        Phase::Idle | Phase::Watching(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => {
            looked::seen(ctx, running)
        }
        Phase::RollingBack(_) => {
            rollback::seen(ctx, running);
            Transition::Stay
        }
        Phase::Verifying(_) => {
            let ours = rollback::seen(ctx, running);
            if ours { verify::prove(ctx) } else { Transition::Stay }
        }
    }
}

/// A health check was made.
fn sampled(ctx: &mut Context<'_>, sample: &Sample) -> Transition {
    match ctx.facts().phase {
        Phase::Idle => {
            idle(ctx, sample);
            Transition::Stay
        }
        Phase::Watching(_) => watch::sample(ctx, sample),
        Phase::RollingBack(_) => {
            counting::count(ctx, sample);
            ctx.suppress_sample(sample);
            Transition::Stay
        }
        Phase::Verifying(_) => verify::sample(ctx, sample),
        Phase::Held { .. } | Phase::NeedsPerson { .. } => waiting(ctx, sample),
    }
}

/// Something ended, as somebody had asked or by itself.
fn died(ctx: &mut Context<'_>, instance: &str, asked: bool, how: String) -> Transition {
    if let Phase::RollingBack(_) = ctx.facts().phase {
        ctx.suppress("died");
        return Transition::Stay;
    }
    if asked {
        return deployment::stopped(ctx, instance);
    }
    if ctx.facts().away {
        return Transition::Stay;
    }
    let at_hand = watch::ended(ctx, instance);
    let next = deployment::crashed(ctx, instance);
    follow(ctx, next);
    watch::died(ctx, at_hand, how)
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
fn asked(ctx: &mut Context<'_>, by: &str, ask: &Ask) {
    let (answer, next) = ask::asked(ctx, by, ask);
    follow(ctx, next);
    ctx.act(Action::Answer(answer));
}

/// Nothing is released, and a health check was made.
fn idle(ctx: &mut Context<'_>, sample: &Sample) {
    if !counting::count(ctx, sample) {
        return;
    }
    counting::mark_red(ctx);
    close::adopt_at_first_sight(ctx);
    down::tell(ctx);
}

/// A person is waited for, and a health check was made.
fn waiting(ctx: &mut Context<'_>, sample: &Sample) -> Transition {
    if !counting::count(ctx, sample) {
        return Transition::Stay;
    }
    // An urgent incident already says that somebody has to come.
    let told = ctx.urgent();
    if !told || ctx.service.health.all_pass() {
        down::tell(ctx);
    }
    watch::judge_held(ctx)
}

/// This golive acts from now on: it goes on as after a restart.
fn take_up(ctx: &mut Context<'_>) {
    started(ctx);
    if let Some(running) = ctx.service.seen.clone() {
        let next = seen(ctx, Some(&running));
        follow(ctx, next);
    }
}

/// The daemon is up: what was under way goes on.
pub(super) fn started(ctx: &mut Context<'_>) {
    ctx.service.prove_at = Some(ctx.now);
    drill::started(ctx);
    match ctx.facts().phase {
        Phase::Watching(_) => watch::started(ctx),
        Phase::RollingBack(_) | Phase::Verifying(_) => rollback::resume(ctx),
        Phase::Idle | Phase::Held { .. } | Phase::NeedsPerson { .. } => {}
    }
}

/// Deadlines that have come.
pub(super) fn due(ctx: &mut Context<'_>) {
    let now = ctx.now;
    // What a drill gives up is not reminded of.
    drill::due(ctx);
    ctx.incidents_due();
    watch::look_again(ctx);
    let next = deployment::due(ctx);
    follow(ctx, next);
    whole::due(ctx);
    if ctx.service.prove_at.is_some_and(|at| at <= now) {
        ctx.prove();
    }
    if ctx.facts().hold.as_ref().and_then(|hold| hold.until).is_some_and(|until| until <= now) {
        let next = ask::resume(ctx);
        follow(ctx, next);
    }
    if announced_until(ctx.service).is_some_and(|until| until <= now) {
        ask::drop_announced(ctx);
    }
    if let Some(cause) = countdown::due(ctx) {
        let next = permission::act(ctx, cause);
        follow(ctx, next);
    }
    let next = match &ctx.facts().phase {
        Phase::Verifying(verification) if !verification.settled() => verify::prove(ctx),
        Phase::RollingBack(_) | Phase::Verifying(_) => rollback::due(ctx),
        Phase::Watching(_) | Phase::Idle | Phase::Held { .. } | Phase::NeedsPerson { .. } => watch::due(ctx),
    };
    follow(ctx, next);
    blindness::too_long(ctx);
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
