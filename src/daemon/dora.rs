//! How well releases went in the last 90 days, for golive's metrics: worked out at the start and whenever a release has
//! ended, never while somebody scrapes. It may be dropped at any await.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::chain;
use crate::clock::Clock;
use crate::config::Config;
use crate::decide::action::{Action, Persist};
use crate::metrics::{Dora, Metrics};
use crate::store::{Batch, Figures, Reader, StoreError};

/// The figures are of releases that began within it.
const WINDOW: SignedDuration = SignedDuration::from_hours(90 * 24);

/// A day in seconds.
const DAY: f64 = 86_400.0;

/// What the loop holds.
pub(super) struct DoraFigures(watch::Sender<()>);

impl DoraFigures {
    pub(super) fn start(
        config: &Config,
        clock: Clock,
        metrics: &Metrics,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Self {
        let (ends, ended) = watch::channel(());
        let (dir, metrics, token) = (config.state_dir.clone(), metrics.clone(), stop.clone());
        tasks.spawn(async move { token.run_until_cancelled(serve(dir, clock, metrics, ended)).await });
        Self(ends)
    }

    /// A release may have ended.
    pub(super) fn look(&self, batch: &Batch) {
        let ended = |action: &Action| matches!(action, Action::Persist(Persist::File { state, .. }) if state.ends() || state.has_failed());
        if batch.entries.iter().flat_map(|entry| &entry.actions).any(ended) {
            self.0.send_replace(());
        }
    }
}

async fn serve(dir: PathBuf, clock: Clock, metrics: Metrics, mut ended: watch::Receiver<()>) {
    loop {
        ended.borrow_and_update();
        let (dir, now) = (dir.clone(), clock.now());
        let read = tokio::task::spawn_blocking(move || figures(&dir, now)).await;
        match read.expect("whoever panics ends golive") {
            Ok(figures) => metrics.deliver(figures.into_iter().map(|(name, of)| (name, delivery(&of)))),
            Err(error) => tracing::warn!("failed to {}", chain(&error)),
        }
        if ended.changed().await.is_err() {
            return;
        }
    }
}

fn figures(dir: &std::path::Path, now: Timestamp) -> Result<BTreeMap<String, Figures>, StoreError> {
    let since = now.checked_sub(WINDOW).unwrap_or(Timestamp::UNIX_EPOCH);
    Reader::open(dir)?.figures(None, since, now)
}

fn delivery(figures: &Figures) -> Dora {
    Dora {
        live: figures.live,
        interval: figures.per_day.filter(|per_day| *per_day > 0.0).map(|per_day| DAY / per_day),
        lead_time: figures.lead_time,
        failed: figures.change_fail_rate,
        failed_automatic: figures.change_fail_rate_automatic,
        recovery: figures.recovery_time,
        recovery_worst: figures.recovery_time_worst,
        rework: figures.rework_rate,
    }
}
