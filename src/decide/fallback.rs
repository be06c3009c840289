//! The restored version does not prove healthy: an older one, once, within the same rollback.

use super::context::Context;
use super::{permission, plan, quarantine};
use crate::model::reason::Reason;
use crate::model::release::Release;

/// What was tried, and the next older accepted version; `None` when there is none, or a person has to decide.
pub(super) fn next(ctx: &Context<'_>) -> Option<(Release, Release)> {
    let (facts, rollback) = (ctx.facts(), ctx.facts().rollback()?);
    // A person who has asked for a version decides on another.
    let persons = matches!(rollback.reason, Reason::Person { .. });
    if rollback.again
        || rollback.plan.drill.is_some()
        || rollback.undoing.is_some()
        || persons
        || permission::closed(ctx)
    {
        return None;
    }
    let at = facts.accepted.iter().position(|accepted| accepted.id == rollback.plan.to)?;
    let tried = &facts.accepted[at];
    // What is left alone may be what fails: another step back would only move the set further away from it.
    if permission::declared(tried).is_some() || !plan::leaves(ctx, tried).is_empty() {
        return None;
    }
    let fits = |older: &&Release| match (&older.running, &tried.running) {
        (Some(older), Some(tried)) => {
            older.identity != tried.identity && !quarantine::holds(facts, &older.identity)
        }
        _ => false,
    };
    facts.accepted[..at].iter().rev().find(fits).map(|older| (tried.clone(), older.clone()))
}
