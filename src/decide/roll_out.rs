//! An update that the engine carries out by itself (swarm only): one that gets nowhere is told, and one that it has halted
//! for nothing that the release has done is resumed.

use super::action::{Action, Effect};
use super::turn::Turn;
use crate::model::facts::Phase;
use crate::model::notice::{News, Tier};
use crate::model::reason::Reason;
use crate::model::running::Running;

/// What runs was looked at, and is what golive knows of.
pub(super) fn look(turn: &mut Turn<'_>, running: &Running) {
    match &running.stuck {
        Some(why) => {
            turn.open(News::UpdateStuck, Tier::Important, Some(Reason::Said(why.clone())), Vec::new())
        }
        None => turn.resolve(News::UpdateMoves),
    }
    let Some(halted) = &running.halted else { return };
    // Somebody who has halted another one on purpose says so by holding it; what is taken back goes its own way.
    let watched = matches!(turn.facts().phase, Phase::Watching(_)) && turn.facts().hold.is_none();
    if !watched || turn.service.resumed.as_ref() == Some(&halted.by) {
        return;
    }
    turn.service.resumed = Some(halted.by.clone());
    let service = turn.service.name.clone();
    turn.act(Action::Effect(Effect::GoOn { service }));
    turn.tell(News::UpdateResumed, Tier::General, Some(Reason::Said(halted.why.clone())));
}
