//! Rollbacks through a line on which every seventh answer of the engine is cut, late, doubled or garbled.

use golive_fixtures::host::Host;
use golive_fixtures::noise::{rollbacks, seed};
use golive_fixtures::until::PATIENCE;

use crate::compose::{BAD, Shop};
use crate::kills::outcomes;

/// Rollbacks at the same time.
const LANES: u64 = 5;

#[test]
fn a_container_is_restored_though_answers_are_lost() {
    in_lanes(3, |lane, seed, times| {
        let mut host = Host::new(&format!("answers-{lane}"));
        let noise = host.through_noise(seed);
        host.write_rules("");
        host.allow_many_rollbacks();
        host.with_good_version();
        for _ in 0..times {
            let told = outcomes(&host).len();
            host.deploy("2", &["--fail-after", "1s"]);
            rolled_back(&host, told);
            host.assert_only("1");
        }
        noise.assert_harmed();
    });
}

#[test]
fn a_set_is_restored_though_answers_are_lost() {
    in_lanes(2, |lane, seed, times| {
        let mut shop = Shop::new(&format!("answers-set-{lane}"));
        let noise = shop.host.through_noise(seed);
        shop.rules("");
        shop.host.allow_many_rollbacks();
        shop.with_good_version();
        let db = shop.id("db");
        for _ in 0..times {
            let told = outcomes(&shop.host).len();
            shop.up(&shop.file("2", BAD));
            rolled_back(&shop.host, told);
            shop.assert_only("1", &db);
        }
        noise.assert_harmed();
    });
}

/// Restored, proved and told, and never given up.
fn rolled_back(host: &Host, told: usize) {
    host.eventually_within(2 * PATIENCE, "it is rolled back", || {
        assert!(host.hook.posts("rollback-failed").is_empty());
        host.phase() == "idle" && outcomes(host).len() > told
    });
    assert_eq!(host.status()["decided"]["state"], "rolled-back");
    assert!(host.hook.posts("rollback-impossible").is_empty());
    assert!(host.hook.posts("rollback-not-ready").is_empty());
}

/// So many rollbacks together, each lane with a seed of its own and its part of them.
fn in_lanes(few: u64, lane: impl Fn(u64, u64, u64) + Sync) {
    let (all, seed) = (rollbacks(few), seed());
    let lane = &lane;
    std::thread::scope(|scope| {
        for n in 0..all.min(LANES) {
            scope.spawn(move || lane(n, seed + n, (all - n).div_ceil(LANES)));
        }
    });
}
