//! A host that is short of something: what was so before, what is new, and whose doing it is.

use super::*;
use crate::model::reason::Blame;

fn used(what: &str, value: f64, own: f64) -> (Stream, Measure) {
    let of = |value: f64| BTreeMap::from([(what.to_owned(), value)]);
    (Stream::Resources, Measure::Use(Use { host: of(value), own: of(own), pressure: BTreeMap::new() }))
}

fn limited(what: &str, above: u32) -> impl FnOnce(&mut ServicePolicy) {
    let of = vec![what.to_owned()];
    move |service| {
        let resources = service.triggers.resources.as_mut().unwrap();
        (resources.of, resources.above) = (of, Ppm(above));
    }
}

/// So many minutes of this before v2 comes.
fn minutes(case: &mut Case, minutes: u32, measures: &[(Stream, Measure)]) {
    case.ticks(minutes * 12, measures);
}

#[test]
fn a_disk_that_was_beyond_its_limit_before_is_a_note() {
    let mut case = Case::new(limited("disk", 150_000));
    minutes(&mut case, 30, &[used("disk /", 0.22, 0.0)]);
    case.deploy("v2");
    minutes(&mut case, 11, &[used("disk /", 0.22, 0.0)]);
    assert_eq!(case.phase(), "idle", "{}", case.why());
    assert_eq!(case.world.facts().accepted.len(), 2, "v2 is accepted");
    assert!(!case.told.contains(&News::ExternalCause), "it hurts nobody and is not new: {:?}", case.told);
    assert!(case.filed().contains("not to blame (pre-existing)"), "{}", case.filed());
}

#[test]
fn processors_that_others_kept_busy_before_are_a_note() {
    let mut case = Case::new(|_| {});
    minutes(&mut case, 30, &[errors(0, 50), fast(50), host(1.0, 0.05)]);
    case.deploy("v2");
    minutes(&mut case, 3, &[errors(0, 50), fast(50), host(1.0, 0.05)]);
    assert_eq!(case.verdict("resources").call, Call::Pass, "{:?}", case.verdict("resources"));
    minutes(&mut case, 8, &[errors(0, 50), fast(50), host(1.0, 0.05)]);
    assert_eq!(case.phase(), "idle", "{}", case.why());
}

#[test]
fn a_host_that_others_have_filled_since_the_release_asks_at_the_end() {
    let mut case = Case::released(|_| {});
    minutes(&mut case, 11, &[errors(0, 50), fast(50), host(0.97, 0.1)]);
    assert_eq!(case.phase(), "held", "it is new since the release");
    assert!(case.why().starts_with("not to blame (host)"), "{}", case.why());
}

#[test]
fn a_disk_that_the_release_fills_further_is_its_doing() {
    let mut case = Case::new(limited("disk", 150_000));
    minutes(&mut case, 30, &[used("disk /", 0.22, 0.01)]);
    case.deploy("v2");
    minutes(&mut case, 3, &[used("disk /", 0.35, 0.13)]);
    assert_eq!(case.phase(), "rolling-back", "worse than it was before, and by its own part");
}

#[test]
fn busy_processors_under_which_v1_was_fast_excuse_nothing() {
    let mut case = Case::new(|_| {});
    minutes(&mut case, 60, &[errors(0, 50), fast(50), host(1.0, 0.05)]);
    case.deploy("v2");
    minutes(&mut case, 2, &[errors(0, 50), slow(25, 50), host(1.0, 0.05)]);
    assert_eq!(case.phase(), "rolling-back");
    assert!(matches!(case.world.facts().blame, Some(Blame::Release { .. })));
}

#[test]
fn processors_busy_for_the_last_minutes_before_excuse_nothing_either() {
    for since in [20, 6] {
        let mut case = Case::new(|_| {});
        minutes(&mut case, 60 - since, &[errors(0, 50), fast(50), host(0.3, 0.05)]);
        minutes(&mut case, since, &[errors(0, 50), fast(50), host(1.0, 0.05)]);
        case.deploy("v2");
        minutes(&mut case, 2, &[errors(20, 50), fast(50), host(1.0, 0.05)]);
        assert_eq!(case.phase(), "rolling-back", "busy for {since} min before");
    }
}

#[test]
fn hardly_busier_than_before_excuses_nothing() {
    let mut case = Case::new(|_| {});
    minutes(&mut case, 60, &[errors(0, 50), fast(50), host(0.89, 0.05)]);
    case.deploy("v2");
    minutes(&mut case, 2, &[errors(0, 50), slow(25, 50), host(0.92, 0.05)]);
    assert_eq!(case.phase(), "rolling-back");
}

#[test]
fn processors_that_others_take_with_the_release_excuse_slowness() {
    let mut case = Case::released(|_| {});
    minutes(&mut case, 2, &[errors(0, 50), slow(25, 50), host(1.0, 0.05)]);
    assert_eq!(case.phase(), "watching");
    assert_eq!(case.world.facts().blame, Some(Blame::Host("cpu".to_owned())));
}

#[test]
fn latency_that_was_bad_before_and_is_far_worse_is_the_releases_fault() {
    let mut case = Case::new(|_| {});
    minutes(&mut case, 60, &[errors(0, 50), slow(4, 50), host(0.3, 0.1)]);
    case.deploy("v2");
    minutes(&mut case, 5, &[errors(0, 50), slow(4, 50), host(0.3, 0.1)]);
    assert_eq!(case.world.facts().blame, Some(Blame::PreExisting));
    minutes(&mut case, 2, &[errors(0, 50), slow(25, 50), host(0.3, 0.1)]);
    assert_eq!(case.phase(), "rolling-back", "worse than before is no excuse");
}

#[test]
fn a_query_that_gives_far_more_than_its_worst_before_is_the_releases_fault() {
    let rate = |value: f64| [(Stream::Errors, Measure::Value(value)), host(0.3, 0.1)];
    let mut case = Case::new(|_| {});
    minutes(&mut case, 20, &rate(0.08));
    case.deploy("v2");
    minutes(&mut case, 2, &rate(0.09));
    assert_eq!(case.phase(), "watching", "as bad as before");
    assert_eq!(case.world.facts().blame, Some(Blame::PreExisting));
    case.world.kill();
    case.steps(&Event::Started);
    minutes(&mut case, 1, &rate(0.09));
    assert_eq!(case.phase(), "watching", "a restart changes nothing");
    minutes(&mut case, 1, &rate(0.6));
    assert_eq!(case.phase(), "rolling-back", "worse than before");
}
