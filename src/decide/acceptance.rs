//! What a release has to show before it is accepted (guide G3): when its watch would end well, its acceptance items are
//! made. Until they have ended it is watched on, and may be taken back as before.

use std::time::Duration;

use jiff::Timestamp;

use super::action::{Action, Effect};
use super::context::Context;
use super::transition::Transition;
use super::{deployment, permission};
use crate::model::acceptance::{Item, Verdict};
use crate::model::facts::{AcceptanceRun, Phase, Watch};
use crate::model::notice::Tier;
use crate::model::policy::{Autonomy, Otherwise};
use crate::model::reason::Reason;

/// A run that has not ended after this is not waited for any more: a load run lasts ten minutes at most, and no item that
/// looks takes as long.
const WITHIN: Duration = Duration::from_mins(30);

/// So many items that did not pass are named.
const NAMED: usize = 10;

/// What stands in the way of accepting the release at hand: its items are still being made, or have not all passed. `None`
/// when nothing does.
pub(super) fn before_accepting(ctx: &mut Context<'_>) -> Option<Transition> {
    let on_fail = ctx.policy.acceptance?;
    let why = match &ctx.facts().watch()?.acceptance {
        None => {
            run(ctx);
            return Some(Transition::Stay);
        }
        Some(AcceptanceRun::Running { since }) if ctx.now < until(*since) => return Some(Transition::Stay),
        Some(AcceptanceRun::Running { .. }) => Reason::Acceptance { of: 0, short: Vec::new() },
        Some(AcceptanceRun::Ended { short }) => short.clone()?,
    };
    // What could not be told is no evidence to take anything back by.
    let acts = failed(&why) && matches!(ctx.policy.autonomy, Autonomy::Ask | Autonomy::Auto);
    Some(match on_fail {
        Otherwise::Accept => Transition::Accept(Some(why)),
        Otherwise::Rollback if acts => permission::failed(ctx, why, ctx.policy.autonomy),
        Otherwise::Rollback | Otherwise::Hold => Transition::Hold(why, Tier::Important),
    })
}

/// The items were made. Whether they are those that are waited for.
pub(super) fn ran(ctx: &mut Context<'_>, release: &str, items: &[Item]) -> bool {
    let facts = ctx.facts();
    let at_hand = facts.release.as_ref().is_some_and(|at_hand| at_hand.id == release);
    if !at_hand || facts.watch().and_then(running_since).is_none() {
        return false;
    }
    // Somebody is at work on it: what it has shown meanwhile says nothing.
    let disturbed = deployment::under_way(ctx.service, ctx.now);
    if let Phase::Watching(watch) = &mut ctx.facts_mut().phase {
        watch.acceptance = (!disturbed).then(|| AcceptanceRun::Ended { short: short(items) });
    }
    true
}

/// Whoever was making the items has ended: they are made anew.
pub(super) fn again(ctx: &mut Context<'_>) {
    let running = ctx.facts().watch().and_then(running_since).is_some();
    if ctx.policy.acceptance.is_some() && running {
        run(ctx);
    }
}

/// When a run is not waited for any more.
pub(super) fn deadline(watch: &Watch) -> Option<Timestamp> {
    running_since(watch).map(until)
}

/// Since when items are being made.
pub(super) fn running_since(watch: &Watch) -> Option<Timestamp> {
    match watch.acceptance {
        Some(AcceptanceRun::Running { since }) => Some(since),
        Some(AcceptanceRun::Ended { .. }) | None => None,
    }
}

fn until(since: Timestamp) -> Timestamp {
    since.checked_add(WITHIN).unwrap_or(Timestamp::MAX)
}

fn run(ctx: &mut Context<'_>) {
    let Some(release) = ctx.facts().release.as_ref().map(|release| release.id.clone()) else { return };
    let since = ctx.now;
    if let Phase::Watching(watch) = &mut ctx.facts_mut().phase {
        watch.acceptance = Some(AcceptanceRun::Running { since });
    }
    let service = ctx.service.name.clone();
    ctx.act(Action::Effect(Effect::RunAcceptance { service, release }));
}

/// Those that did not pass, the failed ones first.
fn short(items: &[Item]) -> Option<Reason> {
    let mut short: Vec<Item> = items.iter().filter(|item| item.verdict != Verdict::Pass).cloned().collect();
    short.sort_by_key(|item| std::cmp::Reverse(item.verdict));
    short.truncate(NAMED);
    let of = u32::try_from(items.len()).unwrap_or(u32::MAX);
    (!short.is_empty()).then_some(Reason::Acceptance { of, short })
}

fn failed(why: &Reason) -> bool {
    let Reason::Acceptance { short, .. } = why else { return false };
    short.iter().any(|item| item.verdict == Verdict::Fail)
}
