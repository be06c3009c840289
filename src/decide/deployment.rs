//! Deployments: somebody else than golive is at work on what runs.
//!
//! One begins when a container was made and not started yet, when members of a set are being replaced, while something
//! runs that has to end before others start, and when somebody has asked the engine to stop what runs. It has ended when
//! all that should run was started. While it is under way nothing counts: nothing is down, nothing is a habit or a normal
//! level, nothing is rolled back, and no set is a release. What ends by itself has crashed and begins none; an outage of
//! the engine (`outage`) is one.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use super::context::Context;
use super::service::Service;
use super::transition::Transition;
use crate::model::facts::{Deployment, Facts, Phase, Stop};
use crate::model::notice::{News, Tier};
use crate::model::policy::ServicePolicy;
use crate::model::reason::Reason;
use crate::model::running::{Member, Running, Stage, Waits};

/// What was stopped on request and is not started again within this was not restarted or replaced, but is to stay so.
const STOPPED: Duration = Duration::from_secs(30);

/// What goes on running for so long after it was told to stop does not take that for a request to end.
const IGNORED: Duration = Duration::from_mins(2);

/// For so long after an announcement what runs may be taken away by means that the engine does not tell of.
const ANNOUNCED: Duration = Duration::from_mins(5);

/// Whether nothing that is seen now counts.
pub(super) fn under_way(service: &Service, now: Timestamp) -> bool {
    let facts = service.facts();
    let at_work = facts.deployment.as_ref().is_some_and(|deployment| !deployment.told);
    at_work || facts.away || announced(service, now).is_some()
}

/// How long the one at hand has taken so far.
pub(super) fn lasted(ctx: &Context<'_>) -> Duration {
    let began = ctx.facts().deployment.as_ref().map_or(ctx.now, |deployment| deployment.began);
    ctx.now.duration_since(began).unsigned_abs()
}

/// What was announced a short while ago, while nothing else is at hand and what runs has not crashed.
pub(super) fn announced(service: &Service, now: Timestamp) -> Option<&str> {
    let facts = service.facts();
    let idle = facts.phase == Phase::Idle && !service.crashed;
    let said = facts.announced.as_ref().filter(|_| idle)?;
    let lately = said.began.checked_add(ANNOUNCED).is_ok_and(|until| now < until);
    lately.then_some(said.version.as_str())
}

