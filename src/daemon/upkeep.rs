//! What the store needs now and then, beside everything else. Its tasks may be dropped at any await.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::chain;
use crate::clock::Clock;
use crate::config::Config;
use crate::model::event::Event;
use crate::store::{Ages, Store};

/// It begins so long after the start: a host that has just booted has other things to read.
const SETTLED: Duration = Duration::from_mins(1);

/// The file is looked through for so long at most; what is behind that is not looked at.
const LONGEST: Duration = Duration::from_mins(10);

/// The store is tidied up so often.
const EVERY: Duration = Duration::from_mins(10);

/// Nothing is dropped for its age before that: a host's clock may be wrong when it has just booted.
const YOUNG: Duration = Duration::from_hours(1);

/// What a release could be made again from is kept so long after it is gone back to no more: what was made for it may still
/// have to be removed.
const SPECS: Duration = Duration::from_hours(24);

/// What the loop holds.
pub(super) struct Upkeep {
    /// How long everything is kept, and how long readings.
    keep: watch::Sender<(Duration, Duration)>,
}

impl Upkeep {
    /// Starts the tasks.
    pub(super) fn start(
        config: &Config,
        (store, clock): (&Store, Clock),
        events: &mpsc::Sender<Event>,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Self {
        let (keep, kept) = watch::channel((config.keep, config.keep_readings));
        let (work, token) = (work(store.clone(), clock, kept, events.clone()), stop.clone());
        tasks.spawn(async move { token.run_until_cancelled(work).await });
        let (tell, token) = (tell(store.clone(), events.clone()), stop.clone());
        tasks.spawn(async move { token.run_until_cancelled(tell).await });
        Self { keep }
    }

    pub(super) fn follow(&self, config: &Config) {
        self.keep.send_replace((config.keep, config.keep_readings));
    }
}

/// Tells what cannot be read, as it is come upon.
async fn tell(store: Store, events: mpsc::Sender<Event>) {
    loop {
        let why = format!("read {}", store.flaws().await.join("; "));
        tracing::error!("failed to {why}");
        if events.send(Event::StateLost { why }).await.is_err() {
            return;
        }
    }
}

async fn work(
    store: Store,
    clock: Clock,
    kept: watch::Receiver<(Duration, Duration)>,
    events: mpsc::Sender<Event>,
) {
    let began = clock.now();
    tokio::time::sleep(SETTLED).await;
    match store.sound(LONGEST).await {
        Ok(true) => tracing::debug!("the store is whole"),
        Ok(false) => tracing::warn!("the store was not looked through to its end within {LONGEST:?}"),
        Err(error) => {
            let why = chain(&error);
            tracing::error!("failed to {why}");
            // The loop ends only with the daemon.
            drop(events.send(Event::StateLost { why }).await);
        }
    }
    loop {
        let now = clock.now();
        let young = now.duration_since(began).unsigned_abs() < YOUNG;
        let (all, readings) = *kept.borrow();
        let before =
            |keep| if young { Timestamp::MIN } else { now.checked_sub(keep).unwrap_or(Timestamp::MIN) };
        let ages = Ages { all: before(all), readings: before(readings), specs: before(SPECS) };
        if let Err(error) = store.tidy(ages).await {
            tracing::warn!("failed to {}", chain(&error));
        }
        tokio::time::sleep(EVERY).await;
    }
}
