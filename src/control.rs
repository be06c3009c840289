//! The control socket: HTTP and JSON on a unix socket. It shows the view, and acts only by sending an event.
//!
//! One task accepts; each connection has one of its own, which may be dropped at any await.

use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Path as InPath, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::IncomingStream;
use axum::{Json, Router};
use jiff::Timestamp;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::decide::action::Answer;
use crate::decide::event::{Announcement, Ask, Event, Happening};
use crate::decide::view::View;

pub mod asks;
pub mod client;
#[cfg(test)]
mod tests;
pub mod wire;

use asks::{AckBody, HoldBody, OutcomeQuery, ReleaseBody, RollbackBody, StatusQuery};

/// Who may use the socket beside root and the daemon's own user.
const GROUP: &str = "golive";

/// A request's body is at most this large.
const BODY_MAX: usize = 64 * 1024;

/// An answer comes within this.
const PATIENCE: Duration = Duration::from_secs(30);

/// What somebody asks through the socket.
#[derive(Debug)]
pub enum Request {
    /// Something for the core.
    Event {
        /// What.
        event: Event,
        /// Takes the core's answer.
        reply: oneshot::Sender<Answer>,
    },
    /// Send a letter again.
    RetryLetter {
        /// Its number.
        id: i64,
        /// Takes the answer.
        reply: oneshot::Sender<Answer>,
    },
}

/// What does not change while the daemon runs.
#[derive(Debug, Clone)]
pub struct About {
    /// golive's version.
    pub version: String,
    /// When the daemon was started.
    pub since: Timestamp,
    /// Its configuration file.
    pub config: PathBuf,
}

/// Who asks.
#[derive(Debug, Clone)]
struct Peer {
    uid: Option<u32>,
}

#[derive(Clone)]
struct Shared {
    views: watch::Receiver<Arc<View>>,
    requests: mpsc::Sender<Request>,
    about: Arc<About>,
}

/// Makes the socket: for root, the daemon's user and the group `golive`. What is no socket is not removed, and neither
/// is one that another daemon listens on.
pub fn bind(path: &Path) -> std::io::Result<UnixListener> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => {
            return Err(std::io::Error::other("there is something that is not a socket; it was left alone"));
        }
        Ok(_) if std::os::unix::net::UnixStream::connect(path).is_ok() => {
            return Err(std::io::Error::other("another daemon listens there"));
        }
        Ok(_) => std::fs::remove_file(path)?,
        Err(_) => {}
    }
    // Nobody can use it between its making and its narrowing: it is made under another name.
    let new = path.with_extension("new");
    drop(std::fs::remove_file(&new));
    let listener = UnixListener::bind(&new)?;
    std::fs::set_permissions(&new, std::fs::Permissions::from_mode(0o660))?;
    if let Some(group) = group(GROUP)
        && let Err(error) = std::os::unix::fs::chown(&new, None, Some(group))
    {
        tracing::debug!(%error, "the socket stays with the daemon's own group");
    }
    std::fs::rename(&new, path)?;
    Ok(listener)
}

/// Serves until `stop`.
pub async fn serve(
    listener: UnixListener,
    views: watch::Receiver<Arc<View>>,
    requests: mpsc::Sender<Request>,
    about: About,
    stop: CancellationToken,
) {
    let shared = Shared { views, requests, about: Arc::new(about) };
    let app = Router::new()
        .route("/v1/status", get(status))
        .route("/v1/services/{service}/outcome", get(outcome))
        .route("/v1/services/{service}/release", post(release))
        .route("/v1/services/{service}/accept", post(accept))
        .route("/v1/services/{service}/abort", post(abort))
        .route("/v1/services/{service}/rollback", post(rollback))
        .route("/v1/services/{service}/plan", post(plan))
        .route("/v1/services/{service}/hold", post(hold))
        .route("/v1/services/{service}/resume", post(resume))
        .route("/v1/incidents/{incident}/ack", post(acknowledge))
        .route("/v1/letters/{letter}/retry", post(retry))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .with_state(shared)
        .into_make_service_with_connect_info::<Peer>();
    let served = stop.run_until_cancelled(axum::serve(listener, app).into_future()).await;
    if let Some(Err(error)) = served {
        tracing::error!(%error, "the control socket ended");
    }
}

impl Connected<IncomingStream<'_, UnixListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        let stream: &UnixStream = stream.io();
        Self { uid: stream.peer_cred().ok().map(|peer| peer.uid()) }
    }
}

impl Peer {
    /// Who it is, unless they say otherwise.
    fn name(&self, said: Option<String>) -> String {
        let own = || {
            let uid = self.uid?;
            Some(user(uid).unwrap_or_else(|| format!("uid {uid}")))
        };
        said.filter(|said| !said.trim().is_empty()).or_else(own).unwrap_or_else(|| "somebody".to_owned())
    }
}

async fn status(State(shared): State<Shared>, Query(query): Query<StatusQuery>) -> Response {
    let view = shared.views.borrow().clone();
    if let Some(service) = &query.service
        && let Err(missing) = known(&view, service)
    {
        return missing;
    }
    Json(wire::Status::new(&view, &shared.about, query.service.as_deref())).into_response()
}

