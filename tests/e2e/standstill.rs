//! golive is stopped in the middle of a watch, as it is when the host sleeps or a virtual machine is paused.

use std::time::{Duration, Instant};

use golive_fixtures::host::Host;

#[test]
fn a_release_that_was_not_seen_is_not_accepted_at_the_moment_of_waking() {
    let mut host = Host::new("standstill");
    host.write_rules("");
    host.with_good_version();
    host.deploy("2", &[]);
    host.eventually("it passes in its watch", || {
        let status = host.status();
        status["phase"] == "watching" && status["triggers"][0]["verdict"] == "pass"
    });
    host.signal("-STOP");
    // Longer than the whole window.
    std::thread::sleep(Duration::from_secs(12));
    host.signal("-CONT");
    let woke = Instant::now();
    assert_eq!(host.phase(), "watching", "nothing is decided at the moment of waking");
    host.eventually("it is accepted in the end", || host.status()["accepted"]["version"] == "2");
    assert!(woke.elapsed() > Duration::from_secs(4), "watched for {:?} only", woke.elapsed());
    for event in ["no-data", "data-restored", "service-down", "rollback-started"] {
        assert!(host.hook.posts(event).is_empty(), "{event}");
    }
}
