//! Waiting for news, for as long as whoever asks likes.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::{Caller, PATIENCE, known, problem};
use crate::control::Shared;
use crate::control::wire::{Outcome, OutcomeQuery, Status, StatusQuery};
use crate::decide::view::{ServiceView, View};
use crate::door::Seat;

/// Where too many wait for news already, one more may wait this long in a place that others need.
const CROWDED: Duration = Duration::from_secs(1);

/// Waits until a release is decided or the phase is another than the caller has seen.
pub(super) async fn outcome(
    State(shared): State<Shared>,
    Caller { seat, language, .. }: Caller,
    Path(service): Path<String>,
    Query(query): Query<OutcomeQuery>,
) -> Response {
    let texts = Arc::clone(&shared.texts);
    let look = |service: &ServiceView| {
        let outcome = Outcome::of(service, query.release.as_deref(), &texts[&language]).ok_or_else(|| {
            let release = query.release.as_deref().unwrap_or_default();
            format!("there is no release {release} of {}; `golive releases` lists them", service.name)
        })?;
        let news = query.phase.as_ref().is_some_and(|phase| *phase != outcome.phase);
        let settled = outcome.decided() || news;
        Ok((outcome, settled))
    };
    until(shared, &seat, query.timeout, of(&service, look)).await
}

/// How everything stands, or one service; waits until that is another than what the caller has seen.
pub(super) async fn status(
    State(shared): State<Shared>,
    Caller { seat, language, .. }: Caller,
    Query(query): Query<StatusQuery>,
) -> Response {
    let (about, texts) = (Arc::clone(&shared.about), Arc::clone(&shared.texts));
    let look = |view: &View| {
        if let Some(service) = &query.service {
            known(view, service).map_err(Box::new)?;
        }
        let status = Status::new(view, &about, &texts[&language], query.service.as_deref());
        let news = query.after.as_ref() != Some(&status.revision);
        Ok((status, news))
    };
    until(shared, &seat, query.timeout, look).await
}

/// A look at one service.
pub(super) fn of<T>(
    service: &str,
    look: impl Fn(&ServiceView) -> Result<(T, bool), String>,
) -> impl Fn(&View) -> Result<(T, bool), Box<Response>> {
    move |view| {
        let found = look(known(view, service).map_err(Box::new)?);
        found.map_err(|missing| Box::new(problem(StatusCode::NOT_FOUND, missing)))
    }
}

/// Looks until there is what is waited for or the time is over, in a place that others do not need meanwhile.
pub(super) async fn until<T: Serialize>(
    shared: Shared,
    seat: &Seat,
    seconds: Option<u64>,
    look: impl Fn(&View) -> Result<(T, bool), Box<Response>>,
) -> Response {
    let patience = Duration::from_secs(seconds.unwrap_or_default()).min(PATIENCE);
    if patience.is_zero() {
        return within(shared, patience, look).await;
    }
    if !seat.waits() {
        return within(shared, patience.min(CROWDED), look).await;
    }
    let mut answer = within(shared, patience, look).await;
    // Its place is another one's now.
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}

async fn within<T: Serialize>(
    mut shared: Shared,
    patience: Duration,
    look: impl Fn(&View) -> Result<(T, bool), Box<Response>>,
) -> Response {
    let end = tokio::time::sleep(patience);
    tokio::pin!(end);
    loop {
        let view = Arc::clone(&shared.views.borrow_and_update());
        let (found, settled) = match look(&view) {
            Ok(found) => found,
            Err(missing) => return *missing,
        };
        if settled || end.is_elapsed() {
            return Json(found).into_response();
        }
        tokio::select! {
            changed = shared.views.changed() => if changed.is_err() {
                return Json(found).into_response();
            },
            () = &mut end => {}
        }
    }
}
