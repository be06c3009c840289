use super::*;

mod reference;

fn web() -> Target {
    Target::Of("shop".to_owned(), "web:80".to_owned())
}

fn count((target, name, value): &(Target, &'static str, f64)) -> Count<'static> {
    let series = identity(name, std::iter::empty());
    let whole = identity(name.split('<').next().unwrap(), std::iter::empty());
    Count { target: target.clone(), name, series, whole, value: *value }
}

/// How much each has grown, and whether it is newborn.
fn seen(counters: &mut Counters, counts: &[(Target, &'static str, f64)]) -> Result<Vec<(f64, bool)>, Untold> {
    let counts: Vec<Count<'_>> = counts.iter().map(count).collect();
    let growths = counters.look(&counts, false)?;
    Ok(growths.iter().map(|growth| (growth.by, growth.newborn)).collect())
}

fn look(counters: &mut Counters, counts: &[(Target, &'static str, f64)]) -> Vec<(f64, bool)> {
    seen(counters, counts).unwrap()
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
fn what_falls_far_began_anew_and_nothing_else_did() {
    let other = Target::Of("shop".to_owned(), "web:81".to_owned());
    let mut counters = Counters::default();
    look(&mut counters, &[(web(), "200", 500.0), (web(), "500", 3.0), (other.clone(), "200b", 50.0)]);
    // The new process has already had more errors than the old one.
    let grown = look(&mut counters, &[(web(), "200", 40.0), (web(), "500", 9.0), (other, "200b", 51.0)]);
    assert_eq!(grown, [(40.0, false), (6.0, false), (1.0, false)]);
}

#[test]
fn a_histogram_begins_anew_as_a_whole() {
    let mut counters = Counters::default();
    look(&mut counters, &[(web(), "d<2", 14.0), (web(), "d<inf", 400.0)]);
    let grown = look(&mut counters, &[(web(), "d<2", 15.0), (web(), "d<inf", 16.0)]);
    assert_eq!(grown, [(15.0, false), (16.0, false)]);
}

#[test]
fn of_what_falls_in_part_nothing_is_told_once() {
    let mut counters = Counters::default();
    look(&mut counters, &[(web(), "200", 9000.0), (web(), "302", 500.0), (web(), "500", 100.0)]);
    let fell = seen(&mut counters, &[(web(), "200", 6700.0), (web(), "302", 3.0), (web(), "500", 101.0)]);
    assert_eq!(fell, Err(Untold::Fell { name: "200".to_owned(), from: 9500.0, to: 6703.0 }));
    let grown = look(&mut counters, &[(web(), "200", 6710.0), (web(), "302", 4.0), (web(), "500", 101.0)]);
    assert_eq!(grown, [(10.0, false), (1.0, false), (0.0, false)]);
}

/// One of many targets that cannot be told says nothing of the others.
#[test]
fn the_others_are_told_all_the_same() {
    let other = Target::Of("shop".to_owned(), "web:81".to_owned());
    let mut counters = Counters::default();
    look(&mut counters, &[(web(), "200", 90.0), (other.clone(), "200b", 50.0)]);
    let grown = look(&mut counters, &[(web(), "200", 60.0), (other, "200b", 51.0)]);
    assert_eq!(grown, [(0.0, false), (1.0, false)]);
}

#[test]
fn what_comes_back_had_never_begun_anew() {
    let mut counters = Counters::default();
    look(&mut counters, &[(web(), "200", 9000.0)]);
    assert_eq!(look(&mut counters, &[(web(), "200", 40.0)]), [(40.0, false)]);
    let back = seen(&mut counters, &[(web(), "200", 9010.0)]);
    assert_eq!(back, Err(Untold::Back { name: "200".to_owned(), by: 8970.0 }));
    // It is known by now that a fall is none.
    assert!(seen(&mut counters, &[(web(), "200", 45.0)]).is_err());
    assert!(seen(&mut counters, &[(web(), "200", 9020.0)]).is_err());
    // After a while that only one was met, a fall is one again.
    for value in (1..=BACK_WITHIN).map(|look| as_float(look as u64)) {
        assert_eq!(look(&mut counters, &[(web(), "200", 9020.0 + value)]), [(1.0, false)]);
    }
    assert_eq!(look(&mut counters, &[(web(), "200", 7.0)]), [(7.0, false)]);
}

#[test]
fn what_grows_past_where_it_was_has_not_come_back() {
    let mut counters = Counters::default();
    look(&mut counters, &[(web(), "200", 100.0)]);
    for value in 1..50 {
        assert!(seen(&mut counters, &[(web(), "200", f64::from(value) * 5.0)]).is_ok(), "{value}");
    }
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
    let sums = [(Target::Mixed, "200", 6.0), (Target::Mixed, "500", 25.0)];
    assert!(matches!(seen(&mut counters, &sums), Err(Untold::Fell { .. })));
    let grown = look(&mut counters, &[(Target::Mixed, "200", 10.0), (Target::Mixed, "500", 26.0)]);
    assert_eq!(grown, [(4.0, false), (1.0, false)]);
}

#[test]
fn a_new_process_has_counted_nothing_old() {
    let mut counters = Counters::of_new_process();
    assert_eq!(
        counters.look(&[count(&(web(), "200", 7.0))], true),
        Ok(vec![Growth { by: 7.0, newborn: false }])
    );
    assert_eq!(look(&mut counters, &[(web(), "200", 9.0)]), [(2.0, false)]);
}

#[test]
fn counters_that_go_on_are_known() {
    let mut counters = Counters::default();
    let counts = |values: [f64; 2]| [count(&(web(), "200", values[0])), count(&(web(), "500", values[1]))];
    assert!(!counters.go_on(&counts([5.0, 1.0])), "nothing was there");
    look(&mut counters, &[(web(), "200", 5.0), (web(), "500", 0.0)]);
    assert!(counters.go_on(&counts([5.0, 1.0])));
    assert!(!counters.go_on(&counts([4.0, 1.0])), "one fell");
    assert!(!counters.go_on(&[count(&(web(), "404", 9.0))]), "it is another one");
}

#[test]
fn a_label_without_a_value_is_none() {
    let of = |labels: &[(&'static str, &'static str)]| identity("x", labels.iter().copied());
    assert_eq!(of(&[("a", "1"), ("b", "2")]), of(&[("b", "2"), ("c", ""), ("a", "1")]));
    assert_ne!(of(&[("a", "1b"), ("c", "2")]), of(&[("a", "1"), ("bc", "2")]));
}

#[test]
fn series_that_come_and_go_for_ever_take_no_room_for_ever() {
    let mut counters = Counters::default();
    for round in 0..5_u64 {
        let series = (0..SERIES_MAX as u64).map(|one| round << 32 | one);
        let counts: Vec<_> = series
            .map(|series| Count { target: web(), name: "x", series, whole: series, value: 1.0 })
            .collect();
        counters.look(&counts, false).unwrap();
        assert!(counters.last.len() <= REMEMBERED);
    }
}

#[test]
fn failures_wait_for_their_requests() {
    let mut pending = Pending::default();
    pending.add_bad(3.0);
    assert_eq!(pending.take(), crate::model::reading::Counts { bad: 0, total: 0 });
    pending.add_total(10.0);
    pending.add_bad(-5.0);
    assert_eq!(pending.take(), crate::model::reading::Counts { bad: 3, total: 10 });
    assert_eq!(pending.take(), crate::model::reading::Counts::default());
}
