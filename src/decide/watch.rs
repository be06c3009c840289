//! The watch of a new release: from the first look at it to its end.

mod away;
mod blindness;
mod judging;

use std::time::Duration;

use jiff::Timestamp;

use super::action::{Action, Effect, Persist};
use super::beside::Others;
use super::release::{down_or_up, new_release, superseded};
use super::service::Turn;
use super::trigger::health::Health;
use super::trigger::span;
use super::{ask, checklist, deployment, diverge, guard, launch, quarantine, suspect, whole};
use crate::model::facts::{Phase, Watch};
use crate::model::notice::{News, Tier};
use crate::model::phrase::Phrase;
use crate::model::policy::{Autonomy, OnBlind};
use crate::model::reading::Reading;
use crate::model::reason::Reason;
use crate::model::release::{Origin, Release, ReleaseState};
use crate::model::running::Running;
use crate::model::sample::Sample;
use crate::model::verdict::Call;

pub(super) use away::{missed, started};
pub(super) use blindness::{blind, blind_deadline, blind_too_long};
pub(super) use judging::{deadline, judge_held};
use judging::{judge, still_excused};

/// After something ended, it is looked at again so soon (judgement §2.1: at once, and after two and four seconds).
const AGAIN: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(4)];

/// A release that is known so long after its start is known late: the engine did not answer, or golive stood still.
const LATE: Duration = Duration::from_secs(10);

/// A watch does not end while the release is still being rolled out, for so long at most.
const ROLL_OUT: Duration = Duration::from_hours(1);

/// Another release runs: it supersedes what is at hand and is watched.
pub(super) fn begin(turn: &mut Turn<'_>, running: &Running) {
    superseded(turn, running);
    let fresh = new_release(turn, running, Origin::Noticed);
    let facts = turn.facts_mut();
    let release = match facts.announced.take() {
        Some(announced) => Release { running: Some(running.clone()), ..announced },
        None => fresh,
    };
    facts.known = Some(running.identity.clone());
    facts.release = Some(release);
    launch::look(turn, running, Duration::ZERO);
    let started = launch::at(turn, running).unwrap_or(turn.now);
    turn.service.crashed = false;
    open(turn, started, launch::grace(turn.policy, Some(running)));
    let mut doubts = turn.service.triggers.warnings(turn.now, turn.policy);
    doubts.extend(turn.service.triggers.untold(turn.now, turn.policy));
    doubts.extend(turn.service.triggers.unsaid(turn.policy));
    let nothing = turn.facts().accepted.is_empty();
    if nothing {
        doubts.insert(0, Phrase::new("doubt.nothing-to-go-back-to"));
    }
    let said = (!doubts.is_empty()).then_some(Reason::Doubts(doubts));
    let said = said.map(|said| if nothing { Reason::NothingAccepted(Box::new(said)) } else { said });
    turn.tell(News::ReleaseSeen, Tier::General, said);
    checklist::take(turn);
    match quarantine::meets(turn, running) {
        // What runs is what was released, which is good news only when it is accepted after all.
        Some(why) => {
            turn.facts_mut().diverged = None;
            turn.prove();
            quarantine::met(turn, why);
        }
        None => {
            diverge::end(turn);
            turn.prove();
        }
    }
}

/// Watches the release at hand from now on; it was started a moment ago, or is given no grace any more.
pub(super) fn open(turn: &mut Turn<'_>, started: Timestamp, grace: Duration) {
    let now = turn.now;
    if span(started, now) > LATE {
        turn.service.triggers.forget_since(started);
    }
    let ends = now.checked_add(turn.policy.window).unwrap_or(Timestamp::MAX);
    let watch = Watch {
        began: now,
        started,
        restarted: 0,
        ends,
        extended: false,
        shadowed: false,
        before: turn.service.triggers.before(now, turn.policy),
        host_before: turn.service.triggers.host_before(),
        worst_before: turn.service.triggers.worst(),
        red_before: turn.was_red(started),
        came_back: turn.service.health.habits(now),
        lame: whole::lame(turn),
        suspected: None,
        excused: None,
    };
    let readings = turn.service.triggers.remembered(now);
    let mut samples = turn.service.health.habit_samples(now);
    let since = turn.service.uncounted.iter().filter(|sample| sample.began >= started);
    samples.extend(since.cloned());
    if !readings.is_empty() || !samples.is_empty() {
        let service = turn.service.name.clone();
        turn.act(Action::Persist(Persist::Remember { service, readings, samples }));
    }
    turn.service.triggers.arm(turn.policy, &watch);
    turn.service.ended.clear();
    turn.service.died_at = None;
    turn.service.lacking = None;
    turn.service.said.clear();
    turn.service.others = Others::of_watch(now);
    let facts = turn.facts_mut();
    facts.phase = Phase::Watching(watch);
    facts.blame = None;
    let grace_until = started.checked_add(grace).unwrap_or(Timestamp::MAX);
    turn.service.health = Health::new(turn.policy, started, grace);
    turn.service.triggers.pause(grace_until);
    launch::belong(turn, started);
    turn.file(ReleaseState::Watching, None);
    if turn.facts().away {
        // It is watched from the engine's return on.
        deployment::reconsider(turn);
    }
    recall(turn);
}

