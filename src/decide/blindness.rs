//! What tells nothing, and for how long.

use jiff::Timestamp;

use super::context::Context;
use super::deployment;
use super::service::Service;
use crate::model::facts::Phase;
use crate::model::notice::{News, Tier};
use crate::model::policy::ServicePolicy;
use crate::model::reason::Reason;

/// What tells nothing for too long is told to people, never counted.
pub(super) fn too_long(ctx: &mut Context<'_>) {
    let due = deadline(ctx.service, ctx.policy, ctx.now).is_some_and(|at| at <= ctx.now);
    if due && let Some((_, why)) = blind(ctx.service, ctx.policy, ctx.now) {
        ctx.open(News::NoData, Tier::Important, Some(why), Vec::new());
    }
}

/// What has been blind longest, since when, and why.
pub(super) fn blind(
    service: &Service,
    policy: &ServicePolicy,
    now: Timestamp,
) -> Option<(Timestamp, Reason)> {
    let both = [service.health.blind(), service.triggers.blind(now, policy)];
    both.into_iter().flatten().min_by_key(|(since, _)| *since)
}

pub(super) fn deadline(service: &Service, policy: &ServicePolicy, now: Timestamp) -> Option<Timestamp> {
    let facts = service.facts();
    let told = facts.incidents.iter().any(|incident| incident.news == News::NoData);
    // The swap blinds checks by itself, and the proof says in the end what it could not tell.
    let swapping = matches!(facts.phase, Phase::RollingBack(_) | Phase::Verifying(_));
    let swapping = swapping || deployment::under_way(service, now);
    let (since, _) = blind(service, policy, now).filter(|_| !told && !swapping)?;
    let since = service.launch.map_or(since, |launch| launch.at.max(since)).max(service.blind_from);
    since.checked_add(policy.blind_after).ok()
}
