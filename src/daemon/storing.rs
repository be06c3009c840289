//! Storing beside the loop: one batch at a time, and what comes meanwhile is the next one. However long the disk takes, the
//! loop goes round, pets the systemd watchdog and keeps its deadlines.
//!
//! What is shown, carried out and answered follows what is stored. When a batch takes too long, or the store refuses it,
//! people are told from memory and only what changes the world waits. The batch stays the one under way: it is never given
//! up for another, because it may be stored yet.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::JoinHandle;

use super::commit::Rest;
use super::{Daemon, STORE_AGAIN, chain};
use crate::clock::Clock;
use crate::decide::view::View;
use crate::model::event::Event;
use crate::store::{self, Numbered, Store, StoreError};

/// So often the store is looked at: a disk that is full and a directory that is gone are told before they are needed.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// Samples that led to nothing are stored together, after this at the latest. What is decided is stored at once, and they
/// with it.
const GATHERED: Duration = Duration::from_millis(250);

/// What the store said of a batch.
pub(super) struct Landed {
    batch: Result<(), StoreError>,
    /// Whether the store is as it should be, where that was asked.
    whole: Result<(), StoreError>,
}

/// The batch under way.
#[derive(Default)]
pub(super) struct Storing {
    task: Option<JoinHandle<Landed>>,
    /// When it is late; nothing, when that was told.
    late: Option<Timestamp>,
    /// What is to be seen when it is stored.
    view: Option<Arc<View>>,
    /// When the store is looked at, though nothing may be stored.
    look: Option<Timestamp>,
    /// Nothing comes any more.
    last: bool,
}

impl Storing {
    pub(super) fn under_way(&self) -> bool {
        self.task.is_some()
    }

    /// When the loop has to look after it.
    pub(super) fn next(&self) -> Option<Timestamp> {
        if self.under_way() { self.late } else { self.look }
    }

    /// Waits for the end of what is under way. May be dropped.
    pub(super) async fn landed(&mut self) -> Landed {
        let Some(task) = &mut self.task else { return std::future::pending().await };
        let landed = task.await;
        self.task = None;
        self.late = None;
        landed.expect("whoever panics ends golive")
    }

    fn begin(&mut self, store: &Store, batch: Option<Arc<Numbered>>, look: bool, clock: Clock) {
        let store = store.clone();
        let now = clock.now();
        self.late = now.checked_add(store::PATIENCE).ok();
        if look {
            self.look = now.checked_add(LOOK_EVERY).ok();
        }
        self.task = Some(tokio::spawn(async move {
            let stored = match &batch {
                Some(batch) => store.put(batch).await,
                None => Ok(()),
            };
            let whole = if look { store.usable().await } else { Ok(()) };
            Landed { batch: stored, whole }
        }));
    }
}

impl Daemon {
    /// Stores what waits, unless something is under way or the store is not to be tried yet.
    pub(super) fn store_waiting(&mut self) {
        let now = self.clock.now();
        let lost = self.store_lost;
        let again = lost.is_none_or(|tried| tried.checked_add(STORE_AGAIN).is_ok_and(|at| at <= now));
        if !self.storing.under_way() && again {
            let batch = if self.gathers(now) { None } else { self.backlog.seal(&self.store, now) };
            let look = lost.is_some() || self.storing.look.is_none_or(|at| at <= now);
            if batch.is_some() || look {
                self.storing.begin(&self.store, batch, look, self.clock);
                self.storing.view = self.draw();
            } else {
                let rest = self.backlog.rest();
                self.follow_up(rest);
                self.show();
            }
        }
        if lost.is_some() {
            self.go_on_without();
        }
    }

    /// Whether what waits may wait for more.
    fn gathers(&self, now: Timestamp) -> bool {
        self.gathered_by().is_some_and(|by| now < by)
    }

    /// When what is gathered has to be stored.
    pub(super) fn gathered_by(&self) -> Option<Timestamp> {
        let since =
            self.backlog.only_samples_since().filter(|_| !self.storing.under_way() && !self.storing.last)?;
        since.checked_add(GATHERED).ok()
    }

    /// What is under way has come to its end.
    pub(super) fn landed(&mut self, landed: Landed) {
        if landed.batch.is_ok()
            && let Some((stored, rest)) = self.backlog.stored()
        {
            let facts = stored.batch.facts.iter().filter(|(service, _)| self.state.acts(service));
            for (service, facts) in facts {
                self.services.share(service, facts);
            }
            if !stored.batch.deliveries.is_empty() {
                self.pump.wake();
            }
            self.note_new(&stored.batch);
            self.dora.look(&stored.batch);
            self.follow_up(rest);
        }
        match landed.batch.and(landed.whole) {
            Ok(()) => {
                if self.store_lost.take().is_some() {
                    self.step(Event::StoreBack);
                } else if let Some(view) = self.storing.view.take() {
                    self.showing.show(self.clock.now(), view);
                }
            }
            Err(error) => self.lost(&error),
        }
        self.store_waiting();
    }

    /// Tells it when what is under way takes too long.
    pub(super) fn look_after_store(&mut self, now: Timestamp) {
        if self.storing.late.is_some_and(|late| late <= now) {
            self.storing.late = None;
            self.lost(&StoreError::Late { path: self.config.state_dir.clone() });
        }
    }

    /// The last that is stored: what waits for the store is tried once more.
    pub(super) fn store_last(&mut self) {
        self.store_lost = self.store_lost.map(|_| Timestamp::MIN);
        self.storing.last = true;
        self.store_waiting();
    }

    fn lost(&mut self, error: &StoreError) {
        let first = self.store_lost.replace(self.clock.now()).is_none();
        tracing::error!("failed to {}", chain(error));
        if first {
            self.step(Event::StoreLost { why: chain(error) });
        }
    }

    fn go_on_without(&mut self) {
        for effect in self.backlog.without_store(&self.pump) {
            self.services.perform(effect);
        }
        self.show();
    }

    fn follow_up(&mut self, rest: Rest) {
        for effect in rest.effects {
            self.services.perform(effect);
        }
        for (give, answer) in rest.replies {
            give(answer);
        }
    }

    /// What has changed, drawn where that is due; what waits to be shown, otherwise.
    fn draw(&mut self) -> Option<Arc<View>> {
        let heartbeat = self.heartbeat.shown(self.notifier.borrow().heartbeat_every());
        let drawn = self.showing.draw(self.clock.now(), &self.state, heartbeat);
        drawn.or_else(|| self.storing.view.take())
    }

    fn show(&mut self) {
        if let Some(view) = self.draw() {
            self.storing.view = None;
            self.showing.show(self.clock.now(), view);
        }
    }
}
