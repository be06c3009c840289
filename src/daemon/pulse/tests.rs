use super::*;

/// Its clock runs so much faster that a moment of the test is a gap.
const PACE: u32 = 1_000;

fn sample(began: Timestamp) -> Sample {
    let outcome = Outcome::Failed("timed out after 2 s".to_owned());
    Sample { check: "web".to_owned(), began, took: Duration::ZERO, outcome }
}

#[test]
fn what_beats_has_no_gap() {
    let pulse = Pulse::new(Clock::start());
    let began = pulse.clock.now();
    assert_eq!(pulse.gap(), None);
    assert_eq!(pulse.whole(sample(began)), sample(began));
}

#[test]
fn a_gap_is_told_once_and_from_its_beginning() {
    let pulse = Pulse::new(Clock::start());
    let began = pulse.clock.now();
    stop(&pulse, 60);
    let since = pulse.gap().expect("it stood still");
    assert!(since <= began && pulse.clock.now().duration_since(since).as_secs() >= 60);
    assert_eq!(pulse.gap(), None);
}

#[test]
fn a_check_that_spans_a_gap_says_nothing_and_the_next_one_does() {
    let pulse = Pulse::new(Clock::start());
    let before = sample(pulse.clock.now());
    stop(&pulse, 60);
    assert!(matches!(pulse.whole(before).outcome, Outcome::Blind(_)));
    let after = sample(pulse.clock.now());
    assert_eq!(pulse.whole(after.clone()), after);
}

#[test]
fn whoever_notices_first_the_loop_hears_of_it() {
    let pulse = Pulse::new(Clock::start());
    let before = sample(pulse.clock.now());
    stop(&pulse, 60);
    pulse.whole(before);
    assert!(pulse.gap().is_some());
}

#[test]
fn the_clock_of_a_test_that_has_no_hours_makes_no_gaps() {
    let pulse = Pulse::new(Clock::start().hurry(PACE));
    std::thread::sleep(Duration::from_millis(20));
    assert_eq!(pulse.gap(), None);
}

/// The last beat was so many seconds ago.
fn stop(pulse: &Pulse, seconds: i64) {
    let beats = &mut *pulse.beats.lock().unwrap();
    beats.last = beats.last.checked_sub(jiff::SignedDuration::from_secs(seconds)).unwrap();
}
