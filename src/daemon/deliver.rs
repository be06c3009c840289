//! The outbox pump: hands deliveries to their channels until each is confirmed, given up or expired.
//!
//! One task. It waits for new deliveries, for the next one that is due again, or for a delivery to end. A delivery may be
//! dropped at any await: its delivery stays in the store and is sent again under the same id.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::curve;
use crate::clock::Clock;
use crate::metrics::{Metrics, Told};
use crate::model::event::{Address, Event};
use crate::model::notice::{Notice, Tier};
use crate::notify::{self, Envelope, Notifier, Refusal, Retry};
use crate::store::{Bundle, Delivery, Store, StoreError};

mod memory;
mod pace;
#[cfg(test)]
mod tests;
mod unwritten;
mod witness;

use memory::{Memory, UNSTORED};
use pace::Pace;
use unwritten::{Became, STORE_PAUSE, Settled, Unwritten};

/// Deliveries under way at once; more wait. One per address, so that an address gets its deliveries in order.
const AT_ONCE: usize = 32;

/// However long a provider asks to be left alone, it is tried again after this.
const ASKED_MAX: Duration = Duration::from_hours(1);

/// What the loop tells the pump.
#[derive(Clone)]
pub(super) struct Pump {
    wake: Arc<Notify>,
    unstored: mpsc::Sender<Unstored>,
}

/// A delivery that the store could not take.
#[derive(Debug, Clone)]
pub(super) struct Unstored {
    pub(super) notice: Notice,
    pub(super) channel: String,
    pub(super) address: String,
    pub(super) expires: Timestamp,
    pub(super) attempts: u32,
}

impl Unstored {
    fn to(&self) -> Address {
        Address { channel: self.channel.clone(), address: self.address.clone() }
    }
}

impl Pump {
    /// Starts the task.
    pub(super) fn start(
        store: Store,
        (notifier, events): (watch::Receiver<Arc<Notifier>>, mpsc::Sender<Event>),
        clock: Clock,
        tasks: &tokio_util::task::TaskTracker,
        stop: CancellationToken,
        metrics: Metrics,
    ) -> Self {
        let wake = Arc::new(Notify::new());
        let (unstored, handed) = mpsc::channel(UNSTORED);
        let task = Task {
            store,
            notifier,
            events,
            clock,
            wake: Arc::clone(&wake),
            memory: Memory::default(),
            busy: BTreeSet::new(),
            paused: BTreeMap::new(),
            paces: BTreeMap::new(),
            paced: BTreeMap::new(),
            unwritten: Unwritten::default(),
            under_way: JoinSet::new(),
            metrics,
        };
        tasks.spawn(async move { stop.run_until_cancelled(task.run(handed)).await });
        Self { wake, unstored }
    }

    /// There are new deliveries in the store.
    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Delivers from memory, because the store cannot be written. The loop does not wait for it.
    pub(super) fn deliver_unstored(&self, delivery: Unstored) {
        if let Err(error) = self.unstored.try_send(delivery) {
            tracing::error!("dropped an alert that could not be stored: {error}");
        }
    }
}

struct Task {
    store: Store,
    notifier: watch::Receiver<Arc<Notifier>>,
    /// What the providers said, for the core.
    events: mpsc::Sender<Event>,
    clock: Clock,
    wake: Arc<Notify>,
    memory: Memory,
    /// Addresses with a delivery under way.
    busy: BTreeSet<Address>,
    /// Addresses whose provider asked to be left alone until then.
    paused: BTreeMap<Address, Timestamp>,
    /// What went to addresses that take only so much.
    paces: BTreeMap<Address, Pace>,
    /// Addresses that take no more before then, of what is urgent (`true`) or is not.
    paced: BTreeMap<(Address, bool), Timestamp>,
    unwritten: Unwritten,
    under_way: JoinSet<Outcome>,
    metrics: Metrics,
}

struct Outcome {
    delivery: Source,
    to: Address,
    /// Every notice that the message told.
    notices: Vec<String>,
    result: Result<notify::Receipt, Refusal>,
}

enum Source {
    Stored { id: i64, notice: String, attempts: u32, expires: Timestamp },
    Memory(Unstored),
}

