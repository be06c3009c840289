//! The control socket: HTTP and JSON on a unix socket. It shows the view, and acts only by sending an event.
//!
//! One task accepts and waits for nothing else; each connection has one of its own, which waits for its peer, for the
//! core's answer or for a change of the view. All may be dropped at any await: what was asked was sent already.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::config::Language;
use crate::decide::action::Answer;
use crate::decide::view::View;
use crate::door::Door;
use crate::model::event::Event;
use crate::model::remark::Remark;
use crate::text::Texts;

pub mod client;
mod entrance;
mod peer;
mod routes;
mod socket;
#[cfg(test)]
mod tests;
pub mod wire;

use entrance::Gated;
pub use socket::{Socket, bind};

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
    /// Somebody tried a channel by hand: what its provider said.
    Tried {
        /// Told, or not.
        event: Event,
        /// Takes the answer.
        reply: oneshot::Sender<Answer>,
    },
    /// Send a delivery again.
    RetryLetter {
        /// Its number.
        id: i64,
        /// Takes the answer.
        reply: oneshot::Sender<Answer>,
    },
    /// Add to a release's record.
    Remark {
        /// The release.
        release: String,
        /// What.
        remark: Remark,
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

/// What every connection shares.
#[derive(Clone)]
struct Shared {
    views: watch::Receiver<Arc<View>>,
    requests: mpsc::Sender<Request>,
    about: Arc<About>,
    /// By language: each caller has its own.
    texts: Arc<BTreeMap<Language, Texts>>,
}

/// Serves until `stop`.
pub async fn serve(
    socket: Socket,
    views: watch::Receiver<Arc<View>>,
    requests: mpsc::Sender<Request>,
    about: About,
    stop: CancellationToken,
) {
    serve_at(Door::new(Gated::new(socket)), views, requests, about, stop).await;
}

async fn serve_at(
    door: Door<Gated>,
    views: watch::Receiver<Arc<View>>,
    requests: mpsc::Sender<Request>,
    about: About,
    stop: CancellationToken,
) {
    let texts = Language::ALL.map(|language| (language, Texts::new(language, Some(TimeZone::UTC))));
    let texts = Arc::new(BTreeMap::from(texts));
    let app = routes::app(Shared { views, requests, about: Arc::new(about), texts });
    if let Some(Err(error)) = stop.run_until_cancelled(axum::serve(door, app).into_future()).await {
        tracing::error!(%error, "the control socket ended");
    }
}
