//! Synthetic metrics with a known season.

use std::f64::consts::TAU;

use crate::stats::season::{Direction, Kind, Learning, Season, Seen};
use crate::stats::tests::Dice;

const DAY: usize = 24 * 60;
const WATCH: usize = 30;

/// By minute: a day's course, quieter weekends, a slow drift, and noise that lasts for some minutes.
struct Course {
    dice: Dice,
    drift: f64,
    minute: usize,
}

impl Course {
    fn new(seed: u64) -> Self {
        Self { dice: Dice(seed), drift: 0.0, minute: 0 }
    }

    /// Around 1.
    fn next(&mut self) -> f64 {
        let day = self.minute as f64 / DAY as f64;
        let weekend = if self.minute / DAY % 7 >= 5 { 0.7 } else { 1.0 };
        self.drift = 0.95 * self.drift + 0.01 * self.dice.normal();
        self.minute += 1;
        (1.0 + 0.6 * (TAU * day).sin()) * weekend * self.drift.exp()
    }

    fn orders(&mut self, mean: f64) -> f64 {
        let expected = mean * self.next();
        self.dice.poisson(expected)
    }
}

/// `days` of orders, and the minutes after a release at `minute` of the day that keeps a share `left` of them.
fn orders(seed: u64, mean: f64, days: usize, minute: usize, left: f64) -> (Vec<f64>, Vec<f64>) {
    let mut course = Course::new(seed);
    let history = (0..days * DAY + minute).map(|_| course.orders(mean)).collect();
    let newest = (0..WATCH).map(|_| course.orders(mean * left)).collect();
    (history, newest)
}

/// Of the day, another one in each series.
fn minute(seed: u64) -> usize {
    usize::try_from(seed).unwrap() * 97 % DAY
}

/// What is decided on: unusual and large enough for two minutes in a row.
fn fires(season: &Season, newest: &[f64], effect: f64) -> Option<usize> {
    let bad = |seen: Seen| seen.z >= seen.threshold && seen.effect.abs() >= effect;
    let looks: Vec<bool> = (1..=newest.len()).map(|now| bad(season.judge(&newest[..now]))).collect();
    looks.windows(2).position(|pair| pair[0] && pair[1]).map(|at| at + 2)
}

#[test]
fn good_releases_seldom_look_unusual() {
    let mut unusual = 0;
    for seed in 0..60 {
        let (history, newest) = orders(seed, 20.0, 9, minute(seed), 1.0);
        let season = Season::learn(&history, Kind::Count, Direction::Down, WATCH).unwrap();
        assert!(season.placebos() > 200);
        unusual += usize::from(
            (1..=WATCH).any(|now| season.judge(&newest[..now]).z >= season.judge(&newest[..now]).threshold),
        );
    }
    // 3 % of 60 are 1.8; so many more happen in less than one of 100 series like this.
    assert!(unusual <= 5, "{unusual} of 60");
}

#[test]
fn forty_percent_fewer_orders_are_found() {
    for seed in 100..115 {
        let (history, newest) = orders(seed, 20.0, 15, minute(seed), 0.6);
        let season = Season::learn(&history, Kind::Count, Direction::Down, WATCH).unwrap();
        let minute = fires(&season, &newest, 0.15);
        assert!(minute.is_some_and(|minute| minute <= 20), "series {seed}: {minute:?}");
        let seen = season.judge(&newest);
        assert!((-0.6..-0.2).contains(&seen.effect), "series {seed}: {seen:?}");
        assert!(seen.measured < seen.expected && seen.minutes >= 3);
    }
}

#[test]
fn the_days_own_fall_is_no_drop() {
    // It loses a third in two hours by itself.
    let (history, newest) = orders(7, 200.0, 15, 15 * 60, 1.0);
    let now: f64 = newest.iter().sum();
    let before: f64 = history[history.len() - 150..][..WATCH].iter().sum();
    assert!(now < before * 0.7);
    let season = Season::learn(&history, Kind::Count, Direction::Down, WATCH).unwrap();
    assert_eq!(fires(&season, &newest, 0.15), None);
    let seen = season.judge(&newest);
    assert!(seen.effect.abs() < 0.1, "{seen:?}");
}

#[test]
fn only_the_bad_direction_counts() {
    let (history, newest) = orders(8, 50.0, 15, 600, 1.8);
    let learn = |direction| Season::learn(&history, Kind::Count, direction, WATCH).unwrap();
    assert_eq!(fires(&learn(Direction::Down), &newest, 0.15), None);
    assert!(fires(&learn(Direction::Up), &newest, 0.15).is_some());
    assert!(fires(&learn(Direction::Both), &newest, 0.15).is_some());
}