impl Task {
    async fn run(mut self, mut handed: mpsc::Receiver<Unstored>) {
        loop {
            let next = tokio::select! {
                biased;
                // What comes because of a store that stands still does not wait for it.
                Some(delivery) = handed.recv() => {
                    self.memory.hold(self.clock.now(), delivery);
                    continue;
                }
                next = self.send_due() => next,
            };
            let until = next.map(|at| tokio::time::Instant::from(self.clock.instant(at)));
            tokio::select! {
                () = self.wake.notified() => {}
                Some(delivery) = handed.recv() => self.memory.hold(self.clock.now(), delivery),
                Some(ended) = self.under_way.join_next() => match ended {
                    Ok(outcome) => self.settle(outcome).await,
                    Err(error) => {
                        tracing::error!(%error, "a delivery broke");
                        self.busy.clear();
                    }
                },
                () = sleep_until(until) => {}
            }
        }
    }

    /// Starts what is due and can start; when to look again.
    async fn send_due(&mut self) -> Option<Timestamp> {
        let now = self.clock.now();
        self.paused.retain(|_, until| *until > now);
        self.paced.retain(|_, until| *until > now);
        let mut memory = std::mem::take(&mut self.memory);
        while let Some(delivery) = memory.due(now, |to| self.free(to)) {
            self.start_memory(delivery, now);
        }
        self.memory = memory;
        self.unwritten.write(&self.store, now).await;
        let held = self.memory.next(now);
        let stored = match self.send_stored(now).await {
            Ok(next) => next,
            Err(error) => {
                tracing::warn!("failed to {error}");
                now.checked_add(STORE_PAUSE).ok()
            }
        };
        let paused = self.paused.values().chain(self.paced.values()).min().copied();
        [held, stored, paused, self.unwritten.next()].into_iter().flatten().min()
    }

    async fn send_stored(&mut self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.memory.hand_over(&self.store, now).await?;
        // One of each address, so that many for one that hangs hide none for another.
        let kept_back = self.busy.len() + self.paused.len() + self.paced.len() + self.unwritten.len();
        let looked_at = AT_ONCE + kept_back;
        for delivery in self.store.due(now, 1, looked_at).await? {
            self.start_stored(delivery, now).await?;
        }
        // What is due and waits for its address or a place is taken up when a delivery ends.
        self.store.next_due(now).await
    }

    fn free(&self, to: &Address) -> bool {
        self.under_way.len() < AT_ONCE && !self.busy.contains(to) && !self.paused.contains_key(to)
    }

    /// Sends a delivery with whatever is told in the same message, if its address takes one now.
    async fn start_stored(&mut self, delivery: Delivery, now: Timestamp) -> Result<(), StoreError> {
        let to = Address { channel: delivery.channel.clone(), address: delivery.address.clone() };
        let urgent = delivery.notice.tier == Tier::Urgent;
        if !self.free(&to) || self.unwritten.holds(&to) || self.paced.contains_key(&(to.clone(), urgent)) {
            return Ok(());
        }
        let notifier = Arc::clone(&self.notifier.borrow());
        let limits = notifier.limits(&to.channel);
        let room = match self.paces.entry(to.clone()).or_default().room(limits, urgent, now) {
            Ok(room) => room,
            Err(until) => {
                self.paced.insert((to, urgent), until);
                return Ok(());
            }
        };
        let mixed = notifier.mixes(&to.channel);
        let Some(bundle) = self.store.bundle(delivery, mixed, room, now).await? else {
            // Nothing of it is told, and something else may be.
            self.wake.notify_one();
            return Ok(());
        };
        let Bundle { delivery: Delivery { id, notice, attempts, expires, thread, .. }, with } = bundle;
        let source = Source::Stored { id, notice: notice.id.clone(), attempts, expires };
        self.start(source, to, (notice, with), thread, now);
        Ok(())
    }

    fn start_memory(&mut self, delivery: Unstored, now: Timestamp) {
        let (to, notice) = (delivery.to(), delivery.notice.clone());
        self.start(Source::Memory(delivery), to, (notice, Vec::new()), None, now);
    }

