//! Services to look at, and when: at most all of them, however many events there are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::model::running::parts;

#[cfg(test)]
mod tests;

/// A set has settled when nobody has made, removed or renamed any of it for so long.
pub(super) const SETTLED: Duration = Duration::from_secs(3);
/// A container that is told to stop may take this longer: ten seconds unless it is configured, and being killed.
const STOPPING: Duration = Duration::from_secs(13);

/// When to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum When {
    /// Now, unless it is settling.
    Soon,
    /// Now, settled or not.
    AtOnce,
    /// When it has settled.
    Settled,
    /// When that container has stopped, and what comes after it has settled.
    Stopping(String),
    /// That container has stopped: now, unless somebody had told it to.
    Stopped(String),
}

pub(super) struct Notes {
    clock: Clock,
    due: Mutex<BTreeMap<String, Due>>,
    /// Which instance was said to run last, by service.
    run: Mutex<BTreeMap<String, String>>,
    any: Notify,
}

#[derive(Debug)]
struct Due {
    at: Timestamp,
    /// Until when what was told to stop is waited for.
    stopping: BTreeMap<String, Timestamp>,
    /// It has begun to settle, and nobody was told so yet.
    begun: bool,
}

/// What there is to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ready {
    /// These are being replaced.
    Settling(BTreeSet<String>),
    /// These are to be looked at.
    Look(BTreeSet<String>),
}

impl Due {
    fn noted(known: Option<Self>, when: When, now: Timestamp) -> Self {
        let settling = known.is_some();
        let after = |pause: Duration| now.checked_add(pause).unwrap_or(Timestamp::MAX);
        let mut due = known.unwrap_or(Self { at: now, stopping: BTreeMap::new(), begun: false });
        due.begun |= !settling && matches!(when, When::Settled | When::Stopping(_));
        match when {
            When::Soon => {}
            When::AtOnce => due = Self { at: now, stopping: BTreeMap::new(), begun: false },
            When::Settled => due.at = after(SETTLED),
            When::Stopping(id) => drop(due.stopping.insert(id, after(STOPPING))),
            When::Stopped(id) => {
                due.stopping.remove(&id);
                due.at = if settling { due.at.max(after(SETTLED)) } else { now };
            }
        }
        due
    }

    fn when(&self) -> Timestamp {
        self.stopping.values().copied().max().map_or(self.at, |stopped| stopped.max(self.at))
    }
}

impl Default for Notes {
    fn default() -> Self {
        Self { clock: Clock::start(), due: Mutex::default(), run: Mutex::default(), any: Notify::new() }
    }
}

impl Notes {
    pub(super) fn take(&self, service: &str, when: When) {
        let now = self.clock.now();
        let mut all = self.all();
        let due = all.remove(service);
        all.insert(service.to_owned(), Due::noted(due, when, now));
        drop(all);
        self.any.notify_one();
    }

    /// That instance is what runs.
    pub(super) fn runs(&self, service: &str, instance: &str) {
        let mut run = self.run.lock().unwrap_or_else(PoisonError::into_inner);
        run.insert(service.to_owned(), instance.to_owned());
    }

    /// Something of that container has changed: whoever runs in it is looked at.
    pub(super) fn changed(&self, container: &str) {
        let run = self.run.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let own = run.iter().filter(|(_, instance)| parts(instance).any(|id| id == container));
        own.for_each(|(service, _)| self.take(service, When::Soon));
    }

    /// Whether it is to be looked at, though not yet.
    pub(super) fn settling(&self, service: &str) -> bool {
        self.all().contains_key(service)
    }

    /// Those whose time has come, when it has for any.
    pub(super) async fn ready(&self) -> Ready {
        loop {
            let begun: BTreeSet<String> = self.begun();
            if !begun.is_empty() {
                return Ready::Settling(begun);
            }
            let (now, next) = (self.clock.now(), self.all().values().map(Due::when).min());
            match next {
                Some(at) if at <= now => {
                    let mut all = self.all();
                    let due = all.extract_if(.., |_, due| due.when() <= now).map(|(service, _)| service);
                    return Ready::Look(due.collect());
                }
                Some(at) => {
                    // Whichever comes first, it is looked at anew.
                    let at = self.clock.instant(at).into();
                    drop(tokio::time::timeout_at(at, self.any.notified()).await);
                }
                None => self.any.notified().await,
            }
        }
    }

    fn begun(&self) -> BTreeSet<String> {
        let mut all = self.all();
        let begun = all.iter_mut().filter_map(|(service, due)| {
            let begun = std::mem::take(&mut due.begun);
            begun.then(|| service.clone())
        });
        begun.collect()
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Due>> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
