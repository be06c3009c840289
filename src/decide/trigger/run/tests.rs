use super::*;

const GAP: Duration = Duration::from_secs(30);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn run(seconds: &[i64]) -> Run {
    let mut run = Run::default();
    for second in seconds {
        run.count(at(*second), GAP);
    }
    run
}

#[test]
fn two_readings_are_no_run_and_three_are() {
    assert_eq!(run(&[]).lasted(), None);
    assert_eq!(run(&[0, 10]).lasted(), None);
    assert_eq!(run(&[0, 10, 20]).lasted(), Some(Duration::from_secs(20)));
    assert_eq!(run(&[0, 10, 20]).times(), 3);
}

#[test]
fn readings_as_far_apart_as_the_gap_are_a_run_and_further_apart_none() {
    assert_eq!(run(&[0, 30, 60]).lasted(), Some(Duration::from_mins(1)));
    let broken = run(&[0, 30, 61]);
    assert_eq!((broken.lasted(), broken.since(), broken.times()), (None, Some(at(61)), 1));
}

#[test]
fn a_reading_that_stands_lasts_longer_and_counts_once() {
    let mut run = run(&[0, 10]);
    run.stands(at(40), GAP);
    assert_eq!((run.lasted(), run.times()), (None, 2));
    run.count(at(70), GAP);
    assert_eq!(run.lasted(), Some(Duration::from_secs(70)));
    // Nobody knows for how long it stood.
    run.stands(at(101), GAP);
    assert_eq!(run, Run::default());
}

#[test]
fn what_has_not_begun_does_not_stand() {
    let mut run = Run::default();
    run.stands(at(0), GAP);
    assert_eq!(run, Run::default());
}
