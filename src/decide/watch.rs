//! The watch of a release: what is judged of it, until its end.

mod away;
mod judging;

use std::time::Duration;

use jiff::Timestamp;

use super::action::{Action, Effect};
use super::transition::Transition;
use super::turn::Turn;
use super::{acceptance, counting, deployment, guard, suspect, whole};
use crate::model::acceptance::Item;
use crate::model::facts::{Phase, Watch};
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
pub(super) fn started_in_vain(turn: &mut Turn<'_>) -> Transition {
    match turn.facts().phase {
        Phase::Watching(_) => judge(turn),
        Phase::Idle
        | Phase::RollingBack(_)
        | Phase::Verifying(_)
        | Phase::Held { .. }
        | Phase::NeedsPerson { .. } => Transition::Stay,
    }
}

/// The past of the business metrics up to the release is asked for, where it is not known.
pub(super) fn recall(turn: &mut Turn<'_>) {
    let Phase::Watching(watch) = &turn.facts().phase else { return };
    let until = before(watch);
    if turn.service.triggers.lacks_a_past(turn.policy) {
        let service = turn.service.name.clone();
        turn.act(Action::Effect(Effect::Recall { service, until }));
    }
}

/// What was before that is no release's at hand: it may be known late.
fn before(watch: &Watch) -> Timestamp {
    watch.began.min(watch.started)
}

/// A health check was made.
pub(super) fn sample(turn: &mut Turn<'_>, sample: &Sample) -> Transition {
    if !counting::count(turn, sample) {
        return Transition::Stay;
    }
    let gone = turn.service.seen.as_ref().is_some_and(|seen| !seen.alive);
    let waited = |at: &Timestamp| at.checked_add(AGAIN[1]).is_ok_and(|until| turn.now >= until);
    if gone && turn.service.died_at.as_ref().is_some_and(waited) {
        // The engine has had its time to start it again: this is no start-up any more.
        turn.service.health.ended();
    }
    judge(turn)
}

/// Something was measured, in any phase.
pub(super) fn measured(turn: &mut Turn<'_>, reading: &Reading) -> Transition {
    counting::measure(turn, reading);
    match &turn.facts().phase {
        Phase::Watching(_) => judge(turn),
        Phase::Held { .. } => judge_held(turn),
        Phase::Idle | Phase::RollingBack(_) | Phase::Verifying(_) | Phase::NeedsPerson { .. } => {
            Transition::Stay
        }
    }
}

/// The acceptance items of the release at hand were made.
pub(super) fn acceptance_ran(turn: &mut Turn<'_>, release: &str, items: &[Item]) -> Transition {
    if acceptance::ran(turn, release, items) { judge(turn) } else { Transition::Stay }
}

/// What was measured before golive looked. A watch that began without knowing it begins to count anew.
pub(super) fn recalled(turn: &mut Turn<'_>, readings: &[Reading]) {
    let Phase::Watching(watch) = &turn.facts().phase else {
        return turn.service.triggers.recall(readings);
    };
    let (began, known) = (watch.began, !watch.before.is_empty());
    let until = before(watch);
    let older: Vec<Reading> = readings.iter().filter(|reading| reading.at < until).cloned().collect();
    turn.service.triggers.recall(&older);
    let counted = began.checked_add(turn.policy.grace).is_ok_and(|floor| turn.now > floor);
    if known || counted {
        return;
    }
    let before = turn.service.triggers.before(began, turn.policy);
    if let Phase::Watching(watch) = &mut turn.facts_mut().phase {
        watch.before = before;
        let watch = watch.clone();
        turn.service.triggers.arm(turn.policy, &watch);
    }
}

/// What runs has ended by itself: look at once instead of at the next interval. Whether that is what is at hand.
pub(super) fn ended(turn: &mut Turn<'_>, instance: &str) -> bool {
    let service = turn.service.name.clone();
    turn.act(Action::Effect(Effect::ProbeNow { service }));
    let at_hand = turn.service.seen.as_ref().is_none_or(|seen| seen.has(instance));
    turn.service.crashed |= at_hand;
    at_hand
}

/// It has ended in a watch: look again soon, and count how often it does.
pub(super) fn died(turn: &mut Turn<'_>, at_hand: bool, how: String) -> Transition {
    let Phase::Watching(watch) = &turn.facts().phase else { return Transition::Stay };
    let counted = watch.began.checked_add(turn.policy.grace).is_ok_and(|floor| turn.now >= floor);
    let now = turn.now;
    turn.service.look_again = AGAIN.iter().filter_map(|after| now.checked_add(*after).ok()).collect();
    if at_hand {
        turn.service.died_at = Some(now);
        turn.service.health.died();
    }
    if !counted || !at_hand {
        return Transition::Stay;
    }
    turn.service.ended.retain(|at| now.duration_since(*at).unsigned_abs() <= suspect::LOOP_WITHIN);
    if turn.service.ended.len() < usize::from(suspect::LOOP) {
        turn.service.ended.push_back(now);
    }
    turn.service.ended_how = how;
    judge(turn)
}

/// Something ended a moment ago: another look.
pub(super) fn look_again(turn: &mut Turn<'_>) {
    let now = turn.now;
    if turn.service.look_again.front().is_some_and(|at| *at <= now) {
        turn.service.look_again.retain(|at| *at > now);
        let service = turn.service.name.clone();
        turn.act(Action::Effect(Effect::ProbeNow { service }));
    }
}

