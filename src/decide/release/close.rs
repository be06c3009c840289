//! The release at hand is decided: by what was seen of it, by a person, or by another release; or it waits for a person.

use std::time::Duration;

use jiff::Timestamp;

use crate::decide::action::{Action, Persist};
use crate::decide::cause::{evidence, plain};
use crate::decide::context::{Context, LINGERS};
use crate::decide::transition::Transition;
use crate::decide::{drift, drill, naming, suspect, whole};
use crate::model::decision::Decision;
use crate::model::drill::Drill;
use crate::model::facts::Phase;
use crate::model::notice::{News, Tier};
use crate::model::reason::Reason;
use crate::model::release::{Origin, Release, ReleaseState};
use crate::model::running::Running;

/// So often in a row every check passes before what runs at first sight is taken as good.
const ADOPT_AFTER: u32 = 3;

/// The release at hand is good.
pub(super) fn accept(ctx: &mut Context<'_>, reason: Option<Reason>) -> Transition {
    let by = reason.clone();
    let by_a_person = matches!(reason, Some(Reason::Accepted { .. }));
    ctx.conclude(News::ReleaseAccepted, reason.clone());
    if let Some(release) = close(ctx, ReleaseState::Accepted, reason) {
        ctx.facts_mut().known = release.running.as_ref().map(|running| running.identity.clone());
        ctx.accept(release, by.as_ref());
    }
    if by_a_person {
        ctx.count_anew(ctx.policy.grace);
    }
    Transition::Stay
}

/// What runs has passed its checks for long enough to be the version that is gone back to, while there is none.
pub(super) fn adopt_at_first_sight(ctx: &mut Context<'_>) {
    let facts = ctx.facts();
    let adoptable = facts.accepted.is_empty() && facts.diverged.is_none();
    if adoptable
        && let Some(running) = ctx.service.seen.clone()
        && ctx.service.health.all_passed(ADOPT_AFTER)
    {
        let release = naming::new_release(ctx, &running, Origin::Adopted);
        let (release_of, state) = (release.clone(), ReleaseState::Accepted);
        ctx.act(Action::Persist(Persist::File { release: release_of, state, reason: None, asked: false }));
        ctx.facts_mut().decided = Some(Decision::of(&release, ReleaseState::Accepted, ctx.now, None));
        ctx.accept(release, None);
        let said = whole::noted(ctx);
        ctx.tell(News::ReleaseAccepted, Tier::General, said);
    }
}

/// A person says that what runs is good. After a rollback that could not be finished, that is what was restored.
pub(super) fn adopt(ctx: &mut Context<'_>, running: Running, reason: Reason) -> Transition {
    let failed = matches!(ctx.facts().phase, Phase::NeedsPerson { .. });
    if failed {
        close(ctx, ReleaseState::RolledBack, None);
    }
    take_as_it_is(ctx, running, reason);
    if failed {
        ctx.count_anew(ctx.policy.grace);
    }
    Transition::Stay
}

/// What runs is accepted, whether it was before or not.
fn take_as_it_is(ctx: &mut Context<'_>, running: Running, reason: Reason) {
    let facts = ctx.facts_mut();
    facts.known = Some(running.identity.clone());
    let old = facts
        .accepted
        .iter()
        .position(|old| old.running.as_ref().is_some_and(|old| old.identity == running.identity));
    let release = match old {
        Some(at) => Release { running: Some(running), ..facts.accepted.remove(at) },
        None => naming::new_release(ctx, &running, Origin::Noticed),
    };
    let (filed, state) = (release.clone(), ReleaseState::Accepted);
    ctx.act(Action::Persist(Persist::File {
        release: filed,
        state,
        reason: Some(reason.clone()),
        asked: true,
    }));
    ctx.accept(release, Some(&reason));
    ctx.conclude(News::ReleaseAccepted, Some(reason));
}

/// A person gives the release at hand up, whatever runs.
pub(super) fn abort(ctx: &mut Context<'_>, reason: Reason) -> Transition {
    ctx.conclude(News::ReleaseAborted, Some(reason.clone()));
    let closed = close(ctx, ReleaseState::Aborted, Some(reason.clone()));
    // What a drill could not go forth to again is not what runs.
    if let Some(closed) = closed.or_else(|| ctx.facts().accepted.last().cloned()) {
        drift::begin(ctx, reason, &closed);
    }
    ctx.count_anew(ctx.policy.grace);
    Transition::Stay
}

