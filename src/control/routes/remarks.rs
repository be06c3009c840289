//! What people add to a release's record.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::{Body, Caller, problem};
use crate::control::wire::{FollowUpBody, NoteBody};
use crate::control::{Request, Shared};
use crate::model::remark::{LONGEST, Remark};

pub(super) async fn note(
    State(shared): State<Shared>,
    caller: Caller,
    Path(release): Path<String>,
    Body(NoteBody { text, by }): Body<NoteBody>,
) -> Response {
    add(&shared, &caller, release, by, |by| Remark::Note { by, text }).await
}

pub(super) async fn follow_up(
    State(shared): State<Shared>,
    caller: Caller,
    Path(release): Path<String>,
    Body(FollowUpBody { text, owner, due, done, by }): Body<FollowUpBody>,
) -> Response {
    add(&shared, &caller, release, by, |by| Remark::FollowUp { by, text, owner, due, done }).await
}

async fn add(
    shared: &Shared,
    caller: &Caller,
    release: String,
    by: Option<String>,
    remark: impl FnOnce(String) -> Remark,
) -> Response {
    let remark = remark(caller.peer.stands_for(by, &shared.texts[&caller.language]).await);
    if let Some(wrong) = wrong(&remark) {
        return problem(StatusCode::UNPROCESSABLE_ENTITY, wrong);
    }
    tracing::info!(release, by = remark.by(), peer = caller.peer.number(), "added to the record");
    shared.send(caller, |reply| Request::Remark { release, remark, reply }).await
}

fn wrong(remark: &Remark) -> Option<String> {
    let text = remark.text();
    if text.trim().is_empty() {
        return Some("the text is empty; say what is to be kept".to_owned());
    }
    let long = text.chars().count();
    (long > LONGEST).then(|| format!("the text has {long} characters; a remark has {LONGEST} at most"))
}