/// Waits until a release is decided, or for as long as the caller likes.
async fn outcome(
    State(mut shared): State<Shared>,
    InPath(service): InPath<String>,
    Query(query): Query<OutcomeQuery>,
) -> Response {
    let patience = Duration::from_secs(query.timeout.unwrap_or_default()).min(PATIENCE);
    let waiting = async {
        loop {
            let view = shared.views.borrow_and_update().clone();
            let service = known(&view, &service)?;
            let outcome = wire::Outcome::of(service, query.release.as_deref());
            if outcome.decided() || shared.views.changed().await.is_err() {
                return Ok(outcome);
            }
        }
    };
    let last = tokio::time::timeout(patience, waiting).await;
    match last {
        Ok(Ok(outcome)) => Json(outcome).into_response(),
        Ok(Err(missing)) => missing,
        Err(_) => {
            let view = shared.views.borrow().clone();
            known(&view, &service).map_or_else(
                |missing| missing,
                |it| Json(wire::Outcome::of(it, query.release.as_deref())).into_response(),
            )
        }
    }
}

async fn release(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    InPath(service): InPath<String>,
    Json(body): Json<ReleaseBody>,
) -> Response {
    let by = peer.name(body.by.clone());
    let announcement = Announcement {
        version: body.version,
        by: Some(by.clone()),
        with: body.with,
        features: body.features,
        improvements: body.improvements,
        fixes: body.fixes,
        config_changes: body.config_changes,
        irreversible: body.irreversible,
    };
    shared.ask(service, by, Ask::Release(announcement)).await
}

async fn accept(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    InPath(service): InPath<String>,
) -> Response {
    shared.ask(service, peer.name(None), Ask::Accept).await
}

async fn abort(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    InPath(service): InPath<String>,
) -> Response {
    shared.ask(service, peer.name(None), Ask::Abort).await
}

async fn rollback(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    InPath(service): InPath<String>,
    Json(body): Json<RollbackBody>,
) -> Response {
    shared.ask(service, peer.name(None), Ask::Rollback { to: body.to, reason: body.reason }).await
}

async fn plan(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    InPath(service): InPath<String>,
    Json(body): Json<RollbackBody>,
) -> Response {
    shared.ask(service, peer.name(None), Ask::Plan { to: body.to }).await
}

async fn hold(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    InPath(service): InPath<String>,
    Json(body): Json<HoldBody>,
) -> Response {
    let lasts = body.seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    shared.ask(service, peer.name(None), Ask::Hold { lasts, reason: body.reason }).await
}

async fn resume(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    InPath(service): InPath<String>,
) -> Response {
    shared.ask(service, peer.name(None), Ask::Resume).await
}

async fn acknowledge(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    InPath(incident): InPath<String>,
    Json(body): Json<AckBody>,
) -> Response {
    let by = peer.name(body.by);
    shared.send(|reply| Request::Event { event: Event::Acknowledged { incident, by }, reply }).await
}

async fn retry(State(shared): State<Shared>, InPath(letter): InPath<i64>) -> Response {
    shared.send(|reply| Request::RetryLetter { id: letter, reply }).await
}

impl Shared {
    async fn ask(&self, service: String, by: String, ask: Ask) -> Response {
        let view = self.views.borrow().clone();
        if let Err(missing) = known(&view, &service) {
            return missing;
        }
        tracing::info!(service, by, ?ask, "asked");
        let event = Event::Service { service, what: Happening::Asked { by, ask } };
        self.send(|reply| Request::Event { event, reply }).await
    }

    async fn send(&self, request: impl FnOnce(oneshot::Sender<Answer>) -> Request) -> Response {
        let (reply, answer) = oneshot::channel();
        let asked = async {
            self.requests.send(request(reply)).await.ok()?;
            answer.await.ok()
        };
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Some(Answer::Refused { why })) => {
                (StatusCode::CONFLICT, Json(wire::Problem { error: why })).into_response()
            }
            Ok(Some(answer)) => Json(wire::Done::new(answer)).into_response(),
            Ok(None) | Err(_) => {
                let error = "the daemon is ending or too busy to answer".to_owned();
                (StatusCode::SERVICE_UNAVAILABLE, Json(wire::Problem { error })).into_response()
            }
        }
    }
}

#[expect(clippy::result_large_err, reason = "the error is the response itself")]
fn known<'a>(view: &'a View, service: &str) -> Result<&'a crate::decide::view::ServiceView, Response> {
    view.services.iter().find(|it| it.name == service).ok_or_else(|| {
        let names: Vec<&str> = view.services.iter().map(|it| it.name.as_str()).collect();
        let names = if names.is_empty() { "none is configured".to_owned() } else { names.join(", ") };
        let error = format!("there is no service {service}; services: {names}");
        (StatusCode::NOT_FOUND, Json(wire::Problem { error })).into_response()
    })
}

/// A group's number (`group(5)`).
fn group(name: &str) -> Option<u32> {
    field("/etc/group", |fields| fields.first() == Some(&name), 2)?.parse().ok()
}

/// A user's name (`passwd(5)`).
fn user(uid: u32) -> Option<String> {
    let uid = uid.to_string();
    field("/etc/passwd", |fields| fields.get(2) == Some(&uid.as_str()), 0)
}

fn field(file: &str, wanted: impl Fn(&[&str]) -> bool, at: usize) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    text.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        wanted(&fields).then(|| fields.get(at).map(|field| (*field).to_owned()))?
    })
}
