//! A service that is down is news, whether anything is released or not.

use super::cause::evidence;
use super::suspect;
use super::turn::Turn;
use crate::model::notice::{News, Tier};

/// Nothing is being judged, or nothing is done about it: it is down, or up again.
pub(super) fn tell(turn: &mut Turn<'_>) {
    if let Some(reason) = suspect::failing(turn) {
        let evidence = evidence(turn, &reason);
        turn.open(News::ServiceDown, Tier::Urgent, Some(reason), evidence);
    } else if turn.service.health.all_pass() {
        turn.resolve(News::ServiceUp);
    }
}
