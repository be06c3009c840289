use std::fs;

use std::path::Path;

use super::*;
use crate::model::reading::Stream;
use crate::probe::tests::stage::tools;

fn host() -> Host {
    let measured = Measured::new(Stream::Resources, Query::Host);
    let nothing = || crate::config::Program { argv: Vec::new(), limit: Duration::ZERO };
    let commands =
        crate::config::Commands { version: nothing(), rollback: nothing(), ready: None, verify: None };
    let command = Runtime::Command(commands);
    Host::new(&measured, &command, &tools()).unwrap()
}

async fn used(host: &mut Host) -> Use {
    let reading = host.read(&Clock::start()).await;
    assert_eq!((&reading.stream, reading.source), (&Stream::Resources, Source::Host));
    let Measure::Use(used) = reading.measure else { panic!("{reading:?}") };
    used
}

#[tokio::test]
async fn this_machine_is_read() {
    let mut host = host();
    let first = used(&mut host).await;
    assert!(!first.host.contains_key("cpu"), "the first reading knows of no time between two: {first:?}");
    tokio::time::sleep(Duration::from_millis(300)).await;
    let second = used(&mut host).await;
    assert!((0.0..=1.0).contains(&second.host["cpu"]), "{second:?}");
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap();
    let kilobytes = |name: &str| -> f64 {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim_start_matches(':').trim().trim_end_matches("kB").trim().parse().unwrap()
    };
    let memory = 1.0 - kilobytes("MemAvailable") / kilobytes("MemTotal");
    assert!((second.host["memory"] - memory).abs() < 0.1, "{memory} {second:?}");
    let load = fs::read_to_string("/proc/loadavg").unwrap();
    let load: f64 = load.split(' ').next().unwrap().parse().unwrap();
    let cores = std::thread::available_parallelism().unwrap().get();
    assert!((second.host["load"] * float(cores as u64) - load).abs() < 1.0, "{load} {second:?}");
    let pressure = ["cpu", "memory", "io"].iter().all(|what| second.pressure.contains_key(*what));
    assert_eq!(pressure, Path::new("/proc/pressure/cpu").exists());
    assert!(second.own.is_empty());
}

/// A machine out of files.
struct Machine {
    dir: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let machine = Self { dir };
        machine.write("proc/77/cgroup", "0::/box\n");
        machine.write("cgroup/cgroup.controllers", "cpu memory\n");
        machine
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, at: i64) -> Result<Now, String> {
        let roots = Roots { proc: self.dir.path().join("proc"), cgroup: self.dir.path().join("cgroup") };
        let process = docker::Process { id: "4f8a".to_owned(), pid: 77 };
        let at = Timestamp::from_second(at).unwrap();
        let whole = Whole { at, ..whole::read(&roots.proc, Clock::start())? };
        Ok(Now { whole: Arc::new(whole), own: parts(&roots, vec![process]), at })
    }
}

#[tokio::test]
async fn the_containers_part_is_of_the_whole_host() {
    let machine = Machine::new();
    let mut host = host();
    // user nice system idle iowait irq softirq steal guest guest_nice
    machine.write("proc/stat", "cpu  1000 0 500 8000 500 0 0 0 900 0\ncpu0 1 1\ncpu1 1 1\ncpufreq 1\n");
    machine.write("cgroup/box/cpu.stat", "usage_usec 1000000\n");
    machine.write("cgroup/box/memory.current", "1048576\n");
    machine.write("proc/pressure/io", "some avg10=12.50 avg60=0.00 avg300=0.00 total=9\nfull avg10=1.00\n");
    let first = host.compare(machine.read(1000).unwrap());
    assert_eq!(first.pressure, [("io".to_owned(), 0.125)].into());
    assert_eq!(first.own.keys().collect::<Vec<_>>(), ["memory"]);
    // 100 busy ticks (30 of them stolen), 80 idle, 20 waiting for a disk.
    machine.write("proc/stat", "cpu  1050 0 520 8080 520 0 0 30 950 0\ncpu0 1 1\ncpu1 1 1\n");
    machine.write("cgroup/box/cpu.stat", "usage_usec 6000000\n");
    let second = host.compare(machine.read(1010).unwrap());
    assert!((second.host["cpu"] - 0.5).abs() < 1e-9, "{second:?}");
    // 5 s of work in 10 s on two processors.
    assert!((second.own["cpu"] - 0.25).abs() < 1e-9, "{second:?}");
    let memory = second.own["memory"];
    assert!(memory > 0.0 && memory < 0.01, "{memory}");
}

#[test]
fn a_machine_without_its_counters_is_blind() {
    let why = Machine::new().read(0).unwrap_err();
    assert!(why.ends_with("stat: No such file or directory (os error 2)"), "{why}");
}

#[tokio::test]
async fn all_services_share_a_reading_and_none_gets_the_same_twice() {
    let (counters, clock) = (Counters::new(PathBuf::from(PROC)), Clock::start());
    let (one, other) = tokio::join!(counters.read(clock, None), counters.read(clock, None));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert!(Arc::ptr_eq(&one, &other));
    let next = counters.read(clock, Some(one.at)).await.unwrap();
    assert!(next.at > one.at);
    // What is older than a second is nobody's any more.
    let old = Whole { at: next.at.checked_sub(Duration::from_millis(1100)).unwrap(), ..Whole::clone(&next) };
    counters.keep(old.clone()).await;
    assert!(counters.read(clock, None).await.unwrap().at > old.at);
}

/// Whoever gives up waiting takes no reading with it, and nobody begins a second one beside it.
#[tokio::test]
async fn a_reading_that_hangs_is_one_thread_for_all() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("stat");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let (counters, clock) = (Counters::new(dir.path().to_owned()), Clock::start());
    for _ in 0..3 {
        let read = tokio::time::timeout(Duration::from_millis(20), counters.read(clock, None)).await;
        assert!(read.is_err(), "{read:?}");
    }
    // One reader is let go, which then sees no more than this.
    fs::write(&pipe, "cpu  1 2 3 4 5 6 7 8\ncpu0 1\n").unwrap();
    assert!(counters.read(clock, None).await.is_ok());
}
