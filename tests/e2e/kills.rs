//! `kill -9` at moments that nobody chose.

use std::collections::BTreeSet;
use std::time::Duration;

use golive_fixtures::engine::{docker, inspect};
use golive_fixtures::host::Host;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

/// Two hundred kills at moments that nobody chose: between steps, in a step, while verifying, at the start; up to ten
/// in one rollback.
#[test]
fn killed_two_hundred_times_at_random_moments() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()));
    println!("SEED={seed}");
    let kills: u32 = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..4)
            .map(|lane| scope.spawn(move || killed_often(lane, SmallRng::seed_from_u64(seed + lane))))
            .collect();
        lanes.into_iter().map(|lane| lane.join().unwrap()).sum()
    });
    assert!(kills >= 200, "{kills}");
}

/// Fifty of them; gives how many there were.
fn killed_often(lane: u64, mut random: SmallRng) -> u32 {
    let mut host = Host::new(&format!("kills-{lane}"));
    host.write_rules("");
    host.allow_many_rollbacks();
    host.with_good_version();
    let mut kills = 0;
    while kills < 50 {
        host.deploy("2", &["--fail-after", "1s"]);
        let told = outcomes(&host).len();
        host.eventually("the rollback has begun", || matches!(&*host.phase(), "rolling-back" | "verifying"));
        for _ in 0..10 {
            std::thread::sleep(Duration::from_millis(random.random_range(0..700)));
            if outcomes(&host).len() > told {
                break;
            }
            host.kill();
            host.spawn();
            kills += 1;
        }
        host.eventually("it is taken up again and verified", || {
            host.phase() == "idle" && outcomes(&host).len() > told
        });
        host.assert_only("1");
        assert_eq!(outcomes(&host).len(), told + 1, "one outcome of one rollback: {:?}", outcomes(&host));
    }
    kills
}

/// As systemd ends it for an upgrade, while the bad container takes its two seconds to stop: that step is finished, and not
/// made again by the next one.
#[test]
fn ended_in_mid_rollback_it_goes_on_at_the_next_start() {
    let mut host = Host::new("ended");
    let proxy = host.through_proxy();
    host.write_rules("");
    host.with_good_version();
    docker(&["rm", "-f", "-v", &host.name]);
    let (publish, tag) = (format!("127.0.0.1:{}:8080", host.port), host.tag("2"));
    // What it is asked to end by does nothing to a process that does not listen for it.
    let mut run = vec!["run", "-d", "--name", &host.name, "--stop-signal", "WINCH", "-p", &publish, &tag];
    run.extend([
        "/golive",
        "demo-service",
        "--listen",
        "0.0.0.0:8080",
        "--version",
        "2",
        "--fail-after",
        "1s",
    ]);
    assert!(docker(&run).status.success());
    // A rehearsal tries the call, too, on what is not there.
    let stops = |call: &&String| call.contains("/stop?") && !call.contains("golive-rehearsal");
    let stops = || proxy.calls().iter().filter(stops).count();
    host.eventually("it is being stopped", || stops() == 1);
    assert!(host.end().unwrap().success(), "it ends when the step has");
    assert_eq!(inspect(&host.name, "{{.State.Running}}"), "false");
    assert!(outcomes(&host).is_empty());
    host.start();
    host.eventually("it is taken up and verified", || host.phase() == "idle" && outcomes(&host).len() == 1);
    host.assert_only("1");
    assert_eq!(stops(), 1, "{:?}", proxy.calls());
    assert!(host.hook.posts("rollback-failed").is_empty());
}

/// Every outcome that was told; one may have been told twice, when the daemon was killed before it knew.
pub(crate) fn outcomes(host: &Host) -> BTreeSet<String> {
    let of = |post: &Value| format!("{} {}", post["data"]["incident"], post["timestamp"]);
    host.hook.posts("rollback-succeeded").iter().map(of).collect()
}
