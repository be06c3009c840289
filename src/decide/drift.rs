//! What runs is not what was released: told, and reminded of, until a new release comes or a person takes it on.

use super::context::Context;
use crate::model::facts::Diverged;
use crate::model::notice::{News, Tier};
use crate::model::reason::Reason;
use crate::model::release::Release;

/// From now on, by the end of that release.
pub(super) fn begin(ctx: &mut Context<'_>, why: Reason, closed: &Release) {
    let identity = |release: &Release| release.running.as_ref().map(|running| running.identity.clone());
    let runs = ctx.service.seen.as_ref().map(|seen| seen.identity.clone());
    let released = if runs.is_some() && runs == identity(closed) {
        ctx.facts().accepted.last().map(|accepted| accepted.version.clone())
    } else {
        Some(closed.version.clone())
    };
    let (since, release) = (ctx.now, Some(closed.id.clone()));
    let facts = ctx.facts_mut();
    facts.diverged = Some(Diverged { since, why: why.clone(), released, release });
    // Diverged anew, by another release: whoever has heard of it hears of it again.
    if let Some(open) = facts.incidents.iter_mut().find(|incident| incident.news == News::DriftDetected) {
        open.news = News::DriftResolved;
    }
    ctx.open(News::DriftDetected, Tier::Important, Some(why), Vec::new());
}

/// What runs is what was released.
pub(super) fn end(ctx: &mut Context<'_>) {
    let facts = ctx.facts_mut();
    facts.diverged = None;
    // Why it had diverged says nothing of what runs now.
    facts.incidents.iter_mut().filter(|it| it.news == News::DriftDetected).for_each(|it| it.reason = None);
    ctx.resolve(News::DriftResolved);
}
