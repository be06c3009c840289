//! The end: rollback steps under way may finish, and what they gave is recorded.

use std::time::Duration;

use super::{Daemon, chain};

/// On shutdown, a rollback step under way may take so long to end; the rest is taken up at the next start.
const DRAIN: Duration = Duration::from_secs(20);

impl Daemon {
    pub(super) async fn shut_down(mut self) {
        tracing::info!("ending");
        self.stop.cancel();
        self.services.end();
        self.store_last();
        self.tasks.close();
        let tasks = self.tasks.clone();
        let drained = tokio::time::timeout(DRAIN, async {
            loop {
                tokio::select! {
                    biased;
                    landed = self.storing.landed() => self.landed(landed),
                    // A step that ends now is recorded, so that it is not looked into again at the next start.
                    Some(event) = self.inbox.recv() => self.take(vec![event]),
                    () = tasks.wait(), if !self.storing.under_way() => return,
                }
            }
        });
        if drained.await.is_err() {
            tracing::warn!("a rollback step is still under way; it is taken up again at the next start");
        }
        if let Err(error) = self.store.checkpoint().await {
            tracing::warn!("failed to {}", chain(&error));
        }
    }
}