#[test]
fn a_lag_that_doubles_is_found() {
    let mut course = Course::new(9);
    let mut lag = |times: f64| 40.0 * times * course.next() * (0.2 * course.dice.normal()).exp();
    let history: Vec<f64> = (0..15 * DAY).map(|_| lag(1.0)).collect();
    let newest: Vec<f64> = (0..WATCH).map(|_| lag(2.0)).collect();
    let season = Season::learn(&history, Kind::Log, Direction::Up, WATCH).unwrap();
    assert!(fires(&season, &newest, 0.3).is_some());
    let seen = season.judge(&newest);
    assert!((0.7..1.4).contains(&seen.effect), "{seen:?}");
    assert!((seen.measured / seen.expected - 1.0 - seen.effect).abs() < 1e-9);
}

#[test]
fn an_accuracy_that_falls_is_found() {
    let mut dice = Dice(10);
    let history: Vec<f64> = (0..3 * DAY).map(|_| 0.95 + 0.005 * dice.normal()).collect();
    let season = Season::learn(&history, Kind::Linear, Direction::Down, WATCH).unwrap();
    let mut newest = |mean: f64| -> Vec<f64> { (0..WATCH).map(|_| mean + 0.005 * dice.normal()).collect() };
    assert_eq!(fires(&season, &newest(0.95), 0.02), None);
    assert!(fires(&season, &newest(0.91), 0.02).is_some_and(|minute| minute <= 6));
    let seen = season.judge(&newest(0.91));
    assert!((seen.effect + 0.04).abs() < 0.005, "{seen:?}");
}

#[test]
fn a_metric_that_never_moved_may_still_fall() {
    let season = Season::learn(&vec![1.0; 2 * DAY], Kind::Linear, Direction::Down, WATCH).unwrap();
    assert_eq!(fires(&season, &[1.0; WATCH], 0.01), None);
    assert!(fires(&season, &[0.9; WATCH], 0.01).is_some());
}

#[test]
fn a_zero_is_a_value_and_a_gap_is_none() {
    let (history, _) = orders(11, 20.0, 9, 700, 1.0);
    let season = Season::learn(&history, Kind::Count, Direction::Down, WATCH).unwrap();
    assert!(fires(&season, &[0.0; 10], 0.15).is_some_and(|minute| minute <= 5));
    let blind = season.judge(&[f64::NAN; 10]);
    assert_eq!((blind.minutes, fires(&season, &[f64::NAN; 10], 0.15)), (0, None));
    assert_eq!(season.judge(&[]).minutes, 0);
    assert_eq!(season.judge(&[1.0; WATCH + 1]).minutes, 0, "nothing was forecast for then");
    // 2 of 3 minutes are enough, 1 is not.
    assert_eq!(season.judge(&[0.0, f64::NAN, 0.0]).minutes, 3);
    assert_eq!(season.judge(&[0.0, f64::NAN, f64::NAN]).minutes, 0);
}

#[test]
fn gaps_in_the_past_are_lived_with() {
    let (mut history, newest) = orders(12, 20.0, 9, 700, 0.6);
    for at in (0..history.len()).filter(|at| at % 7 == 0 || (3000..4000).contains(at)) {
        history[at] = f64::NAN;
    }
    let season = Season::learn(&history, Kind::Count, Direction::Down, WATCH).unwrap();
    assert!(fires(&season, &newest, 0.15).is_some());
}

#[test]
fn a_past_that_says_too_little_is_told() {
    let learn = |history: &[f64]| Season::learn(history, Kind::Count, Direction::Down, WATCH).unwrap_err();
    let needed = DAY + 67 + WATCH + 160;
    assert_eq!(learn(&[]), Learning::Short { minutes: 0, needed });
    assert_eq!(learn(&[5.0; DAY]), Learning::Short { minutes: DAY, needed });
    assert!(Season::learn(&vec![5.0; needed], Kind::Count, Direction::Down, WATCH).is_ok());
    assert_eq!(learn(&vec![f64::NAN; 3 * DAY]), Learning::NoLevel);
    let mut new = vec![f64::NAN; 3 * DAY];
    new[2 * DAY - 120..].fill(5.0);
    assert_eq!(learn(&new), Learning::Gaps);
}

#[test]
fn a_long_watch_is_forecast_as_far_as_the_past_reaches() {
    let (history, _) = orders(13, 20.0, 4, 0, 1.0);
    let season = Season::learn(&history, Kind::Count, Direction::Down, 5 * DAY).unwrap();
    assert_eq!(season.judge(&[0.0; DAY - 8]).minutes, 30);
    assert_eq!(season.judge(&[0.0; DAY]).minutes, 0);
}