/// The release was started anew on request. An autohealer does so again and again, and never finds it well.
pub(super) fn started_in_vain(turn: &mut Turn<'_>) {
    if matches!(turn.facts().phase, Phase::Watching(_)) {
        judge(turn);
    }
}

/// The past of the business metrics up to the release is asked for, where it is not known.
pub(super) fn recall(turn: &mut Turn<'_>) {
    let Phase::Watching(watch) = &turn.facts().phase else { return };
    let until = watch.began;
    if turn.service.triggers.lacks_a_past(turn.policy) {
        let service = turn.service.name.clone();
        turn.act(Action::Effect(Effect::Recall { service, until }));
    }
}

/// A health check was made.
pub(super) fn sample(turn: &mut Turn<'_>, sample: &Sample) {
    if !turn.count(sample) {
        return;
    }
    let gone = turn.service.seen.as_ref().is_some_and(|seen| !seen.alive);
    let waited = |at: &Timestamp| at.checked_add(AGAIN[1]).is_ok_and(|until| turn.now >= until);
    if gone && turn.service.died_at.as_ref().is_some_and(waited) {
        // The engine has had its time to start it again: this is no start-up any more.
        turn.service.health.ended();
    }
    judge(turn);
}

/// Something was measured, in any phase.
pub(super) fn measured(turn: &mut Turn<'_>, reading: &Reading) {
    turn.measure(reading);
    match &turn.facts().phase {
        Phase::Watching(_) => judge(turn),
        Phase::Held { .. } => judge_held(turn),
        Phase::Idle | Phase::RollingBack(_) | Phase::Verifying(_) | Phase::NeedsPerson { .. } => {}
    }
}

