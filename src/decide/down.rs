//! A service that is down is news, whether anything is released or not.

use super::cause::evidence;
use super::context::Context;
use super::suspect;
use crate::model::notice::{News, Tier};

/// Nothing is being judged, or nothing is done about it: it is down, or up again.
pub(super) fn tell(ctx: &mut Context<'_>) {
    if let Some(reason) = suspect::failing(ctx) {
        let evidence = evidence(ctx, &reason);
        ctx.open(News::ServiceDown, Tier::Urgent, Some(reason), evidence);
    } else if ctx.service.health.all_pass() {
        ctx.resolve(News::ServiceUp);
    }
}
