//! Values computed by other programs (`SciPy` for the intervals).

use golive_fixtures::counter::{increase, window_increase};

use crate::stats::bound::{chernoff_upper, clopper_pearson_upper};
use crate::stats::evidence::{Baseline, Evidence, null};
use crate::stats::robust::{mad, median, theil_sen};
use crate::stats::tests::near;
use crate::stats::{dispersion, index_of_dispersion, two_arm};

#[test]
fn upper_bounds() {
    for (bad, total, exact, chernoff) in [
        (0.0, 72.0, 0.100_187, 0.100_187),
        (0.0, 1000.0, 0.007_572, 0.007_572),
        (7.0, 720.0, 0.028_415, 0.031_451),
        (12.0, 8000.0, 0.003_522, 0.003_868),
        (72.0, 36_000.0, 0.002_899, 0.003_063),
        (400.0, 10_000.0, 0.046_852, 0.048_11),
    ] {
        near(clopper_pearson_upper(bad, total, 5e-4), exact, 6);
        near(chernoff_upper(bad, total, 5e-4), chernoff, 6);
    }
    for (bad, total, exact) in [
        (0.0, 36.0, 0.079_847),
        (0.0, 59.0, 0.049_508),
        (1.0, 93.0, 0.049_994),
        (3.0, 200.0, 0.038_31),
        (40.0, 1000.0, 0.051_753),
    ] {
        near(clopper_pearson_upper(bad, total, 0.05), exact, 6);
    }
}

#[test]
fn upper_bounds_of_many_requests_and_of_parts_of_them() {
    near(clopper_pearson_upper(100_000.0, 1e7, 5e-4), 0.010_103_955, 9);
    let more = clopper_pearson_upper(1e7, 1e9, 5e-4);
    assert!((0.010_010_358..0.010_013).contains(&more), "{more}");
    near(clopper_pearson_upper(0.4, 266.67, 5e-4), 0.031_850, 6);
}

#[track_caller]
fn evidence(p0: f64, dispersion: f64, ticks: &[(u64, u64)], expected: &[f64], digits: i32) {
    let mut evidence = Evidence::new(p0, dispersion, 120);
    for ((bad, total), expected) in ticks.iter().zip(expected) {
        evidence.push(*bad, *total);
        near(evidence.log_e(), *expected, digits);
    }
}

#[test]
fn evidence_grows_as_computed_elsewhere() {
    evidence(0.01, 1.0, &[(1, 10)], &[0.395_166], 6);
    evidence(0.01, 1.0, &[(3, 10)], &[5.440_798], 6);
    evidence(0.01, 1.0, &[(0, 100)], &[-0.560_474], 6);
    evidence(0.01, 1.0, &[(2, 10); 3], &[2.309_238, 6.113_437, 10.204_938], 6);
    evidence(0.05, 1.0, &[(5, 20), (6, 20), (4, 20)], &[2.535_537, 8.419_842, 10.818_042], 6);
    evidence(0.05, 1.0, &[(0, 50), (0, 50), (15, 50)], &[-0.645_933, -0.689_61, 8.751_159], 6);
    let ticks = [(1, 150), (0, 150), (9, 150), (8, 150)];
    evidence(0.003, 1.0, &ticks, &[-0.229_694, -0.434_409, 10.916_113, 25.486_713], 6);
    evidence(0.01, 3.0, &[(3, 10); 2], &[1.126_832, 3.125_475], 6);
}

/// 12 of 8000 requests failed before the release, 18 of 75 after it.
#[test]
fn a_worked_release() {
    let baseline =
        Baseline { bad: 12, total: 8000, upper: clopper_pearson_upper(12.0, 8000.0, 5e-4), dispersion: 1.0 };
    near(baseline.upper, 0.003_522, 6);
    let tolerated = null(0.05, Some(baseline), true);
    near(tolerated, 0.01, 15);
    let ticks = [(0, 25), (0, 25), (6, 25), (5, 24), (7, 26)];
    evidence(tolerated, 1.0, &ticks, &[-0.3963, -0.4832, 6.8157, 17.4454, 34.5759], 4);
}

#[test]
fn two_arms() {
    near(two_arm(0, 0, 0.5), 0.0, 6);
    near(two_arm(10, 0, 0.5), 4.533_577, 6);
    near(two_arm(20, 5, 0.5), 3.190_086, 6);
    near(two_arm(20, 20, 0.5), -1.637_092, 6);
    near(two_arm(20, 20, 0.1), 18.795_933, 6);
}

#[test]
fn dispersion_of_clustered_failures() {
    let blocks = [0, 1, 0, 2, 0, 30, 0, 1].map(|bad| (bad, 150));
    near(index_of_dispersion(&blocks), 26.343_024, 6);
    near(dispersion(&blocks), 25.0, 15);
    near(dispersion(&[(1, 150); 8]), 1.0, 15);
    near(dispersion(&[(0, 150); 8]), 1.0, 15);
    near(dispersion(&blocks[2..6]), 1.0, 15);
}

#[test]
fn counters_that_begin_anew() {
    near(increase(100.0, 130.0), 30.0, 9);
    near(increase(100.0, 5.0), 5.0, 9);
    assert!(increase(f64::NAN, 5.0).is_nan());
}

#[test]
fn increase_as_prometheus_extrapolates_it() {
    let rising = [(0.0, 0.0), (15.0, 10.0), (30.0, 20.0), (45.0, 30.0), (60.0, 40.0)];
    near(window_increase(&rising, 60.0, 60.0).unwrap(), 40.0, 9);
    // A window that just holds the first sample as well.
    near(window_increase(&rising, 60.0, 60.000_000_1).unwrap(), 40.0, 6);
    let restarted = [(15.0, 100.0), (30.0, 110.0), (45.0, 5.0), (60.0, 15.0)];
    near(window_increase(&restarted, 60.0, 60.0).unwrap(), 33.333_333, 6);
    near(window_increase(&[(15.0, 100.0), (60.0, 130.0)], 60.0, 60.0).unwrap(), 40.0, 9);
    assert_eq!(window_increase(&[(60.0, 5.0)], 60.0, 60.0), None);
    near(window_increase(&[(30.0, 3.0), (45.0, 3.0), (60.0, 3.0)], 60.0, 60.0).unwrap(), 0.0, 9);
    near(window_increase(&[(30.0, 1.0), (45.0, 2.0), (60.0, 3.0)], 60.0, 60.0).unwrap(), 2.5, 9);
    let gap = [(15.0, 100.0), (30.0, f64::NAN), (60.0, 130.0)];
    near(window_increase(&gap, 60.0, 60.0).unwrap(), 40.0, 9);
}

#[test]
fn what_a_wild_value_does_not_move() {
    near(mad(&[1.0, 2.0, 3.0, 4.0, 100.0]).unwrap(), 1.4826, 9);
    near(median(&[4.0, f64::NAN, 1.0, 3.0, 100.0]).unwrap(), 3.5, 9);
    assert_eq!(median(&[f64::NAN]), None);
    let points: Vec<(f64, f64)> = (0..6).map(f64::from).zip([10.0, 12.0, 14.0, 50.0, 18.0, 20.0]).collect();
    near(theil_sen(&points).unwrap(), 2.0, 9);
    assert_eq!(theil_sen(&[(1.0, 2.0), (1.0, 3.0)]), None);
}