/// What was measured before golive looked. A watch that began without knowing it begins to count anew.
pub(super) fn recalled(turn: &mut Turn<'_>, readings: &[Reading]) {
    let Phase::Watching(watch) = &turn.facts().phase else {
        return turn.service.triggers.recall(readings);
    };
    let (began, known) = (watch.began, !watch.before.is_empty());
    let older: Vec<Reading> = readings.iter().filter(|reading| reading.at < began).cloned().collect();
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

/// What runs has ended: look at once instead of at the next interval, and again soon.
pub(super) fn died(turn: &mut Turn<'_>, instance: &str, how: String) {
    let service = turn.service.name.clone();
    turn.act(Action::Effect(Effect::ProbeNow { service }));
    let at_hand = turn.service.seen.as_ref().is_none_or(|seen| seen.has(instance));
    turn.service.crashed |= at_hand;
    deployment::crashed(turn, instance);
    let Phase::Watching(watch) = &turn.facts().phase else { return };
    let counted = watch.began.checked_add(turn.policy.grace).is_ok_and(|floor| turn.now >= floor);
    let now = turn.now;
    turn.service.look_again = AGAIN.iter().filter_map(|after| now.checked_add(*after).ok()).collect();
    if at_hand {
        turn.service.died_at = Some(now);
        turn.service.health.died();
    }
    if counted && at_hand {
        turn.service.ended.retain(|at| now.duration_since(*at).unsigned_abs() <= suspect::LOOP_WITHIN);
        if turn.service.ended.len() < usize::from(suspect::LOOP) {
            turn.service.ended.push_back(now);
        }
        turn.service.ended_how = how;
        judge(turn);
    }
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
pub(super) fn due(turn: &mut Turn<'_>) {
    let now = turn.now;
    let at_work = deployment::under_way(turn.service, now);
    match &turn.facts().phase {
        Phase::Watching(_) => {
            // The last minute of a window ends with it, and is judged before the release is accepted.
            turn.service.triggers.pass(now);
            judge(turn);
        }
        Phase::Held { why: Reason::Maintenance { until, .. }, .. } if *until <= now => ask::watch_again(turn),
        Phase::Held { answer_by: Some(by), .. } if *by <= now && !at_work => guard::unanswered(turn),
        Phase::Idle
        | Phase::RollingBack(_)
        | Phase::Verifying(_)
        | Phase::Held { .. }
        | Phase::NeedsPerson { .. } => {}
    }
}

/// For so long the release could not be watched, which is added to its window.
pub(super) fn prolong(turn: &mut Turn<'_>, by: Duration) {
    if let Phase::Watching(watch) = &mut turn.facts_mut().phase {
        watch.ends = watch.ends.checked_add(by).unwrap_or(Timestamp::MAX);
    }
}

/// Only now, or not before now, the release runs everywhere: the window begins.
pub(super) fn rolled_out(turn: &mut Turn<'_>) {
    let whole = turn.now.checked_add(turn.policy.window).unwrap_or(Timestamp::MAX);
    if let Phase::Watching(watch) = &mut turn.facts_mut().phase {
        (watch.ends, watch.extended) = (whole.max(watch.ends), false);
    }
}

/// The engine has given the release at hand up: no need to wait for the next check. Whether that was judged.
pub(super) fn given_up(turn: &mut Turn<'_>) -> bool {
    if !matches!(turn.facts().phase, Phase::Watching(_)) || suspect::given_up(turn).is_none() {
        return false;
    }
    judge(turn);
    true
}

/// The window is over: accept if nothing speaks against it, put the end off once, then do as `on-blind` says.
fn try_end(turn: &mut Turn<'_>) {
    let Phase::Watching(watch) = &turn.facts().phase else { return };
    let (ends, extended) = (watch.ends, watch.extended);
    let waits = turn.facts().veto.is_some() || deployment::under_way(turn.service, turn.now);
    if waits || !extended && turn.now < ends {
        return;
    }
    let rolling = turn.service.seen.as_ref().is_some_and(|seen| seen.rolling_out);
    if rolling && turn.now.duration_since(watch.began).unsigned_abs() < ROLL_OUT {
        if turn.now >= ends {
            rolled_out(turn);
        }
        return;
    }
    let blind = || turn.service.triggers.blind(turn.now, turn.policy).map(|(_, why)| why);
    let rolling = || rolling.then(|| Reason::Said("it is still being rolled out".to_owned()));
    let undecided = turn.service.health.undecided(turn.now).or_else(blind).or_else(rolling);
    if undecided.is_none() {
        return match still_excused(turn) {
            Some(why) => guard::hold(turn, why, Tier::Important),
            None => {
                let said = suspect::noted(turn).or_else(|| whole::noted(turn)).or_else(|| unproved(turn));
                accepted(turn, said);
            }
        };
    }
    if !extended {
        let window = turn.policy.window;
        if let Phase::Watching(watch) = &mut turn.facts_mut().phase {
            watch.ends = ends.checked_add(window).unwrap_or(Timestamp::MAX);
            watch.extended = true;
        }
        return;
    }
    if turn.now < ends {
        return;
    }
    if let Some(why) = still_excused(turn) {
        return guard::hold(turn, why, Tier::Important);
    }
    let blind = turn.service.health.blind().or_else(|| turn.service.triggers.blind(turn.now, turn.policy));
    let Some(why) = blind.map(|(_, why)| why).or(undecided) else { return };
    let judged = matches!(turn.policy.autonomy, Autonomy::Ask | Autonomy::Auto);
    match turn.policy.on_blind {
        OnBlind::Accept => accepted(turn, Some(why)),
        OnBlind::Rollback if judged => guard::failed(turn, why, turn.policy.autonomy),
        OnBlind::Hold | OnBlind::Rollback => guard::hold(turn, why, Tier::Important),
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

/// The release at hand is good.
pub(super) fn accepted(turn: &mut Turn<'_>, reason: Option<Reason>) {
    let by = reason.clone();
    turn.conclude(News::ReleaseAccepted, reason.clone());
    if let Some(release) = turn.close(ReleaseState::Accepted, reason) {
        turn.facts_mut().known = release.running.as_ref().map(|running| running.identity.clone());
        turn.accept(release, by.as_ref());
    }
}
