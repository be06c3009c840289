//! A release is watched from now on.

use std::time::Duration;

use jiff::Timestamp;

use super::close;
use crate::decide::action::{Action, Persist};
use crate::decide::beside::Others;
use crate::decide::transition::Transition;
use crate::decide::trigger::health::Health;
use crate::decide::trigger::span;
use crate::decide::turn::Turn;
use crate::decide::{
    checklist, counting, deployment, diverge, guard, launch, naming, quarantine, watch, whole,
};
use crate::model::facts::{Phase, Watch};
use crate::model::notice::{News, Tier};
use crate::model::phrase::Phrase;
use crate::model::reason::Reason;
use crate::model::release::{Origin, Release, ReleaseState};
use crate::model::running::Running;

/// A release that is known so long after its start is known late: the engine did not answer, or golive stood still.
const LATE: Duration = Duration::from_secs(10);

/// Another release runs: it supersedes what is at hand and is watched.
pub(super) fn begin(turn: &mut Turn<'_>, running: &Running) -> Transition {
    close::superseded(turn, running);
    let fresh = naming::new_release(turn, running, Origin::Noticed);
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
    open(turn, started, launch::grace_until(turn, running, started));
    let mut doubts = turn.service.triggers.warnings(turn.now, turn.policy);
    doubts.extend(turn.service.triggers.untold(turn.now, turn.policy));
    doubts.extend(turn.service.triggers.unsaid(turn.policy));
    let nothing = turn.facts().accepted.is_empty();
    if nothing {
        doubts.insert(0, Phrase::new("doubt.nothing-to-go-back-to"));
    }
    let said = (!doubts.is_empty()).then_some(Reason::Doubts(doubts));
    let said = said.map(|said| if nothing { Reason::NothingAccepted(Box::new(said)) } else { said });
    turn.tell(News::ReleaseDetected, Tier::General, said);
    checklist::take(turn);
    let Some(why) = quarantine::meets(turn, running) else {
        diverge::end(turn);
        turn.prove();
        return Transition::Stay;
    };
    // What runs is what was released, which is good news only when it is accepted after all.
    turn.facts_mut().diverged = None;
    turn.prove();
    match quarantine::met(turn, why) {
        Some((why, autonomy)) => guard::failed(turn, why, autonomy),
        None => Transition::Stay,
    }
}

/// Nobody has to decide any more: the release at hand is watched again, with no grace.
pub(super) fn again(turn: &mut Turn<'_>) -> Transition {
    open(turn, turn.now, turn.now);
    turn.resolve(News::ReleaseDetected);
    Transition::Stay
}

/// Watches the release at hand from now on; it was started a moment ago, or is given no grace any more.
fn open(turn: &mut Turn<'_>, started: Timestamp, grace_until: Timestamp) {
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
        red_before: counting::was_red(turn, started),
        came_back: turn.service.health.habits(now),
        lame: whole::lame(turn),
        suspected: None,
        excused: None,
        acceptance: None,
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
    turn.service.health = Health::new(turn.policy, started, span(started, grace_until));
    turn.service.triggers.pause(grace_until);
    counting::belong(turn, started);
    turn.file(ReleaseState::Watching, None);
    if turn.facts().away {
        // It is watched from the engine's return on.
        deployment::wait_for_engine(turn);
    }
    watch::recall(turn);
}
