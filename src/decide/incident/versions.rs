//! From which version to which news are.

use super::topic::Topic;
use crate::decide::naming;
use crate::decide::service::Service;
use crate::model::facts::Phase;
use crate::model::notice::News;
use crate::model::reason::Reason;

/// From which version to which the news is, or would be.
pub(super) fn versions(
    service: &Service,
    news: &News,
    reason: Option<&Reason>,
) -> (Option<String>, Option<String>) {
    let facts = service.facts();
    // What a drill leaves is no release at hand.
    let left = || facts.rollback().map(|rollback| rollback.plan.from_version.clone());
    let at_hand = facts.release.as_ref().map(|release| release.version.clone()).or_else(left);
    let at_hand = at_hand.or_else(|| service.version());
    let accepted = || facts.accepted.last().map(|it| naming::beside(it, facts.release.as_ref()));
    if *news == News::ReleaseDetected {
        return (accepted(), at_hand);
    }
    if matches!(Topic::of(news), Topic::Readiness | Topic::Drill | Topic::Call) {
        return (accepted(), None);
    }
    if Topic::of(news) == Topic::Drift {
        return (service.version(), facts.diverged.as_ref().and_then(|diverged| diverged.released.clone()));
    }
    let to = match (news, reason) {
        (News::ReleaseSuperseded, Some(Reason::Superseded { version })) => Some(version.clone()),
        (News::ReleaseSuperseded | News::ReleaseAccepted | News::ReleaseAborted, _) => None,
        _ if Topic::of(news) != Topic::Release && *news != News::CleanupIncomplete => None,
        _ => match &facts.phase {
            Phase::RollingBack(rollback) => Some(rollback.plan.to_version.clone()),
            Phase::Verifying(verification) => Some(verification.rollback.plan.to_version.clone()),
            Phase::Idle | Phase::Watching(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => accepted(),
        },
    };
    (at_hand, to)
}
