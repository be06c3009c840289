//! The count-down in which people may stop a rollback that golive would begin by itself.
//!
//! What was decided stays decided: checks that pass again do not end a count-down, for a release that fails now and then
//! would end it each time. A person does: hold, accept and abort stop it, a rollback begins at once, another release
//! supersedes.

use super::cause::evidence;
use super::context::Context;
use super::deployment;
use super::transition::Transition;
use crate::model::facts::{Phase, Veto};
use crate::model::notice::{News, Tier};
use crate::model::reason::Reason;

/// golive would roll back now. Whether people get time to stop it.
pub(super) fn begin(ctx: &mut Context<'_>, cause: &Reason) -> bool {
    let lasts = ctx.policy.veto;
    // Whoever was asked and did not answer has had time.
    if lasts.is_zero() || matches!(cause, Reason::Unanswered(_)) {
        return false;
    }
    let Ok(ends) = ctx.now.checked_add(lasts) else { return false };
    let evidence = evidence(ctx, cause);
    let facts = ctx.facts_mut();
    facts.veto = Some(Veto { cause: cause.clone(), ends });
    if let Phase::Held { answer_by, .. } = &mut facts.phase {
        *answer_by = None;
    }
    ctx.open(News::RollbackScheduled { lasts }, Tier::Urgent, Some(cause.clone()), evidence);
    true
}

/// Its time has come: what was decided is done.
pub(super) fn due(ctx: &mut Context<'_>) -> Option<Reason> {
    // Nothing is rolled back while somebody is at work on it.
    if deployment::under_way(ctx.service, ctx.now) {
        return None;
    }
    ctx.facts().veto.as_ref().filter(|veto| veto.ends <= ctx.now)?;
    ctx.facts_mut().veto.take().map(|veto| veto.cause)
}

/// Automation was put on hold: the release stays, and a person decides.
pub(super) fn stopped(ctx: &mut Context<'_>, why: Option<String>) -> Transition {
    match ctx.facts_mut().veto.take() {
        Some(veto) => Transition::Hold(Reason::OnHold { why, cause: Box::new(veto.cause) }, Tier::Urgent),
        None => Transition::Stay,
    }
}
