//! Business metrics against their own past: how often a release that changes nothing is held against, and how many
//! drops and outages are found within the watch. Beside golive, what many teams write first: lower than three
//! standard deviations below the mean of the last hour, two minutes in a row.

use std::f64::consts::TAU;

use ::golive::stats::season::{Direction, Season};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Gamma, Pareto, Poisson, StandardNormal};

/// Minutes.
const DAY: usize = 24 * 60;
const HOUR: usize = 60;
/// Two a week.
const INCIDENTS: f64 = 2.0 / (7 * DAY) as f64;
/// Of what was expected.
const LEAST: f64 = 0.15;

/// How much of it is left after the release.
const LEFT: [f64; 5] = [1.0, 0.8, 0.6, 0.3, 0.0];
/// Hours of past, and minutes of watch.
const PASTS: [usize; 4] = [31, 2 * 24, 4 * 24, 28 * 24];
const WINDOWS: [usize; 2] = [10, 30];

/// One kind of number.
struct Metric {
    name: &'static str,
    /// Of one minute, by what is usual at that time (about 1) and something that drifts (about 0).
    value: fn(f64, f64, &mut SmallRng) -> f64,
    /// The change that is bad.
    direction: Direction,
}

const METRICS: [Metric; 8] = [
    Metric {
        name: "orders, 200 a minute",
        value: |w, d, luck| count(200.0 * w * (1.0 + d), luck),
        direction: DROP,
    },
    Metric {
        name: "logins, 50, overdispersed",
        value: |w, d, luck| spread(50.0 * w * (1.0 + d), luck),
        direction: DROP,
    },
    Metric { name: "payments, 10 a minute", value: |w, _, luck| count(10.0 * w, luck), direction: DROP },
    Metric { name: "refunds, 1 a minute", value: |w, _, luck| count(w, luck), direction: DROP },
    Metric { name: "accuracy", value: |_, d, luck| 0.945 + 0.02 * d + 0.004 * normal(luck), direction: DROP },
    Metric { name: "turnover, heavy-tailed", value: |w, _, luck| turnover(50.0 * w, luck), direction: DROP },
    Metric {
        name: "lag",
        value: |w, d, luck| 0.2 * (0.3 * (w - 1.0) + d + 0.25 * normal(luck)).exp(),
        direction: Direction::Rise,
    },
    Metric {
        name: "balance, of either sign",
        value: |w, d, luck| 2.0 * (w - 1.0) + d + 0.15 * normal(luck),
        direction: Direction::Both,
    },
];
const DROP: Direction = Direction::Drop;

/// What became of it.
#[derive(Default)]
struct Tally {
    judged: u64,
    /// By what is left: found by golive, and by the last hour.
    found: [[u64; LEFT.len()]; 2],
}

/// Prints a line for each metric, past and watch.
pub(crate) fn print(traces: u64, seed: u64) {
    println!(
        "\nBusiness metrics against their own past, in units from 10⁻⁴ to 10⁶: held against of 100 releases that"
    );
    println!(
        "change nothing, and found of 100 drops; in brackets, by three standard deviations of the last hour.\n"
    );
    println!(
        "{:28} {:>6} {:>6} {:>12} {:>12} {:>12} {:>12} {:>12}",
        "", "past", "watch", "placebo", "-20 %", "-40 %", "-70 %", "outage"
    );
    for (kind, metric) in METRICS.iter().enumerate() {
        for hours in PASTS {
            for window in WINDOWS {
                let mut tally = Tally::default();
                for number in 0..traces {
                    let mut luck = SmallRng::seed_from_u64(
                        seed.wrapping_mul(1_000_003) + kind as u64 * 1_000_000 + number,
                    );
                    tally.count(metric, hours * HOUR, window, &mut luck);
                }
                tally.print(metric.name, hours, window);
            }
        }
    }
}

impl Tally {
    fn count(&mut self, metric: &Metric, past: usize, window: usize, luck: &mut SmallRng) {
        let all = series(metric, past + window, window, luck);
        let (past, after) = all.split_at(past);
        let Ok(season) = Season::learn(past, window, metric.direction, LEAST) else { return };
        self.judged += 1;
        for (at, left) in LEFT.into_iter().enumerate() {
            let after: Vec<f64> =
                after.iter().map(|value| changed(*value, left, &season, metric.direction)).collect();
            let fires = |minutes| season.judge(&after[..minutes]).is_some_and(|seen| seen.fires());
            self.found[0][at] += u64::from((1..=window).any(fires));
            self.found[1][at] += u64::from(last_hour(&past[past.len() - HOUR..], &after, metric.direction));
        }
    }

