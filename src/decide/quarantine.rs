//! Versions that were gone back from: known at once when they come again, until somebody accepts them.

use super::context::Context;
use crate::model::facts::{Facts, Quarantined};
use crate::model::notice::{News, Tier};
use crate::model::policy::{Autonomy, Quarantine};
use crate::model::reason::Reason;
use crate::model::running::{Identity, Running};

/// So many are known; of more, the oldest are forgotten.
const KEPT: usize = 20;

/// The release at hand was gone back from.
pub(super) fn add(ctx: &mut Context<'_>, why: &Reason) {
    let (at, why) = (ctx.now, first(why));
    let facts = ctx.facts_mut();
    let Some(release) = &facts.release else { return };
    let Some(running) = &release.running else { return };
    let (identity, version) = (running.identity.clone(), release.version.clone());
    let bad = Quarantined { identity, version, release: release.id.clone(), at, why };
    facts.quarantine.retain(|old| old.identity != bad.identity);
    facts.quarantine.push(bad);
    let more = facts.quarantine.len().saturating_sub(KEPT);
    facts.quarantine.drain(..more);
}

/// It is good after all.
pub(super) fn lift(facts: &mut Facts, identity: &Identity) {
    facts.quarantine.retain(|bad| bad.identity != *identity);
}

/// Whether that was gone back from.
pub(super) fn holds(facts: &Facts, identity: &Identity) -> bool {
    facts.quarantine.iter().any(|bad| bad.identity == *identity)
}

/// Whether what begins now was gone back from, and matters because of that: what is said of it then.
pub(super) fn meets(ctx: &Context<'_>, running: &Running) -> Option<Reason> {
    known(ctx.facts(), &running.identity).filter(|_| ctx.policy.quarantine != Quarantine::Off)
}

/// A release has begun that was gone back from: told, unless it is to be judged by that, and how.
pub(super) fn met(ctx: &mut Context<'_>, why: Reason) -> Option<(Reason, Autonomy)> {
    let autonomy = ctx.policy.autonomy;
    let judged = autonomy != Autonomy::Off && matches!(why, Reason::Quarantined { same: true, .. });
    match ctx.policy.quarantine {
        Quarantine::Off => None,
        Quarantine::Ask if judged => Some((why, autonomy.min(Autonomy::Ask))),
        Quarantine::Rollback if judged => Some((why, autonomy)),
        Quarantine::Watch | Quarantine::Ask | Quarantine::Rollback => {
            ctx.open(News::KnownBadVersion, Tier::Important, Some(why), Vec::new());
            None
        }
    }
}

/// The same release, or at least an image that no accepted version has.
fn known(facts: &Facts, identity: &Identity) -> Option<Reason> {
    let good = |image: &str| {
        let running = facts.accepted.iter().filter_map(|accepted| accepted.running.as_ref());
        running.into_iter().any(|running| running.identity.image == image)
    };
    let newest_first = || facts.quarantine.iter().rev();
    let same = newest_first().find(|bad| bad.identity == *identity);
    let alike = || newest_first().find(|bad| bad.identity.image == identity.image && !good(&identity.image));
    let bad = same.or_else(alike)?;
    let (version, at, cause) = (bad.version.clone(), bad.at, Box::new(bad.why.clone()));
    Some(Reason::Quarantined { version, at, same: same.is_some(), cause })
}

/// Why it was gone back from the first time.
fn first(why: &Reason) -> Reason {
    let cause = why.cause();
    if let Reason::Quarantined { cause, .. } = cause { first(cause) } else { cause.clone() }
}
