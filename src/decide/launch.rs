//! Starts: whenever somebody starts what runs, it has its grace again.
//!
//! A start that a restart policy makes, or anybody else after a crash, is none: a release that ends again and again would
//! never be judged.

use std::time::Duration;

use jiff::Timestamp;

use super::context::Context;
use super::counting::belong;
use super::service::Launch;
use crate::model::facts::Phase;
use crate::model::running::Running;

/// A start is heard of within this, unless something is waited for; by a clock that was set meanwhile it was at any time.
const HEARD: Duration = Duration::from_mins(1);

/// So often in a row it may be started anew on request without a moment in which every check passes.
pub(super) const IN_VAIN: u32 = 3;

/// What runs was looked at, after a deployment that took so long: whether somebody has started it since the last look.
pub(super) fn look(ctx: &mut Context<'_>, running: &Running, lasted: Duration) -> bool {
    let Some(told) = running.launched() else { return false };
    let last = ctx.service.launch;
    if last.is_some_and(|last| last.told >= told) {
        return false;
    }
    let ago = Duration::try_from(ctx.now.duration_since(told)).ok();
    let heard = lasted.saturating_add(HEARD);
    let known = ago.filter(|ago| last.is_none() || *ago <= heard);
    ctx.service.launch = Some(Launch { told, at: known.map_or(ctx.now, |_| told) });
    true
}

/// When what runs was started by somebody, where the engine tells.
pub(super) fn at(ctx: &Context<'_>, running: &Running) -> Option<Timestamp> {
    ctx.service.launch.filter(|launch| running.launched() == Some(launch.told)).map(|launch| launch.at)
}

/// Until when what was started at that time has its grace. Of a set in a Swarm it is known when the Swarm began with it, and
/// not when a container of it was started, before which an old one may have had to stop: its grace begins when it is seen.
pub(super) fn grace_until(ctx: &Context<'_>, running: &Running, at: Timestamp) -> Timestamp {
    let from = if running.members.is_empty() { at.max(ctx.now) } else { at };
    from.checked_add(ctx.policy.grace_of(Some(running))).unwrap_or(Timestamp::MAX)
}

/// The release that was there before was started anew.
pub(super) fn again(ctx: &mut Context<'_>, running: &Running) {
    let Some(at) = at(ctx, running).filter(|_| !ctx.service.crashed) else { return };
    let until = grace_until(ctx, running, at);
    let in_vain = ctx.service.health.in_vain();
    if let Phase::Watching(watch) = &mut ctx.facts_mut().phase {
        watch.started = at;
        watch.restarted = if in_vain { watch.restarted.saturating_add(1) } else { 0 };
        // What was shown, or was being shown, was of a start that is over.
        watch.acceptance = None;
    }
    ctx.service.health.start(at, until);
    ctx.service.triggers.pause(until);
    belong(ctx, at);
}

/// Nobody has started it anew, but until now it could not be seen: it has its grace again.
pub(super) fn given_grace(ctx: &mut Context<'_>, running: Option<&Running>) {
    let now = ctx.now;
    let until = now.checked_add(ctx.policy.grace_of(running)).unwrap_or(Timestamp::MAX);
    if let Phase::Watching(watch) = &mut ctx.facts_mut().phase {
        watch.started = now;
    }
    ctx.service.health.start(now, until);
    ctx.service.triggers.pause(until);
    belong(ctx, now);
}
