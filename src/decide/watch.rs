//! The watch of a release: what is judged of it, until its end.

mod away;
mod judging;

use std::time::Duration;

use jiff::Timestamp;

use super::action::{Action, Effect};
use super::context::Context;
use super::transition::Transition;
use super::{acceptance, counting, deployment, permission, suspect, whole};
use crate::model::acceptance::Item;
use crate::model::facts::Phase;
use crate::model::notice::Tier;
use crate::model::phrase::Phrase;
use crate::model::policy::{Autonomy, Otherwise};
use crate::model::reading::Reading;
use crate::model::reason::Reason;
use crate::model::sample::Sample;
use crate::model::verdict::Call;

pub(super) use away::{missed, started};
pub(super) use judging::{deadline, judge_held};
use judging::{judge, still_excused};

/// After something ended, it is looked at again so soon (judgement §2.1: at once, and after two and four seconds).
const AGAIN: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(4)];

/// A watch does not end while the release is still being rolled out, for so long at most.
const ROLL_OUT: Duration = Duration::from_hours(1);

/// The release was started anew on request. An autohealer does so again and again, and never finds it well.
pub(super) fn started_in_vain(ctx: &mut Context<'_>) -> Transition {
    match ctx.facts().phase {
        Phase::Watching(_) => judge(ctx),
        Phase::Idle
        | Phase::RollingBack(_)
        | Phase::Verifying(_)
        | Phase::Held { .. }
        | Phase::NeedsPerson { .. } => Transition::Stay,
    }
}

/// The past of the business metrics up to the release is asked for, where it is not known.
pub(super) fn recall(ctx: &mut Context<'_>) {
    let Phase::Watching(watch) = &ctx.facts().phase else { return };
    let released = watch.released();
    if ctx.service.triggers.lacks_a_past(ctx.policy) {
        let until = ctx.service.triggers.past_until().unwrap_or(released);
        let service = ctx.service.name.clone();
        ctx.act(Action::Effect(Effect::Recall { service, until }));
    }
}

/// A health check was made.
pub(super) fn sample(ctx: &mut Context<'_>, sample: &Sample) -> Transition {
    if !counting::count(ctx, sample) {
        return Transition::Stay;
    }
    let gone = ctx.service.seen.as_ref().is_some_and(|seen| !seen.alive);
    let waited = |at: &Timestamp| at.checked_add(AGAIN[1]).is_ok_and(|until| ctx.now >= until);
    if gone && ctx.service.died_at.as_ref().is_some_and(waited) {
        // The engine has had its time to start it again: this is no start-up any more.
        ctx.service.health.ended();
    }
    judge(ctx)
}

/// Something was measured, in any phase.
pub(super) fn measured(ctx: &mut Context<'_>, reading: &Reading) -> Transition {
    counting::measure(ctx, reading);
    match &ctx.facts().phase {
        Phase::Watching(_) => judge(ctx),
        Phase::Held { .. } => judge_held(ctx),
        Phase::Idle | Phase::RollingBack(_) | Phase::Verifying(_) | Phase::NeedsPerson { .. } => {
            Transition::Stay
        }
    }
}

/// The acceptance items of the release at hand were made.
pub(super) fn acceptance_ran(ctx: &mut Context<'_>, release: &str, items: &[Item]) -> Transition {
    if acceptance::ran(ctx, release, items) { judge(ctx) } else { Transition::Stay }
}

/// What was measured before golive looked. A watch that began without knowing it begins to count anew.
pub(super) fn recalled(ctx: &mut Context<'_>, readings: &[Reading]) {
    let Phase::Watching(watch) = &ctx.facts().phase else {
        return ctx.service.triggers.recall(readings);
    };
    let (began, known) = (watch.began, !watch.before.is_empty());
    let until = watch.released();
    let older: Vec<Reading> = readings.iter().filter(|reading| reading.at < until).cloned().collect();
    ctx.service.triggers.recall(&older);
    let counted = began.checked_add(ctx.policy.grace).is_ok_and(|floor| ctx.now > floor);
    if known || counted {
        return;
    }
    let before = ctx.service.triggers.before(began, ctx.policy);
    if let Phase::Watching(watch) = &mut ctx.facts_mut().phase {
        watch.before = before;
        let watch = watch.clone();
        ctx.service.triggers.arm(ctx.policy, &watch);
    }
}

/// What runs has ended by itself: look at once instead of at the next interval. Whether that is what is at hand.
pub(super) fn ended(ctx: &mut Context<'_>, instance: &str) -> bool {
    let service = ctx.service.name.clone();
    ctx.act(Action::Effect(Effect::ProbeNow { service }));
    let at_hand = ctx.service.seen.as_ref().is_none_or(|seen| seen.has(instance));
    ctx.service.crashed |= at_hand;
    at_hand
}

/// It has ended in a watch: look again soon, and count how often it does.
pub(super) fn died(ctx: &mut Context<'_>, at_hand: bool, how: String) -> Transition {
    let Phase::Watching(watch) = &ctx.facts().phase else { return Transition::Stay };
    let counted = watch.began.checked_add(ctx.policy.grace).is_ok_and(|floor| ctx.now >= floor);
    let now = ctx.now;
    ctx.service.look_again = AGAIN.iter().filter_map(|after| now.checked_add(*after).ok()).collect();
    if at_hand {
        ctx.service.died_at = Some(now);
        ctx.service.health.died();
    }
    if !counted || !at_hand {
        return Transition::Stay;
    }
    ctx.service.ended.retain(|at| now.duration_since(*at).unsigned_abs() <= suspect::LOOP_WITHIN);
    if ctx.service.ended.len() < usize::from(suspect::LOOP) {
        ctx.service.ended.push_back(now);
    }
    ctx.service.ended_how = how;
    judge(ctx)
}

