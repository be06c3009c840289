//! Of several golives that watch a service, one on each manager of a Swarm, one acts. The Swarm says which, and keeps
//! what that one knows. Whoever takes over goes on from there, as after a `kill -9`; the others count and show, and
//! decide nothing.

use super::action::{Action, Answer, Persist};
use super::service::Service;
use super::turn::Turn;
use crate::model::event::{Happening, Kept, Standing};
use crate::model::facts::{Facts, Phase};
use crate::model::refusal::Refusal;
use crate::model::release::{Release, ReleaseState};

/// Something happened to a service that another golive acts for. Whether this one acts from now on.
pub(super) fn happened(turn: &mut Turn<'_>, what: &Happening) -> bool {
    match what {
        Happening::Stands(standing) => return stands(turn, standing),
        Happening::Seen(running) => turn.service.seen.clone_from(running),
        Happening::Sampled(sample) => {
            turn.service.health.count(sample);
        }
        Happening::Dependency(sample) => turn.service.dependencies.depend(sample, turn.policy),
        Happening::Beside(beside) => turn.service.others.take(beside, turn.policy.window),
        Happening::Measured(reading) => turn.service.triggers.measure(reading, None, turn.policy),
        Happening::Recalled(readings) => turn.service.triggers.recall(readings),
        Happening::Expected { metric, until, learnt } => {
            turn.service.triggers.expect(metric, *until, learnt);
        }
        Happening::Proved { release, problems } => own_node(turn, release, problems),
        Happening::Asked { .. } => {
            let (service, why) = (turn.service.name.clone(), turn.service.aside.clone().unwrap_or_default());
            turn.act(Action::Answer(Answer::Refused { why: Refusal::OnlyWatches { service, why } }));
        }
        // Answers to what was asked for while it was this one's turn.
        Happening::Stopping { .. }
        | Happening::Died { .. }
        | Happening::Kept { .. }
        | Happening::Unpinned { .. }
        | Happening::Empty { .. }
        | Happening::AcceptanceRan { .. }
        | Happening::Drilled { .. }
        | Happening::StepDone { .. }
        | Happening::StepFailed { .. } => {}
    }
    false
}

/// Whose turn it is was found out. Whether this one acts from now on, and has not before.
pub(super) fn stands(turn: &mut Turn<'_>, standing: &Standing) -> bool {
    match standing {
        Standing::Acts { .. } if turn.acts() => {}
        Standing::Acts { by, kept } => {
            take_over(turn, by, kept.as_deref());
            return true;
        }
        Standing::Watches { why, kept } => {
            let before = turn.service.aside.replace(why.clone());
            let accepted = |facts: &Facts| facts.accepted.last().map(|release| release.id.clone());
            let same = kept.as_ref().is_none_or(|kept| accepted(&kept.facts) == accepted(turn.facts()));
            if before.is_none() || !same {
                turn.service.problems = None;
            }
            if let Some(kept) = kept
                && kept.facts != *turn.facts()
            {
                let before = std::mem::replace(turn.facts_mut(), kept.facts.clone());
                file_since(turn, &before);
            }
        }
    }
    false
}

/// This one acts from now on. What it wrote down itself it knows better: its own store is ahead of what it shares.
fn take_over(turn: &mut Turn<'_>, by: &str, kept: Option<&Kept>) {
    turn.service.aside = None;
    // What this node has was all that was asked of it.
    turn.service.problems = None;
    let inherited = kept.filter(|kept| !kept.mine || *turn.facts() == Facts::default());
    if let Some(kept) = inherited {
        let (name, seen) = (turn.service.name.clone(), turn.service.seen.take());
        *turn.service = Service::new(name, turn.policy, kept.facts.clone(), turn.now);
        turn.service.seen = seen;
        turn.service.aside = None;
        file(turn);
    }
    turn.service.by = if by.is_empty() { String::new() } else { format!("-{by}") };
    // Written down anew, as this one's.
    turn.service.touched = true;
}

/// This node was looked at for what going back to the accepted release needs of it. Whoever acts tells people.
fn own_node(turn: &mut Turn<'_>, release: &str, problems: &[String]) {
    if turn.facts().accepted.last().is_some_and(|accepted| accepted.id == release) {
        turn.service.problems = Some(problems.to_vec());
    }
}

/// What this golive goes on with, its own lists may know nothing of.
fn file(turn: &mut Turn<'_>) {
    file_since(turn, &Facts::default());
    for incident in turn.facts().incidents.clone() {
        turn.act(Action::Persist(Persist::Log(incident)));
    }
}

/// This golive's own list of releases follows what is known of them.
fn file_since(turn: &mut Turn<'_>, before: &Facts) {
    let now = turn.facts().clone();
    let fresh = |release: &&Release| before.accepted.iter().all(|old| old.id != release.id);
    for release in now.accepted.iter().filter(fresh).cloned() {
        turn.act(Action::Persist(Persist::File {
            release,
            state: ReleaseState::Accepted,
            reason: None,
            asked: false,
        }));
    }
    let goes_on = |release: &Release| now.release.iter().chain(&now.accepted).any(|it| it.id == release.id);
    if let Some(release) = before.release.clone().filter(|release| !goes_on(release)) {
        // What was decided while nobody looked from here was followed by another one.
        let decided = now.decided.as_ref().filter(|(id, _)| *id == release.id);
        let state = decided.map_or(ReleaseState::Superseded, |(_, state)| *state);
        let asked = before.rollback().is_some_and(|rollback| rollback.reason.is_a_persons());
        turn.act(Action::Persist(Persist::File { release, state, reason: None, asked }));
    }
    if let Some(state) = state(&now).filter(|_| at_hand(&now) != at_hand(before)) {
        turn.file(state, None);
    }
}

/// The release at hand, and what is done with it.
fn at_hand(facts: &Facts) -> Option<(&str, ReleaseState)> {
    Some((facts.release.as_ref()?.id.as_str(), state(facts)?))
}

fn state(facts: &Facts) -> Option<ReleaseState> {
    match &facts.phase {
        Phase::Idle => None,
        Phase::Watching(_) => Some(ReleaseState::Watching),
        Phase::RollingBack(_) => Some(ReleaseState::RollingBack),
        Phase::Verifying(_) => Some(ReleaseState::Verifying),
        Phase::Held { .. } => Some(ReleaseState::Held),
        Phase::NeedsPerson { .. } => Some(ReleaseState::RollbackFailed),
    }
}
