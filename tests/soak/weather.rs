//! What goes wrong around golive: it is killed and restarted, Prometheus and those who are told come and go, the disk is slow.

use std::time::{Duration, Instant};

use rand::rngs::SmallRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

use crate::stage::Stage;

pub(crate) const KINDS: [&str; 6] =
    ["no prometheus", "nobody hears", "reload", "slow disk", "kill -9", "restart"];

/// Where no kills are meant, the first so many.
const MILD: usize = 4;

/// One after the other in an order that luck chooses, kills before all else, until the end; then the sun shines.
pub(crate) fn run(stage: &Stage, luck: u64, kills: bool, end: Instant) {
    let mut luck = SmallRng::seed_from_u64(luck);
    loop {
        let calm = Duration::from_millis(luck.random_range(1000..5000));
        if Instant::now() + calm >= end {
            return;
        }
        std::thread::sleep(calm);
        let mut ahead = stage.ahead.lock().unwrap();
        if ahead.is_empty() {
            ahead.extend(&KINDS[..if kills { KINDS.len() } else { MILD }]);
            ahead[..MILD].shuffle(&mut luck);
        }
        let kind = ahead.pop().unwrap();
        drop(ahead);
        *stage.weather.lock().unwrap().entry(kind).or_default() += 1;
        strike(stage, kind, &mut luck);
    }
}

fn strike(stage: &Stage, kind: &str, luck: &mut SmallRng) {
    let for_a_while = Duration::from_millis(luck.random_range(3000..10_000));
    match kind {
        "kill -9" | "restart" => {
            assert!(stage.host.ended().is_none(), "it has ended by itself");
            if kind == "restart" {
                stage.host.end();
            } else {
                stage.host.kill();
            }
            std::thread::sleep(Duration::from_millis(luck.random_range(0..2000)));
            stage.host.spawn();
        }
        "reload" => {
            stage.host.signal("-HUP");
        }
        "no prometheus" => {
            let mut prometheus = stage.prometheus.lock().unwrap();
            prometheus.end();
            std::thread::sleep(for_a_while);
            prometheus.run();
        }
        "nobody hears" => {
            stage.host.receivers_down(true);
            std::thread::sleep(for_a_while);
            stage.host.receivers_down(false);
        }
        "slow disk" => slow_disk(stage, for_a_while),
        _ => unreachable!("every kind is above"),
    }
}

/// Whoever writes waits most of the time, as he would for a disk whose every sync takes so long.
fn slow_disk(stage: &Stage, length: Duration) {
    let connection = rusqlite::Connection::open(stage.host.path("state/golive.db")).unwrap();
    connection.busy_timeout(Duration::from_secs(20)).unwrap();
    let began = Instant::now();
    while began.elapsed() < length {
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        std::thread::sleep(Duration::from_millis(400));
        connection.execute_batch("ROLLBACK").unwrap();
        std::thread::sleep(Duration::from_millis(100));
    }
}
