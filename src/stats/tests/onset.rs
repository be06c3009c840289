//! Where runs begin, and who is well: the reference values, and the edges.

use crate::stats::onset::{at_most, onset, shown_well};

fn run(ticks: &[(u64, u64)], tolerated: f64) -> Option<usize> {
    onset(ticks.iter().enumerate().map(|(at, (bad, all))| (at, *bad, *all)), tolerated)
}

fn close(found: f64, wanted: f64) {
    assert!((found - wanted).abs() < 5e-7, "{found} is not {wanted}");
}

#[test]
fn a_run_begins_where_the_reference_says() {
    assert_eq!(run(&[(0, 9), (3, 9), (0, 9), (2, 9)], 0.01), Some(1), "one good tick does not end it");
    assert_eq!(run(&[(3, 9), (0, 9), (0, 9), (2, 9)], 0.01), Some(3), "two do");
    assert_eq!(run(&[(0, 9), (2, 9), (0, 0), (4, 9)], 0.01), Some(1), "a tick without requests does not");
}

#[test]
fn nothing_bad_has_no_beginning() {
    assert_eq!(run(&[], 0.01), None);
    assert_eq!(run(&[(0, 0), (0, 9)], 0.01), None);
    assert_eq!(run(&[(5, 9), (0, 9), (0, 9)], 0.01), None, "what has gone is no present run");
    assert_eq!(run(&[(1, 100), (1, 100)], 0.01), None, "as much as is tolerated is not bad");
}

#[test]
fn chances_are_those_of_the_reference() {
    close(at_most(0, 50, 0.05), 0.076_945);
    close(at_most(2, 60, 0.1), 0.053_045);
    close(at_most(9, 9, 0.5), 1.0);
    close(at_most(0, 1_000_000, 0.5), 0.0);
}

#[test]
fn who_is_well_has_requests_that_say_so() {
    assert!(!shown_well(0, 0, 0.5), "no requests say nothing");
    assert!(!shown_well(0, 3, 0.5), "three are too few");
    assert!(shown_well(0, 50, 0.5));
    assert!(!shown_well(20, 50, 0.5), "it fails as often");
    assert!(!shown_well(0, 50, 0.1), "a rare failure may be missed in fifty");
}
