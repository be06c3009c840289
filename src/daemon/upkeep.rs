//! What the store needs now and then, beside everything else. One task; it may be dropped at any await.

use std::time::Duration;

use tokio::sync::mpsc;

use super::chain;
use crate::decide::event::Event;
use crate::store::Store;

/// The file is looked through so long after the start: a host that has just booted has other things to read.
const SETTLED: Duration = Duration::from_mins(1);

/// It is looked at for so long at most; what is behind that is not looked at.
const LONGEST: Duration = Duration::from_mins(10);

/// Works until the daemon ends.
pub(super) async fn work(store: Store, events: mpsc::Sender<Event>) {
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
