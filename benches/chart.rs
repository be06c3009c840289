//! How long a picture takes: `cargo bench --bench chart`. A mail with one has 50 ms.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark says what it found")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::time::{Duration, Instant};

use golive::decide::curve::{Curve, Mark, Point};
use golive::decide::reason::Unit;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

const ROUNDS: usize = 200;

fn main() {
    // `cargo test --benches` only builds it.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let first: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
    let at = |step: i32| first + SignedDuration::from_secs(i64::from(step) * 20);
    let mark = |step, version: &str| Some(Mark { at: at(step), version: version.to_owned() });
    for points in [30, 120, 480] {
        let value =
            |step: i32| f64::from(step * 7919 % 101) / 2_000.0 + if step > points / 2 { 0.05 } else { 0.0 };
        let point = |step| Point { at: at(step), value: value(step), bad: value(step) > 0.05 };
        let curve = Curve {
            of: "error-rate".to_owned(),
            points: (0..points).map(point).collect(),
            unit: Unit::Ratio,
            limit: Some(0.05),
            released: mark(points / 2, "1.4.2"),
            rolled_back: mark(points - 5, "1.4.1"),
        };
        let mut bytes = 0;
        let mut took: Vec<Duration> = (0..ROUNDS)
            .map(|_| {
                let began = Instant::now();
                bytes = golive::chart::png(&curve, &TimeZone::UTC).len();
                began.elapsed()
            })
            .collect();
        took.sort_unstable();
        println!(
            "{points} points: {bytes} bytes, median {:?}, p99 {:?}",
            took[ROUNDS / 2],
            took[ROUNDS * 99 / 100]
        );
    }
}
