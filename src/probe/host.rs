//! The host's resources, and the part of them that a service's own containers use.
//!
//! What the kernel says of the whole host is shared by all services; what it says of their containers is each one's own.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::Tools;
use super::docker;
use super::trial::{Trial, words};
use crate::clock::Clock;
use crate::config::{Measured, Query, Runtime};
use crate::model::reading::{Measure, Reading, Source, Use};

mod cgroup;
mod disks;
mod kernel;
mod own;
mod whole;

use cgroup::Part;
use own::Own;
pub use whole::Counters;
use whole::Whole;

/// Where the kernel shows processes and counters.
pub const PROC: &str = "/proc";

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
    docker: Arc<docker::Docker>,
    counters: Arc<Counters>,
    runtime: Option<Runtime>,
    roots: Roots,
    own: Option<Own>,
    before: Option<Now>,
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
    whole: Arc<Whole>,
    own: Option<(Vec<docker::Process>, Part)>,
    /// When the containers' part was read.
    at: Timestamp,
}

impl Host {
    /// The host alone, for what is watched always.
    pub fn alone(measured: &Measured, tools: &Tools) -> Self {
        let roots = Roots { proc: PathBuf::from(PROC), cgroup: PathBuf::from("/sys/fs/cgroup") };
        let (docker, counters) = (Arc::clone(&tools.docker), Arc::clone(&tools.host));
        Self { measured: measured.clone(), docker, counters, runtime: None, roots, own: None, before: None }
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
            | Query::Alerts(_)
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

    async fn now(&mut self, clock: Clock) -> Result<Now, String> {
        let own = self.processes(clock).await;
        let before = self.before.as_ref().map(|before| before.whole.at);
        let whole = self.counters.read(clock, before).await?;
        Ok(Now { whole, own: parts(&self.roots, own), at: clock.now() })
    }

    /// The main processes of the service's containers. The engine is asked when they are others than before, and now and
    /// then, because others may have come.
    async fn processes(&mut self, clock: Clock) -> Vec<docker::Process> {
        let Some(runtime) = &self.runtime else { return Vec::new() };
        if let Some(own) = self.own.as_ref().filter(|own| own.holds(&self.roots.proc, clock.now())) {
            return own.processes.clone();
        }
        let asked = tokio::time::timeout(ENGINE, self.docker.processes(runtime, &clock)).await;
        let processes = asked.unwrap_or_default();
        self.own = Own::new(&self.roots.proc, processes.clone(), clock.now());
        processes
    }

    /// Adds what two readings tell: how busy the processors were between them, and by whose work.
    fn compare(&mut self, now: Now) -> Use {
        let mut seen = now.whole.seen.clone();
        if let Some((_, part)) = &now.own
            && let Some(memory) = part.memory
        {
            seen.own.insert("memory".to_owned(), ratio(float(memory), now.whole.memory));
        }
        if let Some(before) = &self.before {
            let busy = now.whole.busy.since(&before.whole.busy);
            seen.host.extend(busy.map(|busy| ("cpu".to_owned(), busy)));
            let elapsed = now.at.duration_since(before.at).as_secs_f64();
            if let (Some((own, part)), Some((same, past))) = (&now.own, &before.own)
                && own == same
                && let (Some(cpu), Some(past)) = (part.cpu, past.cpu)
            {
                let used = cpu.saturating_sub(past).as_secs_f64();
                seen.own.insert("cpu".to_owned(), ratio(used, elapsed * now.whole.cores));
            }
        }
        self.before = Some(now);
        seen
    }
}

/// The part of the host that these use.
fn parts(roots: &Roots, own: Vec<docker::Process>) -> Option<(Vec<docker::Process>, Part)> {
    let parts = own.iter().filter_map(|process| cgroup::part(&roots.proc, &roots.cgroup, process));
    parts.reduce(|one, two| one.and(&two)).map(|part| (own, part))
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
