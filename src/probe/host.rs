//! The host's resources, and the part of them that a service's own containers use.
//!
//! The kernel's counters are read beside the loop: a mount whose disk is gone may hold whoever asks for its space.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Tools;
use super::docker;
use super::trial::{Trial, words};
use crate::clock::Clock;
use crate::config::{Measured, Query, Runtime};
use crate::decide::reading::{Measure, Reading, Source, Use};

mod cgroup;
mod disks;
mod kernel;

use cgroup::Part;
use kernel::Busy;

/// For the whole of a reading.
const DEADLINE: Duration = Duration::from_secs(5);
/// For the engine to say which process it is. Without it the host alone is read.
const ENGINE: Duration = Duration::from_secs(2);

/// Between two readings that are made for people.
const APART: Duration = Duration::from_millis(500);

/// The host as one service sees it.
#[derive(Debug)]
pub struct Host {
    measured: Measured,
    engine: Arc<docker::Engine>,
    runtime: Option<Runtime>,
    roots: Roots,
    before: Option<Now>,
    reading: Option<tokio::task::JoinHandle<Result<Now, String>>>,
}

/// Where the kernel tells about itself.
#[derive(Debug, Clone)]
struct Roots {
    proc: PathBuf,
    cgroup: PathBuf,
}

/// What was read, without what needs two readings.
#[derive(Debug)]
struct Now {
    at: Timestamp,
    seen: Use,
    busy: Busy,
    cores: f64,
    memory: f64,
    own: Option<(Vec<docker::Process>, Part)>,
}

impl Host {
    /// The host alone, for what is watched always.
    pub fn alone(measured: &Measured, tools: &Tools) -> Self {
        let roots = Roots { proc: PathBuf::from("/proc"), cgroup: PathBuf::from("/sys/fs/cgroup") };
        let engine = Arc::clone(&tools.engine);
        Self { measured: measured.clone(), engine, runtime: None, roots, before: None, reading: None }
    }

    /// `None` for a stream that something else measures.
    pub fn new(measured: &Measured, runtime: &Runtime, tools: &Tools) -> Option<Self> {
        match measured.query {
            Query::Host => {}
            Query::Value(_)
            | Query::Requests { .. }
            | Query::Buckets(_)
            | Query::ExposedRequests { .. }
            | Query::ExposedDurations { .. }
            | Query::Exposed { .. }
            | Query::Seasonal { .. } => return None,
        }
        Some(Self { runtime: Some(runtime.clone()), ..Self::alone(measured, tools) })
    }

    /// Reads once. How busy the processors are is known from the second reading on.
    pub async fn read(&mut self, clock: &Clock) -> Reading {
        let measure = match tokio::time::timeout(DEADLINE, self.now(*clock)).await {
            Ok(Ok(now)) => Measure::Use(self.compare(now)),
            Ok(Err(why)) => Measure::Blind(format!("this host: {why}")),
            Err(_) => Measure::Blind("this host: the kernel did not answer; a disk may be gone".to_owned()),
        };
        Reading { stream: self.measured.stream.clone(), source: Source::Host, at: clock.now(), measure }
    }

    /// Reads twice, for people.
    pub async fn try_out(&mut self, clock: &Clock) -> Trial {
        self.read(clock).await;
        tokio::time::sleep(APART).await;
        let reading = self.read(clock).await;
        Trial::new(&reading.stream, words(&reading.measure))
    }

    /// One reading at a time: one that hangs holds one thread, however often it is asked for.
    async fn now(&mut self, clock: Clock) -> Result<Now, String> {
        if self.reading.is_none() {
            let own = match &self.runtime {
                Some(runtime) => {
                    tokio::time::timeout(ENGINE, self.engine.processes(runtime)).await.unwrap_or_default()
                }
                None => Vec::new(),
            };
            let roots = self.roots.clone();
            self.reading = Some(tokio::task::spawn_blocking(move || read(&roots, own, clock)));
        }
        let Some(reading) = &mut self.reading else { return Err("nothing was read".to_owned()) };
        let read = reading.await;
        self.reading = None;
        let now = read.unwrap_or_else(|error| Err(error.to_string()))?;
        // What hung for long is no reading of now.
        let late =
            clock.now().duration_since(now.at) > SignedDuration::try_from(DEADLINE).unwrap_or_default();
        if late { Err("the kernel was slow to answer".to_owned()) } else { Ok(now) }
    }

    /// Adds what two readings tell: how busy the processors were between them, and by whose work.
    fn compare(&mut self, now: Now) -> Use {
        let mut seen = now.seen.clone();
        if let Some((_, part)) = &now.own
            && let Some(memory) = part.memory
        {
            seen.own.insert("memory".to_owned(), ratio(float(memory), now.memory));
        }
        if let Some(before) = &self.before {
            let busy = now.busy.since(&before.busy);
            seen.host.extend(busy.map(|busy| ("cpu".to_owned(), busy)));
            let elapsed = now.at.duration_since(before.at).as_secs_f64();
            if let (Some((own, part)), Some((same, past))) = (&now.own, &before.own)
                && own == same
                && let (Some(cpu), Some(past)) = (part.cpu, past.cpu)
            {
                let used = cpu.saturating_sub(past).as_secs_f64();
                seen.own.insert("cpu".to_owned(), ratio(used, elapsed * now.cores));
            }
        }
        self.before = Some(now);
        seen
    }
}

fn read(roots: &Roots, own: Vec<docker::Process>, clock: Clock) -> Result<Now, String> {
    let (busy, cores) = kernel::busy(&roots.proc)?;
    let memory = kernel::memory()?;
    let mut host: BTreeMap<String, f64> = disks::used(&roots.proc).into_iter().collect();
    host.insert("memory".to_owned(), memory.used());
    host.extend(kernel::load(cores).map(|load| ("load".to_owned(), load)));
    let seen = Use { host, own: BTreeMap::new(), pressure: kernel::pressure(&roots.proc) };
    let parts = own.iter().filter_map(|process| cgroup::part(&roots.proc, &roots.cgroup, process));
    let own = parts.reduce(|one, two| one.and(&two)).map(|part| (own, part));
    Ok(Now { at: clock.now(), seen, busy, cores, memory: memory.total(), own })
}

/// A part of a whole, from 0 to 1.
fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { (part / whole).clamp(0.0, 1.0) } else { 0.0 }
}

#[expect(clippy::cast_precision_loss, reason = "bytes, blocks and ticks of one host are far below 2^53")]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
