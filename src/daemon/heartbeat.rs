//! The heartbeat: an outside watcher hears from golive as long as the loop turns and the store can be written.
//!
//! The loop says when; a task asks, so that a watcher that hangs hinders nothing. A beat while one is under way is left
//! out. It may be dropped at any await.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Daemon, chain};
use crate::clock::Clock;
use crate::decide::view;
use crate::notify::Notifier;
use crate::store::Store;

/// What the loop holds.
pub(super) struct Heartbeat {
    beat: mpsc::Sender<()>,
    state: watch::Receiver<view::Heartbeat>,
    next: Timestamp,
}

impl Heartbeat {
    pub(super) fn start(
        store: Store,
        notifier: watch::Receiver<Arc<Notifier>>,
        clock: Clock,
        tasks: &TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        let (beat, beats) = mpsc::channel(1);
        let (shown, state) = watch::channel(view::Heartbeat::default());
        tasks.spawn(
            async move { stop.run_until_cancelled(serve(store, notifier, clock, beats, shown)).await },
        );
        Self { beat, state, next: clock.now() }
    }

    /// When the next beat is due, if there are any.
    pub(super) fn next(&self, every: Option<Duration>) -> Option<Timestamp> {
        every.map(|_| self.next)
    }

    /// Whether a beat is due; the next one is later.
    pub(super) fn due(&mut self, every: Option<Duration>, now: Timestamp) -> bool {
        let Some(every) = every.filter(|_| self.next <= now) else { return false };
        self.next = now.checked_add(every).unwrap_or(Timestamp::MAX);
        true
    }

    pub(super) fn beat(&self) {
        if self.beat.try_send(()).is_err() {
            tracing::debug!("the last heartbeat is still on its way");
        }
    }

    /// What status shows of it.
    pub(super) fn shown(&self, every: Option<Duration>) -> Option<view::Heartbeat> {
        every.map(|_| self.state.borrow().clone())
    }
}

impl Daemon {
    /// Tells the outside watcher that golive is alive, if it is time and the store can be written.
    pub(super) fn beat(&mut self, now: Timestamp) {
        let every = self.notifier.borrow().heartbeat_every();
        if self.heartbeat.due(every, now) && self.store_lost.is_none() {
            self.heartbeat.beat();
        }
    }
}

async fn serve(
    store: Store,
    notifier: watch::Receiver<Arc<Notifier>>,
    clock: Clock,
    mut beats: mpsc::Receiver<()>,
    shown: watch::Sender<view::Heartbeat>,
) {
    while beats.recv().await.is_some() {
        if let Err(error) = store.usable().await {
            tracing::warn!("no heartbeat: failed to {}", chain(&error));
            continue;
        }
        let notifier = Arc::clone(&notifier.borrow());
        let result = notifier.beat().await;
        shown.send_modify(|state| match result {
            Ok(()) => {
                if state.failing.take().is_some() {
                    tracing::info!("the heartbeat is heard again");
                }
                state.heard = Some(clock.now());
            }
            Err(why) => {
                if state.failing.as_ref() != Some(&why) {
                    tracing::warn!("failed to {why}: whoever watches golive from outside hears nothing");
                }
                state.failing = Some(why);
            }
        });
    }
}
