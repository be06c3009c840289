//! Health checks that fail now and then and come back by themselves.

use super::*;
use crate::model::reason::Reason;

/// Every ten minutes of the hour before it failed twice; then v2 comes, and works.
fn shaky(change: impl FnOnce(&mut ServicePolicy)) -> Case {
    let mut case = Case::new(change);
    for _ in 0..5 {
        fails(&mut case, 2);
        case.ticks(10 * 12, &[]);
    }
    case.deploy("v2");
    case.ticks(12, &[]);
    case
}

fn fails(case: &mut Case, times: u32) {
    for _ in 0..times {
        case.world.now = later(case.world.now, secs(5));
        let failed = sample("web", case.world.now, Outcome::Failed("status 500".to_owned()));
        case.happens(ServiceEvent::Sampled(failed));
    }
}

#[test]
fn one_that_came_back_before_is_given_one_more_chance() {
    let mut case = shaky(|_| {});
    fails(&mut case, 3);
    assert_eq!(case.phase(), "watching");
    let verdict = case.verdict("health");
    assert_eq!(
        (verdict.call, verdict.value, verdict.limit),
        (Call::Wait, Some(3.0), Some(4.0)),
        "{}",
        sentence(&verdict)
    );
    assert!(
        sentence(&verdict)
            .ends_with("came back by itself 5 times in the hour before the release, so one more has to fail")
    );
    assert!(!case.told.contains(&News::ServiceDown), "it may come back, as it did");
    fails(&mut case, 1);
    assert_eq!(case.phase(), "rolling-back");
    let Phase::RollingBack(rollback) = &case.world.facts().phase else { unreachable!() };
    assert!(matches!(rollback.reason, Reason::Health { failures: 4, limit: 4, .. }), "{:?}", rollback.reason);
}

#[test]
fn one_that_never_failed_before_is_not() {
    let mut case = Case::released(|_| {});
    fails(&mut case, 2);
    assert_eq!((case.phase(), case.verdict("health").limit), ("watching", Some(3.0)));
    fails(&mut case, 1);
    assert_eq!(case.phase(), "rolling-back");
}

#[test]
fn nor_is_any_where_the_limits_are_taken_literally() {
    let mut case = shaky(|service| service.triggers.level = Level::Literal);
    fails(&mut case, 3);
    assert_eq!(case.phase(), "rolling-back");
}

#[test]
fn nor_what_has_ended() {
    let mut case = shaky(|_| {});
    case.happens(ServiceEvent::Died { instance: "c-v2".to_owned(), asked: false, exit: Some(1), oom: false });
    fails(&mut case, 3);
    assert_eq!(case.phase(), "rolling-back");
}

#[test]
fn nor_what_fails_oftener_than_before() {
    let mut case = shaky(|_| {});
    for _ in 0..2 {
        fails(&mut case, 1);
        case.ticks(3, &[]);
    }
    fails(&mut case, 3);
    assert_eq!(case.phase(), "rolling-back");
}

#[test]
fn what_was_longer_ago_than_an_hour_is_forgotten() {
    let mut case = Case::new(|_| {});
    fails(&mut case, 2);
    case.ticks(61 * 12, &[]);
    case.deploy("v2");
    case.ticks(12, &[]);
    fails(&mut case, 3);
    assert_eq!(case.phase(), "rolling-back");
}

#[test]
fn a_restart_of_golive_in_the_watch_forgets_nothing() {
    let mut case = shaky(|_| {});
    case.world.kill();
    case.steps(&Event::Started);
    case.happens(ServiceEvent::Seen(Some(running("v2", "c-v2"))));
    case.ticks(3, &[]);
    fails(&mut case, 3);
    assert_eq!(case.phase(), "watching");
    fails(&mut case, 1);
    assert_eq!(case.phase(), "rolling-back");
}
