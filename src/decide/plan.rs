//! What a rollback goes from and to, and what of the release it does not take back.

use super::cause::plain;
use super::context::Context;
use super::{naming, roster};
use crate::model::plan::Plan;
use crate::model::reason::{Beside, Reason, Runs, SetReason};
use crate::model::release::{Origin, Release};
use crate::model::running::Running;

/// The release that a rollback would leave: the one at hand, else the accepted one if that runs, else what runs.
pub(super) fn leaving(ctx: &Context<'_>) -> Option<Release> {
    let (facts, seen) = (ctx.facts(), ctx.service.seen.as_ref());
    let runs = |accepted: &&Release| {
        let running = accepted.running.as_ref();
        seen.is_none_or(|seen| running.is_some_and(|running| running.identity == seen.identity))
    };
    let known = facts.release.as_ref().or(facts.accepted.last().filter(runs)).cloned();
    known.or_else(|| Some(naming::new_release(ctx, seen?, Origin::Noticed)))
}

/// The release that the rollback at hand goes to.
pub(super) fn target(ctx: &Context<'_>) -> Option<Release> {
    let to = &ctx.facts().rollback()?.plan.to;
    ctx.facts().accepted.iter().find(|release| release.id == *to).cloned()
}

/// What is seen to run; of a set it is not said in one word.
pub(super) fn runs(ctx: &Context<'_>) -> Runs {
    match ctx.service.seen.as_ref() {
        Some(seen) if seen.about.is_some() => Runs::Unknown,
        Some(seen) if seen.alive => Runs::Version(seen.version.clone()),
        Some(_) | None => Runs::Nothing,
    }
}

/// From a release to another.
pub(super) fn plan(ctx: &Context<'_>, from: &Release, target: &Release, cause: &Reason) -> Plan {
    let restored = |seen: &&Running| target.running.as_ref().is_some_and(|to| to.identity == seen.identity);
    let seen = ctx.service.seen.as_ref().filter(|seen| !restored(seen)).or(from.running.as_ref());
    Plan {
        rollback: naming::rollback_id(ctx),
        from: from.id.clone(),
        from_version: from.version.clone(),
        bad: seen.map(|seen| seen.instance.clone()),
        to: target.id.clone(),
        to_version: naming::beside(target, Some(from)),
        reason: plain(cause),
        drill: None,
    }
}

/// Services that run now and that the target has none of: a rollback removes their containers.
pub(super) fn removes(ctx: &Context<'_>, target: &Release) -> Vec<String> {
    let (Some(seen), Some(to)) = (&ctx.service.seen, &target.running) else { return Vec::new() };
    roster::only_in(seen, to)
}

/// What keeps golive from going there by itself: the target should have a service that was missing when it was recorded, or
/// the release has changed something that is left alone.
pub(super) fn partly(ctx: &Context<'_>, target: &Release, cause: &Reason) -> Option<Reason> {
    let mut removes = removes(ctx, target);
    removes.retain(|service| target.roster.contains_key(service));
    let leaves = leaves(ctx, target);
    let whole = removes.is_empty() && leaves.is_empty();
    (!whole).then(|| Reason::Set(SetReason::Partly { removes, leaves, cause: Box::new(cause.clone()) }))
}

/// The cause of a rollback, with all that it does not put back as it was.
pub(super) fn told(ctx: &Context<'_>, target: &Release, cause: &Reason) -> Reason {
    let (removes, leaves) = (removes(ctx, target), leaves(ctx, target));
    if removes.is_empty() && leaves.is_empty() {
        return cause.clone();
    }
    Reason::Set(SetReason::Partly { removes, leaves, cause: Box::new(cause.clone()) })
}

/// What is left alone and is another than it was beside that version.
pub(super) fn leaves(ctx: &Context<'_>, target: &Release) -> Vec<Beside> {
    let (Some(seen), Some(to)) = (&ctx.service.seen, &target.running) else { return Vec::new() };
    roster::changed_beside(to, seen)
}
