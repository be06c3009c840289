//! Drills: asked for by people or due by themselves, made by the runtime while nothing is released, told when they do not
//! pass or are overdue.

use std::time::Duration;

use jiff::Timestamp;

use super::action::{Action, Effect, Persist};
use super::service::Service;
use super::trigger::span;
use super::turn::Turn;
use super::{deployment, naming};
use crate::model::drill::{Drill, Level, Obstacle, Outcome, Page, Schedule, Shortfall};
use crate::model::facts::{Facts, Phase};
use crate::model::incident::{Incident, IncidentState};
use crate::model::notice::{News, Tier};
use crate::model::policy::ServicePolicy;
use crate::model::reason::Reason;
use crate::model::release::Release;
use crate::model::step::Step;

/// One that nothing was heard of for so long does not pass: a step has its own deadlines, which are shorter.
const WITHIN: Duration = Duration::from_mins(30);

/// A call is waited for so long.
const ANSWER_WITHIN: Duration = Duration::from_hours(1);

/// One that is due and cannot be made is tried again after this.
const AGAIN: Duration = Duration::from_mins(5);

/// What is due counts as overdue after this part of the time between two drills.
const OVERDUE: u32 = 10;

/// Somebody asks for one. Gives its id.
pub(super) fn asked(turn: &mut Turn<'_>, by: &str, level: Level, page: bool) -> Result<String, Obstacle> {
    let accepted = target(turn, level)?;
    Ok(begin(turn, level, accepted, Some(by.to_owned()), page))
}

/// The runtime has made what was asked of it.
pub(super) fn made(turn: &mut Turn<'_>, id: &str, problems: &[String]) {
    let now = turn.now;
    let Some(drill) = turn.facts_mut().drills.newest.as_mut().filter(|drill| drill.id == id) else { return };
    if drill.outcome.is_none() {
        drill.outcome = Some(Outcome { at: now, problems: problems.to_vec() });
        settle(turn);
    }
}

/// Somebody may have acknowledged the call.
pub(super) fn acknowledged(turn: &mut Turn<'_>) {
    let called = turn.facts().incidents.iter().find(|incident| incident.news == News::Drill);
    let Some(IncidentState::Acknowledged { by }) = called.map(|incident| incident.state.clone()) else {
        return;
    };
    let now = turn.now;
    let Some(drill) = turn.facts_mut().drills.newest.as_mut() else { return };
    drill.page = Some(Page::Answered { at: now, by });
    let after = drill.answered_after().unwrap_or_default();
    turn.resolve(News::DrillAnswered { after });
    settle(turn);
}

/// The daemon is up, or the configuration is another: what is due is counted from now on where it was not before, and what
/// was being made is asked for again.
pub(super) fn started(turn: &mut Turn<'_>) {
    follow(turn);
    let at_hand = turn.facts().drills.newest.clone().filter(|drill| drill.outcome.is_none());
    if let Some(drill) = at_hand {
        make(turn, &drill);
    }
}

/// The configuration may ask for others.
pub(super) fn follow(turn: &mut Turn<'_>) {
    let (wanted, now) = (turn.policy.drill.is_some(), turn.now);
    if wanted != turn.facts().drills.since.is_some() {
        turn.facts_mut().drills.since = wanted.then_some(now);
    }
    if !wanted && turn.facts().incidents.iter().any(|incident| incident.news == News::DrillOverdue) {
        turn.forget(&News::DrillOverdue);
    }
}