/// The release stays and a person decides.
pub(super) fn hold(ctx: &mut Context<'_>, why: Reason, tier: Tier) -> Transition {
    conclude_watch(ctx);
    let evidence = evidence(ctx, &why);
    ctx.open(News::DecisionRequired, tier, Some(why.clone()), evidence);
    ctx.file(ReleaseState::Held, Some(why.clone()));
    let within = |long: Duration| ctx.now.checked_add(long).ok();
    let asked = matches!(why, Reason::AskFirst(_));
    let answer_by = ctx.policy.ask_within.filter(|_| asked).and_then(within);
    let watched_until = within(ctx.policy.window).unwrap_or(Timestamp::MAX);
    ctx.facts_mut().veto = None;
    ctx.facts_mut().phase = Phase::Held { why, answer_by, watched_until };
    Transition::Stay
}

/// It should be taken back, and there is nothing to go back to.
pub(super) fn impossible(ctx: &mut Context<'_>, why: Reason) -> Transition {
    let evidence = evidence(ctx, &why);
    ctx.open(News::RollbackImpossible, Tier::Urgent, Some(why.clone()), evidence);
    ctx.file(ReleaseState::Held, Some(why.clone()));
    ctx.facts_mut().phase = Phase::NeedsPerson { why };
    Transition::Stay
}

/// Another release runs instead.
pub(super) fn superseded(ctx: &mut Context<'_>, by: &Running) {
    if ctx.facts().release.is_some() || ctx.facts().phase != Phase::Idle {
        given_up(ctx, Some(Reason::Superseded { version: by.version.clone() }));
    }
}

/// Somebody else has deployed, or does: what was at hand is nobody's any more. A drill supersedes no release.
pub(super) fn given_up(ctx: &mut Context<'_>, why: Option<Reason>) {
    let drills = ctx.facts().drills.at_hand().is_some_and(Drill::swaps);
    if drills {
        let why = why.as_ref().map(plain).unwrap_or_default();
        drill::cut_short(ctx, &format!("it was cut short: {why}"));
    } else {
        ctx.conclude(News::ReleaseSuperseded, why.clone());
    }
    close(ctx, ReleaseState::Superseded, why);
}

/// A drill has ended, and nothing is at hand. What is left of it in rates over the last minutes counts for nothing.
pub(super) fn rest(ctx: &mut Context<'_>) {
    close(ctx, ReleaseState::RolledBack, None);
}

/// A watch ends: what every trigger says goes into the record.
pub(super) fn conclude_watch(ctx: &mut Context<'_>) {
    let Phase::Watching(_) = &ctx.facts().phase else { return };
    let Some(release) = ctx.facts().release.as_ref().map(|release| release.id.clone()) else { return };
    let (service, verdicts) = (ctx.service.name.clone(), suspect::verdicts(ctx));
    ctx.act(Action::Persist(Persist::Concluded { service, release, verdicts }));
}

/// The release at hand is decided: it is filed, and nothing is at hand any more.
pub(super) fn close(ctx: &mut Context<'_>, state: ReleaseState, reason: Option<Reason>) -> Option<Release> {
    conclude_watch(ctx);
    ctx.file(state, reason.clone());
    let settled = match state {
        ReleaseState::RolledBack => ctx.now.checked_add(LINGERS).unwrap_or(Timestamp::MAX),
        ReleaseState::Announced
        | ReleaseState::Watching
        | ReleaseState::Accepted
        | ReleaseState::RollingBack
        | ReleaseState::Verifying
        | ReleaseState::RollbackFailed
        | ReleaseState::Held
        | ReleaseState::Superseded
        | ReleaseState::Aborted => ctx.now,
    };
    ctx.service.triggers.rest(settled);
    let now = ctx.now;
    let facts = ctx.facts_mut();
    facts.phase = Phase::Idle;
    facts.blame = None;
    facts.veto = None;
    facts.irreversible = None;
    let release = facts.release.take()?;
    facts.decided = Some(Decision::of(&release, state, now, reason));
    Some(release)
}
