//! A freeze: nothing is released for a while (a match day, the end of a year). golive refuses what is announced, and tells of
//! what is released all the same: it cannot keep others from replacing containers. A rollback is never refused.

use super::context::Context;
use crate::model::notice::{News, Tier};
use crate::model::reason::Reason;
use crate::model::refusal::Refusal;
use crate::model::release::Announcement;

/// Whether a release may be announced now.
pub(super) fn admits(ctx: &Context<'_>, announcement: &Announcement) -> Result<(), Refusal> {
    match ctx.policy.freeze.until(ctx.now) {
        Some(until) if announcement.overrides.is_none() => Err(Refusal::Frozen { until }),
        Some(_) | None => Ok(()),
    }
}

/// A release has come. Going back to what was accepted before is none, whoever does it.
pub(super) fn look(ctx: &mut Context<'_>) {
    let Some(release) = ctx.facts().release.as_ref() else { return };
    let overridden = release.announcement.as_ref().is_some_and(|said| said.overrides.is_some());
    if overridden || ctx.facts().was_accepted(&release.version) {
        return;
    }
    if let Some(until) = ctx.policy.freeze.until(ctx.now) {
        ctx.tell(News::ReleasedInFreeze, Tier::Important, Some(Reason::Frozen { until }));
    }
}
