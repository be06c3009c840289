//! What the store needs now and then, beside everything else. One task; it may be dropped at any await.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::chain;
use crate::decide::event::Event;
use crate::store::Store;

/// The file is looked through so long after the start: a host that has just booted has other things to read.
const SETTLED: Duration = Duration::from_mins(1);

/// It is looked at for so long at most; what is behind that is not looked at.
const LONGEST: Duration = Duration::from_mins(10);

/// Starts the task.
pub(super) fn start(
    store: &Store,
    events: &mpsc::Sender<Event>,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) {
    let (work, stop) = (work(store.clone(), events.clone()), stop.clone());
    tasks.spawn(async move { stop.run_until_cancelled(work).await });
}

async fn work(store: Store, events: mpsc::Sender<Event>) {
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
}
