//! What must hold whatever a metric's unit, gaps and age are.

use super::metrics::{
    ACCURACY, DAY, FEW, Metric, ORDERS, RARE, SIGNED, WATCH, fires, four_days, noise, sample, times,
};
use crate::stats::season::{Direction, Learning, Season};

fn learn(past: &[f64]) -> Result<Season, Learning> {
    Season::learn(past, WATCH, Direction::Drop, 0.15)
}

fn times_as(values: &[f64], factor: f64) -> Vec<f64> {
    values.iter().map(|value| value * factor).collect()
}

#[test]
fn a_metric_is_judged_alike_in_every_unit() {
    for (metric, left) in [(ORDERS, 0.7), (ACCURACY, 0.9), (FEW, 0.3), (SIGNED, 1.0)] as [(Metric, f64); 4] {
        let (past, after) = sample(metric);
        let direction = if past.iter().any(|value| *value < 0.0) { Direction::Both } else { Direction::Drop };
        let after: Vec<f64> = if direction == Direction::Both {
            after.iter().map(|value| value - 0.7).collect()
        } else {
            times_as(&after, left)
        };
        let judge = |unit: f64| {
            let season = Season::learn(&times_as(&past, unit), WATCH, direction, 0.15).unwrap();
            times(&season, &times_as(&after, unit))
        };
        let same = judge(1.0);
        assert!(same.iter().any(|times| *times > 0.4), "{same:?}");
        for unit in [1e-4, 1e-3, 0.01, 1.0 / 60.0, 7.0, 1e3, 1e6] {
            for (one, other) in judge(unit).iter().zip(&same) {
                assert!((one - other).abs() <= 1e-5 * other.abs(), "× {unit}: {one}, not {other}");
            }
        }
    }
}

#[test]
fn what_was_before_the_first_value_changes_nothing() {
    let (past, _) = sample(ORDERS);
    let padded: Vec<f64> = vec![f64::NAN; 20_000].into_iter().chain(past.iter().copied()).collect();
    assert_eq!(learn(&padded).unwrap(), learn(&past).unwrap());
    let infinite: Vec<f64> = vec![f64::INFINITY; 100].into_iter().chain(past.iter().copied()).collect();
    assert_eq!(learn(&infinite).unwrap(), learn(&past).unwrap(), "nor does what is no number");
}

#[test]
fn single_gaps_are_lived_with() {
    let (mut past, after) = sample(ORDERS);
    let gaps = noise(past.len() + WATCH, 11);
    for (value, gap) in past.iter_mut().zip(&gaps) {
        *value = if *gap < 0.2 { f64::NAN } else { *value };
    }
    let season = learn(&past).unwrap();
    let mut bad = times_as(&after, 0.7);
    assert!(fires(&season, &bad).is_some_and(|minute| minute <= 5));
    for (value, gap) in bad.iter_mut().zip(&gaps[past.len()..]) {
        *value = if *gap < 0.2 { f64::NAN } else { *value };
    }
    assert!(fires(&season, &bad).is_some_and(|minute| minute <= 6), "nor do gaps since the release");
    assert_eq!(fires(&season, &after), None);
}

#[test]
fn a_day_and_some_hours_are_enough() {
    let all = four_days(ORDERS);
    let of = |tenths_of_a_day: usize| learn(&all[..tenths_of_a_day * DAY / 10]);
    let needed = DAY + 67 + WATCH + 160;
    assert_eq!(of(11).unwrap_err(), Learning::Short { minutes: 1584, needed });
    assert_eq!(of(12).unwrap().placebos, 43);
    assert_eq!(learn(&all[..needed]).unwrap().placebos, 33);
    assert_eq!(learn(&all[..needed - 1]).unwrap_err(), Learning::Short { minutes: needed - 1, needed });
    assert_eq!(learn(&[]).unwrap_err(), Learning::Short { minutes: 0, needed });
    let nothing = vec![f64::NAN; 3 * DAY];
    assert_eq!(learn(&nothing).unwrap_err(), Learning::Short { minutes: 0, needed });
}

/// Watches that overlap tell little more than one of them, so the highest of few is no limit yet.
#[test]
fn few_placebos_carry_the_limit_further() {
    let all = four_days(ORDERS);
    let joint = |minutes: usize, watch: usize| {
        Season::learn(&all[..minutes], watch, Direction::Drop, 0.15).unwrap().joint
    };
    // A metric as quiet as this keeps to the least limits, so `joint` is what it is carried further by.
    let short = DAY + 67 + WATCH + 160;
    for (minutes, watch, times) in [
        (3 * DAY, 10, 1.0),
        (3 * DAY, 30, 1.0),
        (short, 10, (50_f64.ln() / 16.5_f64.ln()).sqrt()),
        (short + 20, 30, (50_f64.ln() / 5.5_f64.ln()).sqrt()),
    ] {
        let joint = joint(minutes, watch);
        assert!(
            (joint - times).abs() < 1e-9,
            "{minutes} min of past, {watch} of watch: {joint}, not {times}"
        );
    }
}

