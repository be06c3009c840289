//! What is left alone because it keeps data, and is changed by a release all the same.

use super::*;

/// The set beside these services that are left alone.
fn beside(all: &str, left: &[(&str, &str)]) -> Running {
    let left = left.iter().map(|(service, version)| Left {
        service: (*service).to_owned(),
        identity: Identity { image: (*version).to_owned(), spec: String::new() },
        version: (*version).to_owned(),
    });
    Running { left: left.collect(), ..set(all) }
}

fn released(then: &[(&str, &str)], now: &[(&str, &str)]) -> Shop {
    let mut shop = Shop::accepted("worker 0");
    shop.sees(beside("worker 1", then));
    shop.passes(90);
    assert_eq!(shop.world.facts().accepted.len(), 2);
    shop.sees(beside("worker 2", now));
    shop
}

fn fails(shop: &mut Shop) {
    for _ in 0..8 {
        shop.world.now = later(shop.world.now, secs(5));
        let failed = sample("web", shop.world.now, Outcome::Failed("status 500".to_owned()));
        shop.happens(&happening(ServiceEvent::Sampled(failed)));
    }
}

#[test]
fn a_release_of_which_a_part_is_left_alone_is_held_and_the_part_is_named() {
    for (then, now, named) in [
        (&[("app", "1")][..], &[("app", "2")][..], "app 1 -> 2"),
        (&[("app", "1"), ("db", "9")], &[("app", "2"), ("db", "9")], "alone by a rollback: app 1 -> 2"),
        (&[], &[("app", "2")], "app -> 2"),
        (&[("app", "1")], &[], "app 1 -> gone"),
    ] {
        let mut shop = released(then, now);
        fails(&mut shop);
        assert_eq!(shop.phase(), "held", "{named}");
        assert!(shop.has_told("urgent decision-required: ") && shop.has_told(named), "{:#?}", shop.told);
    }
}

#[test]
fn what_is_left_alone_and_has_not_changed_keeps_nothing_from_going_back() {
    let mut shop = released(&[("db", "9")], &[("db", "9")]);
    fails(&mut shop);
    assert_eq!(shop.phase(), "rolling-back");
}

#[test]
fn it_never_goes_a_second_step_back() {
    for (left, phase) in [("2", "needs-person"), ("1", "rolling-back")] {
        let mut shop = released(&[("app", "1")], &[("app", left)]);
        fails(&mut shop);
        if shop.phase() == "held" {
            // A person may go back all the same, and hears what stays.
            let asked = Ask::Rollback { to: None, reason: None, known_bad: false };
            assert_eq!(shop.asks(asked), "done");
            assert!(
                shop.has_told("rollback-started: ann") && shop.has_told("app 1 -> 2"),
                "{:#?}",
                shop.told
            );
        }
        while let Phase::RollingBack(rollback) = shop.world.facts().phase.clone() {
            let (rollback, step) = (rollback.plan.rollback, rollback.step);
            let instance = Some(set("worker 1").instance);
            shop.happens(&happening(ServiceEvent::StepDone { rollback, step, instance, output: None }));
        }
        shop.sees(beside("worker 1", &[("app", left)]));
        fails(&mut shop);
        assert_eq!(shop.phase(), phase);
    }
}

#[test]
fn a_set_with_nothing_to_take_back_is_told_as_not_ready() {
    let mut shop = Shop::unseen();
    shop.sees_nothing_but(&["db"]);
    shop.passes(15);
    assert!(!shop.has_told("rollback-not-ready"), "whoever deploys may begin with those: {:#?}", shop.told);
    shop.passes(10);
    let told = "important rollback-not-ready: every service of the project keeps data (db)";
    assert!(shop.has_told(told), "{:#?}", shop.told);
    shop.sees(set("app 1"));
    assert!(shop.has_told("rollback-ready"), "{:#?}", shop.told);
}

#[test]
fn a_set_that_was_accepted_and_is_gone_is_down_and_not_empty() {
    let mut shop = Shop::accepted("app 1");
    shop.sees_nothing_but(&["db"]);
    shop.passes(60);
    assert!(!shop.has_told("rollback-not-ready"), "{:#?}", shop.told);
}
