//! Blind is neither good nor bad, and a few requests are not proof.

use super::*;

#[test]
fn blind_is_told_extends_the_watch_and_ends_held() {
    let mut case = Case::released(|_| {});
    case.ticks(14, &[blind(Stream::Errors), fast(50)]);
    assert_eq!(case.verdict("error-rate").call, Call::Blind);
    assert!(case.told.contains(&News::NoData));
    case.ticks(12 * 10 - 14, &[blind(Stream::Errors), fast(50)]);
    assert_eq!(case.phase(), "watching", "put off once");
    case.ticks(12 * 10 + 1, &[blind(Stream::Errors), fast(50)]);
    assert_eq!(case.phase(), "held");
    assert!(case.why().contains("HTTP 503 from Prometheus"), "{}", case.why());
}

#[test]
fn what_is_seen_again_in_time_is_accepted() {
    let mut case = Case::released(|_| {});
    case.ticks(12 * 10 + 1, &[blind(Stream::Errors), fast(50)]);
    assert_eq!(case.phase(), "watching");
    case.tick(vec![errors(0, 50), fast(50)]);
    assert_eq!(case.phase(), "idle");
    assert_eq!(case.told.last(), Some(&News::ReleaseAccepted));
}

#[test]
fn readings_that_stop_coming_are_blind_too() {
    let mut case = Case::released(|_| {});
    case.ticks(6, &[errors(0, 50)]);
    case.ticks(13, &[]);
    let verdict = case.verdict("error-rate");
    assert_eq!(verdict.call, Call::Blind, "{}", sentence(&verdict));
}

#[test]
fn what_could_not_be_proved_is_said_when_it_is_accepted() {
    let mut case = Case::released(|_| {});
    case.ticks(12, &[errors(0, 1), fast(50)]);
    case.ticks(12 * 9, &[errors(0, 0), fast(50)]);
    assert_eq!(case.phase(), "idle");
    let mut case = Case::released(|_| {});
    case.ticks(119, &[errors(0, 0), fast(50)]);
    case.world.now = later(case.world.now, secs(5));
    let at = case.world.now;
    let actions = case.happens(ServiceEvent::Sampled(sample("web", at, Outcome::Ok)));
    let filed = actions.iter().find_map(super::super::told::line).unwrap_or_default();
    assert!(filed.contains("unproved: error-rate: no traffic"), "{filed}");
}

#[test]
fn enough_good_requests_prove_it() {
    let mut case = Case::released(|_| {});
    case.ticks(12, &[errors(0, 50), fast(50)]);
    let verdict = case.verdict("error-rate");
    assert_eq!(verdict.call, Call::Pass);
    assert!(sentence(&verdict).contains("at most 0.5 % with 95 % confidence"), "{}", sentence(&verdict));
}

#[test]
fn a_killed_golive_knows_what_was_before_and_what_was_since() {
    let mut case = Case::released(|service| service.triggers.relative = Autonomy::Auto);
    case.ticks(6, &[errors(2, 50), fast(50)]);
    let before = case.verdict("error-rate");
    case.world.kill();
    case.world.step(&Event::Started);
    case.happens(ServiceEvent::Seen(Some(running("v2", "c-v2"))));
    let after = case.verdict("error-rate");
    assert!(after.samples + 50 >= before.samples, "{after:?} {before:?}");
    case.ticks(10, &[errors(2, 50), fast(50)]);
    assert_eq!(case.phase(), "rolling-back");
    assert!(case.why().starts_with("breach by relative"), "{}", case.why());
}