#[test]
fn a_past_that_says_too_little_is_not_judged_by() {
    let whole = sample(ORDERS).0;
    let mut past = whole.repeat(7);
    let lately = past.len() - DAY - 120;
    past[DAY..lately].fill(f64::NAN);
    assert_eq!(learn(&past).unwrap_err(), Learning::Gaps, "what nothing is known of is no quiet placebo");
    past.clone_from(&whole);
    past[3 * DAY - 60..].fill(f64::NAN);
    assert_eq!(learn(&past).unwrap_err(), Learning::NoLevel);
    assert_eq!(learn(&vec![0.0; 3 * DAY]).unwrap_err(), Learning::AlwaysZero);
    let season = |minutes| Season::learn(&whole, minutes, Direction::Drop, 0.15);
    assert_eq!(season(3).unwrap_err(), Learning::Watch { needed: 4 });
    assert!(season(4).is_ok());
}

#[test]
fn only_the_bad_direction_counts() {
    let (past, after) = sample(ORDERS);
    for (direction, rises, drops) in
        [(Direction::Drop, false, true), (Direction::Rise, true, false), (Direction::Both, true, true)]
    {
        let season = Season::learn(&past, WATCH, direction, 0.15).unwrap();
        assert_eq!(fires(&season, &times_as(&after, 1.5)).is_some(), rises, "{direction:?}");
        assert_eq!(fires(&season, &times_as(&after, 0.5)).is_some(), drops, "{direction:?}");
    }
    // What is usually nothing can only come more often.
    let season = Season::learn(&sample(RARE).0, WATCH, Direction::Both, 0.15).unwrap();
    assert_eq!(fires(&season, &[0.0; WATCH]), None);
    assert!(fires(&season, &[5.0; WATCH]).is_some());
}

#[test]
fn what_is_told_is_what_was_measured_and_expected() {
    let (past, after) = sample(ACCURACY);
    let seen = learn(&past).unwrap().judge(&times_as(&after, 0.1)).unwrap();
    assert!(seen.fires());
    assert!((0.094..0.096).contains(&seen.measured) && (0.94..0.96).contains(&seen.expected), "{seen:?}");
    let (past, after) = sample(ORDERS);
    let season = learn(&past).unwrap();
    let seen = season.judge(&after).unwrap();
    assert_eq!((seen.times, seen.minutes), (0.0, 10), "of what is usual, the longest window");
    assert!((seen.measured / seen.expected - 1.0).abs() < 0.1, "{seen:?}");
    // Two of three minutes are enough, one is not.
    assert_eq!(season.judge(&[0.0, f64::NAN, 0.0]).map(|seen| seen.minutes), Some(3));
    assert_eq!(season.judge(&[0.0, f64::NAN, f64::NAN]), None);
    assert_eq!(season.judge(&[]), None);
    let on: Vec<f64> = after.iter().copied().chain([0.0; 30]).collect();
    assert_eq!(season.judge(&on), season.judge(&after), "what comes after the window is not looked at");
}

#[test]
fn a_long_watch_is_forecast_as_far_as_the_past_reaches() {
    let season = Season::learn(&four_days(ORDERS), 5 * DAY, Direction::Drop, 0.15).unwrap();
    assert_eq!(season.watched(), DAY - 8);
    assert_eq!(season.judge(&[0.0; DAY]).map(|seen| seen.minutes), Some(30));
}

/// Six days of orders, a third of which are lost in two hours by the day's own course.
#[test]
fn the_days_own_fall_is_no_drop() {
    let minute = |at: usize| {
        let wave = 1.0 + 0.6 * (std::f64::consts::TAU * at as f64 / DAY as f64).sin();
        wave * 200.0
    };
    let noise = noise(7 * DAY, 3);
    let orders = |at: usize| (minute(at) * (0.95 + 0.1 * noise[at])).round();
    let release = 5 * DAY + 15 * 60;
    let past: Vec<f64> = (0..release).map(orders).collect();
    let after: Vec<f64> = (release..release + 30).map(orders).collect();
    assert!(minute(release + 30) < minute(release - 120) * 0.67);
    let season = Season::learn(&past, 30, Direction::Drop, 0.15).unwrap();
    assert_eq!(fires(&season, &after), None);
    assert!(fires(&season, &times_as(&after, 0.75)).is_some());
}
