//! Services that call each other, share something, or have nothing to do with each other: whose trouble began first.

use super::*;
use crate::model::reason::{Blame, Says};

const MAIL: &str = "mail";
const WEB: &str = "web-shop";
const DB: &str = "catalog";

/// An hour of normal traffic of a service and of others, each with what it needs; then v2 comes.
fn among(own: &[&str], others: &[(&str, &[&str])]) -> Case {
    let mut case = Case::new(|_| {});
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let plain = || ServicePolicy { grace: Duration::ZERO, triggers: triggers(), ..service_policy() };
    case.world.service_policy().needs = owned(own);
    for (name, needs) in others {
        let policy = ServicePolicy { needs: owned(needs), ..plain() };
        case.world.policy.services.insert((*name).to_owned(), policy);
    }
    case.world.reload();
    for (name, _) in others {
        of(&mut case, name, ServiceEvent::Seen(Some(running("o1", &format!("c-{name}")))));
    }
    let all_well: Vec<(&str, u64)> = others.iter().map(|(name, _)| (*name, 0)).collect();
    for _ in 0..60 * 12 {
        requests(&mut case, 0, &all_well);
    }
    case.deploy("v2");
    case
}

fn of(case: &mut Case, service: &str, what: ServiceEvent) {
    case.steps(&Event::Service { service: service.to_owned(), what });
}

/// Five seconds: so many of fifty requests fail, of the service and of each of the others.
fn requests(case: &mut Case, own: u64, others: &[(&str, u64)]) {
    let at = later(case.world.now, secs(5));
    case.world.now = at;
    for (name, bad) in others {
        for (stream, measure) in [errors(*bad, 50), fast(50)] {
            of(
                case,
                name,
                ServiceEvent::Measured(Reading { stream, source: Source::Prometheus, at, measure }),
            );
        }
        of(case, name, ServiceEvent::Sampled(sample("web", at, Outcome::Ok)));
    }
    for (stream, measure) in [errors(own, 50), fast(50), host(0.3, 0.1)] {
        case.happens(ServiceEvent::Measured(Reading { stream, source: Source::Prometheus, at, measure }));
    }
    case.happens(ServiceEvent::Sampled(sample("web", at, Outcome::Ok)));
    case.steps(&Event::Due);
}

/// Five seconds: checks of the service and of each of the others pass or fail.
fn checks(case: &mut Case, own: bool, others: &[(&str, bool)]) {
    let at = later(case.world.now, secs(5));
    case.world.now = at;
    let looked = |passed: bool| {
        let outcome = if passed { Outcome::Ok } else { Outcome::Failed("status 503".to_owned()) };
        ServiceEvent::Sampled(sample("web", at, outcome))
    };
    for (name, passed) in others {
        of(case, name, looked(*passed));
    }
    case.happens(looked(own));
    case.steps(&Event::Due);
}

/// Ticks until it is no longer watched, at most so many.
fn until_decided(case: &mut Case, most: u32, mut tick: impl FnMut(&mut Case)) -> u32 {
    let mut ticks = 0;
    while ticks < most && case.phase() == "watching" {
        tick(case);
        ticks += 1;
    }
    ticks
}

fn blamed(case: &Case) -> Option<Blame> {
    case.world.facts().blame.clone()
}

#[test]
fn callers_that_fail_with_it_excuse_nothing_and_cost_no_time() {
    let mut alone = among(&[], &[]);
    let fast = until_decided(&mut alone, 60, |case| requests(case, 20, &[]));
    assert_eq!(alone.phase(), "rolling-back");
    for (others, calls) in [
        (&[(WEB, &[] as &[&str])] as &[(&str, &[&str])], false),
        (&[(WEB, &[API])], true),
        (&[(WEB, &[API]), ("mobile", &[WEB])], true),
    ] {
        let mut case = among(&[], others);
        let failing: Vec<(&str, u64)> = others.iter().map(|(name, _)| (*name, 20)).collect();
        let took = until_decided(&mut case, 60, |case| requests(case, 20, &failing));
        assert_eq!((case.phase(), took), ("rolling-back", fast), "{others:?}");
        let told = match blamed(&case) {
            Some(Blame::Spread { calls, .. }) => calls,
            Some(Blame::Release { .. }) => false,
            other => panic!("{other:?}"),
        };
        assert!(calls || !told, "{others:?}");
    }
}