/// Deadlines that have come.
pub(super) fn due(turn: &mut Turn<'_>) {
    let now = turn.now;
    if let Some(drill) = turn.facts().drills.at_hand().cloned() {
        if drill.outcome.is_none() && after(drill.began, WITHIN) <= now {
            made(turn, &drill.id, &[format!("no answer came within {} minutes", WITHIN.as_secs() / 60)]);
        }
        if drill.page == Some(Page::Waiting) && after(drill.began, ANSWER_WITHIN) <= now {
            unanswered(turn);
        }
        return;
    }
    let Some(schedule) = turn.policy.drill else { return };
    if due_at(turn.service, schedule).is_some_and(|at| at <= now) {
        match target(turn, schedule.level) {
            Ok(accepted) => drop(begin(turn, schedule.level, accepted, None, false)),
            Err(_) => turn.service.drill_at = now.checked_add(AGAIN).ok(),
        }
    }
    if overdue_at(turn.service, schedule).is_some_and(|at| at <= now) {
        let why = Reason::Drill(Shortfall::Overdue { last: turn.facts().drills.passed });
        turn.open(News::DrillOverdue, Tier::General, Some(why), Vec::new());
    }
}

/// When the next of these comes.
pub(super) fn next_deadline(service: &Service, policy: &ServicePolicy, now: Timestamp) -> Option<Timestamp> {
    let drills = &service.facts().drills;
    if let Some(drill) = drills.at_hand() {
        let made = drill.outcome.is_none().then(|| after(drill.began, WITHIN));
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

/// The release that one would be about, or why none can be made now.
fn target(turn: &Turn<'_>, level: Level) -> Result<Release, Obstacle> {
    let facts = turn.facts();
    if facts.drills.at_hand().is_some() {
        return Err(Obstacle::UnderWay);
    }
    if facts.phase != Phase::Idle || facts.away || deployment::under_way(turn.service, turn.now) {
        return Err(Obstacle::Busy);
    }
    let accepted = facts.accepted.last().ok_or(Obstacle::NothingAccepted)?;
    match level {
        Level::Steps if !turn.policy.steps.contains(&Step::Create) => Err(Obstacle::NotBeside),
        Level::Ready | Level::Steps => Ok(accepted.clone()),
    }
}

/// Begins one, and gives its id.
fn begin(turn: &mut Turn<'_>, level: Level, accepted: Release, by: Option<String>, page: bool) -> String {
    let drill = Drill {
        id: naming::drill_id(turn),
        level,
        by,
        began: turn.now,
        release: accepted.id,
        version: accepted.version,
        outcome: None,
        page: page.then_some(Page::Waiting),
    };
    turn.service.drill_at = None;
    turn.facts_mut().drills.newest = Some(drill.clone());
    make(turn, &drill);
    if page {
        turn.open(News::Drill, Tier::Urgent, None, Vec::new());
    }
    drill.id
}

fn make(turn: &mut Turn<'_>, drill: &Drill) {
    let service = turn.service.name.clone();
    let Drill { id, release, level, .. } = drill.clone();
    turn.act(Action::Effect(Effect::Drill { service, drill: id, release, level }));
}

/// Nobody has answered the call.
fn unanswered(turn: &mut Turn<'_>) {
    let now = turn.now;
    turn.forget(&News::Drill);
    if let Some(drill) = turn.facts_mut().drills.newest.as_mut() {
        drill.page = Some(Page::Unanswered { waited: span(drill.began, now) });
    }
    settle(turn);
}

/// Everything about the drill may have come to its end: it is written down, and told where it did not pass.
fn settle(turn: &mut Turn<'_>) {
    let Some(drill) = turn.facts().drills.newest.clone() else { return };
    let Some(passed) = drill.passed() else { return };
    let service = turn.service.name.clone();
    turn.act(Action::Persist(Persist::Drilled { service, drill: drill.clone() }));
    if passed {
        turn.facts_mut().drills.passed = drill.ended();
        turn.resolve(News::DrillPassed);
    } else {
        turn.open(News::DrillFailed, Tier::Important, Some(Reason::Drill(drill.shortfall())), Vec::new());
    }
}

fn after(at: Timestamp, lasts: Duration) -> Timestamp {
    at.checked_add(lasts).unwrap_or(Timestamp::MAX)
}
