//! What a container uses, as its control group counts it (cgroups(7), version 1 and 2).

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::probe::docker::Process;

/// What a container has used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// Time of all processors together, since it began.
    pub(super) cpu: Option<Duration>,
    /// Bytes of memory that it holds now, without what the kernel would drop at once.
    pub(super) memory: Option<u64>,
}

impl Part {
    /// What two containers have used together.
    pub(super) fn and(&self, other: &Self) -> Self {
        let cpu =
            self.cpu.zip(other.cpu).map(|(one, two)| one.saturating_add(two)).or(self.cpu).or(other.cpu);
        let memory = self.memory.zip(other.memory).map(|(one, two)| one.saturating_add(two));
        Self { cpu, memory: memory.or(self.memory).or(other.memory) }
    }
}

/// `None` when its control group cannot be found.
pub(super) fn part(proc: &Path, cgroup: &Path, process: &Process) -> Option<Part> {
    let groups =
        std::fs::read_to_string(proc.join(process.pid.to_string()).join("cgroup")).unwrap_or_default();
    let cpu = place(cgroup, "cpuacct", &groups, &process.id).and_then(|place| cpu(&place));
    let memory = place(cgroup, "memory", &groups, &process.id).and_then(|place| memory(&place));
    (cpu.is_some() || memory.is_some()).then_some(Part { cpu, memory })
}

/// Where a controller keeps the container's numbers: as the process says, or else where Docker usually puts it.
fn place(cgroup: &Path, controller: &str, groups: &str, id: &str) -> Option<PathBuf> {
    let hierarchies = [controller, "cpu,cpuacct"];
    let v1 = hierarchies.iter().filter(|name| name.split(',').any(|one| one == controller));
    let v1: Vec<PathBuf> = v1.map(|name| cgroup.join(name)).filter(|place| place.is_dir()).collect();
    let unified = cgroup.join("cgroup.controllers").exists();
    let roots = if unified { vec![cgroup.to_owned()] } else { v1 };
    let said = groups.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':');
        let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        let ours = if unified {
            controllers.is_empty()
        } else {
            controllers.split(',').any(|one| one == controller)
        };
        // The root is the whole host, and a path that leads upwards is seen from another name space.
        (ours && path != "/" && !path.contains("..")).then(|| path.trim_start_matches('/').to_owned())
    });
    let usual = [format!("system.slice/docker-{id}.scope"), format!("docker/{id}")];
    let known = said.into_iter().chain(usual);
    known.flat_map(|path| roots.iter().map(move |root| root.join(&path))).find(|place| place.is_dir())
}

fn cpu(place: &Path) -> Option<Duration> {
    match std::fs::read_to_string(place.join("cpu.stat")).ok().and_then(|stat| field(&stat, "usage_usec")) {
        Some(microseconds) => Some(Duration::from_micros(microseconds)),
        None => number(place, "cpuacct.usage").map(Duration::from_nanos),
    }
}

fn memory(place: &Path) -> Option<u64> {
    let stat = std::fs::read_to_string(place.join("memory.stat")).unwrap_or_default();
    let (held, idle) = match number(place, "memory.current") {
        Some(held) => (held, field(&stat, "inactive_file")),
        None => (number(place, "memory.usage_in_bytes")?, field(&stat, "total_inactive_file")),
    };
    Some(held.saturating_sub(idle.unwrap_or_default()))
}

fn number(place: &Path, file: &str) -> Option<u64> {
    std::fs::read_to_string(place.join(file)).ok()?.trim().parse().ok()
}

fn field(stat: &str, name: &str) -> Option<u64> {
    stat.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

#[cfg(test)]
mod tests;
