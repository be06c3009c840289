//! Every changing call of a rollback, and what can become of it: golive is killed before it or after it, the engine
//! answers with an error, the call is lost, its answer is lost; once, or from then on.

use std::time::{Duration, Instant};

use golive_fixtures::engine::containers_of;
use golive_fixtures::host::Host;
use golive_fixtures::proxy::{Fate, Proxy};
use golive_fixtures::until::PATIENCE;

use crate::kills::outcomes;

/// A rollback has fewer changing calls.
const MOST: usize = 30;

#[test]
fn golive_is_killed_before_each_call() {
    assert_eq!(once_at_each_call("kill-before", 1..MOST, |host| Fate::KilledBefore(host.pid())), None);
}

#[test]
fn golive_is_killed_after_each_call() {
    assert_eq!(once_at_each_call("kill-after", 1..MOST, |host| Fate::KilledAfter(host.pid())), None);
}

#[test]
fn each_call_fails_once() {
    assert_eq!(once_at_each_call("error", 1..MOST, |_| Fate::Error), None);
}

/// golive waits for each answer as long as that call may take, a minute for some: all of them at the same time.
#[test]
fn each_call_or_its_answer_is_lost() {
    std::thread::scope(|scope| {
        for n in 1..=8 {
            scope.spawn(move || once_at_each_call(&format!("lost-{n}"), n..n + 1, |_| Fate::Lost));
            let name = format!("unanswered-{n}");
            scope.spawn(move || once_at_each_call(&name, n..n + 1, |_| Fate::Unanswered));
        }
    });
}

/// One rollback for each number of a call, which something becomes of once; whatever it is, the rollback is done in
/// the end, is told once, and leaves nothing over. `None` when there is no call of the last number.
fn once_at_each_call(name: &str, calls: std::ops::Range<usize>, fate: impl Fn(&Host) -> Fate) -> Option<()> {
    let (host, proxy) = with_good_version(name);
    let rehearsal = format!("golive-rehearsal-{}", host.name);
    for n in calls {
        let (told, fate) = (outcomes(&host).len(), fate(&host));
        // A container that was tried is removed by its id alone, which nobody can tell from a rollback's call.
        host.eventually("it is proved", || {
            host.status()["readiness"]["ready"] == true && containers_of(&rehearsal).is_empty()
        });
        proxy.strike_rollback(n, fate);
        host.deploy("2", &["--fail-after", "1s"]);
        host.eventually("struck, or rolled back without a call number so high", || {
            proxy.struck() || outcomes(&host).len() > told
        });
        if !proxy.struck() {
            assert!(n > 6, "a rollback has more calls than {n}: {:?}", proxy.calls());
            return None;
        }
        if matches!(fate, Fate::KilledBefore(_) | Fate::KilledAfter(_)) {
            host.kill();
            host.start();
        }
        host.eventually_within(2 * PATIENCE, "it is taken up again and verified", || {
            host.phase() == "idle" && outcomes(&host).len() > told
        });
        host.assert_only("1");
        assert_eq!(outcomes(&host).len(), told + 1, "{fate:?} at {n}: one outcome, once");
        assert_eq!(host.status()["decided"]["state"], "rolled-back", "{fate:?} at {n}");
        assert!(host.hook.posts("rollback-failed").is_empty(), "{fate:?} at {n}");
    }
    Some(())
}

/// From some call on nothing can be changed any more: what is said then is true, and a person can finish it.
#[test]
fn from_each_call_on_everything_fails() {
    std::thread::scope(|scope| {
        for n in 1..=8 {
            scope.spawn(move || everything_fails_from(n));
        }
    });
}

fn everything_fails_from(n: usize) {
    let (host, proxy) = with_good_version(&format!("failing-{n}"));
    proxy.strike(n, Fate::Error, true);
    host.deploy("2", &["--fail-after", "1s"]);
    host.eventually("an end", || {
        !host.hook.posts("rollback-failed").is_empty() || !host.hook.posts("rollback-succeeded").is_empty()
    });
    if host.hook.posts("rollback-failed").is_empty() {
        // Only tidying up was left, or to keep what runs.
        host.eventually("what is not done is told", || {
            ["cleanup-incomplete", "rollback-not-ready"]
                .iter()
                .any(|event| !host.hook.posts(event).is_empty())
        });
        assert_eq!(host.answer().as_deref(), Some("shop 1"));
        return;
    }
    assert_eq!(host.phase(), "needs-person");
    let told = host.hook.posts("rollback-failed")[0]["data"].to_string();
    assert!(told.contains("no space left on device"), "{told}");
    assert!(host.hook.posts("rollback-succeeded").is_empty());
    // What runs is what is said to run.
    let running = host.status()["running"]["version"].as_str().map(str::to_owned);
    let answers = host.answer().map(|answer| answer.replace("shop ", ""));
    match &answers {
        Some(answers) => {
            assert_eq!(running.as_deref(), Some(&**answers));
            assert!(told.contains(&format!("({answers} runs now: ")), "from call {n} on: {told}");
        }
        None => assert!(told.contains("(NOTHING RUNS NOW: "), "from call {n} on: {told}"),
    }
    proxy.heal();
    host.says(0, &["rollback", "shop", "--wait"]);
    host.assert_only("1");
}

fn with_good_version(name: &str) -> (Host, Proxy) {
    let mut host = Host::new(name);
    let proxy = host.through_proxy();
    host.write_rules("");
    host.allow_many_rollbacks();
    host.with_good_version();
    (host, proxy)
}

/// golive waits ten seconds for the answer to a call that keeps something; a rollback that is asked for meanwhile does
/// not wait with it.
#[test]
fn a_rollback_does_not_wait_for_what_is_kept() {
    let (host, proxy) = with_good_version("unkept");
    proxy.strike(1, Fate::Lost, false);
    host.deploy("2", &[]);
    host.eventually("1 is proved once more, without an answer", || proxy.struck());
    let lost = Instant::now();
    let by_hand = host.golive(&["rollback", "shop", "--wait"]);
    let took = lost.elapsed();
    assert_eq!(by_hand.status.code(), Some(0), "{by_hand:?}");
    host.assert_only("1");
    assert!(took < Duration::from_secs(10), "{took:?}: {:?}", proxy.calls());
    host.eventually("it is proved in the end", || host.status()["readiness"]["ready"] == true);
}
