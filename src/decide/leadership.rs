//! Of several golives that watch a service, one on each manager of a Swarm, one acts. The Swarm says which, and keeps
//! what that one knows. Whoever takes over goes on from there, as after a `kill -9`; the others count and show, and
//! decide nothing.

use super::action::{Action, Answer, Persist};
use super::context::Context;
use super::service::Service;
use crate::model::event::{Leadership, Replicated, ServiceEvent};
use crate::model::facts::{Facts, Phase};
use crate::model::refusal::Refusal;
use crate::model::release::{Release, ReleaseState};

/// Something happened to a service that another golive acts for. Whether this one acts from now on.
pub(super) fn happened(ctx: &mut Context<'_>, what: &ServiceEvent) -> bool {
    match what {
        ServiceEvent::Leadership(standing) => return stands(ctx, standing),
        ServiceEvent::Seen(running) => ctx.service.seen.clone_from(running),
        ServiceEvent::Sampled(sample) => {
            ctx.service.health.count(sample);
        }
        ServiceEvent::Dependency(sample) => ctx.service.dependencies.depend(sample, ctx.policy),
        ServiceEvent::Beside(beside) => ctx.service.others.take(beside, ctx.policy.window),
        ServiceEvent::Measured(reading) => ctx.service.triggers.measure(reading, None, ctx.policy),
        ServiceEvent::Recalled(readings) => ctx.service.triggers.recall(readings),
        ServiceEvent::Expected { metric, until, learnt } => {
            ctx.service.triggers.expect(metric, *until, learnt);
        }
        ServiceEvent::Proved { release, problems } => own_node(ctx, release, problems),
        ServiceEvent::Asked { .. } => {
            let (service, why) =
                (ctx.service.name.clone(), ctx.service.standby_reason.clone().unwrap_or_default());
            ctx.act(Action::Answer(Answer::Refused { why: Refusal::OnlyWatches { service, why } }));
        }
        // Answers to what was asked for while it was this one's turn.
        ServiceEvent::Stopping { .. }
        | ServiceEvent::Died { .. }
        | ServiceEvent::Kept { .. }
        | ServiceEvent::Unpinned { .. }
        | ServiceEvent::Empty { .. }
        | ServiceEvent::AcceptanceRan { .. }
        | ServiceEvent::Drilled { .. }
        | ServiceEvent::StepDone { .. }
        | ServiceEvent::StepFailed { .. } => {}
    }
    false
}

/// Whose turn it is was found out. Whether this one acts from now on, and has not before.
pub(super) fn stands(ctx: &mut Context<'_>, standing: &Leadership) -> bool {
    match standing {
        Leadership::Leader { .. } if ctx.acts() => {}
        Leadership::Leader { by, kept } => {
            take_over(ctx, by, kept.as_deref());
            return true;
        }
        Leadership::Standby { why, kept } => {
            let before = ctx.service.standby_reason.replace(why.clone());
            let accepted = |facts: &Facts| facts.accepted.last().map(|release| release.id.clone());
            let same = kept.as_ref().is_none_or(|kept| accepted(&kept.facts) == accepted(ctx.facts()));
            if before.is_none() || !same {
                ctx.service.problems = None;
            }
            if let Some(kept) = kept
                && kept.facts != *ctx.facts()
            {
                let before = std::mem::replace(ctx.facts_mut(), kept.facts.clone());
                file_since(ctx, &before);
            }
        }
    }
    false
}

/// This one acts from now on. What it wrote down itself it knows better: its own store is ahead of what it shares.
fn take_over(ctx: &mut Context<'_>, by: &str, kept: Option<&Replicated>) {
    ctx.service.standby_reason = None;
    // What this node has was all that was asked of it.
    ctx.service.problems = None;
    let inherited = kept.filter(|kept| !kept.mine || *ctx.facts() == Facts::default());
    if let Some(kept) = inherited {
        let (name, seen) = (ctx.service.name.clone(), ctx.service.seen.take());
        *ctx.service = Service::new(name, ctx.policy, kept.facts.clone(), ctx.now);
        ctx.service.seen = seen;
        ctx.service.standby_reason = None;
        file(ctx);
    }
    ctx.service.by = if by.is_empty() { String::new() } else { format!("-{by}") };
    // Written down anew, as this one's.
    ctx.service.touched = true;
}

/// This node was looked at for what going back to the accepted release needs of it. Whoever acts tells people.
fn own_node(ctx: &mut Context<'_>, release: &str, problems: &[String]) {
    if ctx.facts().accepted.last().is_some_and(|accepted| accepted.id == release) {
        ctx.service.problems = Some(problems.to_vec());
    }
}

/// What this golive goes on with, its own lists may know nothing of.
fn file(ctx: &mut Context<'_>) {
    file_since(ctx, &Facts::default());
    for incident in ctx.facts().incidents.clone() {
        ctx.act(Action::Persist(Persist::Log(incident)));
    }
}

/// This golive's own list of releases follows what is known of them.
fn file_since(ctx: &mut Context<'_>, before: &Facts) {
    let now = ctx.facts().clone();
    let fresh = |release: &&Release| before.accepted.iter().all(|old| old.id != release.id);
    for release in now.accepted.iter().filter(fresh).cloned() {
        ctx.act(Action::Persist(Persist::File {
            release,
            state: ReleaseState::Accepted,
            reason: None,
            asked: false,
        }));
    }
    let goes_on = |release: &Release| now.release.iter().chain(&now.accepted).any(|it| it.id == release.id);
    if let Some(release) = before.release.clone().filter(|release| !goes_on(release)) {
        // What was decided while nobody looked from here was followed by another one.
        let decided = now.decided.as_ref().filter(|decision| decision.release == release.id);
        let state = decided.map_or(ReleaseState::Superseded, |decision| decision.state);
        let asked = before.rollback().is_some_and(|rollback| rollback.reason.is_a_persons());
        ctx.act(Action::Persist(Persist::File { release, state, reason: None, asked }));
    }
    if let Some(state) = state(&now).filter(|_| at_hand(&now) != at_hand(before)) {
        ctx.file(state, None);
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