    fn start(
        &mut self,
        delivery: Source,
        to: Address,
        (newest, with): (Notice, Vec<Notice>),
        thread: Option<String>,
        now: Timestamp,
    ) {
        let (notifier, store) = (Arc::clone(&self.notifier.borrow()), self.store.clone());
        // Of what is told from memory nothing is recorded yet.
        let stored = matches!(delivery, Source::Stored { .. });
        self.busy.insert(to.clone());
        self.paces.entry(to.clone()).or_default().sent(now);
        self.under_way.spawn(async move {
            let notice = notify::headline(&newest, &with);
            let notices = with.iter().chain([&newest]).map(|notice| notice.id.clone()).collect();
            // A list names each; the newest of an incident is the message itself.
            let several = notice.id != newest.id;
            let with: Vec<Notice> = with.into_iter().chain(several.then_some(newest)).collect();
            let curve = if notifier.draws(&to.channel) { curve::of(&store, &notice).await } else { None };
            let (thread, curve) = (thread.as_deref(), curve.as_ref());
            let told = with.iter().chain([&notice]);
            let witnesses = if stored { witness::of(&store, told).await } else { BTreeMap::new() };
            let witnesses = &witnesses;
            let envelope = Envelope { notice: &notice, with: &with, now, thread, curve, witnesses };
            let result = notifier.deliver(&to.channel, &to.address, &envelope).await;
            Outcome { delivery, to, notices, result }
        });
    }

    async fn settle(&mut self, outcome: Outcome) {
        let Outcome { delivery, to, notices, result } = outcome;
        let now = self.clock.now();
        let channel = to.channel.as_str();
        self.busy.remove(&to);
        self.metrics.told(
            channel,
            match &result {
                Ok(_) => Told::Sent,
                Err(Refusal { retry: Retry::Later(_), .. }) => Told::Refused,
                Err(Refusal { retry: Retry::Never, .. }) => Told::GivenUp,
            },
        );
        if let Err(Refusal { retry: Retry::Later(Some(asked)), .. }) = &result
            && let Ok(until) = now.checked_add((*asked).min(ASKED_MAX))
        {
            self.paused.insert(to.clone(), until);
        }
        let refused = result.as_ref().err().map(|refusal| refusal.text.clone());
        let mut given_up = false;
        let became = match (delivery, result) {
            (Source::Stored { id, .. }, Ok(notify::Receipt { answer, thread })) => {
                Some((id, Became::Delivered { answer, thread }))
            }
            (Source::Stored { id, notice, attempts, expires }, Err(refusal)) => {
                tracing::warn!(channel, notice, attempts, "failed to {}", refusal.text);
                let next = next_attempt(&refusal, &notice, attempts, now, expires);
                given_up = next.is_none();
                Some((id, Became::Refused { why: refusal.text, next }))
            }
            (Source::Memory(delivery), Ok(notify::Receipt { answer, .. })) => {
                tracing::info!(channel, notice = delivery.notice.id, "told without having been stored");
                self.memory.told(&delivery, answer);
                None
            }
            (Source::Memory(delivery), Err(refusal)) => {
                tracing::warn!(channel, notice = delivery.notice.id, "failed to {}", refusal.text);
                let next =
                    next_attempt(&refusal, &delivery.notice.id, delivery.attempts, now, delivery.expires);
                given_up = next.is_none();
                if let Some(next) = next {
                    self.memory.hold(next, Unstored { attempts: delivery.attempts + 1, ..delivery });
                }
                None
            }
        };
        if let Some((id, became)) = became {
            self.unwritten.take(to.clone(), Settled { id, at: now, became });
        }
        self.report(&to, notices, refused, given_up).await;
    }

    /// Says what the provider said of each notice.
    async fn report(&self, to: &Address, notices: Vec<String>, refused: Option<String>, given_up: bool) {
        for notice in notices {
            let to = to.clone();
            let event = match &refused {
                None => Event::Told { to, notice },
                Some(why) => Event::NotTold { to, notice, why: why.clone(), given_up },
            };
            // The loop ends only with the daemon.
            drop(self.events.send(event).await);
        }
    }
}

/// When a refused delivery is tried again; `None` when it is given up.
fn next_attempt(
    refusal: &Refusal,
    notice: &str,
    attempts: u32,
    now: Timestamp,
    expires: Timestamp,
) -> Option<Timestamp> {
    let pause = match refusal.retry {
        Retry::Never => return None,
        // Not at once, even when that was asked for.
        Retry::Later(asked) => {
            asked.unwrap_or_default().min(ASKED_MAX).max(notify::backoff(attempts, notice))
        }
    };
    now.checked_add(pause).ok().filter(|next| *next < expires)
}

async fn sleep_until(until: Option<tokio::time::Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}
