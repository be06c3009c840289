//! What a rollback goes from and to, and what of the release it does not take back.

use crate::decide::cause::plain;
use crate::decide::service::Turn;
use crate::decide::{naming, roster};
use crate::model::plan::Plan;
use crate::model::reason::{Beside, Reason, SetReason};
use crate::model::release::Release;
use crate::model::running::Running;

/// From the release at hand to another.
pub(in crate::decide) fn plan(turn: &Turn<'_>, target: &Release, cause: &Reason) -> Option<Plan> {
    let from = turn.facts().release.as_ref()?;
    let restored = |seen: &&Running| target.running.as_ref().is_some_and(|to| to.identity == seen.identity);
    let seen = turn.service.seen.as_ref().filter(|seen| !restored(seen)).or(from.running.as_ref());
    Some(Plan {
        rollback: rollback_id(turn),
        from: from.id.clone(),
        from_version: from.version.clone(),
        bad: seen.map(|seen| seen.instance.clone()),
        to: target.id.clone(),
        to_version: naming::beside(target, Some(from)),
        reason: plain(cause),
    })
}

/// Unique, as a release's id is.
pub(in crate::decide) fn rollback_id(turn: &Turn<'_>) -> String {
    format!("{}-rb-{}{}", turn.service.name, turn.now.strftime("%Y%m%dT%H%M%S%3f"), turn.service.by)
}

/// Services that run now and that the target has none of: a rollback removes their containers.
pub(in crate::decide) fn removes(turn: &Turn<'_>, target: &Release) -> Vec<String> {
    let (Some(seen), Some(to)) = (&turn.service.seen, &target.running) else { return Vec::new() };
    roster::only_in(seen, to)
}

/// What keeps golive from going there by itself: the target should have a service that was missing when it was recorded, or
/// the release has changed something that is left alone.
pub(in crate::decide) fn partly(turn: &Turn<'_>, target: &Release, cause: &Reason) -> Option<Reason> {
    let mut removes = removes(turn, target);
    removes.retain(|service| target.roster.contains_key(service));
    let leaves = leaves(turn, target);
    let whole = removes.is_empty() && leaves.is_empty();
    (!whole).then(|| Reason::Set(SetReason::Partly { removes, leaves, cause: Box::new(cause.clone()) }))
}

/// The cause of a rollback, with all that it does not put back as it was.
pub(super) fn told(turn: &Turn<'_>, target: &Release, cause: &Reason) -> Reason {
    let (removes, leaves) = (removes(turn, target), leaves(turn, target));
    if removes.is_empty() && leaves.is_empty() {
        return cause.clone();
    }
    Reason::Set(SetReason::Partly { removes, leaves, cause: Box::new(cause.clone()) })
}

/// What is left alone and is another than it was beside that version.
pub(in crate::decide) fn leaves(turn: &Turn<'_>, target: &Release) -> Vec<Beside> {
    let (Some(seen), Some(to)) = (&turn.service.seen, &target.running) else { return Vec::new() };
    roster::changed_beside(to, seen)
}
