//! Whose fault it is, and what follows.

use super::*;
use crate::model::reason::Blame;

fn blamed(case: &Case) -> Option<Blame> {
    case.world.facts().blame.clone()
}

#[test]
fn a_release_is_blamed_for_what_was_well_before() {
    let mut case = Case::released(|_| {});
    case.ticks(20, &[errors(10, 50), fast(50)]);
    assert_eq!(case.phase(), "rolling-back");
    assert_eq!(blamed(&case), Some(Blame::Release { neighbours: 0 }));
}

#[test]
fn what_was_red_before_is_not_the_releases_fault() {
    let mut case = Case::new(|_| {});
    case.ticks(60 * 12, &[errors(5, 50), fast(50)]);
    case.deploy("v2");
    case.ticks(12 * 9, &[errors(5, 50), fast(50)]);
    assert_eq!(case.phase(), "watching", "{:?}", case.verdict("error-rate"));
    assert_eq!(blamed(&case), Some(Blame::PreExisting));
    let excused = case.told.iter().filter(|news| **news == News::ExternalCause).count();
    assert_eq!(excused, 1, "told once");
    case.ticks(12 * 2, &[errors(5, 50), fast(50)]);
    assert_eq!(case.phase(), "held", "a person is asked at the end");
    assert!(case.why().starts_with("not to blame (pre-existing)"), "{}", case.why());
}

#[test]
fn worse_than_bad_is_the_releases_fault_again() {
    let mut case = Case::new(|_| {});
    case.ticks(60 * 12, &[errors(5, 50), fast(50)]);
    case.deploy("v2");
    case.ticks(24, &[errors(35, 50), fast(50)]);
    assert_eq!(case.phase(), "rolling-back", "{:?}", case.verdict("error-rate"));
    assert!(matches!(blamed(&case), Some(Blame::Release { .. })));
}

#[test]
fn a_rollback_happens_all_the_same_where_it_is_wished() {
    let mut case = Case::new(|service| service.triggers.on_environment = OnEnvironment::Rollback);
    case.ticks(60 * 12, &[errors(5, 50), fast(50)]);
    case.deploy("v2");
    case.ticks(24, &[errors(5, 50), fast(50)]);
    assert_eq!(case.phase(), "rolling-back");
    assert_eq!(blamed(&case), Some(Blame::PreExisting));
}

#[test]
fn a_neighbour_in_trouble_speaks_for_the_release() {
    let mut case = Case::released(|_| {});
    with_neighbour(&mut case);
    for _ in 0..12 {
        case.tick(vec![errors(0, 50)]);
        let at = case.world.now;
        let failed = sample("web", at, Outcome::Failed("status 503".to_owned()));
        let what = ServiceEvent::Sampled(failed);
        case.world.step(&Event::Service { service: "other".to_owned(), what });
    }
    case.ticks(20, &[errors(10, 50)]);
    assert_eq!(case.phase(), "watching");
    let Some(Blame::Earlier { name, by, .. }) = blamed(&case) else { panic!("{:?}", blamed(&case)) };
    assert_eq!((name.as_str(), by > secs(30)), ("other", true), "{by:?}");
}

#[test]
fn a_dependency_that_fails_speaks_for_the_release() {
    let mut case = Case::released(|service| service.dependencies = vec!["db".to_owned()]);
    for _ in 0..2 {
        case.tick(vec![errors(0, 50), fast(50)]);
        let down = sample("db", case.world.now, Outcome::Failed("connection refused".to_owned()));
        case.happens(ServiceEvent::Dependency(down));
    }
    case.ticks(20, &[errors(10, 50)]);
    assert_eq!(case.phase(), "watching");
    assert_eq!(blamed(&case), Some(Blame::Dependency("db".to_owned())));
    case.happens(ServiceEvent::Dependency(sample("db", case.world.now, Outcome::Ok)));
    case.ticks(2, &[errors(10, 50)]);
    assert_eq!(case.phase(), "rolling-back", "it is back, and the errors stay");
}

#[test]
fn pressure_from_elsewhere_is_not_the_releases_fault() {
    let mut case = Case::released(|_| {});
    case.ticks(40, &[host(0.99, 0.1)]);
    assert_eq!(case.phase(), "watching");
    assert_eq!(blamed(&case), Some(Blame::Host("cpu".to_owned())));
    case.ticks(30, &[host(0.99, 0.75)]);
    assert_eq!(case.phase(), "rolling-back", "now it is its own doing");
}
