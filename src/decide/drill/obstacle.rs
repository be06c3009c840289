//! What stands in the way of a drill. One that goes for real never makes things worse: it begins where all is well, and where
//! nothing else is going on.

use std::time::Duration;

use crate::decide::context::Context;
use crate::decide::{deployment, permission, plan, quarantine};
use crate::model::drill::{Level, Obstacle};
use crate::model::facts::{Facts, Phase};
use crate::model::notice::News;
use crate::model::reason::Reason;
use crate::model::release::Release;
use crate::model::step::Step;

/// After a rollback a service is left alone for so long.
const LATELY: Duration = Duration::from_hours(1);

/// What a drill is about: the accepted release, and the one before where it goes back for real.
pub(super) struct Target {
    pub(super) accepted: Release,
    pub(super) before: Option<Release>,
}

/// What one would be about, or all that it cannot be made for now.
pub(super) fn target(ctx: &Context<'_>, level: Level, for_real: bool) -> Result<Target, Vec<Obstacle>> {
    let facts = ctx.facts();
    if facts.drills.at_hand().is_some() {
        return Err(vec![Obstacle::UnderWay]);
    }
    if facts.phase != Phase::Idle || facts.away || deployment::under_way(ctx.service, ctx.now) {
        return Err(vec![Obstacle::Busy]);
    }
    let accepted = facts.accepted.last().cloned().ok_or_else(|| vec![Obstacle::NothingAccepted])?;
    let before = match level {
        Level::Ready => None,
        Level::Steps if !ctx.policy.steps.contains(&Step::Create) => return Err(vec![Obstacle::NotBeside]),
        Level::Steps => None,
        Level::Swap => Some(swaps(ctx, &accepted, for_real)?),
    };
    Ok(Target { accepted, before })
}

/// The release that it would go back to for real.
fn swaps(ctx: &Context<'_>, accepted: &Release, for_real: bool) -> Result<Release, Vec<Obstacle>> {
    // The engine rolls a Swarm's services by itself, and takes them back by itself.
    if ctx.policy.steps.contains(&Step::Update) {
        return Err(vec![Obstacle::NotSwapped]);
    }
    let Some(before) = before(ctx.facts(), accepted) else { return Err(vec![Obstacle::NothingOlder]) };
    let mut obstacles = against(ctx, accepted);
    if plan::partly(ctx, &before, &Reason::Said(String::new())).is_some() {
        obstacles.push(Obstacle::Partly);
    }
    if !for_real && ctx.policy.maintenance.until(ctx.now).is_none() {
        let last = ctx.facts().restored.map(|restored| restored.took);
        obstacles.push(Obstacle::NotForReal { to: before.version.clone(), last });
    }
    if obstacles.is_empty() { Ok(before) } else { Err(obstacles) }
}

/// The newest accepted release before the last that is another and was not gone back from.
fn before(facts: &Facts, accepted: &Release) -> Option<Release> {
    let runs = accepted.running.as_ref()?;
    let fits = |older: &&Release| {
        let other = |older: &crate::model::running::Identity| {
            *older != runs.identity && !quarantine::holds(facts, older)
        };
        older.running.as_ref().is_some_and(|older| other(&older.identity))
    };
    facts.accepted.iter().rev().find(fits).cloned()
}

/// What speaks against touching what runs now.
pub(super) fn against(ctx: &Context<'_>, accepted: &Release) -> Vec<Obstacle> {
    let facts = ctx.facts();
    let mut obstacles = Vec::new();
    if facts.announced.is_some() {
        obstacles.push(Obstacle::Busy);
    }
    let (seen, runs) = (ctx.service.seen.as_ref(), accepted.running.as_ref());
    let it_runs =
        seen.is_some_and(|seen| seen.alive && runs.is_some_and(|runs| runs.identity == seen.identity));
    if !it_runs || !ctx.service.health.all_pass() || ctx.service.lacking.is_some() {
        obstacles.push(Obstacle::NotWell);
    }
    let of_drills = |news: &News| matches!(news, News::Drill | News::DrillFailed | News::DrillOverdue);
    let open = facts.incidents.iter().find(|incident| !of_drills(&incident.news));
    obstacles.extend(open.map(|open| Obstacle::Incident { incident: open.id.clone() }));
    if facts.hold.is_some() {
        obstacles.push(Obstacle::OnHold);
    }
    if ctx.policy.freeze.until(ctx.now).is_some() {
        obstacles.push(Obstacle::Frozen);
    }
    if ctx.elsewhere {
        obstacles.push(Obstacle::Elsewhere);
    }
    if lately(ctx) {
        obstacles.push(Obstacle::Lately);
    }
    obstacles.extend(permission::declared(accepted).map(|why| Obstacle::Irreversible { why }));
    obstacles
}

/// Whether it was rolled back, or should have been, a short while ago.
fn lately(ctx: &Context<'_>) -> bool {
    let facts = ctx.facts();
    let failed = facts.decided.as_ref().filter(|decided| decided.state.has_failed()).map(|it| it.at);
    let restored = facts.restored.map(|restored| restored.at);
    let until = failed.max(restored).and_then(|at| at.checked_add(LATELY).ok());
    until.is_some_and(|until| until > ctx.now)
}
