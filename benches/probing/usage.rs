//! What processes have used, as the kernel counts it.

/// CPU seconds and memory of some processes, and what they did in that time.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usage {
    pub(crate) cpu: f64,
    /// KiB, with what is mapped of the program's file, which the kernel drops at need.
    pub(crate) resident: u32,
    /// KiB that are nobody else's and in no file.
    pub(crate) own: u32,
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
        let field = |name: &str| -> u32 {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.split_whitespace().next().unwrap().parse().unwrap()
        };
        usage.resident += field("VmRSS:");
        usage.own += field("RssAnon:");
    }
    usage
}
