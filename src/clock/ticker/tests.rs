use super::*;

const INTERVAL: Duration = Duration::from_secs(5);

/// The times of the first turns, each over when it came, as seconds since the start.
fn turns(name: &str, count: usize) -> Vec<f64> {
    let mut turn = Ticker::new(Clock::start(), INTERVAL, name);
    let mut times = Vec::new();
    for _ in 0..count {
        times.push(turn.next.duration_since(turn.began).as_secs_f64());
        turn.next = turn.following(turn.next);
    }
    times
}

fn names() -> impl Iterator<Item = String> {
    (0..1000).map(|n| format!("check {n}"))
}

#[test]
fn the_first_comes_within_a_second_and_none_comes_early() {
    for name in names() {
        let times = turns(&name, 20);
        assert!(times[0] < 1.0, "{name}: {times:?}");
        for pair in times.windows(2) {
            let gap = pair[1] - pair[0];
            assert!((4.999_999..=6.250_001).contains(&gap), "{name}: {gap}");
        }
    }
}

#[test]
fn a_thousand_that_begin_together_are_spread_over_the_interval() {
    let mut tenths = [0; 50];
    for name in names() {
        let last = turns(&name, 8).pop().unwrap();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 50")]
        let tenth = (last % 5.0 * 10.0) as usize;
        tenths[tenth.min(49)] += 1;
    }
    assert!(tenths.iter().all(|count| (5..=40).contains(count)), "{tenths:?}");
}

#[test]
fn the_same_name_has_the_same_moment_and_keeps_it() {
    let (one, other) = (turns("web", 30), turns("web", 30));
    for (one, other) in one.iter().zip(&other) {
        assert!((one - other).abs() < 1e-6);
    }
    for pair in one[8..].windows(2) {
        assert!((pair[1] - pair[0] - 5.0).abs() < 1e-6, "{one:?}");
    }
}

#[test]
fn after_one_at_once_it_finds_its_moment_again() {
    let mut turn = Ticker::new(Clock::start(), INTERVAL, "web");
    let own = |turn: &Ticker| turn.slip(turn.next).is_zero();
    (0..8).for_each(|_| turn.next = turn.following(turn.next));
    assert!(own(&turn));
    turn.next = turn.next.checked_sub(Duration::from_secs(2)).unwrap();
    assert!(!own(&turn));
    (0..8).for_each(|_| turn.next = turn.following(turn.next));
    assert!(own(&turn));
}

#[test]
fn one_that_was_missed_is_not_made_up_for() {
    let turn = Ticker::new(Clock::start(), INTERVAL, "web");
    let late = turn.next.checked_add(Duration::from_secs(17)).unwrap();
    let next = turn.following(late);
    assert!(next >= late && next <= late.checked_add(INTERVAL / SLIP).unwrap());
    let paused = turn.with_pause(INTERVAL / 2).following(late);
    assert!(paused >= late.checked_add(INTERVAL / 2).unwrap());
}

#[test]
fn an_interval_of_nothing_and_one_of_ages_are_turns_too() {
    for interval in [Duration::ZERO, Duration::from_nanos(1), Duration::MAX] {
        let mut turn = Ticker::new(Clock::start(), interval, "web");
        turn.done();
        turn.at_once();
    }
}
