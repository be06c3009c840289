//! `kill -9` at moments that nobody chose.

use std::collections::BTreeSet;
use std::time::Duration;

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

/// Every outcome that was told; one may have been told twice, when the daemon was killed before it knew.
pub(crate) fn outcomes(host: &Host) -> BTreeSet<String> {
    let of = |post: &Value| format!("{} {}", post["data"]["incident"], post["timestamp"]);
    host.hook.posts("rollback-succeeded").iter().map(of).collect()
}
