//! A release is watched from now on.

use std::time::Duration;

use jiff::Timestamp;

use super::close;
use crate::decide::action::{Action, Persist};
use crate::decide::beside::Others;
use crate::decide::context::Context;
use crate::decide::transition::Transition;
use crate::decide::trigger::health::Health;
use crate::decide::trigger::span;
use crate::decide::{
    checklist, counting, deployment, drift, freeze, launch, naming, permission, quarantine, watch, whole,
};
use crate::model::facts::{Phase, Watch};
use crate::model::notice::{News, Tier};
use crate::model::phrase::Phrase;
use crate::model::reason::Reason;
use crate::model::release::{Origin, Release, ReleaseState};
use crate::model::running::Running;

/// A release that is known so long after its start is known late: the engine did not answer, or golive stood still.
const LATE: Duration = Duration::from_secs(10);

/// Another release runs: it supersedes what is at hand and is watched.
pub(super) fn begin(ctx: &mut Context<'_>, running: &Running) -> Transition {
    close::superseded(ctx, running);
    let fresh = naming::new_release(ctx, running, Origin::Noticed);
    let facts = ctx.facts_mut();
    let release = match facts.announced.take() {
        Some(announced) => Release { running: Some(running.clone()), ..announced },
        None => fresh,
    };
    facts.known = Some(running.identity.clone());
    facts.release = Some(release);
    launch::look(ctx, running, Duration::ZERO);
    let started = launch::at(ctx, running).unwrap_or(ctx.now);
    ctx.service.crashed = false;
    open(ctx, started, launch::grace_until(ctx, running, started));
    let mut doubts = ctx.service.triggers.warnings(ctx.now, ctx.policy);
    doubts.extend(ctx.service.triggers.untold(ctx.now, ctx.policy));
    doubts.extend(ctx.service.triggers.unsaid(ctx.policy));
    let nothing = ctx.facts().accepted.is_empty();
    if nothing {
        doubts.insert(0, Phrase::new("doubt.nothing-to-go-back-to"));
    }
    let said = (!doubts.is_empty()).then_some(Reason::Doubts(doubts));
    let said = said.map(|said| if nothing { Reason::NothingAccepted(Box::new(said)) } else { said });
    ctx.tell(News::ReleaseDetected, Tier::General, said);
    checklist::take(ctx);
    freeze::look(ctx);
    let Some(why) = quarantine::meets(ctx, running) else {
        drift::end(ctx);
        ctx.prove();
        return Transition::Stay;
    };
    // What runs is what was released, which is good news only when it is accepted after all.
    ctx.facts_mut().diverged = None;
    ctx.prove();
    match quarantine::met(ctx, why) {
        Some((why, autonomy)) => permission::failed(ctx, why, autonomy),
        None => Transition::Stay,
    }
}

/// Nobody has to decide any more: the release at hand is watched again, with no grace.
pub(super) fn again(ctx: &mut Context<'_>) -> Transition {
    open(ctx, ctx.now, ctx.now);
    ctx.resolve(News::ReleaseDetected);
    Transition::Stay
}

/// Watches the release at hand from now on; it was started a moment ago, or is given no grace any more.
fn open(ctx: &mut Context<'_>, started: Timestamp, grace_until: Timestamp) {
    let now = ctx.now;
    if span(started, now) > LATE {
        ctx.service.triggers.forget_since(started);
    }
    let ends = now.checked_add(ctx.policy.window).unwrap_or(Timestamp::MAX);
    let watch = Watch {
        began: now,
        started,
        restarted: 0,
        ends,
        extended: false,
        shadowed: false,
        before: ctx.service.triggers.before(now, ctx.policy),
        host_before: ctx.service.triggers.host_before(),
        worst_before: ctx.service.triggers.worst(),
        alerts_before: ctx.service.triggers.alerts_before(now, ctx.policy),
        red_before: counting::was_red(ctx, started),
        came_back: ctx.service.health.habits(now),
        lame: whole::lame(ctx),
        suspected: None,
        excused: None,
        acceptance: None,
    };
    let readings = ctx.service.triggers.remembered(now);
    let mut samples = ctx.service.health.habit_samples(now);
    let since = ctx.service.uncounted.iter().filter(|sample| sample.began >= started);
    samples.extend(since.cloned());
    if !readings.is_empty() || !samples.is_empty() {
        let service = ctx.service.name.clone();
        ctx.act(Action::Persist(Persist::Remember { service, readings, samples }));
    }
    ctx.service.triggers.arm(ctx.policy, &watch);
    ctx.service.ended.clear();
    ctx.service.died_at = None;
    ctx.service.lacking = None;
    ctx.service.said.clear();
    ctx.service.others = Others::of_watch(now);
    let facts = ctx.facts_mut();
    facts.phase = Phase::Watching(watch);
    facts.blame = None;
    ctx.service.health = Health::new(ctx.policy, started, span(started, grace_until));
    ctx.service.triggers.pause(grace_until);
    counting::belong(ctx, started);
    ctx.file(ReleaseState::Watching, None);
    if ctx.facts().away {
        // It is watched from the engine's return on.
        deployment::wait_for_engine(ctx);
    }
    watch::recall(ctx);
}