#[test]
fn a_third_that_is_well_shows_that_it_is_the_release() {
    let mut case = among(&[], &[(WEB, &[]), (MAIL, &[])]);
    let took = until_decided(&mut case, 60, |case| requests(case, 20, &[(WEB, 20), (MAIL, 0)]));
    assert_eq!(case.phase(), "rolling-back");
    assert!(took <= 16, "{took} ticks");
    assert!(matches!(blamed(&case), Some(Blame::Spread { well: 1, .. })), "{:?}", blamed(&case));
}

#[test]
fn what_all_of_them_share_is_not_the_release() {
    let mut case = among(&[], &[(WEB, &[]), (MAIL, &[])]);
    for _ in 0..12 {
        requests(&mut case, 0, &[(WEB, 0), (MAIL, 0)]);
    }
    until_decided(&mut case, 60, |case| requests(case, 20, &[(WEB, 20), (MAIL, 20)]));
    assert_eq!(case.phase(), "watching", "{:?}", blamed(&case));
    assert_eq!(blamed(&case), Some(Blame::Neighbours(vec![MAIL.to_owned(), WEB.to_owned()])));
    // The same with one that is known to depend on the release: two are too few to say.
    let mut case = among(&[], &[(WEB, &[API]), (MAIL, &[])]);
    until_decided(&mut case, 60, |case| requests(case, 20, &[(WEB, 20), (MAIL, 20)]));
    assert_eq!(case.phase(), "rolling-back");
}

#[test]
fn whoever_was_in_trouble_earlier_excuses() {
    for third in [0, 20] {
        let mut case = among(&[], &[(DB, &[]), (MAIL, &[])]);
        for _ in 0..6 {
            requests(&mut case, 0, &[(DB, 0), (MAIL, 0)]);
        }
        for _ in 0..12 {
            requests(&mut case, 0, &[(DB, 20), (MAIL, 0)]);
        }
        for _ in 0..18 {
            requests(&mut case, 20, &[(DB, 20), (MAIL, third)]);
        }
        assert_eq!(case.phase(), "watching");
        let Some(Blame::Earlier { name, by, .. }) = blamed(&case) else { panic!("{:?}", blamed(&case)) };
        assert_eq!(name, DB);
        assert!(by > secs(30) && by <= secs(75), "{by:?}");
    }
}

#[test]
fn what_it_needs_excuses_at_the_same_time_too() {
    let mut case = among(&[DB], &[(DB, &[]), (MAIL, &[])]);
    for _ in 0..30 {
        requests(&mut case, 20, &[(DB, 20), (MAIL, 0)]);
    }
    assert_eq!(case.phase(), "watching");
    assert_eq!(blamed(&case), Some(Blame::Dependency(DB.to_owned())));
}

#[test]
fn a_neighbour_that_has_been_red_for_long_excuses_nothing() {
    for kin in [&[] as &[&str], &[DB]] {
        let mut case = among(kin, &[(DB, &[]), (MAIL, &[])]);
        case.happens(ServiceEvent::Seen(Some(running("v1", "c-v1"))));
        for _ in 0..24 {
            checks(&mut case, true, &[(DB, false), (MAIL, true)]);
        }
        case.deploy("v3");
        for _ in 0..3 {
            checks(&mut case, true, &[(DB, false), (MAIL, true)]);
        }
        let took = until_decided(&mut case, 20, |case| checks(case, false, &[(DB, false), (MAIL, true)]));
        assert_eq!((case.phase(), took), ("rolling-back", 3), "{:?}", blamed(&case));
    }
}