/// Somebody has asked the engine to stop a container.
pub(super) fn asked(ctx: &mut Context<'_>, instance: &str, signal: &str) -> Transition {
    match ctx.facts().phase {
        Phase::Idle | Phase::Watching(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => {}
        // golive's own doing.
        Phase::RollingBack(_) | Phase::Verifying(_) => return Transition::Stay,
    }
    let member = ctx.service.seen.as_ref().and_then(|seen| seen.member(instance)).cloned();
    // What nobody has seen run yet was not what ran.
    let Some(Member { name, service, started, .. }) = member else { return Transition::Stay };
    let at = ctx.now;
    let stop =
        Stop { name, service, at, started, signal: signal.to_owned(), ended: None, with_engine: false };
    let deployment = at_hand(ctx);
    if !deployment.stops.contains_key(instance) {
        deployment.stops.insert(instance.to_owned(), stop);
        deployment.told = false;
    }
    reconsider(ctx)
}

/// A container has ended as somebody had asked.
pub(super) fn stopped(ctx: &mut Context<'_>, instance: &str) -> Transition {
    let next = asked(ctx, instance, "");
    let now = ctx.now;
    if let Some(stop) = ctx.facts_mut().deployment.as_mut().and_then(|it| it.stops.get_mut(instance)) {
        stop.ended = Some(now);
    }
    next
}

/// A container has ended by itself: whoever had stopped it before has started it since.
pub(super) fn crashed(ctx: &mut Context<'_>, instance: &str) -> Transition {
    if let Some(deployment) = &mut ctx.facts_mut().deployment {
        deployment.stops.remove(instance);
    }
    reconsider(ctx)
}

/// Whether what runs may be taken for a release.
pub(super) fn is_over(ctx: &Context<'_>) -> bool {
    ctx.facts().deployment.as_ref().is_none_or(|deployment| !deployment.waits.iter().any(at_work))
}

/// The engine answers again after an outage, which is over unless something is still waited for. What is left of it has
/// its own time from now on.
pub(super) fn engine_is_back(ctx: &mut Context<'_>, seen: Option<&Running>) -> Transition {
    let next = looked(ctx, seen);
    let now = ctx.now;
    if let Some(deployment) = &mut ctx.facts_mut().deployment {
        let lasted = now.duration_since(std::mem::replace(&mut deployment.began, now)).unsigned_abs();
        prolong(ctx, lasted);
    }
    next
}

/// What runs was looked at. What was stopped and runs again is waited for no more.
pub(super) fn looked(ctx: &mut Context<'_>, seen: Option<&Running>) -> Transition {
    if let (Some(deployment), Some(running)) = (&mut ctx.facts_mut().deployment, seen) {
        deployment.stops.retain(|id, stop| !started_again(id, stop, running));
    }
    if !ctx.facts().away {
        since_engine_is_back(ctx);
    }
    reconsider(ctx)
}

/// What has ended with the engine is missed from now on.
fn since_engine_is_back(ctx: &mut Context<'_>) {
    let now = ctx.now;
    let missed = |stop: &&mut Stop| stop.with_engine && stop.ended.is_none();
    if ctx.facts().deployment.as_ref().is_some_and(|it| it.stops.values().any(|stop| stop.with_engine))
        && let Some(deployment) = &mut ctx.facts_mut().deployment
    {
        deployment.stops.values_mut().filter(missed).for_each(|stop| stop.ended = Some(now));
    }
}

/// Whether that is something of a deployment which goes on, and not of one that somebody has stopped.
fn at_work(waits: &Waits) -> bool {
    match waits {
        Waits::Announced(_) | Waits::Settling | Waits::End(_) | Waits::Start(_) | Waits::Engine => true,
        Waits::StartAgain(_) | Waits::GoOn(_) | Waits::EndedWithEngine(_) => false,
    }
}

/// Whether what was stopped runs again, or something else in its place.
fn started_again(id: &str, stop: &Stop, running: &Running) -> bool {
    if stop.with_engine {
        return is_back(id, stop, running);
    }
    match running.member(id) {
        Some(member) => member.stage == Stage::Running && member.started != stop.started,
        None => running.members.iter().any(|other| {
            // What was made in its place and could not be started waits for nobody.
            let tried = other.started.is_some() || matches!(other.stage, Stage::Ended { .. });
            other.service == stop.service && tried
        }),
    }
}

/// Whether one that the engine has ended runs again, or something else in its place.
fn is_back(id: &str, stop: &Stop, running: &Running) -> bool {
    match running.member(id) {
        Some(member) => member.stage.is_up(),
        None => {
            running.members.iter().any(|other| other.service == stop.service && other.stage == Stage::Running)
        }
    }
}

/// The one at hand, which begins now if there is none.
pub(super) fn at_hand<'t>(ctx: &'t mut Context<'_>) -> &'t mut Deployment {
    let began = ctx.now;
    let begun = || Deployment { began, waits: Vec::new(), stops: BTreeMap::new(), told: false };
    ctx.facts_mut().deployment.get_or_insert_with(begun)
}

/// Nothing else is known while the engine is away: it is what is waited for.
pub(super) fn wait_for_engine(ctx: &mut Context<'_>) {
    at_hand(ctx).waits = vec![Waits::Engine];
}

/// Begins, goes on or ends, by what it waits for now.
fn reconsider(ctx: &mut Context<'_>) -> Transition {
    let waits = waits(ctx.service);
    match &ctx.facts().deployment {
        Some(deployment) if deployment.waits == waits && !waits.is_empty() => {}
        Some(_) if waits.is_empty() => return ended(ctx),
        None if waits.is_empty() => {}
        None | Some(_) => at_hand(ctx).waits = waits,
    }
    Transition::Stay
}

/// What a deployment waits for, by what is seen and what was asked for.
fn waits(service: &Service) -> Vec<Waits> {
    let (facts, mut waits) = (service.facts(), BTreeSet::new());
    if facts.away {
        // Until it answers nobody knows of anything else.
        return vec![Waits::Engine];
    }
    let stops = facts.deployment.iter().flat_map(|deployment| deployment.stops.values());
    waits.extend(stops.map(|stop| {
        let waits = if stop.with_engine { Waits::EndedWithEngine } else { Waits::StartAgain };
        waits(stop.name.clone())
    }));
    let Some(seen) = &service.seen else { return waits.into_iter().collect() };
    if seen.settling {
        waits.insert(Waits::Settling);
    }
    let changed = facts.known.as_ref().is_some_and(|known| *known != seen.identity);
    for member in &seen.members {
        let name = member.name.clone();
        match member.stage {
            Stage::Created => drop(waits.insert(Waits::Start(name))),
            Stage::Paused => drop(waits.insert(Waits::GoOn(name))),
            Stage::Stopped => drop(waits.insert(Waits::StartAgain(name))),
            Stage::Running if changed && comes_first(member, facts, seen) => {
                waits.insert(Waits::End(name));
            }
            Stage::Running | Stage::Restarting | Stage::Done | Stage::Ended { .. } => {}
        }
    }
    waits.into_iter().collect()
}

/// Whether a container does some work before the others are started, and ends. Compose says so from its version 2 on;
/// else it is known of one that did so in the accepted release.
fn comes_first(member: &Member, facts: &Facts, seen: &Running) -> bool {
    let accepted = facts.accepted.last().and_then(|accepted| accepted.running.as_ref());
    let was_done = |old: &Member| old.service == member.service && old.stage == Stage::Done;
    let waited_for = seen.members.iter().any(|other| other.waits_for.contains(&member.service));
    member.may_end && (waited_for || accepted.is_some_and(|old| old.members.iter().any(was_done)))
}

/// All that should run was started.
fn ended(ctx: &mut Context<'_>) -> Transition {
    let Some(deployment) = ctx.facts_mut().deployment.take() else { return Transition::Stay };
    let lasted = ctx.now.duration_since(deployment.began).unsigned_abs();
    ctx.resolve(News::DeploymentFinished);
    ctx.service.triggers.settled(ctx.now);
    match ctx.facts().phase {
        // What was not watched meanwhile is watched in the end.
        Phase::Watching(_) => prolong(ctx, lasted),
        Phase::Held { why: Reason::Stopped { .. }, .. } => return Transition::WatchAgain,
        Phase::Idle
        | Phase::RollingBack(_)
        | Phase::Verifying(_)
        | Phase::Held { .. }
        | Phase::NeedsPerson { .. } => {}
    }
    Transition::Stay
}

/// For so long the release could not be watched, which is added to its window.
fn prolong(ctx: &mut Context<'_>, by: Duration) {
    if let Phase::Watching(watch) = &mut ctx.facts_mut().phase {
        watch.ends = watch.ends.checked_add(by).unwrap_or(Timestamp::MAX);
    }
}

/// When people are told of it, unless it ends before.
fn tell_at(deployment: &Deployment, policy: &ServicePolicy) -> Option<Timestamp> {
    if deployment.waits.contains(&Waits::Engine) {
        // That it does not answer is told by itself.
        return None;
    }
    if deployment.waits.iter().any(at_work) {
        return deployment.began.checked_add(policy.deploy_within).ok();
    }
    // Nobody knows how long what is still stopping may take.
    let ended: Option<Vec<Timestamp>> = deployment.stops.values().map(|stop| stop.ended).collect();
    ended?.into_iter().max().unwrap_or(deployment.began).checked_add(STOPPED).ok()
}

/// When something is to be looked at again by itself.
pub(super) fn next_deadline(service: &Service, policy: &ServicePolicy) -> Option<Timestamp> {
    let deployment = service.facts().deployment.as_ref()?;
    let told = tell_at(deployment, policy).filter(|_| !deployment.told);
    let stopping = deployment.stops.values().filter(|stop| stop.ended.is_none() && !stop.with_engine);
    let ignored = stopping.filter_map(|stop| stop.at.checked_add(IGNORED).ok());
    told.into_iter().chain(ignored).min()
}

/// Deadlines that have come.
pub(super) fn due(ctx: &mut Context<'_>) -> Transition {
    let now = ctx.now;
    let stopping = |stop: &Stop| stop.ended.is_none() && !stop.with_engine;
    let ignores = |stop: &Stop| stopping(stop) && by(stop.at.checked_add(IGNORED).ok(), now);
    let mut next = Transition::Stay;
    if ctx.facts().deployment.as_ref().is_some_and(|it| it.stops.values().any(ignores))
        && let Some(deployment) = &mut ctx.facts_mut().deployment
    {
        deployment.stops.retain(|_, stop| !ignores(stop));
        next = reconsider(ctx);
    }
    // One that has ended now has nothing more to tell.
    let Some(deployment) = &ctx.facts().deployment else { return next };
    if deployment.told || !by(tell_at(deployment, ctx.policy), now) {
        return next;
    }
    tell(ctx, deployment.clone())
}

fn by(at: Option<Timestamp>, now: Timestamp) -> bool {
    at.is_some_and(|at| at <= now)
}

/// It does not end by itself, or was never meant to. What passes from now on counts again; what does not is no news.
fn tell(ctx: &mut Context<'_>, deployment: Deployment) -> Transition {
    if let Some(at_hand) = &mut ctx.facts_mut().deployment {
        at_hand.told = true;
    }
    ctx.service.health.start(ctx.now, Timestamp::MAX);
    ctx.service.triggers.pause(Timestamp::MAX);
    let Deployment { began, waits, stops, .. } = deployment;
    if waits.iter().any(at_work) {
        let lasted = ctx.now.duration_since(began).unsigned_abs();
        let why = Reason::Unfinished { waits, lasted };
        ctx.open(News::DeploymentUnfinished, Tier::Important, Some(why), Vec::new());
        return Transition::Stay;
    }
    // What somebody has stopped is theirs; what ended with the engine, nobody wanted.
    let unwanted = stops.values().any(|stop| stop.with_engine);
    let signal = stops.into_values().map(|stop| stop.signal).find(|signal| !signal.is_empty());
    let why = Reason::Stopped { waits, signal };
    let (news, tier) =
        if unwanted { (News::ServiceDown, Tier::Urgent) } else { (News::ServiceStopped, Tier::Important) };
    match ctx.facts().phase {
        Phase::Watching(_) => return Transition::Hold(why, tier),
        Phase::Idle
        | Phase::RollingBack(_)
        | Phase::Verifying(_)
        | Phase::Held { .. }
        | Phase::NeedsPerson { .. } => ctx.open(news, tier, Some(why), Vec::new()),
    }
    Transition::Stay
}
