//! What golive may do by itself, trigger by trigger.

use super::*;
use crate::model::policy::Otherwise;

fn bad_release(autonomy: Autonomy, change: impl FnOnce(&mut ServicePolicy)) -> Case {
    let mut case = Case::released(|service| {
        if let Some(limits) = &mut service.triggers.error_rate {
            limits.autonomy = autonomy;
        }
        change(service);
    });
    case.ticks(24, &[errors(10, 50), fast(50)]);
    case
}

#[test]
fn off_shadow_ask_and_auto() {
    let phase = |autonomy| bad_release(autonomy, |_| {}).phase();
    assert_eq!(phase(Autonomy::Off), "watching");
    assert_eq!(phase(Autonomy::Shadow), "watching");
    assert_eq!(phase(Autonomy::Ask), "held");
    assert_eq!(phase(Autonomy::Auto), "rolling-back");
    let shadow = bad_release(Autonomy::Shadow, |_| {});
    assert_eq!(shadow.told.iter().filter(|news| **news == News::WouldRollBack).count(), 1);
    assert!(!bad_release(Autonomy::Off, |_| {}).told.contains(&News::WouldRollBack));
}

#[test]
fn a_question_does_not_keep_a_trigger_that_may_act_from_acting() {
    let mut case = bad_release(Autonomy::Ask, |_| {});
    assert_eq!(case.phase(), "held");
    for _ in 0..3 {
        case.world.now = later(case.world.now, secs(5));
        let at = case.world.now;
        case.happens(ServiceEvent::Sampled(sample("web", at, Outcome::Failed("status 500".to_owned()))));
    }
    assert_eq!(case.phase(), "rolling-back");
}

#[test]
fn an_unanswered_question_ends_as_configured() {
    for (otherwise, phase) in
        [(Otherwise::Hold, "held"), (Otherwise::Accept, "idle"), (Otherwise::Rollback, "rolling-back")]
    {
        let mut case = bad_release(Autonomy::Ask, |service| {
            service.ask_within = Some(secs(600));
            service.ask_otherwise = otherwise;
        });
        assert_eq!(case.phase(), "held");
        case.world.now = later(case.world.now, secs(450));
        case.world.step(&Event::Due);
        assert_eq!(case.phase(), "held", "there is still time");
        case.world.now = later(case.world.now, secs(150));
        case.world.step(&Event::Due);
        assert_eq!(case.phase(), phase);
    }
}

#[test]
fn own_health_checks_never_roll_back_by_their_error_rate() {
    let mut case = Case::new(|service| {
        service.triggers = triggers();
        service.requests = vec!["web".to_owned()];
        service.triggers.latency = None;
        service.triggers.resources = None;
        if let Some(limits) = &mut service.triggers.error_rate {
            limits.source = Source::Probes;
        }
    });
    case.deploy("v2");
    for tick in 0..60 {
        case.world.now = later(case.world.now, secs(5));
        let outcome = if tick % 3 == 2 { Outcome::Ok } else { Outcome::Failed("status 500".to_owned()) };
        let at = case.world.now;
        case.happens(ServiceEvent::Sampled(sample("web", at, outcome)));
    }
    assert_eq!(case.phase(), "held", "a person is asked");
    assert!(case.why().contains("by golive's own health checks"), "{}", case.why());
}
