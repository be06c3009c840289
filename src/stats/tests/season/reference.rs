//! Values of the reference program (judgement A8), to the digits given there.

#![expect(
    clippy::unreadable_literal,
    clippy::approx_constant,
    reason = "they are written as the reference program prints them"
)]

use super::metrics::{ACCURACY, FEW, Metric, ORDERS, RARE, SIGNED, STILL, WATCH, highest, sample};
use crate::stats::season::{Direction, Learning, Season, View};
use crate::stats::tests::near;

struct Row {
    metric: Metric,
    direction: Direction,
    limits: &'static [f64],
    joint: f64,
    /// Of ten minutes, to six digits.
    spreads: &'static [f64],
    /// Of the first minute, to seven digits.
    expected: &'static [f64],
    /// By factor 1, 0.9, 0.8, 0.5, 0: the highest, and the minute at which it fires.
    highest: [(f64, Option<usize>); 5],
}

const NEVER: (f64, Option<usize>) = (0.0, None);

/// Equal to so many digits that count.
#[track_caller]
fn alike(value: f64, expected: f64, digits: i32) {
    let shown = |value: f64| format!("{value:.*e}", usize::try_from(digits - 1).unwrap());
    assert_eq!(shown(value), shown(expected));
}

#[test]
fn limits_spreads_forecasts_and_what_fires() {
    let three = &[3.0, 3.0, 3.0];
    for row in [
        Row {
            metric: ORDERS,
            direction: Direction::Drop,
            limits: three,
            joint: 1.0,
            spreads: &[5.85627, 0.152771, 0.0310664],
            expected: &[196.25, 198.5444, 5.29903],
            highest: [NEVER, NEVER, (2.7605, Some(4)), (7.2555, Some(4)), (36.4942, Some(4))],
        },
        Row {
            metric: ACCURACY,
            direction: Direction::Drop,
            limits: three,
            joint: 1.0,
            spreads: &[0.00159835, 0.000573373, 0.00164708],
            expected: &[0.9491606, 0.9497823, -0.03235865],
            highest: [
                NEVER,
                (23.4290, Some(4)),
                (47.9730, Some(4)),
                (132.7120, Some(4)),
                (692.6852, Some(4)),
            ],
        },
        Row {
            metric: FEW,
            direction: Direction::Drop,
            limits: &[3.0, 3.0298, 3.3676],
            joint: 1.0889,
            spreads: &[0.96369, 0.216828, 0.604742],
            expected: &[2.5, 2.446767, 0.9034898],
            highest: [(0.1770, None), (0.2419, None), (0.3142, None), (0.6233, None), (1.7900, Some(4))],
        },
        Row {
            metric: SIGNED,
            direction: Direction::Both,
            limits: &[3.0],
            joint: 1.0,
            spreads: &[0.0622553],
            expected: &[-0.03483954],
            highest: [NEVER, NEVER, NEVER, (2.2997, Some(4)), (4.5445, Some(4))],
        },
        Row {
            metric: RARE,
            direction: Direction::Both,
            limits: three,
            joint: 1.0,
            spreads: &[0.5, 0.5, 0.393183],
            expected: &[0.0, 0.1666667, -2.302585],
            highest: [NEVER; 5],
        },
    ] {
        check(&row);
    }
}

fn check(row: &Row) {
    let (past, after) = sample(row.metric);
    let season = Season::learn(&past, WATCH, row.direction, 0.15).unwrap();
    assert_eq!((season.placebos, season.reached(), season.lenses.len()), (300, 6, row.limits.len()));
    near(season.joint, row.joint, 4);
    for (at, lens) in season.lenses.iter().enumerate() {
        near(lens.limit, row.limits[at], 4);
        let ten = lens.spreads.iter().find(|spread| spread.window == 10).unwrap();
        alike(ten.deviation, row.spreads[at], 6);
        let first = lens.expected[0].unwrap();
        if row.expected[at] == 0.0 {
            near(first, 0.0, 9)
        } else {
            alike(first, row.expected[at], 7)
        }
        assert_eq!((lens.days, lens.weeks), (2, 0), "three days before there is no hour to match it by");
    }
    for (factor, (most, minute)) in [1.0, 0.9, 0.8, 0.5, 0.0].into_iter().zip(row.highest) {
        // A level around 0 is lowered, not scaled.
        let bad = |value: &f64| if season.facts.signed { value - (1.0 - factor) } else { value * factor };
        let (seen, fires) = highest(&season, &after.iter().map(bad).collect::<Vec<_>>());
        near(seen, most, 4);
        assert_eq!(fires, minute, "× {factor}");
    }
}

#[test]
fn a_metric_that_never_moved() {
    let (past, after) = sample(STILL);
    let season = Season::learn(&past, WATCH, Direction::Both, 0.15).unwrap();
    let deviations: Vec<f64> = season.lenses.iter().map(|lens| lens.spreads[2].deviation).collect();
    for (deviation, expected) in deviations.into_iter().zip([1e-7, 5e-9, 1e-9]) {
        alike(deviation, expected, 3);
    }
    let views: Vec<View> = season.lenses.iter().map(|lens| lens.view).collect();
    assert_eq!(views, [View::Level, View::Root, View::Ratio]);
    for (factor, least) in [(1.0, None), (0.9, None), (0.8, Some(1e7)), (0.5, Some(1e8)), (0.0, Some(1e9))] {
        let (most, minute) = highest(&season, &after.iter().map(|value| value * factor).collect::<Vec<_>>());
        assert_eq!(minute, least.map(|_| 4), "× {factor}");
        assert!(least.map_or(most == 0.0, |least| most > least), "× {factor}: {most}");
    }
}

#[test]
fn weighted_medians() {
    use crate::stats::season::weighted_median;
    assert_eq!(weighted_median(&mut [(1.0, 1.0), (2.0, 1.0), (3.0, 2.0)]), Some(2.5));
    assert_eq!(weighted_median(&mut [(1.0, 1.0), (5.0, 2.0), (9.0, 2.0)]), Some(5.0));
    assert_eq!(weighted_median(&mut []), None);
}

#[test]
fn facts_of_the_past() {
    let facts =
        |metric: Metric| Season::learn(&sample(metric).0, WATCH, Direction::Both, 0.15).unwrap().facts;
    let orders = facts(ORDERS);
    assert!(!orders.signed && !orders.empty);
    assert_eq!((orders.step, orders.usual), (1.0, 208.0));
    let accuracy = facts(ACCURACY);
    alike(accuracy.step, 3.7253e-11, 5);
    alike(accuracy.usual, 0.00898043, 6);
    assert_eq!((facts(STILL).step, facts(STILL).usual), (0.0, 0.0));
    assert!(facts(SIGNED).signed);
    assert!(facts(RARE).empty);
    let none = Season::learn(&sample(RARE).0, WATCH, Direction::Drop, 0.15);
    assert_eq!(none.unwrap_err(), Learning::UsuallyZero, "what is usually nothing cannot be missing");
}
