//! Drills: asked for, and waited for.

use axum::extract::{Path, Query, State};
use axum::response::Response;

use super::{Body, Caller, news};
use crate::control::Shared;
use crate::control::wire::{DrillBody, DrillInfo, DrillQuery};
use crate::decide::view::ServiceView;
use crate::model::event::Ask;

pub(super) async fn ask(
    State(shared): State<Shared>,
    caller: Caller,
    Path(service): Path<String>,
    Body(body): Body<DrillBody>,
) -> Response {
    let DrillBody { level, page, for_real } = body;
    shared.ask(service, &caller, Ask::Drill { level, page, for_real }).await
}

/// Waits until a drill has ended.
pub(super) async fn outcome(
    State(shared): State<Shared>,
    Caller { seat, .. }: Caller,
    Path(service): Path<String>,
    Query(query): Query<DrillQuery>,
) -> Response {
    let look = |service: &ServiceView| {
        let newest = service.drill.drills.newest.as_ref();
        let drill = newest.filter(|drill| query.drill.as_ref().is_none_or(|id| drill.id == *id));
        let drill = drill.ok_or_else(|| match &query.drill {
            Some(id) => format!("the newest drill of {} is not {id}", service.name),
            None => format!("no drill of {} was made yet", service.name),
        })?;
        let drill = DrillInfo::new(drill);
        let ended = drill.ended_at.is_some();
        Ok((drill, ended))
    };
    news::until(shared, &seat, query.timeout, news::of(&service, look)).await
}
