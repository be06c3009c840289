//! Ends, loops and flapping.

use super::*;
use crate::decide::action::Effect;
use crate::model::running::Running;

fn dies(case: &mut Case) -> Vec<Action> {
    case.happens(ServiceEvent::Died { instance: "c-v2".to_owned(), asked: false, exit: Some(1), oom: false })
}

#[test]
fn after_an_end_it_is_looked_at_at_once_and_twice_again() {
    let mut case = Case::released(|_| {});
    let began = later(case.world.now, secs(7));
    case.world.now = began;
    let probes = |actions: &[Action]| {
        actions.iter().filter(|a| matches!(a, Action::Effect(Effect::ProbeNow { .. }))).count()
    };
    assert_eq!(probes(&dies(&mut case)), 1);
    for after in [2, 4] {
        assert_eq!(case.world.state.next_deadline(), Some(later(began, secs(after))));
        case.world.now = later(began, secs(after));
        assert_eq!(probes(&case.world.step(&Event::Due)), 1);
    }
    assert!(case.world.state.next_deadline() > Some(later(began, secs(30))));
}

#[test]
fn three_ends_in_ten_minutes_are_a_loop() {
    for (autonomy, phase) in [(Autonomy::Auto, "rolling-back"), (Autonomy::Off, "watching")] {
        let mut case = Case::released(|service| service.triggers.crash_loop = autonomy);
        for _ in 0..3 {
            assert_eq!(case.phase(), "watching");
            case.ticks(4, &[errors(0, 50)]);
            dies(&mut case);
        }
        assert_eq!(case.phase(), phase);
    }
}

/// Each end is looked at again and again until it answers, for it is only one.
#[test]
fn a_loop_is_told_as_a_loop_and_not_as_a_check_that_flaps() {
    for failing in [1, 2, 3, 6] {
        let mut case = Case::released(|service| {
            service.failures = 20;
            service.triggers.flapping = Autonomy::Ask;
            service.triggers.crash_loop = Autonomy::Auto;
        });
        let looks = |case: &mut Case, outcomes: &[Outcome]| {
            for outcome in outcomes {
                case.world.now = later(case.world.now, secs(1));
                case.happens(ServiceEvent::Sampled(sample("web", case.world.now, outcome.clone())));
            }
        };
        looks(&mut case, &vec![Outcome::Ok; 6]);
        for _ in 0..3 {
            assert_eq!(case.phase(), "watching", "{failing} after each end");
            dies(&mut case);
            looks(&mut case, &vec![Outcome::Failed("connection refused".to_owned()); failing]);
            looks(&mut case, &[Outcome::Ok]);
        }
        assert_eq!(case.phase(), "rolling-back", "{failing} after each end");
    }
}

#[test]
fn ends_within_the_grace_are_a_service_that_waits_for_something() {
    let mut case = Case::released(|service| {
        service.grace = secs(60);
        service.triggers.crash_loop = Autonomy::Auto;
    });
    for _ in 0..5 {
        case.ticks(2, &[]);
        dies(&mut case);
    }
    assert_eq!(case.phase(), "watching");
}

/// Two failures, then one success, again and again.
fn flapping(autonomy: Autonomy) -> Case {
    let mut case = Case::released(|service| service.triggers.flapping = autonomy);
    for tick in 0..30 {
        case.world.now = later(case.world.now, secs(5));
        let at = case.world.now;
        let outcome = if tick % 3 == 2 { Outcome::Ok } else { Outcome::Failed("status 500".to_owned()) };
        case.happens(ServiceEvent::Sampled(sample("web", at, outcome)));
    }
    case
}

#[test]
fn failing_half_of_the_time_is_told_or_acted_on_as_configured() {
    assert_eq!(flapping(Autonomy::Off).phase(), "watching");
    assert_eq!(flapping(Autonomy::Ask).phase(), "held");
    assert_eq!(flapping(Autonomy::Auto).phase(), "rolling-back");
    assert!(flapping(Autonomy::Ask).why().contains("flaps"), "{}", flapping(Autonomy::Ask).why());
}

#[test]
fn what_flaps_goes_on_flapping_when_golive_was_away_for_a_moment_and_no_longer() {
    for (away, phase) in [(secs(10), "rolling-back"), (secs(120), "watching")] {
        let mut case = Case::released(|service| service.triggers.flapping = Autonomy::Auto);
        for tick in 0..14 {
            let pause = if tick == 7 { away } else { secs(5) };
            case.world.now = later(case.world.now, pause);
            if tick == 7 {
                case.world.step(&Event::Started);
            }
            let outcome = if tick % 3 == 2 { Outcome::Ok } else { Outcome::Failed("status 500".to_owned()) };
            case.happens(ServiceEvent::Sampled(sample("web", case.world.now, outcome)));
        }
        assert_eq!(case.phase(), phase, "away for {away:?}");
    }
}

/// Starts, and ends for good five seconds later, within its grace.
#[test]
fn what_ends_for_good_is_not_starting_up() {
    let mut case = Case::released(|service| service.grace = secs(60));
    case.world.now = later(case.world.now, secs(5));
    let began = case.world.now;
    dies(&mut case);
    let gone = Running { alive: false, ..running("v2", "c-v2") };
    case.happens(ServiceEvent::Seen(Some(gone)));
    for after in [0, 2, 4] {
        assert_eq!(case.phase(), "watching", "after {after} s");
        case.world.now = later(began, secs(after));
        let failed = Outcome::Failed("connection refused".to_owned());
        case.happens(ServiceEvent::Sampled(sample("web", case.world.now, failed)));
    }
    assert_eq!(case.phase(), "rolling-back");
}

/// Docker starts it again at once, as it does for one that waits for its database.
#[test]
fn what_is_started_again_still_has_its_grace() {
    let mut case = Case::released(|service| service.grace = secs(60));
    for _ in 0..5 {
        case.world.now = later(case.world.now, secs(4));
        dies(&mut case);
        case.happens(ServiceEvent::Seen(Some(Running { alive: false, ..running("v2", "c-v2") })));
        case.happens(ServiceEvent::Seen(Some(running("v2", "c-v2"))));
        let failed = Outcome::Failed("connection refused".to_owned());
        case.happens(ServiceEvent::Sampled(sample("web", case.world.now, failed)));
    }
    assert_eq!(case.phase(), "watching");
}