    fn print(&self, name: &str, hours: usize, window: usize) {
        print!("{name:28} {hours:>4} h {window:>4} m");
        for at in 0..LEFT.len() {
            let of_100 = |found: &[u64; LEFT.len()]| 100.0 * found[at] as f64 / self.judged.max(1) as f64;
            let [golive, hour] = [of_100(&self.found[0]), of_100(&self.found[1])];
            print!(" {:>12}", format!("{golive:.1} ({hour:.0})"));
        }
        println!();
    }
}

/// What is left of a value: of a lag, so many times as much; of what has either sign, that part of its usual range less.
fn changed(value: f64, left: f64, season: &Season, direction: Direction) -> f64 {
    match direction {
        Direction::Drop => value * left,
        Direction::Rise => value / left.max(0.1),
        Direction::Both => value - (1.0 - left) * season.facts.usual,
    }
}

/// Minutes of a metric in some unit, the release at a random time of the week. As every past it has seen incidents; the
/// last of them is over for an hour when something is released.
fn series(metric: &Metric, minutes: usize, window: usize, luck: &mut SmallRng) -> Vec<f64> {
    let unit = 10_f64.powi(luck.random_range(-4..=6));
    let phase = luck.random_range(0..7 * DAY);
    let (mut drift, mut today) = (0.0, 0.0);
    let (mut left, mut lasts) = (1.0, 0_usize);
    let minute = |now: usize| {
        let at = now + phase;
        lasts = lasts.saturating_sub(1);
        if lasts == 0 {
            left = 1.0;
            let calm = now + window + 2 * HOUR >= minutes;
            if !calm && luck.random_bool(INCIDENTS) {
                (left, lasts) = (luck.random_range(0.0..0.8), luck.random_range(10..HOUR));
            }
        }
        if at.is_multiple_of(DAY) {
            today = 0.05 * normal(luck);
        }
        drift = 0.95 * drift + 0.01 * normal(luck);
        let weekend = if at / DAY % 7 >= 5 { 0.7 } else { 1.0 };
        let usual = (1.0 + 0.5 * (TAU * at as f64 / DAY as f64).sin()) * weekend * (1.0 + today);
        let value = (metric.value)(usual, drift, luck);
        unit * match metric.direction {
            Direction::Drop => value * left,
            Direction::Rise => value / left.max(0.1),
            Direction::Both => value - (1.0 - left),
        }
    };
    (0..minutes).map(minute).collect()
}

/// Beyond three standard deviations of the last hour, two minutes in a row.
fn last_hour(hour: &[f64], after: &[f64], direction: Direction) -> bool {
    let mean = hour.iter().sum::<f64>() / HOUR as f64;
    let deviation = (hour.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / HOUR as f64).sqrt();
    let beyond = |value: f64| {
        let z = (value - mean) / deviation;
        match direction {
            Direction::Drop => z < -3.0,
            Direction::Rise => z > 3.0,
            Direction::Both => z.abs() > 3.0,
        }
    };
    after.windows(2).any(|pair| beyond(pair[0]) && beyond(pair[1]))
}

fn normal(luck: &mut SmallRng) -> f64 {
    StandardNormal.sample(luck)
}

fn count(mean: f64, luck: &mut SmallRng) -> f64 {
    Poisson::new(mean.max(1e-9)).map_or(0.0, |poisson| poisson.sample(luck))
}

/// Counts that vary by a tenth more than chance makes them.
fn spread(mean: f64, luck: &mut SmallRng) -> f64 {
    let by = Gamma::new(100.0, 0.01).map_or(1.0, |gamma| gamma.sample(luck));
    count(mean * by, luck)
}

/// A few orders make most of the turnover.
fn turnover(orders: f64, luck: &mut SmallRng) -> f64 {
    let Ok(one) = Pareto::new(10.0, 2.5) else { return 0.0 };
    let (mut left, mut sum) = (count(orders, luck), 0.0);
    while left > 0.0 {
        sum += one.sample(luck);
        left -= 1.0;
    }
    sum
}
