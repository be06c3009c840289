//! A soak: services of three runtimes, releases good and bad without an end, and weather over all of it, by one daemon
//! on a real Docker Engine and with a real Prometheus. `GOLIVE_SOAK=30m` says for how long, `SEED=…` tells the same
//! story again. In the end nothing may have grown that has no reason to, and every release has ended as it should.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on may panic, and tells its figures"
)]
#![expect(clippy::disallowed_methods, reason = "a test waits in real time")]

mod figures;
mod lanes;
mod ledger;
mod stage;
mod weather;

use std::time::{Duration, Instant};

use figures::Figures;
use stage::Stage;

/// In the first chapter the daemon is killed; after it one process lives on, so that what it holds can be compared. The
/// second warms it up.
const CHAPTERS: u32 = 4;

/// The last releases of a chapter take so long.
const LAST: Duration = Duration::from_secs(20);

#[test]
fn nothing_grows_and_every_release_ends_as_it_should() {
    let length = length();
    let seed =
        std::env::var("SEED").ok().map_or_else(|| u64::from(std::process::id()), |it| it.parse().unwrap());
    println!("SEED={seed} GOLIVE_SOAK={}s", length.as_secs());
    let stage = Stage::open();
    let mut figures = Vec::new();
    for chapter in 0..CHAPTERS {
        let end = Instant::now() + (length / CHAPTERS).saturating_sub(LAST);
        let kills = chapter == 0;
        std::thread::scope(|scope| {
            let luck = seed.wrapping_mul(1000) + u64::from(chapter) * 10;
            let stage = &stage;
            for (number, lane) in stage.lanes.iter().enumerate() {
                scope.spawn(move || lane.run(stage, luck + number as u64, end));
            }
            scope.spawn(move || weather::run(stage, luck + 9, kills, end));
        });
        stage.at_rest();
        if chapter > 0 {
            figures.push(Figures::of(&stage));
        }
    }
    let [first, middle, last] = figures.try_into().unwrap();
    println!("{}", figures::table(&first, &middle, &last));
    ledger::check(&stage);
    figures::assert_flat(&first, &middle, &last);
    stage.happened();
}

/// Three minutes, or as `GOLIVE_SOAK` says: a whole number and `s`, `m` or `h`.
fn length() -> Duration {
    let text = std::env::var("GOLIVE_SOAK").unwrap_or_else(|_| "3m".to_owned());
    let (number, unit) = text.split_at(text.len() - 1);
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => panic!("GOLIVE_SOAK={text}: a number and s, m or h"),
    };
    Duration::from_secs(number.parse::<u64>().unwrap() * seconds)
}
