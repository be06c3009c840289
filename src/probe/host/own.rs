//! Which processes are a service's own, remembered while they are the same.

use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::probe::docker::Process;

/// The engine is asked again after this: more containers may have come.
const FOR: Duration = Duration::from_mins(1);

/// The main processes of a service's containers.
#[derive(Debug)]
pub(super) struct Own {
    pub(super) processes: Vec<Process>,
    /// When each began, in ticks since the host did. A number is given to another process some day.
    began: Vec<u64>,
    since: Timestamp,
}

impl Own {
    /// What the engine has just said; `None` where there are none, or one has ended meanwhile.
    pub(super) fn new(proc: &Path, processes: Vec<Process>, since: Timestamp) -> Option<Self> {
        let began = began(proc, &processes).filter(|began| !began.is_empty())?;
        Some(Self { processes, began, since })
    }

    /// Whether they are the same still.
    pub(super) fn holds(&self, proc: &Path, now: Timestamp) -> bool {
        let lately = now.duration_since(self.since) < SignedDuration::try_from(FOR).unwrap_or_default();
        lately && began(proc, &self.processes).as_ref() == Some(&self.began)
    }
}

fn began(proc: &Path, processes: &[Process]) -> Option<Vec<u64>> {
    processes.iter().map(|process| began_at(proc, process.pid)).collect()
}

/// The 22nd word of its line; the second one is a name in brackets, which may hold anything.
fn began_at(proc: &Path, pid: i64) -> Option<u64> {
    let line = std::fs::read_to_string(proc.join(pid.to_string()).join("stat")).ok()?;
    line.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: i64) -> Process {
        Process { id: "4f8a".to_owned(), pid }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn the_same_processes_are_asked_for_once_a_minute() {
        let dir = tempfile::tempdir().unwrap();
        let began = |pid: i64, ticks: u64| {
            let line = format!("{pid} (a ) S 1) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 {ticks} 20\n");
            let path = dir.path().join(pid.to_string());
            std::fs::create_dir_all(&path).unwrap();
            std::fs::write(path.join("stat"), line).unwrap();
        };
        began(77, 4_000);
        began(78, 4_100);
        let own = Own::new(dir.path(), vec![process(77), process(78)], at(0)).unwrap();
        assert_eq!(own.began, [4_000, 4_100]);
        assert!(own.holds(dir.path(), at(59)) && !own.holds(dir.path(), at(60)));
        // The number is somebody else's now.
        began(78, 9_000);
        assert!(!own.holds(dir.path(), at(1)));
        began(78, 4_100);
        assert!(own.holds(dir.path(), at(1)));
        std::fs::remove_dir_all(dir.path().join("77")).unwrap();
        assert!(!own.holds(dir.path(), at(1)));
    }

    #[test]
    fn what_does_not_run_is_not_remembered() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Own::new(dir.path(), Vec::new(), at(0)).is_none());
        assert!(Own::new(dir.path(), vec![process(77)], at(0)).is_none());
    }

    #[test]
    fn this_process_is_found() {
        let pid = i64::from(std::process::id());
        assert!(Own::new(Path::new(super::super::PROC), vec![process(pid)], at(0)).is_some());
    }
}
