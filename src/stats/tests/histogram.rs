//! Quantiles, to the semantics of Prometheus.

use proptest::prelude::*;

use crate::stats::histogram::{Histogram, Quantile};
use crate::stats::tests::near;

const INFINITY: f64 = f64::INFINITY;

fn histogram(counts: [u64; 7]) -> Histogram {
    Histogram::new([0.1, 0.25, 0.5, 1.0, 2.0, 5.0, INFINITY].into_iter().zip(counts))
}

fn p95(counts: [u64; 7]) -> Option<Quantile> {
    histogram(counts).quantile(0.95)
}

#[test]
fn a_quantile_between_two_edges_is_interpolated() {
    let quantile = p95([10, 50, 80, 92, 94, 99, 100]).unwrap();
    near(quantile.value, 2.6, 9);
    assert!(quantile.interpolated && !quantile.open());
    assert_eq!((quantile.lower, quantile.upper), (2.0, 5.0));
}

#[test]
fn a_quantile_at_an_edge_is_exact() {
    let quantile = p95([10, 50, 80, 92, 95, 99, 100]).unwrap();
    near(quantile.value, 2.0, 15);
    assert!(!quantile.interpolated && !quantile.undecided(2.0));
}

#[test]
fn a_quantile_in_the_last_bucket_is_the_edge_below_and_says_so() {
    let quantile = p95([0, 0, 0, 0, 0, 90, 100]).unwrap();
    near(quantile.value, 5.0, 15);
    assert!(quantile.open());
    assert!(!quantile.undecided(2.0));
    assert!(quantile.undecided(10.0), "it may be above or below 10 s");
}

#[test]
fn without_an_edge_at_the_limit_a_quantile_may_be_undecided() {
    let edges = [1.0, 2.5, 5.0, 10.0, INFINITY];
    let quantile = Histogram::new(edges.into_iter().zip([93, 96, 99, 100, 100])).quantile(0.95).unwrap();
    near(quantile.value, 2.0, 9);
    assert!(quantile.undecided(2.0));
    let slower = Histogram::new(edges.into_iter().zip([93, 95, 99, 100, 100])).quantile(0.95).unwrap();
    near(slower.value, 2.5, 9);
    assert!(!slower.undecided(2.0), "2.5 s is an edge");
}

#[test]
fn there_is_no_quantile_of_nothing() {
    assert_eq!(p95([0; 7]), None);
    assert_eq!(Histogram::default().quantile(0.95), None);
    assert_eq!(Histogram::new([(INFINITY, 7)]).quantile(0.95), None, "one bucket");
    assert_eq!(Histogram::new([(1.0, 7), (2.0, 8)]).quantile(0.95), None, "no infinite edge");
    assert_eq!(Histogram::new([(1.0, 0), (INFINITY, 8)]).quantile(0.0), None, "0/0");
    assert_eq!(histogram([1; 7]).quantile(f64::NAN), None);
    assert_eq!(histogram([1; 7]).quantile(1.1), None);
}

#[test]
fn an_edge_that_is_not_above_0_is_its_own_quantile() {
    let quantile = Histogram::new([(-1.0, 9), (1.0, 9), (INFINITY, 9)]).quantile(0.5).unwrap();
    near(quantile.value, -1.0, 15);
}

#[test]
fn counts_that_fall_are_raised() {
    assert_eq!(histogram([10, 50, 40, 92, 94, 99, 100]), histogram([10, 50, 50, 92, 94, 99, 100]));
    let shuffled = Histogram::new([(INFINITY, 9), (1.0, 3), (2.0, 5), (1.0, 4), (f64::NAN, 80)]);
    assert_eq!(shuffled, Histogram::new([(1.0, 4), (2.0, 5), (INFINITY, 9)]));
}

#[test]
fn slower_than_a_limit_is_exact_at_an_edge_alone() {
    let seen = histogram([10, 50, 80, 92, 95, 99, 100]);
    assert_eq!(seen.slower_than(2.0), Some(5));
    assert_eq!(seen.slower_than(1.5), None);
    assert_eq!(seen.cumulative_at(INFINITY), Some(100));
    let just = Histogram::new([(2.0, 949), (INFINITY, 1000)]);
    assert!(just.slower_than(2.0).unwrap() * 20 > just.count());
    assert!(seen.slower_than(2.0).unwrap() * 20 <= seen.count());
}

#[test]
fn sums_are_known_at_the_edges_of_both() {
    let mut sum = histogram([10, 50, 80, 92, 95, 99, 100]);
    sum.add(&Histogram::default());
    sum.add(&histogram([0; 7]));
    assert_eq!(sum, histogram([10, 50, 80, 92, 95, 99, 100]));
    sum.add(&Histogram::new([(1.0, 5), (3.0, 6), (5.0, 7), (INFINITY, 8)]));
    assert_eq!(sum, Histogram::new([(1.0, 97), (5.0, 106), (INFINITY, 108)]));
    let mut none = Histogram::default();
    none.add(&sum);
    assert_eq!(none, sum);
}

proptest! {
    #[test]
    fn a_quantile_is_in_its_bucket_and_rises(counts in any::<[u16; 7]>(), q in 0.01..0.99) {
        let seen = histogram(counts.map(u64::from));
        if let Some(quantile) = seen.quantile(q) {
            prop_assert!(quantile.lower <= quantile.value && quantile.value <= quantile.upper);
            prop_assert!(quantile.value <= seen.quantile(q + 0.01).unwrap().value + 1e-12);
        } else {
            prop_assert_eq!(seen.count(), 0);
        }
    }

    #[test]
    fn adding_is_adding_at_each_edge(one in any::<[u16; 7]>(), other in any::<[u16; 7]>()) {
        let (one, other) = (histogram(one.map(u64::from)), histogram(other.map(u64::from)));
        let mut sum = one.clone();
        sum.add(&other);
        if one.count() > 0 && other.count() > 0 {
            for edge in one.edges() {
                let parts = one.cumulative_at(edge).unwrap() + other.cumulative_at(edge).unwrap();
                prop_assert_eq!(sum.cumulative_at(edge).unwrap(), parts);
            }
        }
        prop_assert_eq!(sum.count(), one.count() + other.count());
    }
}
