//! What is to become of the release at hand. Handlers say it; the machine (`release`) alone makes it so.

use crate::model::drill::Way;
use crate::model::facts::Rollback;
use crate::model::notice::{News, Tier};
use crate::model::reason::Reason;
use crate::model::release::Release;
use crate::model::running::Running;

/// What a handler wants to become of the release at hand.
#[must_use]
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Transition {
    /// Its phase stays what it is.
    Stay,
    /// Nobody has to decide any more: it is watched again.
    WatchAgain,
    /// It is good.
    Accept(Option<Reason>),
    /// What runs is good as it is, whatever was released: a person says so.
    Adopt(Running, Reason),
    /// It is given up: a person says so.
    Abort(Reason),
    /// It stays, and a person decides.
    Hold(Reason, Tier),
    /// It should be taken back and cannot be.
    Impossible(Reason),
    /// It is taken back.
    RollBack {
        /// Why.
        cause: Reason,
        /// To what.
        target: Release,
        /// It is known when it comes again.
        known_bad: bool,
    },
    /// A drill goes that way for real, or what one has left is gone on with.
    Drill(Way, Reason),
    /// The step at hand holds: the next one is asked for.
    Advance(Rollback),
    /// Everything is swapped: the restored version has to prove itself.
    Verify(Rollback),
    /// The restored version does not work.
    Unhealthy(Reason),
    /// The restored version works, and everything is tidied up.
    RolledBack,
    /// What was to be left runs again as it did before the rollback.
    Undone(Reason),
    /// The rollback cannot be finished, and a person has to come.
    Fail(News, Reason),
    /// Somebody else has deployed what runs.
    Another(Running),
    /// Somebody else deploys, and theirs was not seen yet.
    Yield,
    /// What runs has to be looked at as if it were seen for the first time.
    Look(Option<Running>),
}
