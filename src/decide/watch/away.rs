//! golive was down, or stood still, in the middle of a watch.

use std::time::Duration;

use jiff::Timestamp;

use super::recall;
use crate::decide::acceptance;
use crate::decide::context::Context;
use crate::model::facts::Phase;

/// A longer pause in watching (golive was down) lengthens the window; so do more than three intervals.
const GAP: Duration = Duration::from_secs(15);

/// The daemon is up again in the middle of a watch.
pub(in crate::decide) fn started(ctx: &mut Context<'_>) {
    let Phase::Watching(watch) = &ctx.facts().phase else { return };
    let (began, ends) = (watch.began, watch.ends);
    away(ctx, began, ends);
    ctx.service.health.resume(ctx.now);
    recall(ctx);
    acceptance::again(ctx);
}

/// golive was down: what it did not see of the window is added, so that as much is watched as was asked for.
fn away(ctx: &mut Context<'_>, began: Timestamp, ends: Timestamp) {
    let now = ctx.now;
    let last = ctx.service.health.last_began().unwrap_or(began);
    if last > now {
        // The host's clock was put back: times of before mean nothing any more.
        let lasts = Duration::try_from(ends.duration_since(began)).unwrap_or(ctx.policy.window);
        if let Phase::Watching(watch) = &mut ctx.facts_mut().phase {
            watch.began = now;
            watch.ends = now.checked_add(lasts).unwrap_or(Timestamp::MAX);
            let watch = watch.clone();
            ctx.service.triggers.arm(ctx.policy, &watch);
        }
        ctx.count_anew(ctx.policy.grace);
        return;
    }
    let gap = now.duration_since(last).unsigned_abs();
    if gap <= ctx.policy.interval.saturating_mul(3).max(GAP) {
        return;
    }
    missed(ctx, gap);
}

/// For so long nothing was seen of the release, which is added to its window: never more than a whole window, however
/// often golive is started.
pub(in crate::decide) fn missed(ctx: &mut Context<'_>, gap: Duration) {
    let whole = ctx.now.checked_add(ctx.policy.window).unwrap_or(Timestamp::MAX);
    if let Phase::Watching(watch) = &mut ctx.facts_mut().phase {
        let ends = watch.ends;
        watch.ends = ends.checked_add(gap).unwrap_or(Timestamp::MAX).min(whole).max(ends);
    }
}
