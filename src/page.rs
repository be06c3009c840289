//! The status page, `/metrics` and `/healthz`, by HTTP on TCP: to look at, for everybody who can reach it. One thing can
//! be done here: taking an incident on, by a signed link from its alert.
//!
//! Each connection has a task of its own, which waits for its peer and for the loop. All may be dropped at any await.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::decide::view::View;
use crate::door::{Door, Entrance, Guest};
use crate::metrics::{self, Metrics};
use crate::model::notice::Notice;
use crate::model::refusal::Refusal;
use crate::model::witness::Witness;
use crate::text::Texts;
use crate::ticket::{Ticket, Tickets};

mod acknowledge;
mod draw;
#[cfg(test)]
mod tests;

/// The loop answers within this, or it is not well.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a browser may do with the page: show it, with its one style sheet.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What the page asks of the loop.
#[derive(Debug)]
pub enum Ask {
    /// Whether it is there.
    Pulse(oneshot::Sender<()>),
    /// What the store knows.
    Shelf(oneshot::Sender<Shelf>),
    /// Takes an incident on, and spends the link by which somebody does.
    Acknowledge {
        /// The link.
        ticket: Ticket,
        /// Takes the outcome, or why not.
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
}

/// What the store knows of telling people, and of the record.
#[derive(Debug, Clone, Default)]
pub struct Shelf {
    /// Deliveries that wait, by channel.
    pub waiting: BTreeMap<String, u64>,
    /// The last deliveries, newest first.
    pub deliveries: Vec<Told>,
    /// The last entry of the record.
    pub record: Option<Witness>,
}

/// A delivery, and what became of it.
#[derive(Debug, Clone)]
pub struct Told {
    /// What was told.
    pub notice: Notice,
    /// Through which channel.
    pub channel: String,
    /// pending, sent, given-up, expired or void.
    pub state: String,
}

/// Everything that the page draws from.
#[derive(Debug)]
pub struct Stage {
    /// How things stand.
    pub views: watch::Receiver<Arc<View>>,
    /// To the loop.
    pub asks: mpsc::Sender<Ask>,
    /// What was counted.
    pub metrics: Metrics,
    /// Links that alerts carry; none where there are none.
    pub tickets: Option<Arc<Tickets>>,
    /// In which words.
    pub texts: Texts,
    /// What time it is.
    pub clock: Clock,
    /// The host's name.
    pub host: String,
    /// Host names by which the page may be asked for, beside addresses and `localhost`.
    pub names: Vec<String>,
}

/// One connection after the other; who is at the other end does not matter.
struct Open(TcpListener);

impl Entrance for Open {
    type Stream = TcpStream;
    type Peer = SocketAddr;

    async fn enter(&mut self) -> io::Result<(TcpStream, SocketAddr)> {
        self.0.accept().await
    }
}

/// What all requests share.
struct Shared {
    stage: Stage,
    drawing: draw::Drawing,
    /// One link at a time, so that each is good for once.
    acknowledging: Mutex<()>,
}

/// Serves until `stop`.
pub async fn serve(listener: TcpListener, stage: Stage, stop: CancellationToken) {
    let drawing = draw::Drawing::new();
    let shared = Arc::new(Shared { stage, drawing, acknowledging: Mutex::new(()) });
    let app = Router::new()
        .route("/", get(status))
        .route("/style.css", get(style))
        .route("/metrics", get(scrape))
        .route("/healthz", get(health))
        .route("/ack", get(acknowledge::show).post(acknowledge::take))
        .fallback(nothing_there)
        .layer(from_fn_with_state(Arc::clone(&shared), guard))
        .with_state(shared)
        .into_make_service_with_connect_info::<Guest<SocketAddr>>();
    let served = axum::serve(Door::new(Open(listener)), app).into_future();
    if let Some(Err(error)) = stop.run_until_cancelled(served).await {
        tracing::error!(%error, "the status page ended");
    }
}

/// A page of this host must not be read through a name that a stranger made point here; and whatever is answered is for
/// now, for nobody's frame, and no script.
async fn guard(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(guest): ConnectInfo<Guest<SocketAddr>>,
    request: Request,
    next: Next,
) -> Response {
    // Nothing here reads a body.
    guest.seat.asked();
    let mut answer = if shared.stage.is_asked_for(request.headers()) {
        next.run(request).await
    } else {
        let why = "this page is not known by that name; page.url may say that it is";
        plain(StatusCode::MISDIRECTED_REQUEST, why)
    };
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

async fn status(State(shared): State<Arc<Shared>>) -> Response {
    let shelf = shared.stage.ask(Ask::Shelf).await.unwrap_or_default();
    let view = Arc::clone(&shared.stage.views.borrow());
    Html(shared.drawing.status(&shared.stage, &view, &shelf)).into_response()
}

async fn style() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("page/style.css")).into_response()
}

/// A loop that does not answer has no metrics: a scrape that fails is seen.
async fn scrape(State(shared): State<Arc<Shared>>) -> Response {
    let Some(shelf) = shared.stage.ask(Ask::Shelf).await else { return away() };
    let view = Arc::clone(&shared.stage.views.borrow());
    let text = shared.stage.metrics.draw(&view, &shelf.waiting, shelf.record.as_ref());
    ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response()
}

async fn health(State(shared): State<Arc<Shared>>) -> Response {
    match shared.stage.ask(Ask::Pulse).await {
        Some(()) => plain(StatusCode::OK, "ok"),
        None => away(),
    }
}

async fn nothing_there() -> Response {
    plain(StatusCode::NOT_FOUND, "there is nothing here")
}

fn away() -> Response {
    plain(StatusCode::SERVICE_UNAVAILABLE, "the daemon's loop does not answer")
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    (status, [(CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{text}\n")).into_response()
}

impl Stage {
    /// What the loop answers; nothing when it does not.
    async fn ask<T>(&self, ask: impl FnOnce(oneshot::Sender<T>) -> Ask) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        let asked = async {
            self.asks.send(ask(reply)).await.ok()?;
            answer.await.ok()
        };
        tokio::time::timeout(PATIENCE, asked).await.ok().flatten()
    }

    fn is_asked_for(&self, headers: &HeaderMap) -> bool {
        let Some(host) = headers.get(HOST).and_then(|host| host.to_str().ok()) else { return true };
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            Some(_) | None => host,
        };
        let address = name.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>().is_ok();
        let known = |known: &String| known.eq_ignore_ascii_case(name);
        address || name.eq_ignore_ascii_case("localhost") || self.names.iter().any(known)
    }
}
