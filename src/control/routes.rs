//! What can be asked, and how it is answered.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body as HttpBody, Bytes, HttpBody as _};
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use axum::extract::{
    ConnectInfo, DefaultBodyLimit, FromRequest, FromRequestParts, Path, Request as HttpRequest, State,
};
use axum::http::StatusCode;
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

use super::peer::Peer;
use super::wire::{
    AcceptBody, AckBody, ChecklistBody, Done, HoldBody, Problem, ReleaseBody, RollbackBody, TestResultBody,
};
use super::{Request, Shared};
use crate::config::{Language, nearest};
use crate::decide::action::Answer;
use crate::decide::view::{ServiceView, View};
use crate::door::{Guest, Seat};
use crate::model::checklist::Deed;
use crate::model::event::{Address, Ask, Event, ServiceEvent};
use crate::model::release::Announcement;
use crate::text::english;

mod drill;
mod news;
mod remarks;

/// A request's body is at most this large.
const BODY_MAX: usize = 64 * 1024;

/// An answer comes within this.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) fn app(shared: Shared) -> IntoMakeServiceWithConnectInfo<Router, Guest<Peer>> {
    Router::new()
        .route("/v1/status", get(news::status))
        .route("/v1/services/{service}/outcome", get(news::outcome))
        .route("/v1/services/{service}/release", post(release))
        .route("/v1/services/{service}/accept", post(accept))
        .route("/v1/services/{service}/abort", post(abort))
        .route("/v1/services/{service}/rollback", post(rollback))
        .route("/v1/services/{service}/plan", post(plan))
        .route("/v1/services/{service}/hold", post(hold))
        .route("/v1/services/{service}/resume", post(resume))
        .route("/v1/services/{service}/checklist", post(checklist))
        .route("/v1/services/{service}/drill", post(drill::ask).get(drill::outcome))
        .route("/v1/incidents/{incident}/ack", post(acknowledge))
        .route("/v1/channels/{channel}/test-result", post(test_result))
        .route("/v1/deliveries/{delivery}/retry", post(retry))
        .route("/v1/releases/{release}/note", post(remarks::note))
        .route("/v1/releases/{release}/follow-up", post(remarks::follow_up))
        .fallback(nothing_there)
        .layer(from_fn(admit))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .with_state(shared)
        .into_make_service_with_connect_info::<Guest<Peer>>()
}

async fn admit(ConnectInfo(guest): ConnectInfo<Guest<Peer>>, request: HttpRequest, next: Next) -> Response {
    let Guest { peer, seat } = guest;
    if peer.may_ask().await {
        let too_large = || {
            let error = format!("the body is larger than {BODY_MAX} bytes");
            problem(StatusCode::PAYLOAD_TOO_LARGE, error)
        };
        // Refused before it is read; one that does not tell its size is read up to the limit.
        if request.body().size_hint().lower() > BODY_MAX as u64 {
            return too_large();
        }
        let (head, body) = request.into_parts();
        let Ok(body) = axum::body::to_bytes(body, BODY_MAX).await else { return too_large() };
        seat.asked();
        return next.run(HttpRequest::from_parts(head, HttpBody::from(body))).await;
    }
    tracing::warn!(peer = peer.number(), path = request.uri().path(), "refused on the control socket");
    let who = peer.name().await;
    problem(StatusCode::FORBIDDEN, format!("{who} may not use golive: join the group golive, or be root"))
}

async fn nothing_there(request: HttpRequest) -> Response {
    let (method, path) = (request.method(), request.uri().path());
    problem(StatusCode::NOT_FOUND, format!("this daemon knows no {method} {path}"))
}