/// Deadlines that have come.
pub(super) fn due(turn: &mut Turn<'_>) -> Transition {
    let now = turn.now;
    let at_work = deployment::under_way(turn.service, now);
    match &turn.facts().phase {
        Phase::Watching(_) => {
            // The last minute of a window ends with it, and is judged before the release is accepted.
            turn.service.triggers.pass(now);
            judge(turn)
        }
        Phase::Held { why: Reason::Maintenance { until, .. }, .. } if *until <= now => Transition::WatchAgain,
        Phase::Held { answer_by: Some(by), .. } if *by <= now && !at_work => guard::unanswered(turn),
        Phase::Idle
        | Phase::RollingBack(_)
        | Phase::Verifying(_)
        | Phase::Held { .. }
        | Phase::NeedsPerson { .. } => Transition::Stay,
    }
}

/// Only now, or not before now, the release runs everywhere: the window begins.
pub(super) fn rolled_out(turn: &mut Turn<'_>) {
    let whole = turn.now.checked_add(turn.policy.window).unwrap_or(Timestamp::MAX);
    if let Phase::Watching(watch) = &mut turn.facts_mut().phase {
        (watch.ends, watch.extended) = (whole.max(watch.ends), false);
    }
}

/// The engine has given the release at hand up: no need to wait for the next check. `None` where nothing is judged.
pub(super) fn given_up(turn: &mut Turn<'_>) -> Option<Transition> {
    let watching = matches!(turn.facts().phase, Phase::Watching(_));
    (watching && suspect::given_up(turn).is_some()).then(|| judge(turn))
}

/// The window is over: accept if nothing speaks against it, put the end off once, then do as `on-blind` says.
fn try_end(turn: &mut Turn<'_>) -> Transition {
    let Phase::Watching(watch) = &turn.facts().phase else { return Transition::Stay };
    let (began, ends, extended) = (watch.began, watch.ends, watch.extended);
    let waits = turn.facts().veto.is_some() || deployment::under_way(turn.service, turn.now);
    if waits || !extended && turn.now < ends {
        return Transition::Stay;
    }
    let rolling = turn.service.seen.as_ref().is_some_and(|seen| seen.rolling_out);
    if rolling && turn.now.duration_since(began).unsigned_abs() < ROLL_OUT {
        if turn.now >= ends {
            rolled_out(turn);
        }
        return Transition::Stay;
    }
    let blind = || turn.service.triggers.blind(turn.now, turn.policy).map(|(_, why)| why);
    let rolling = || rolling.then(|| Reason::Said("it is still being rolled out".to_owned()));
    let Some(undecided) = turn.service.health.undecided(turn.now).or_else(blind).or_else(rolling) else {
        return passed(turn);
    };
    if !extended {
        let window = turn.policy.window;
        if let Phase::Watching(watch) = &mut turn.facts_mut().phase {
            watch.ends = ends.checked_add(window).unwrap_or(Timestamp::MAX);
            watch.extended = true;
        }
        return Transition::Stay;
    }
    if turn.now < ends {
        return Transition::Stay;
    }
    undecided_at_last(turn, undecided)
}

/// Every check passes at the end: it is good, unless something else failed that was excused.
fn passed(turn: &mut Turn<'_>) -> Transition {
    if let Some(why) = still_excused(turn) {
        return Transition::Hold(why, Tier::Important);
    }
    if let Some(next) = acceptance::before_accepting(turn) {
        return next;
    }
    Transition::Accept(suspect::noted(turn).or_else(|| whole::noted(turn)).or_else(|| unproved(turn)))
}

/// The longest watch is over, and nobody knows.
fn undecided_at_last(turn: &mut Turn<'_>, undecided: Reason) -> Transition {
    if let Some(why) = still_excused(turn) {
        return Transition::Hold(why, Tier::Important);
    }
    let blind = turn.service.health.blind().or_else(|| turn.service.triggers.blind(turn.now, turn.policy));
    let why = blind.map_or(undecided, |(_, why)| why);
    let judged = matches!(turn.policy.autonomy, Autonomy::Ask | Autonomy::Auto);
    match turn.policy.on_blind {
        Otherwise::Accept => Transition::Accept(Some(why)),
        Otherwise::Rollback if judged => guard::failed(turn, why, turn.policy.autonomy),
        Otherwise::Hold | Otherwise::Rollback => Transition::Hold(why, Tier::Important),
    }
}

/// What could not be told for sure, with the bound that was proved.
fn unproved(turn: &Turn<'_>) -> Option<Reason> {
    let verdicts = turn.service.triggers.verdicts(turn.now, turn.policy);
    let waiting = verdicts.into_iter().filter(|(name, verdict)| {
        verdict.call == Call::Wait && !turn.service.triggers.leaves_out(name, turn.policy)
    });
    let of = |name: String, why| Phrase::new("verdict.of").text("trigger", name).part("sentence", why);
    let sentences: Vec<Phrase> = waiting.map(|(name, verdict)| of(name, verdict.why)).collect();
    (!sentences.is_empty()).then_some(Reason::Unproved(sentences))
}
