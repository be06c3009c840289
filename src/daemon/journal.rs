//! What the daemon logs of its own doings.

use crate::decide::action::{Action, Effect, Persist};
use crate::model::event::Event;
use crate::text::english;

/// What an event led to, a line each.
pub(super) fn log(event: &Event, actions: &[Action]) {
    for action in actions {
        match action {
            Action::Tell { notice, .. } => {
                let service = notice.service.as_deref().unwrap_or("golive");
                tracing::info!(
                    service,
                    tier = notice.tier.into_str(),
                    id = notice.id,
                    "{}",
                    notice.news.into_str()
                );
            }
            Action::Effect(Effect::Step { service, plan, step }) => {
                tracing::info!(
                    service,
                    rollback = plan.rollback,
                    from = plan.from_version,
                    to = plan.to_version,
                    "{}",
                    step.into_str()
                );
            }
            Action::Persist(Persist::Judged { service, trigger, verdict }) => {
                tracing::info!(
                    service,
                    trigger,
                    verdict = verdict.call.into_str(),
                    "{}",
                    english().sentence(&verdict.why)
                );
            }
            Action::Effect(_) | Action::Persist(_) | Action::Answer(_) => {}
        }
    }
    tracing::trace!(?event, actions = actions.len());
}
