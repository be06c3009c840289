//! What speaks against the release is held against it, excused, asked about, or waited with.

use jiff::Timestamp;

use super::try_end;
use crate::decide::suspect::{self, Suspicion};
use crate::decide::transition::Transition;
use crate::decide::turn::Turn;
use crate::decide::{acceptance, blame, cause, deployment, down, guard};
use crate::model::facts::{Facts, Phase, Watch};
use crate::model::notice::{News, Tier};
use crate::model::policy::{Autonomy, OnEnvironment};
use crate::model::reason::{Blame, Reason, Says};

/// When something has to be looked at again: the end of the watch, or of waiting for others to show the same.
pub(in crate::decide) fn deadline(facts: &Facts, watch: &Watch) -> Timestamp {
    let waits = match &facts.blame {
        Some(Blame::Waits { until, .. }) if watch.suspected.is_some() => Some(*until),
        _ => None,
    };
    let ends = acceptance::deadline(watch).unwrap_or(watch.ends);
    waits.map_or(ends, |until| ends.min(until))
}

/// Acts on what speaks against the release, or looks whether its watch is over.
pub(super) fn judge(turn: &mut Turn<'_>) -> Transition {
    // What was decided stays decided, whatever is seen in the count-down.
    if turn.facts().veto.is_some() || deployment::under_way(turn.service, turn.now) {
        return Transition::Stay;
    }
    let found = suspect::all(turn);
    suspected(turn, !found.is_empty());
    let mut waits = false;
    for suspicion in found {
        let blame = blame::of(turn, &suspicion);
        blamed(turn, &blame);
        let mut autonomy = suspicion.autonomy;
        if turn.policy.triggers.on_environment == OnEnvironment::Hold {
            match blame.says() {
                Says::Excuse => {
                    excuse(turn, suspicion.cause, blame);
                    continue;
                }
                Says::Wait => {
                    waits = true;
                    continue;
                }
                Says::Ask => autonomy = autonomy.min(Autonomy::Ask),
                Says::Release => {}
            }
        }
        let next = guard::failed(turn, suspicion.cause, autonomy);
        if next != Transition::Stay || turn.facts().veto.is_some() {
            return next;
        }
    }
    down::tell(turn);
    // What is waited with is not over.
    if waits { Transition::Stay } else { try_end(turn) }
}

/// A person is being asked, and something happens that golive may act on by itself.
pub(in crate::decide) fn judge_held(turn: &mut Turn<'_>) -> Transition {
    let Phase::Held { why, watched_until, .. } = &turn.facts().phase else { return Transition::Stay };
    let decided = turn.facts().veto.is_some();
    let heard = matches!(why, Reason::Unheard(_)) && !turn.unheard;
    let open = heard || matches!(why, Reason::AskFirst(_));
    let at_work = deployment::under_way(turn.service, turn.now);
    if decided || !open || at_work || turn.now > *watched_until {
        return Transition::Stay;
    }
    let acts = |suspicion: &Suspicion| suspicion.autonomy == Autonomy::Auto;
    for suspicion in suspect::all(turn).into_iter().filter(acts) {
        let blame = blame::of(turn, &suspicion);
        if blame.says() == Says::Release || turn.policy.triggers.on_environment == OnEnvironment::Rollback {
            turn.facts_mut().blame = Some(blame);
            return guard::failed(turn, suspicion.cause, suspicion.autonomy);
        }
    }
    Transition::Stay
}

/// Something fails at the end of the watch that is not the release's fault.
pub(super) fn still_excused(turn: &Turn<'_>) -> Option<Reason> {
    let judged = |suspicion: &Suspicion| suspicion.autonomy >= Autonomy::Ask;
    let Phase::Watching(watch) = &turn.facts().phase else { return None };
    let first = watch.excused.clone()?;
    let suspicion = suspect::all(turn).into_iter().find(judged)?;
    let blame = blame::of(turn, &suspicion);
    let excused = blame.says() == Says::Excuse;
    let now = Reason::NotToBlame { blame, cause: Box::new(suspicion.cause) };
    Some(if excused { now } else { first })
}

/// Remembers since when something speaks against the release: others are waited for from then on.
fn suspected(turn: &mut Turn<'_>, suspected: bool) {
    let now = turn.now;
    let Phase::Watching(watch) = &turn.facts().phase else { return };
    if watch.suspected.is_some() == suspected {
        return;
    }
    let facts = turn.facts_mut();
    if let Phase::Watching(watch) = &mut facts.phase {
        watch.suspected = suspected.then_some(now);
    }
    facts.blame = facts.blame.take().filter(|blame| blame.says() != Says::Wait);
}

/// Also when nothing more is told of it: what is waited for no longer has no deadline any more.
fn blamed(turn: &mut Turn<'_>, blame: &Blame) {
    if turn.facts().blame.as_ref() != Some(blame) {
        turn.facts_mut().blame = Some(blame.clone());
    }
}

/// Not this release's fault: told once, and watched on.
fn excuse(turn: &mut Turn<'_>, cause: Reason, blame: Blame) {
    let Phase::Watching(watch) = &turn.facts().phase else { return };
    if watch.excused.is_some() {
        return;
    }
    let down = matches!(cause, Reason::Health { .. } | Reason::CrashLoop { .. });
    let tier = if down { Tier::Urgent } else { Tier::Important };
    let evidence = cause::evidence(turn, &cause);
    let why = Reason::NotToBlame { blame, cause: Box::new(cause) };
    if let Phase::Watching(watch) = &mut turn.facts_mut().phase {
        watch.excused = Some(why.clone());
    }
    turn.open(News::ExternalCause, tier, Some(why), evidence);
}
