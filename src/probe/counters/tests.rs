use proptest::prelude::*;

use super::*;

fn web() -> Target {
    Target::Of("shop".to_owned(), "web:80".to_owned())
}

/// How much each has grown, and whether it is newborn.
fn look(counters: &mut Counters, counts: &[(Target, &str, f64)]) -> Vec<(f64, bool)> {
    let counts: Vec<Count<'_>> = counts
        .iter()
        .map(|(target, key, value)| Count { target: target.clone(), key, value: *value })
        .collect();
    counters.look(&counts).iter().map(|growth| (growth.by, growth.newborn)).collect()
}

#[test]
fn the_first_look_says_where_counters_begin() {
    let mut counters = Counters::default();
    assert!(!counters.compare());
    assert_eq!(look(&mut counters, &[(web(), "200", 7000.0)]), [(0.0, false)]);
    assert!(counters.compare());
    assert_eq!(look(&mut counters, &[(web(), "200", 7010.0)]), [(10.0, false)]);
    assert_eq!(look(&mut counters, &[(web(), "200", 7010.0)]), [(0.0, false)]);
}

#[test]
fn what_was_missed_lands_on_the_next_good_look() {
    let mut counters = Counters::default();
    look(&mut counters, &[(web(), "200", 10.0), (web(), "500", 1.0)]);
    look(&mut counters, &[(web(), "200", 12.0)]);
    let grown = look(&mut counters, &[(web(), "200", 20.0), (web(), "500", 5.0)]);
    assert_eq!(grown, [(8.0, false), (4.0, false)]);
}

#[test]
fn a_drop_is_a_new_process_of_that_target_alone() {
    let other = Target::Of("shop".to_owned(), "web:81".to_owned());
    let mut counters = Counters::default();
    look(&mut counters, &[(web(), "200", 100.0), (web(), "500", 3.0), (other.clone(), "200b", 50.0)]);
    // The new process has already had more errors than the old one.
    let grown = look(&mut counters, &[(web(), "200", 40.0), (web(), "500", 9.0), (other, "200b", 51.0)]);
    assert_eq!(grown, [(40.0, false), (9.0, false), (1.0, false)]);
}

#[test]
fn a_series_that_appears_counts_in_full() {
    let mut counters = Counters::default();
    look(&mut counters, &[(web(), "200", 100.0)]);
    let other = Target::Of("shop".to_owned(), "web:81".to_owned());
    let grown = look(&mut counters, &[(web(), "200", 100.0), (web(), "500", 4.0), (other.clone(), "b", 9.0)]);
    assert_eq!(grown, [(0.0, false), (4.0, false), (9.0, true)]);
    assert_eq!(look(&mut counters, &[(other, "b", 10.0)]), [(1.0, false)]);
}

#[test]
fn a_sum_that_drops_is_no_reset() {
    let mut counters = Counters::default();
    look(&mut counters, &[(Target::Mixed, "200", 1_000_000.0), (Target::Mixed, "500", 20.0)]);
    let grown = look(&mut counters, &[(Target::Mixed, "200", 600_000.0), (Target::Mixed, "500", 25.0)]);
    assert_eq!(grown, [(0.0, false), (0.0, false)]);
    let grown = look(&mut counters, &[(Target::Mixed, "200", 600_004.0), (Target::Mixed, "500", 26.0)]);
    assert_eq!(grown, [(4.0, false), (1.0, false)]);
}

#[test]
fn a_new_process_has_counted_nothing_old() {
    let mut counters = Counters::of_new_process();
    assert_eq!(look(&mut counters, &[(Target::Asked, "200", 7.0)]), [(7.0, false)]);
    let mut counters = Counters::default();
    assert_eq!(look(&mut counters, &[]), []);
    counters.met(Target::Asked);
    assert_eq!(look(&mut counters, &[(Target::Asked, "200", 7.0)]), [(7.0, false)]);
}

#[test]
fn series_that_come_and_go_for_ever_take_no_room_for_ever() {
    let mut counters = Counters::default();
    for round in 0..5 {
        let names: Vec<String> = (0..SERIES_MAX).map(|one| format!("{round}-{one}")).collect();
        let counts: Vec<_> = names.iter().map(|name| (web(), name.as_str(), 1.0)).collect();
        look(&mut counters, &counts);
        assert!(counters.last.len() <= FORGET);
    }
}

#[test]
fn failures_wait_for_their_requests() {
    let mut pending = Pending::default();
    pending.add_bad(3.0);
    assert_eq!(pending.take(), Counts { bad: 0, total: 0 });
    pending.add_total(10.0);
    pending.add_bad(-5.0);
    assert_eq!(pending.take(), Counts { bad: 3, total: 10 });
    assert_eq!(pending.take(), Counts::default());
}

proptest! {
    #[test]
    fn no_request_is_lost_to_rounding(parts in proptest::collection::vec((0.0..50.0_f64, 0.0..1.0_f64), 1..200)) {
        let (mut pending, mut sum, mut taken) = (Pending::default(), (0.0, 0.0), Counts::default());
        for (total, share) in parts {
            pending.add_total(total);
            pending.add_bad(total * share);
            sum = (sum.0 + total, sum.1 + total * share);
            let counts = pending.take();
            prop_assert!(counts.bad <= counts.total);
            taken += counts;
        }
        prop_assert!((as_float(taken.total) - sum.0).abs() < 1.0 + 1e-3);
        prop_assert!((as_float(taken.bad) - sum.1).abs() < 2.0 + 1e-3);
    }

    #[test]
    fn growth_is_never_less_than_nothing(looks in proptest::collection::vec(
        proptest::collection::vec((0_u8..4, 0_u8..3, 0.0..100.0_f64), 0..6), 1..20)) {
        let mut counters = Counters::default();
        for counts in looks {
            let counts: Vec<_> = counts.into_iter().map(|(key, target, value)| {
                let target = if target == 0 { Target::Mixed } else { Target::Of(String::new(), target.to_string()) };
                (target, ["a", "b", "c", "d"][usize::from(key)], value)
            }).collect();
            for (by, _) in look(&mut counters, &counts) {
                prop_assert!(by >= 0.0);
            }
        }
    }
}
