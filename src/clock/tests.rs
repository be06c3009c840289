use super::*;

fn anchor(boot: &str, up: u64, wall: &str) -> Anchor {
    Anchor { boot: boot.to_owned(), up: Duration::from_secs(up), wall: wall.parse().unwrap() }
}

#[test]
fn how_far_the_hosts_clock_was_moved_is_told_within_a_boot() {
    let then = anchor("a", 100, "2026-08-01T12:00:00Z");
    let moved = |boot, up, wall| anchor(boot, up, wall).moved_since(&then);
    assert_eq!(moved("a", 160, "2026-08-01T12:01:00Z"), None, "a minute passed, awake or asleep");
    assert_eq!(moved("a", 160, "2026-08-01T12:01:01.9Z"), None, "nobody's concern");
    assert_eq!(moved("a", 160, "2026-08-01T13:01:00Z"), Some(SignedDuration::from_hours(1)));
    assert_eq!(moved("a", 160, "2026-08-01T11:01:00Z"), Some(SignedDuration::from_hours(-1)));
    assert_eq!(moved("a", 160, "2025-08-01T12:01:00Z"), Some(SignedDuration::from_hours(-365 * 24)));
    assert_eq!(moved("b", 10, "2026-08-01T13:01:00Z"), None, "the host was started anew");
    assert_eq!(
        anchor("", 160, "2026-08-01T13:01:00Z").moved_since(&anchor("", 100, "2026-08-01T12:00:00Z")),
        None
    );
}

#[test]
fn a_clock_knows_that_the_hosts_was_moved() {
    let clock = Clock::start();
    assert_eq!(clock.moved(), None);
    for seconds in [3600, -3600, 3, -3] {
        let by = SignedDuration::from_secs(seconds);
        let moved = clock.left_behind(by).moved().expect("it was moved");
        assert!((moved - by).abs() < SignedDuration::from_secs(1), "{moved} for {by}");
    }
    assert_eq!(clock.left_behind(SignedDuration::from_secs(1)).moved(), None);
}
