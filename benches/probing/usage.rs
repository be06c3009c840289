//! What processes have used, as the kernel counts it.

/// CPU seconds and memory of some processes, and what they did in that time.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usage {
    pub(crate) cpu: f64,
    /// KiB.
    pub(crate) resident: u32,
    pub(crate) seconds: f64,
    pub(crate) probes: u32,
}

/// What these have used so far, without those that they have started.
pub(crate) fn of(pids: &[u32]) -> Usage {
    let mut usage = Usage::default();
    for pid in pids {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        // In hundredths of a second, on every machine that Linux runs on.
        usage.cpu += (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        usage.resident += resident.split_whitespace().next().unwrap().parse::<u32>().unwrap();
    }
    usage
}