async fn release(
    State(shared): State<Shared>,
    caller: Caller,
    Path(service): Path<String>,
    Body(body): Body<ReleaseBody>,
) -> Response {
    if body.version.trim().is_empty() {
        return problem(StatusCode::UNPROCESSABLE_ENTITY, "a release needs a version".to_owned());
    }
    let person = caller.peer.person(body.by.clone()).await;
    let by = caller.peer.stands_for(body.by, &shared.texts[&caller.language]).await;
    let announcement = Announcement {
        version: body.version,
        by: Some(by),
        with: body.with,
        features: body.features,
        improvements: body.improvements,
        fixes: body.fixes,
        config_changes: body.config_changes,
        hotfix: body.hotfix,
        overrides: body.overrides,
        said_by: Some(person),
        irreversible: body.irreversible,
    };
    shared.ask(service, &caller, Ask::Release(announcement)).await
}

async fn accept(
    State(shared): State<Shared>,
    caller: Caller,
    Path(service): Path<String>,
    Body(body): Body<AcceptBody>,
) -> Response {
    shared.ask(service, &caller, Ask::Accept { reason: body.reason, force: body.force }).await
}

async fn abort(State(shared): State<Shared>, caller: Caller, Path(service): Path<String>) -> Response {
    shared.ask(service, &caller, Ask::Abort).await
}

async fn rollback(
    State(shared): State<Shared>,
    caller: Caller,
    Path(service): Path<String>,
    Body(body): Body<RollbackBody>,
) -> Response {
    shared
        .ask(service, &caller, Ask::Rollback { to: body.to, reason: body.reason, known_bad: body.known_bad })
        .await
}

async fn plan(
    State(shared): State<Shared>,
    caller: Caller,
    Path(service): Path<String>,
    Body(body): Body<RollbackBody>,
) -> Response {
    shared.ask(service, &caller, Ask::Plan { to: body.to }).await
}

async fn hold(
    State(shared): State<Shared>,
    caller: Caller,
    Path(service): Path<String>,
    Body(body): Body<HoldBody>,
) -> Response {
    // A length that makes no sense must not become "for ever".
    let Ok(lasts) = body.seconds.map(Duration::try_from_secs_f64).transpose() else {
        return problem(StatusCode::UNPROCESSABLE_ENTITY, "`seconds` is not a length of time".to_owned());
    };
    shared.ask(service, &caller, Ask::Hold { lasts, reason: body.reason }).await
}

async fn resume(State(shared): State<Shared>, caller: Caller, Path(service): Path<String>) -> Response {
    shared.ask(service, &caller, Ask::Resume).await
}

async fn checklist(
    State(shared): State<Shared>,
    caller: Caller,
    Path(service): Path<String>,
    Body(body): Body<ChecklistBody>,
) -> Response {
    let version = body.version.filter(|version| !version.trim().is_empty());
    let by = caller.peer.person(body.by).await;
    let ask = Ask::Checklist { version, by, deed: body.deed.unwrap_or(Deed::Show) };
    shared.ask(service, &caller, ask).await
}

async fn acknowledge(
    State(shared): State<Shared>,
    caller: Caller,
    Path(incident): Path<String>,
    Body(body): Body<AckBody>,
) -> Response {
    let by = caller.peer.stands_for(body.by, &shared.texts[&caller.language]).await;
    tracing::info!(incident, by, peer = caller.peer.number(), "acknowledged");
    shared.send(&caller, |reply| Request::Event { event: Event::Acknowledged { incident, by }, reply }).await
}

async fn test_result(
    State(shared): State<Shared>,
    caller: Caller,
    Path(channel): Path<String>,
    Body(body): Body<TestResultBody>,
) -> Response {
    let TestResultBody { address, failed } = body;
    tracing::info!(channel, address, failed, peer = caller.peer.number(), "a channel was tried");
    let (to, notice) = (Address { channel, address }, "test".to_owned());
    let event = match failed {
        None => Event::Told { to, notice },
        Some(why) => Event::NotTold { to, notice, why, given_up: false },
    };
    shared.send(&caller, |reply| Request::Tried { event, reply }).await
}

async fn retry(State(shared): State<Shared>, caller: Caller, Path(delivery): Path<i64>) -> Response {
    tracing::info!(delivery, peer = caller.peer.number(), "asked to send again");
    shared.send(&caller, |reply| Request::RetryLetter { id: delivery, reply }).await
}