#[test]
fn three_failures_are_acted_on_as_fast_with_others_as_without() {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let others: Vec<(&str, &[&str])> = names.iter().map(|name| (*name, &[] as &[&str])).collect();
    let well: Vec<(&str, bool)> = names.iter().map(|name| (*name, true)).collect();
    let mut case = among(&[], &others);
    let took = until_decided(&mut case, 20, |case| checks(case, false, &well));
    assert_eq!((case.phase(), took), ("rolling-back", 3));
}

#[test]
fn checks_that_all_fail_together_are_what_they_share() {
    let mut case = among(&[], &[(DB, &[]), (MAIL, &[])]);
    for _ in 0..4 {
        checks(&mut case, true, &[(DB, true), (MAIL, true)]);
    }
    checks(&mut case, false, &[(DB, true), (MAIL, true)]);
    checks(&mut case, false, &[(DB, false), (MAIL, true)]);
    checks(&mut case, false, &[(DB, false), (MAIL, false)]);
    assert_eq!(case.phase(), "watching", "mail has failed once");
    assert!(matches!(blamed(&case), Some(Blame::Waits { .. })), "{:?}", blamed(&case));
    checks(&mut case, false, &[(DB, false), (MAIL, false)]);
    assert_eq!(blamed(&case), Some(Blame::Neighbours(vec![DB.to_owned(), MAIL.to_owned()])));
    // One failure of another is not waited with for ever.
    let mut case = among(&[], &[(DB, &[]), (MAIL, &[])]);
    checks(&mut case, false, &[(DB, true), (MAIL, true)]);
    checks(&mut case, false, &[(DB, true), (MAIL, true)]);
    let took = until_decided(&mut case, 20, |case| checks(case, false, &[(DB, false), (MAIL, true)]));
    assert_eq!((case.phase(), took), ("rolling-back", 1), "mail has passed twice since");
}

/// Whoever was excused once and is waited with again is waited with no longer than it takes: a deadline that has passed
/// would come again and again.
#[test]
fn what_fails_together_again_and_again_is_waited_with_anew() {
    let mut case = among(&[], &[(MAIL, &[]), (DB, &[])]);
    for round in 0..3 {
        for tick in 0..36 {
            // One after the other they begin to fail, and all of them come back at once.
            let well = |first: u32| tick < first || tick >= 24;
            checks(&mut case, well(0), &[(DB, well(1)), (MAIL, well(2))]);
            let (now, due) = (case.world.now, case.world.state.next_deadline());
            assert!(due.is_none_or(|due| due > now), "{round}, {tick}: {:?}", blamed(&case));
        }
        assert_eq!(case.phase(), "watching", "{round}");
        assert_eq!(blamed(&case).map(|blame| blame.says()), Some(Says::Excuse), "{round}");
    }
}

#[test]
fn what_ends_by_itself_is_never_excused() {
    let mut case = among(&[DB], &[(DB, &[]), (MAIL, &[])]);
    for _ in 0..12 {
        checks(&mut case, true, &[(DB, false), (MAIL, false)]);
    }
    let instance = "c-v2".to_owned();
    case.happens(ServiceEvent::Died { instance, asked: false, exit: Some(1), oom: false });
    let took = until_decided(&mut case, 20, |case| checks(case, false, &[(DB, false), (MAIL, false)]));
    assert_eq!((case.phase(), took), ("rolling-back", 3), "{:?}", blamed(&case));
}

#[test]
fn what_a_swarm_has_given_up_is_never_excused() {
    let mut case = among(&[], &[(DB, &[]), (MAIL, &[])]);
    for _ in 0..12 {
        checks(&mut case, true, &[(DB, false), (MAIL, false)]);
    }
    let given_up = Some("task failed".to_owned());
    case.happens(ServiceEvent::Seen(Some(crate::model::running::Running {
        given_up,
        ..running("v2", "c-v2")
    })));
    assert_eq!(case.phase(), "rolling-back", "{:?}", blamed(&case));
}

