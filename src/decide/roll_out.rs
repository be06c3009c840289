//! An update that the engine carries out by itself (swarm only): one that gets nowhere is told, and one that it has halted
//! for nothing that the release has done is resumed.

use super::action::{Action, Effect};
use super::context::Context;
use crate::model::facts::Phase;
use crate::model::notice::{News, Tier};
use crate::model::reason::Reason;
use crate::model::running::Running;

/// What runs was looked at, and is what golive knows of.
pub(super) fn look(ctx: &mut Context<'_>, running: &Running) {
    match &running.stuck {
        Some(why) => {
            ctx.open(News::UpdateStuck, Tier::Important, Some(Reason::Said(why.clone())), Vec::new())
        }
        None => ctx.resolve(News::UpdateMoves),
    }
    let Some(halted) = &running.halted else { return };
    // Somebody who has halted another one on purpose says so by holding it; what is taken back goes its own way.
    let watched = matches!(ctx.facts().phase, Phase::Watching(_)) && ctx.facts().hold.is_none();
    if !watched || ctx.service.resumed.as_ref() == Some(&halted.by) {
        return;
    }
    ctx.service.resumed = Some(halted.by.clone());
    let service = ctx.service.name.clone();
    ctx.act(Action::Effect(Effect::GoOn { service }));
    ctx.tell(News::UpdateResumed, Tier::General, Some(Reason::Said(halted.why.clone())));
}
