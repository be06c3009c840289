//! Places, and who has to give one up.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use super::Limits;

/// All places of a door.
#[derive(Debug)]
pub(super) struct Hall {
    pub(super) limits: Limits,
    places: Arc<Semaphore>,
    kept: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    idle: Mutex<Idle>,
    /// So many were told to go and are still there.
    leaving: AtomicUsize,
    changed: Notify,
}

/// Those who have asked nothing that is still to be answered, in the order in which they came or were answered.
#[derive(Debug, Default)]
struct Idle {
    turn: u64,
    seats: BTreeMap<u64, CancellationToken>,
}

pub(super) type Place = OwnedSemaphorePermit;

/// A connection's place.
#[derive(Debug, Clone)]
pub struct Seat(Arc<Taken>);

#[derive(Debug)]
struct Taken {
    hall: Arc<Hall>,
    place: Mutex<Option<Place>>,
    /// It is being answered.
    asked: AtomicBool,
    /// Its turn to go, where it may be sent away.
    turn: Mutex<Option<u64>>,
    leave: CancellationToken,
}

impl Hall {
    pub(super) fn new(limits: Limits) -> Self {
        let semaphore = |places| Arc::new(Semaphore::new(places));
        Self {
            limits,
            places: semaphore(limits.places),
            kept: semaphore(limits.kept),
            waiting: semaphore(limits.waiting),
            idle: Mutex::default(),
            leaving: AtomicUsize::default(),
            changed: Notify::new(),
        }
    }

    /// A place, where there is one.
    pub(super) fn place(&self, keeps: bool) -> Option<Place> {
        let kept = || keeps.then(|| Arc::clone(&self.kept).try_acquire_owned().ok()).flatten();
        Arc::clone(&self.places).try_acquire_owned().ok().or_else(kept)
    }

    /// Sends away as many as are needed for those who stand before the door, where there are as many who ask nothing.
    pub(super) fn make_room(&self, before: usize) {
        while self.leaving.load(Ordering::Acquire) < before {
            let Some((_, leave)) = lock(&self.idle).seats.pop_first() else { return };
            self.leaving.fetch_add(1, Ordering::AcqRel);
            leave.cancel();
        }
    }

    /// Somebody has gone, or could be sent away.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }
}

impl Seat {
    pub(super) fn new(hall: &Arc<Hall>, place: Place) -> Self {
        let (hall, place) = (Arc::clone(hall), Mutex::new(Some(place)));
        let (asked, turn, leave) = (AtomicBool::default(), Mutex::default(), CancellationToken::new());
        Self(Arc::new(Taken { hall, place, asked, turn, leave }))
    }

    /// A request has come whole: nobody is sent away before it is answered.
    pub fn asked(&self) {
        self.0.asked.store(true, Ordering::Release);
        self.stays();
    }

    pub(super) fn answered(&self) {
        self.0.asked.store(false, Ordering::Release);
    }

    /// Something has come or was taken.
    pub(super) fn stays(&self) {
        if let Some(turn) = lock(&self.0.turn).take() {
            lock(&self.0.hall.idle).seats.remove(&turn);
        }
    }

    /// It waits for news, and gives its place to others; whether so many may. Whoever has waited has to go once it is
    /// answered.
    pub fn waits(&self) -> bool {
        let Ok(waiting) = Arc::clone(&self.0.hall.waiting).try_acquire_owned() else { return false };
        drop(lock(&self.0.place).replace(waiting));
        self.0.hall.changed.notify_one();
        true
    }

    /// For a moment, nothing was asked or an answer was not taken.
    pub(super) fn idle(&self) {
        let mut own = lock(&self.0.turn);
        if own.is_some() || self.is_asked() {
            return;
        }
        let mut idle = lock(&self.0.hall.idle);
        idle.turn += 1;
        let turn = idle.turn;
        idle.seats.insert(turn, self.0.leave.clone());
        *own = Some(turn);
        drop((own, idle));
        self.0.hall.changed.notify_one();
    }

    /// The connection has ended.
    pub(super) fn left(&self) {
        let Taken { hall, place, leave, .. } = &*self.0;
        self.stays();
        if leave.is_cancelled() {
            hall.leaving.fetch_sub(1, Ordering::AcqRel);
        }
        drop(lock(place).take());
        hall.changed.notify_one();
    }

    pub(super) fn is_asked(&self) -> bool {
        self.0.asked.load(Ordering::Acquire)
    }

    /// Told to go.
    pub(super) fn leave(&self) -> CancellationToken {
        self.0.leave.clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
