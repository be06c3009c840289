//! Drills: asked for by people or due by themselves, made by the runtime while nothing is released, told when they do not
//! pass or are overdue. One that goes for real is two rollbacks, which the machine makes as any other.

use std::time::Duration;

use jiff::Timestamp;

use super::action::{Action, Effect, Persist};
use super::context::Context;
use super::service::Service;
use super::transition::Transition;
use super::trigger::span;
use super::{deployment, naming};
use crate::model::drill::{Drill, Finding, Level, Obstacle, Outcome, Page, Schedule, Swap, Way};
use crate::model::facts::{Facts, Phase};
use crate::model::incident::{Incident, IncidentState};
use crate::model::notice::{News, Tier};
use crate::model::policy::ServicePolicy;
use crate::model::reason::Reason;
use crate::model::release::Release;

pub(super) mod legs;
mod obstacle;

use obstacle::{Target, against, target};

/// One that nothing was heard of for so long does not pass: a step has its own deadlines, which are shorter.
const WITHIN: Duration = Duration::from_mins(30);

/// A call is waited for so long.
const ANSWER_WITHIN: Duration = Duration::from_hours(1);

/// One that is due and cannot be made is tried again after this.
const AGAIN: Duration = Duration::from_mins(5);

/// What is due counts as overdue after this part of the time between two drills.
const OVERDUE: u32 = 10;

/// Somebody asks for one. Gives its id.
pub(super) fn asked(
    ctx: &mut Context<'_>,
    by: &str,
    level: Level,
    (page, for_real): (bool, bool),
) -> Result<String, Vec<Obstacle>> {
    let target = target(ctx, level, for_real)?;
    Ok(begin(ctx, level, target, Some(by.to_owned()), page))
}

/// The runtime has made what was asked of it. What is to go for real begins where it found nothing in the way.
pub(super) fn made(ctx: &mut Context<'_>, id: &str, problems: &[String]) -> Transition {
    let drill = ctx.facts().drills.newest.as_ref();
    let Some(drill) = drill.filter(|drill| drill.id == id && looks(drill)) else { return Transition::Stay };
    if problems.is_empty() && drill.swap.is_some() {
        if is_still_well(ctx) {
            let cause = Reason::Said(format!("drill {id}"));
            return Transition::Drill(Way::Back, cause);
        }
        end(ctx, &["something else has begun, or it is not well any more: it was not touched".to_owned()]);
    } else {
        end(ctx, problems);
    }
    Transition::Stay
}

/// Whether nothing has come between since it was asked for.
fn is_still_well(ctx: &Context<'_>) -> bool {
    let (facts, drill) = (ctx.facts(), ctx.facts().drills.newest.as_ref());
    let idle = facts.phase == Phase::Idle && !facts.away && !deployment::under_way(ctx.service, ctx.now);
    let same = facts.accepted.last().filter(|last| drill.is_some_and(|drill| drill.release == last.id));
    idle && same.is_some_and(|accepted| against(ctx, accepted).is_empty())
}

/// It has come to its end, if it has not before.
pub(super) fn end(ctx: &mut Context<'_>, problems: &[String]) {
    if ctx.facts().drills.newest.as_ref().is_none_or(|drill| drill.outcome.is_some()) {
        return;
    }
    let now = ctx.now;
    if let Some(drill) = ctx.facts_mut().drills.newest.as_mut() {
        let legs = drill.swap.iter().flat_map(|swap| &swap.legs);
        let all = legs.filter_map(|leg| leg.failed.clone()).chain(problems.iter().cloned());
        drill.outcome = Some(Outcome { at: now, problems: all.collect() });
        settle(ctx);
    }
}

/// What goes for real is over before its time.
pub(super) fn cut_short(ctx: &mut Context<'_>, why: &str) {
    if ctx.facts().drills.newest.as_ref().is_some_and(Drill::swaps) {
        end(ctx, &[why.to_owned()]);
    }
}

/// From which release to which it goes that way.
pub(super) fn ends(ctx: &Context<'_>, way: Way) -> Option<(Release, Release)> {
    let drill = ctx.facts().drills.newest.as_ref()?;
    let find = |id: &str| ctx.facts().accepted.iter().find(|release| release.id == id).cloned();
    let (accepted, before) = (find(&drill.release)?, find(&drill.swap.as_ref()?.to)?);
    Some(match way {
        Way::Back => (accepted, before),
        Way::Forth => (before, accepted),
    })
}

/// Somebody may have acknowledged the call.
pub(super) fn acknowledged(ctx: &mut Context<'_>) {
    let called = ctx.facts().incidents.iter().find(|incident| incident.news == News::Drill);
    let Some(IncidentState::Acknowledged { by }) = called.map(|incident| incident.state.clone()) else {
        return;
    };
    let now = ctx.now;
    let Some(drill) = ctx.facts_mut().drills.newest.as_mut() else { return };
    drill.page = Some(Page::Answered { at: now, by });
    let after = drill.answered_after().unwrap_or_default();
    ctx.resolve(News::DrillAnswered { after });
    settle(ctx);
}

/// The daemon is up, or the configuration is another: what is due is counted from now on where it was not before, and what
/// was being made is asked for again.
pub(super) fn started(ctx: &mut Context<'_>) {
    follow(ctx);
    // The steps of one that goes for real are a rollback's.
    if let Some(drill) = ctx.facts().drills.newest.clone().filter(looks) {
        make(ctx, &drill);
    }
}

/// The configuration may ask for others.
pub(super) fn follow(ctx: &mut Context<'_>) {
    let (wanted, now) = (ctx.policy.drill.is_some(), ctx.now);
    if wanted != ctx.facts().drills.since.is_some() {
        ctx.facts_mut().drills.since = wanted.then_some(now);
    }
    if !wanted && ctx.facts().incidents.iter().any(|incident| incident.news == News::DrillOverdue) {
        ctx.forget(&News::DrillOverdue);
    }
}

