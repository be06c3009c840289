//! Whose fault is it? Asked before a failure is held against a release (judgement §2.8).

use super::facts::Phase;
use super::reason::{Blame, Rule};
use super::service::Turn;
use super::suspect::Suspicion;

/// What golive sees beside the service at hand.
#[derive(Debug, Default)]
pub(super) struct Around {
    /// Other services that nobody is releasing and that are well.
    pub(super) well: usize,
    /// Those that are not.
    pub(super) troubled: Vec<String>,
}

/// Whose fault a suspicion is.
pub(super) fn of(turn: &Turn<'_>, suspicion: &Suspicion) -> Blame {
    let release = Blame::Release { neighbours: turn.around.well };
    if suspicion.rule == Some(Rule::SideBySide) {
        return release;
    }
    if suspicion.pre_existing {
        return Blame::PreExisting;
    }
    if let Some(resource) = &suspicion.foreign {
        return Blame::Host(resource.clone());
    }
    if let Some(failing) = turn.service.failing_dependency() {
        return Blame::Dependency(failing);
    }
    if !turn.around.troubled.is_empty() {
        return Blame::Neighbours(turn.around.troubled.clone());
    }
    // Requests that wait for a processor which others use up; a service that is down is down all the same.
    if suspicion.rule.is_some()
        && let Some((resource, _)) = turn.service.triggers.starved(turn.policy)
    {
        return Blame::Host(resource);
    }
    let known = match &turn.facts().phase {
        Phase::Watching(watch) => !watch.before.is_empty(),
        Phase::Idle
        | Phase::RollingBack(_)
        | Phase::Verifying(_)
        | Phase::Held { .. }
        | Phase::NeedsPerson { .. } => false,
    };
    let was_well = known || (suspicion.rule.is_none() && !turn.facts().accepted.is_empty());
    if was_well || turn.around.well > 0 { release } else { Blame::Unknown }
}
