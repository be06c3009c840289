//! The demo's service: answers `/health` and `/metrics`, well or badly, until it is told to end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use jiff::Timestamp;

use super::customers::Customers;
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
    /// `/health` fails twice, passes once, and so on.
    pub flap: bool,
    /// `/` answers 500, whatever `/health` says.
    pub home_fails: bool,
    /// After that it ends by itself, as if it had crashed.
    pub exit_after: Option<Duration>,
    /// What `/metrics` tells of; without, there is no such page.
    pub customers: Option<Customers>,
    /// It keeps every processor busy.
    pub burn_cpu: bool,
    /// It holds so many MiB of memory.
    pub eat_memory: usize,
}

/// A running service.
struct Service {
    options: Options,
    clock: Clock,
    began: Timestamp,
    looks: AtomicU32,
}

/// Serves until SIGTERM.
pub async fn run(options: Options) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind(options.listen).await?;
    let mut signals = Signals::install()?;
    if options.burn_cpu {
        for _ in 0..std::thread::available_parallelism()?.get() {
            // Ends with the process.
            std::thread::spawn(|| {
                loop {
                    std::hint::spin_loop();
                }
            });
        }
    }
    // Written to, for memory that nobody has written to costs nothing.
    let eaten = std::hint::black_box(vec![1_u8; options.eat_memory << 20]);
    let exit_after = options.exit_after;
    let clock = Clock::start();
    let service = Arc::new(Service { options, clock, began: clock.now(), looks: AtomicU32::new(0) });
    let (home, health, metrics) = (Arc::clone(&service), Arc::clone(&service), service);
    let app = Router::new()
        .route("/", get(move || async move { home.home() }))
        .route("/health", get(move || async move { health.health() }))
        .route("/metrics", get(move || async move { metrics.metrics() }));
    let end = async move {
        signals.next().await;
    };
    let crash = async {
        match exit_after {
            Some(after) => tokio::time::sleep(after).await,
            None => std::future::pending().await,
        }
        Err(std::io::Error::other("told to end so soon"))
    };
    let served = tokio::select! {
        served = axum::serve(listener, app).with_graceful_shutdown(end).into_future() => served,
        crashed = crash => crashed,
    };
    drop(eaten);
    served
}

impl Service {
    fn home(&self) -> (StatusCode, String) {
        if self.options.home_fails {
            (StatusCode::INTERNAL_SERVER_ERROR, "the shelves cannot be read\n".to_owned())
        } else {
            (StatusCode::OK, format!("shop {}\n", self.options.version))
        }
    }

    fn health(&self) -> (StatusCode, &'static str) {
        let failing = self.options.fail_after.is_some_and(|after| self.served() >= after);
        let flapping = self.options.flap && self.looks.fetch_add(1, Ordering::Relaxed) % 3 < 2;
        if failing || flapping {
            (StatusCode::INTERNAL_SERVER_ERROR, "the cart cannot be read\n")
        } else {
            (StatusCode::OK, "ok\n")
        }
    }

    fn metrics(&self) -> (StatusCode, String) {
        match &self.options.customers {
            Some(customers) => (StatusCode::OK, customers.page(self.began, self.served())),
            None => (StatusCode::NOT_FOUND, String::new()),
        }
    }

    fn served(&self) -> Duration {
        Duration::try_from(self.clock.now().duration_since(self.began)).unwrap_or_default()
    }
}
