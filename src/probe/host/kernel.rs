//! What the kernel says of the whole host.

use std::collections::BTreeMap;
use std::path::Path;

use sysinfo::{MemoryRefreshKind, System};

use super::{float, ratio};

/// Fewer ticks than these say nothing.
const TICKS_MIN: u64 = 10;

/// How long all processors together worked, in ticks since the host began.
///
/// sysinfo is not asked for this: it counts the time of virtual machines twice, and takes the mean since boot for a
/// first reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Busy {
    busy: u64,
    total: u64,
}

impl Busy {
    /// The share of busy time between two readings; nothing when they are too close.
    pub(super) fn since(&self, before: &Self) -> Option<f64> {
        let total = self.total.saturating_sub(before.total);
        (total >= TICKS_MIN).then(|| ratio(float(self.busy.saturating_sub(before.busy)), float(total)))
    }
}

/// Ticks so far, and how many processors there are.
pub(super) fn busy(proc: &Path) -> Result<(Busy, f64), String> {
    let path = proc.join("stat");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let all = text.lines().find_map(|line| line.strip_prefix("cpu ")).map(ticks).unwrap_or_default();
    // user, nice, system, idle, iowait, irq, softirq, steal; guests' time is in user already. What waits for a disk
    // leaves the processor to others, and what the hypervisor took away is gone.
    let [user, nice, system, idle, iowait, irq, softirq, steal, ..] = all[..] else {
        return Err(format!("{}: no line of all processors", path.display()));
    };
    let busy = [user, nice, system, irq, softirq, steal].iter().sum();
    let numbered =
        |line: &&str| line.starts_with("cpu") && line[3..].starts_with(|c: char| c.is_ascii_digit());
    let cores = text.lines().filter(numbered).count().max(1);
    Ok((Busy { busy, total: busy + idle + iowait }, float(cores as u64)))
}

fn ticks(line: &str) -> Vec<u64> {
    line.split_whitespace().map_while(|word| word.parse().ok()).collect()
}

/// Memory in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory {
    total: f64,
    available: f64,
}

impl Memory {
    pub(super) fn total(&self) -> f64 {
        self.total
    }

    /// What cannot be had without swapping.
    pub(super) fn used(&self) -> f64 {
        ratio(self.total - self.available, self.total)
    }
}

pub(super) fn memory() -> Result<Memory, String> {
    let mut system = System::new().map_err(|error| format!("memory: {error}"))?;
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    let (total, available) = (float(system.total_memory()), float(system.available_memory()));
    if total > 0.0 { Ok(Memory { total, available }) } else { Err("no word of its memory".to_owned()) }
}

/// Processes that want to run, per processor.
pub(super) fn load(cores: f64) -> Option<f64> {
    System::load_average().ok().map(|load| load.one / cores)
}

/// The share of the last ten seconds in which something waited, by what it waited for. Kernels without it say nothing.
pub(super) fn pressure(proc: &Path) -> BTreeMap<String, f64> {
    let one = |what: &str| {
        let text = std::fs::read_to_string(proc.join("pressure").join(what)).ok()?;
        let some = text.lines().find_map(|line| line.strip_prefix("some "))?;
        let mean = some.split_whitespace().find_map(|word| word.strip_prefix("avg10="))?;
        mean.parse::<f64>().ok().filter(|percent| percent.is_finite()).map(|percent| percent / 100.0)
    };
    ["cpu", "memory", "io"].iter().filter_map(|what| Some(((*what).to_owned(), one(what)?))).collect()
}