#[test]
fn two_that_were_released_together_are_a_question() {
    let mut case = among(&[DB], &[(DB, &[]), (MAIL, &[])]);
    of(&mut case, DB, ServiceEvent::Seen(Some(running("o2", "c-o2"))));
    until_decided(&mut case, 60, |case| requests(case, 20, &[(DB, 0), (MAIL, 0)]));
    assert_eq!(case.phase(), "held");
    let Some(Blame::Together { name, .. }) = blamed(&case) else { panic!("{:?}", blamed(&case)) };
    assert_eq!(name, DB);
    requests(&mut case, 20, &[(DB, 0), (MAIL, 0)]);
    assert_eq!(case.phase(), "held", "it stays a question while both are watched");
}

#[test]
fn too_few_requests_are_waited_with_and_not_for_ever() {
    let mut case = among(&[], &[(WEB, &[]), (MAIL, &[])]);
    let mut quiet = |case: &mut Case| {
        let at = later(case.world.now, secs(5));
        let (stream, measure) = errors(0, 0);
        requests(case, 20, &[(WEB, 20)]);
        of(case, MAIL, ServiceEvent::Measured(Reading { stream, source: Source::Prometheus, at, measure }));
    };
    requests(&mut case, 0, &[(WEB, 0), (MAIL, 0)]);
    for _ in 0..14 {
        quiet(&mut case);
    }
    assert_eq!(case.phase(), "watching");
    assert!(matches!(blamed(&case), Some(Blame::Waits { .. })), "{:?}", blamed(&case));
    let took = until_decided(&mut case, 60, &mut quiet);
    assert_eq!(case.phase(), "rolling-back");
    assert!(took < 24, "{took} ticks more");
}

/// Killed and started again after every tick, it decides the same at the same time.
#[test]
fn a_restart_in_the_middle_changes_nothing() {
    type Course = fn(&mut Case, u32);
    let courses: [(&str, Course); 4] = [
        ("callers", |case, _| requests(case, 20, &[(WEB, 20), (MAIL, 0)])),
        ("shared", |case, tick| {
            let bad = if tick > 10 { 20 } else { 0 };
            requests(case, bad, &[(WEB, bad), (MAIL, bad)]);
        }),
        ("earlier", |case, tick| {
            let (own, web) = (if tick > 20 { 20 } else { 0 }, if tick > 8 { 20 } else { 0 });
            requests(case, own, &[(WEB, web), (MAIL, 0)]);
        }),
        ("checks", |case, tick| checks(case, tick < 9, &[(WEB, tick < 10), (MAIL, tick < 11)])),
    ];
    let decided = |course: Course, killed: Option<u32>| {
        let mut case = among(&[], &[(WEB, &[]), (MAIL, &[])]);
        let mut turns: Vec<(u32, &'static str, String)> = Vec::new();
        for tick in 0..40 {
            course(&mut case, tick);
            if killed == Some(tick) {
                case.world.kill();
                case.steps(&Event::Started);
                for name in [WEB, MAIL] {
                    of(&mut case, name, ServiceEvent::Seen(Some(running("o1", &format!("c-{name}")))));
                }
                case.happens(ServiceEvent::Seen(Some(running("v2", "c-v2"))));
            }
            let said = blamed(&case).filter(|blame| blame.says() != Says::Wait);
            let said = said.map(|blame| blame.into_str().to_owned()).unwrap_or_default();
            if turns.last().is_none_or(|(_, phase, last)| (*phase, last) != (case.phase(), &said)) {
                turns.push((tick, case.phase(), said));
            }
        }
        turns
    };
    for (name, course) in courses {
        let plain = decided(course, None);
        assert!(plain.len() > 1, "{name}: {plain:?}");
        for killed in [3, 12, 22, 25] {
            let again = decided(course, Some(killed));
            let same = |(one, other): (&(u32, &str, String), &(u32, &str, String))| {
                // What others served while nobody looked is not known: one look of theirs.
                one.0.abs_diff(other.0) <= 1 && (one.1, &one.2) == (other.1, &other.2)
            };
            let all = again.len() == plain.len() && again.iter().zip(&plain).all(same);
            assert!(all, "{name}, killed after tick {killed}: {again:?}, else {plain:?}");
        }
    }
}