/// Something ended a moment ago: another look.
pub(super) fn look_again(ctx: &mut Context<'_>) {
    let now = ctx.now;
    if ctx.service.look_again.front().is_some_and(|at| *at <= now) {
        ctx.service.look_again.retain(|at| *at > now);
        let service = ctx.service.name.clone();
        ctx.act(Action::Effect(Effect::ProbeNow { service }));
    }
}

/// Deadlines that have come.
pub(super) fn due(ctx: &mut Context<'_>) -> Transition {
    let now = ctx.now;
    let at_work = deployment::under_way(ctx.service, now);
    match &ctx.facts().phase {
        Phase::Watching(_) => {
            // The last minute of a window ends with it, and is judged before the release is accepted.
            ctx.service.triggers.pass(now);
            judge(ctx)
        }
        Phase::Held { why: Reason::Maintenance { until, .. }, .. } if *until <= now => Transition::WatchAgain,
        Phase::Held { answer_by: Some(by), .. } if *by <= now && !at_work => permission::unanswered(ctx),
        Phase::Idle
        | Phase::RollingBack(_)
        | Phase::Verifying(_)
        | Phase::Held { .. }
        | Phase::NeedsPerson { .. } => Transition::Stay,
    }
}

/// Only now, or not before now, the release runs everywhere: the window begins.
pub(super) fn rolled_out(ctx: &mut Context<'_>) {
    let whole = ctx.now.checked_add(ctx.policy.window).unwrap_or(Timestamp::MAX);
    if let Phase::Watching(watch) = &mut ctx.facts_mut().phase {
        (watch.ends, watch.extended) = (whole.max(watch.ends), false);
    }
}

/// The engine has given the release at hand up: no need to wait for the next check. `None` where nothing is judged.
pub(super) fn given_up(ctx: &mut Context<'_>) -> Option<Transition> {
    let watching = matches!(ctx.facts().phase, Phase::Watching(_));
    (watching && suspect::given_up(ctx).is_some()).then(|| judge(ctx))
}

/// The window is over: accept if nothing speaks against it, put the end off once, then do as `on-blind` says.
fn try_end(ctx: &mut Context<'_>) -> Transition {
    let Phase::Watching(watch) = &ctx.facts().phase else { return Transition::Stay };
    let (began, ends, extended) = (watch.began, watch.ends, watch.extended);
    let waits = ctx.facts().veto.is_some() || deployment::under_way(ctx.service, ctx.now);
    if waits || !extended && ctx.now < ends {
        return Transition::Stay;
    }
    let rolling = ctx.service.seen.as_ref().is_some_and(|seen| seen.rolling_out);
    if rolling && ctx.now.duration_since(began).unsigned_abs() < ROLL_OUT {
        if ctx.now >= ends {
            rolled_out(ctx);
        }
        return Transition::Stay;
    }
    let blind = || ctx.service.triggers.blind(ctx.now, ctx.policy).map(|(_, why)| why);
    let rolling = || rolling.then(|| Reason::Said("it is still being rolled out".to_owned()));
    let Some(undecided) = ctx.service.health.undecided(ctx.now).or_else(blind).or_else(rolling) else {
        return passed(ctx);
    };
    if !extended {
        let window = ctx.policy.window;
        if let Phase::Watching(watch) = &mut ctx.facts_mut().phase {
            watch.ends = ends.checked_add(window).unwrap_or(Timestamp::MAX);
            watch.extended = true;
        }
        return Transition::Stay;
    }
    if ctx.now < ends {
        return Transition::Stay;
    }
    undecided_at_last(ctx, undecided)
}

/// Every check passes at the end: it is good, unless something else failed that was excused.
fn passed(ctx: &mut Context<'_>) -> Transition {
    if let Some(why) = still_excused(ctx) {
        return Transition::Hold(why, Tier::Important);
    }
    if let Some(next) = acceptance::before_accepting(ctx) {
        return next;
    }
    Transition::Accept(suspect::noted(ctx).or_else(|| whole::noted(ctx)).or_else(|| unproved(ctx)))
}

/// The longest watch is over, and nobody knows.
fn undecided_at_last(ctx: &mut Context<'_>, undecided: Reason) -> Transition {
    if let Some(why) = still_excused(ctx) {
        return Transition::Hold(why, Tier::Important);
    }
    let blind = ctx.service.health.blind().or_else(|| ctx.service.triggers.blind(ctx.now, ctx.policy));
    let why = blind.map_or(undecided, |(_, why)| why);
    let judged = matches!(ctx.policy.autonomy, Autonomy::Ask | Autonomy::Auto);
    match ctx.policy.on_blind {
        Otherwise::Accept => Transition::Accept(Some(why)),
        Otherwise::Rollback if judged => permission::failed(ctx, why, ctx.policy.autonomy),
        Otherwise::Hold | Otherwise::Rollback => Transition::Hold(why, Tier::Important),
    }
}

/// What could not be told for sure, with the bound that was proved.
fn unproved(ctx: &Context<'_>) -> Option<Reason> {
    let verdicts = ctx.service.triggers.verdicts(ctx.now, ctx.policy);
    let waiting = verdicts.into_iter().filter(|(name, verdict)| {
        verdict.call == Call::Wait && !ctx.service.triggers.leaves_out(name, ctx.policy)
    });
    let of = |name: String, why| Phrase::new("verdict.of").text("trigger", name).part("sentence", why);
    let sentences: Vec<Phrase> = waiting.map(|(name, verdict)| of(name, verdict.why)).collect();
    (!sentences.is_empty()).then_some(Reason::Unproved(sentences))
}
