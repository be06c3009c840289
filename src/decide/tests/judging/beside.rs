//! New replicas that serve beside old ones.

use jiff::tz::TimeZone;

use super::*;
use crate::config::Language;
use crate::decide::cause::plain;
use crate::model::reason::Reason;
use crate::text::Texts;

/// What both versions did in the same five seconds, as failed and all requests.
fn beside(old: (u64, u64), new: (u64, u64)) -> (Stream, Measure) {
    let counts = |(bad, total): (u64, u64)| Counts { bad, total };
    let seen = Counts { bad: old.0 + new.0, total: old.1 + new.1 };
    let versions = BTreeMap::from([("v1".to_owned(), counts(old)), ("v2".to_owned(), counts(new))]);
    (Stream::Errors, Measure::Requests(Requests { seen, versions, ..Requests::default() }))
}

/// With so much failing of the new version, one tick after the other for a minute or until it is decided.
fn released(level: Level, old: (u64, u64), new: (u64, u64)) -> Case {
    let mut case = Case::new(|service| service.triggers.level = level);
    case.deploy("v2");
    for _ in 0..11 {
        if case.phase() == "watching" {
            case.ticks(1, &[beside(old, new)]);
        }
    }
    case
}

fn reason(case: &Case) -> Reason {
    match &case.world.facts().phase {
        Phase::RollingBack(rollback) => rollback.reason.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn new_replicas_beside_old_ones_need_no_past() {
    let case = released(Level::Default, (0, 50), (5, 50));
    assert_eq!(case.phase(), "rolling-back");
    assert!(case.why().starts_with("breach by side-by-side"), "{}", case.why());
}

#[test]
fn it_says_over_how_long_and_against_what() {
    let reason = reason(&released(Level::Default, (2, 200), (5, 50)));
    let Reason::Breach(breach) = &reason else { panic!("{reason:?}") };
    assert_eq!((breach.over, breach.samples), (secs(10), 100));
    assert!((breach.limit - 0.01).abs() < 1e-9, "it is held against the old version: {breach:?}");
    let said = |language| Texts::new(language, Some(TimeZone::UTC)).reason(&reason);
    let english = said(Language::English);
    assert_eq!(english, "10 of 100 requests failed in 10 s (10 %, old version at the same time 1 %)");
    assert_eq!(
        said(Language::Chinese),
        "10 秒内 100 个请求中有 10 个失败（API错误率 10%，同时运行的旧版本 1%）"
    );
    assert_eq!(plain(&reason), "error-rate is 10 %, the limit is 1 %", "for hooks");
}

#[test]
fn literal_limits_know_no_side_by_side() {
    // Under the limit for long, though far worse than the old version beside it.
    let case = released(Level::Literal, (0, 250), (10, 250));
    assert_eq!(case.phase(), "watching", "{}", case.why());
    let case = released(Level::Default, (0, 250), (10, 250));
    assert_eq!(case.phase(), "rolling-back");
    // The limit itself holds at every level.
    let mut case = released(Level::Literal, (0, 10), (10, 10));
    case.ticks(2, &[beside((0, 10), (10, 10))]);
    assert_eq!(case.phase(), "rolling-back");
    assert!(case.why().starts_with("breach by limit"), "{}", case.why());
}

#[test]
fn old_replicas_that_fail_more_often_speak_for_the_release() {
    // As bad as it is, all of it comes from what runs beside the release; and from both alike, which says nothing.
    for (old, new, word) in [((15, 50), (2, 50), "old-too"), ((10, 50), (10, 50), "unknown")] {
        let mut case = Case::new(|_| {});
        case.deploy("v2");
        case.ticks(24, &[beside(old, new)]);
        let said = case.world.facts().blame.as_ref().map(crate::model::reason::Blame::into_str);
        assert_eq!(said, Some(word));
        assert_eq!(case.phase(), if word == "old-too" { "watching" } else { "rolling-back" });
    }
}
