//! The demo's service: answers `/health`, well or badly, until it is told to end.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;

use crate::clock::Clock;
use crate::signals::Signals;

/// How the service behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it listens.
    pub listen: SocketAddr,
    /// What it says it is.
    pub version: String,
    /// From then on `/health` answers 500.
    pub fail_after: Option<Duration>,
}

/// Serves until SIGTERM.
pub async fn run(options: Options) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind(options.listen).await?;
    let mut signals = Signals::install()?;
    let clock = Clock::start();
    let bad_from = options.fail_after.and_then(|after| clock.now().checked_add(after).ok());
    let version = options.version.clone();
    let health = move || async move {
        match bad_from {
            Some(from) if clock.now() >= from => {
                (StatusCode::INTERNAL_SERVER_ERROR, "the cart cannot be read\n")
            }
            Some(_) | None => (StatusCode::OK, "ok\n"),
        }
    };
    let app = Router::new()
        .route("/", get(|State(version): State<String>| async move { format!("shop {version}\n") }))
        .route("/health", get(health))
        .with_state(version);
    let end = async move {
        signals.next().await;
    };
    axum::serve(listener, app).with_graceful_shutdown(end).await
}
