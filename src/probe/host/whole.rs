//! The host's own counters, read once for all who look at about the same time.
//!
//! A mount whose disk is gone may hold whoever asks for its space: one reading is under way at most, and holds one
//! thread, however many wait for it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use tokio::task::{JoinHandle, spawn_blocking};

use super::kernel::{self, Busy};
use super::{DEADLINE, disks};
use crate::clock::Clock;
use crate::model::reading::Use;

/// A reading is everybody's for so long.
const SHARED: Duration = Duration::from_secs(1);

/// What was read, without what needs two readings.
#[derive(Debug, Clone)]
pub(super) struct Whole {
    pub(super) at: Timestamp,
    pub(super) seen: Use,
    pub(super) busy: Busy,
    pub(super) cores: f64,
    pub(super) memory: f64,
}

/// The counters of one host.
#[derive(Debug)]
pub struct Counters {
    proc: PathBuf,
    last: Mutex<Last>,
}

#[derive(Debug, Default)]
struct Last {
    whole: Option<Arc<Whole>>,
    under_way: Option<JoinHandle<Result<Whole, String>>>,
}

impl Counters {
    /// Those that the kernel tells of under this directory.
    pub fn new(proc: PathBuf) -> Self {
        Self { proc, last: Mutex::default() }
    }

    /// What there is now, and not what there was at `before`. May be dropped while it waits: whoever asks next waits for
    /// the same reading.
    pub(super) async fn read(&self, clock: Clock, before: Option<Timestamp>) -> Result<Arc<Whole>, String> {
        let mut last = self.last.lock().await;
        let within = |whole: &Whole, limit| {
            clock.now().duration_since(whole.at) <= SignedDuration::try_from(limit).unwrap_or_default()
        };
        let fresh = |whole: &&Arc<Whole>| within(whole, SHARED) && before.is_none_or(|at| whole.at > at);
        if let Some(whole) = last.whole.as_ref().filter(fresh) {
            return Ok(Arc::clone(whole));
        }
        let proc = self.proc.clone();
        let under_way = last.under_way.get_or_insert_with(|| spawn_blocking(move || read(&proc, clock)));
        let whole = under_way.await;
        last.under_way = None;
        let whole = Arc::new(whole.unwrap_or_else(|error| Err(error.to_string()))?);
        // What hung for long is no reading of now.
        if !within(&whole, DEADLINE) {
            return Err("the kernel was slow to answer".to_owned());
        }
        last.whole = Some(Arc::clone(&whole));
        Ok(whole)
    }
}

#[cfg(test)]
impl Counters {
    pub(super) async fn keep(&self, whole: Whole) {
        self.last.lock().await.whole = Some(Arc::new(whole));
    }
}

pub(super) fn read(proc: &Path, clock: Clock) -> Result<Whole, String> {
    let (busy, cores) = kernel::busy(proc)?;
    let memory = kernel::memory()?;
    let mut host: BTreeMap<String, f64> = disks::used(proc).into_iter().collect();
    host.insert("memory".to_owned(), memory.used());
    host.extend(kernel::load(cores).map(|load| ("load".to_owned(), load)));
    let seen = Use { host, own: BTreeMap::new(), pressure: kernel::pressure(proc) };
    Ok(Whole { at: clock.now(), seen, busy, cores, memory: memory.total() })
}