/// Deadlines that have come.
pub(super) fn due(ctx: &mut Context<'_>) {
    let now = ctx.now;
    if let Some(drill) = ctx.facts().drills.at_hand().cloned() {
        if looks(&drill) && after(drill.began, WITHIN) <= now {
            end(ctx, &[format!("no answer came within {} minutes", WITHIN.as_secs() / 60)]);
        }
        if drill.page == Some(Page::Waiting) && after(drill.began, ANSWER_WITHIN) <= now {
            unanswered(ctx);
        }
        return;
    }
    let Some(schedule) = ctx.policy.drill else { return };
    if due_at(ctx.service, schedule).is_some_and(|at| at <= now) {
        match target(ctx, schedule.level, false) {
            Ok(target) => drop(begin(ctx, schedule.level, target, None, false)),
            Err(_) => ctx.service.drill_at = now.checked_add(AGAIN).ok(),
        }
    }
    if overdue_at(ctx.service, schedule).is_some_and(|at| at <= now) {
        let why = Reason::Drill(Finding::Overdue { last: ctx.facts().drills.passed });
        ctx.open(News::DrillOverdue, Tier::General, Some(why), Vec::new());
    }
}

/// When the next of these comes.
pub(super) fn next_deadline(service: &Service, policy: &ServicePolicy, now: Timestamp) -> Option<Timestamp> {
    let drills = &service.facts().drills;
    if let Some(drill) = drills.at_hand() {
        let made = looks(drill).then(|| after(drill.began, WITHIN));
        let called = (drill.page == Some(Page::Waiting)).then(|| after(drill.began, ANSWER_WITHIN));
        return [made, called].into_iter().flatten().min();
    }
    let schedule = policy.drill?;
    let next = [due_at(service, schedule), overdue_at(service, schedule)];
    next.into_iter().flatten().map(|at| at.max(now)).min()
}

/// When the next one is due by itself.
pub(super) fn due_at(service: &Service, schedule: Schedule) -> Option<Timestamp> {
    let drills = &service.facts().drills;
    // One that did not pass is made again when its time comes, and not again and again.
    let last = drills.newest.as_ref().and_then(Drill::ended).or(drills.since)?;
    let due = after(last, schedule.every);
    Some(service.drill_at.map_or(due, |at| due.max(at)))
}

/// When it is told that none has passed for too long; not where that drills do not go well was told already.
fn overdue_at(service: &Service, schedule: Schedule) -> Option<Timestamp> {
    let Facts { drills, incidents, .. } = service.facts();
    let told = |incident: &Incident| matches!(incident.news, News::DrillOverdue | News::DrillFailed);
    let last = drills.passed.max(drills.since).filter(|_| !incidents.iter().any(told))?;
    Some(after(last, schedule.every.saturating_add(schedule.every / OVERDUE)))
}

/// Whether an answer of the runtime is waited for.
fn looks(drill: &Drill) -> bool {
    drill.outcome.is_none() && !drill.swaps()
}

/// Begins one, and gives its id.
fn begin(ctx: &mut Context<'_>, level: Level, target: Target, by: Option<String>, page: bool) -> String {
    let Target { accepted, before } = target;
    let drill = Drill {
        id: naming::drill_id(ctx),
        level,
        by,
        began: ctx.now,
        release: accepted.id,
        version: accepted.version,
        swap: before.map(|before| Swap { to: before.id, to_version: before.version, legs: Vec::new() }),
        outcome: None,
        page: page.then_some(Page::Waiting),
    };
    ctx.service.drill_at = None;
    ctx.facts_mut().drills.newest = Some(drill.clone());
    make(ctx, &drill);
    if page {
        ctx.open(News::Drill, Tier::Urgent, None, Vec::new());
    }
    drill.id
}

fn make(ctx: &mut Context<'_>, drill: &Drill) {
    let service = ctx.service.name.clone();
    let Drill { id, release, level, swap, .. } = drill.clone();
    // What it goes back to has to be there, and what it goes forth to again.
    let releases = std::iter::once(release).chain(swap.map(|swap| swap.to)).collect();
    ctx.act(Action::Effect(Effect::Drill { service, drill: id, releases, level }));
}

/// Nobody has answered the call.
fn unanswered(ctx: &mut Context<'_>) {
    let now = ctx.now;
    ctx.forget(&News::Drill);
    if let Some(drill) = ctx.facts_mut().drills.newest.as_mut() {
        drill.page = Some(Page::Unanswered { waited: span(drill.began, now) });
    }
    settle(ctx);
}

/// Everything about the drill may have come to its end: it is written down, and told where it did not pass.
fn settle(ctx: &mut Context<'_>) {
    let Some(drill) = ctx.facts().drills.newest.clone() else { return };
    let Some(passed) = drill.passed() else { return };
    let service = ctx.service.name.clone();
    ctx.act(Action::Persist(Persist::Drilled { service, drill: drill.clone() }));
    if passed {
        ctx.facts_mut().drills.passed = drill.ended();
        match drill.swapped() {
            // The service was not there for a while: people hear that, and why.
            Some(swapped) => ctx.conclude(News::DrillPassed, Some(Reason::Drill(swapped))),
            None => ctx.resolve(News::DrillPassed),
        }
    } else {
        ctx.open(News::DrillFailed, Tier::Important, Some(Reason::Drill(drill.shortfall())), Vec::new());
    }
}

fn after(at: Timestamp, lasts: Duration) -> Timestamp {
    at.checked_add(lasts).unwrap_or(Timestamp::MAX)
}