impl Shared {
    async fn ask(&self, service: String, caller: &Caller, ask: Ask) -> Response {
        let view = self.views.borrow().clone();
        if let Err(missing) = known(&view, &service) {
            return missing;
        }
        let by = match &ask {
            Ask::Release(Announcement { by: Some(by), .. }) => by.clone(),
            Ask::Release(_)
            | Ask::Accept { .. }
            | Ask::Abort
            | Ask::Rollback { .. }
            | Ask::Plan { .. }
            | Ask::Hold { .. }
            | Ask::Resume
            | Ask::Drill { .. }
            | Ask::Checklist { .. } => caller.peer.name().await,
        };
        tracing::info!(service, by, peer = caller.peer.number(), "asked: {}", english().asked(&ask));
        let event = Event::Service { service, what: ServiceEvent::Asked { by, ask } };
        self.send(caller, |reply| Request::Event { event, reply }).await
    }

    async fn send(
        &self,
        caller: &Caller,
        request: impl FnOnce(oneshot::Sender<Answer>) -> Request,
    ) -> Response {
        let (reply, answer) = oneshot::channel();
        let asked = async {
            self.requests.send(request(reply)).await.ok()?;
            answer.await.ok()
        };
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Some(Answer::Refused { why })) => {
                tracing::info!(peer = caller.peer.number(), "refused: {}", english().refusal(&why));
                problem(StatusCode::CONFLICT, self.texts[&caller.language].refusal(&why))
            }
            Ok(Some(answer)) => Json(Done::new(answer, &self.texts[&caller.language])).into_response(),
            Ok(None) => problem(StatusCode::SERVICE_UNAVAILABLE, "the daemon is ending".to_owned()),
            Err(_) => {
                let error = format!("the daemon did not get to it within {} s", PATIENCE.as_secs());
                problem(StatusCode::SERVICE_UNAVAILABLE, error)
            }
        }
    }
}

/// In which language whoever asks wants to read.
struct Speaks(Language);

/// Who asks.
struct Caller {
    peer: Peer,
    seat: Seat,
    language: Language,
}

impl<S: Send + Sync> FromRequestParts<S> for Speaks {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let wanted = parts.headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Ok(Self(wanted.and_then(Language::of).unwrap_or_default()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let guest = ConnectInfo::<Guest<Peer>>::from_request_parts(parts, state).await;
        let ConnectInfo(Guest { peer, seat }) = guest.map_err(IntoResponse::into_response)?;
        let Ok(Speaks(language)) = Speaks::from_request_parts(parts, state).await;
        Ok(Self { peer, seat, language })
    }
}

/// A JSON body; none at all is one that says nothing.
struct Body<T>(T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Response;

    async fn from_request(request: HttpRequest, state: &S) -> Result<Self, Response> {
        let bytes = Bytes::from_request(request, state).await;
        let bytes = bytes.map_err(|refused| problem(refused.status(), refused.body_text()))?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        let body = serde_json::from_slice(&bytes);
        body.map(Self)
            .map_err(|error| problem(StatusCode::UNPROCESSABLE_ENTITY, format!("the body: {error}")))
    }
}

#[expect(clippy::result_large_err, reason = "the error is the response itself")]
fn known<'a>(view: &'a View, service: &str) -> Result<&'a ServiceView, Response> {
    view.services.iter().map(|it| &**it).find(|it| it.name == service).ok_or_else(|| {
        let names: Vec<&str> = view.services.iter().map(|it| it.name.as_str()).collect();
        let names = if names.is_empty() { "none is configured".to_owned() } else { names.join(", ") };
        let meant = nearest(service, view.services.iter().map(|it| it.name.as_str()));
        let meant = meant.map(|name| format!("; did you mean {name}?")).unwrap_or_default();
        problem(StatusCode::NOT_FOUND, format!("there is no service {service}{meant}; services: {names}"))
    })
}

fn problem(status: StatusCode, error: String) -> Response {
    (status, Json(Problem { error })).into_response()
}
