//! The team's own alerting rules: what fires and did not before the release speaks against it.

use std::collections::BTreeSet;

use super::*;
use crate::model::policy::Alerts;

fn firing(names: &[&str]) -> Vec<(Stream, Measure)> {
    vec![(Stream::Alerts, Measure::Alerts(names.iter().map(|name| (*name).to_owned()).collect()))]
}

/// With alerts that count after two minutes, and what fired in the ten minutes before v2 came.
fn released(autonomy: Autonomy, before: &[&[&str]]) -> Case {
    let mut case = Case::new(|service| {
        service.triggers =
            Triggers { alerts: Some(Alerts { lasts: secs(120), autonomy }), ..Triggers::none() };
        service.window = secs(600);
    });
    for names in before {
        case.tick(firing(names));
    }
    case.deploy("v2");
    case
}

/// A reading each five seconds, of so long.
fn lasts(case: &mut Case, seconds: u32, names: &[&str]) {
    case.ticks(seconds / 5, &firing(names));
}

#[test]
fn one_that_fires_since_the_release_is_asked_about_or_taken_back() {
    for (autonomy, phase) in
        [(Autonomy::Auto, "rolling-back"), (Autonomy::Ask, "held"), (Autonomy::Shadow, "watching")]
    {
        let mut case = released(autonomy, &[&[]]);
        lasts(&mut case, 120, &["HighErrorRate"]);
        assert_eq!(case.phase(), "watching", "{autonomy:?}: not for two minutes yet");
        assert_eq!(case.verdict("alerts").call, Call::Wait);
        lasts(&mut case, 5, &["HighErrorRate"]);
        assert_eq!(case.phase(), phase, "{autonomy:?}");
    }
    let mut case = released(Autonomy::Auto, &[&[]]);
    lasts(&mut case, 125, &["HighErrorRate"]);
    assert!(case.why().contains("HighErrorRate") || case.why().contains("alerts"), "{}", case.why());
}

#[test]
fn one_that_fired_before_is_not_the_releases() {
    let mut case = released(Autonomy::Auto, &[&["DiskFull"], &[]]);
    lasts(&mut case, 300, &["DiskFull"]);
    assert_eq!(case.phase(), "watching");
    let verdict = case.verdict("alerts");
    assert_eq!((verdict.call, verdict.value), (Call::Pass, Some(0.0)));
    assert!(sentence(&verdict).contains("firing as before the release: DiskFull"), "{}", sentence(&verdict));
    // Another one beside it is.
    lasts(&mut case, 125, &["DiskFull", "SlowCheckout"]);
    assert_eq!(case.phase(), "rolling-back");
}

#[test]
fn one_that_ends_in_between_begins_anew() {
    let mut case = released(Autonomy::Auto, &[&[]]);
    for _ in 0..4 {
        lasts(&mut case, 115, &["Flapping"]);
        lasts(&mut case, 5, &[]);
    }
    assert_eq!(case.phase(), "watching");
}

#[test]
fn where_nothing_is_known_of_before_what_fires_first_is_taken_for_old() {
    let mut case = released(Autonomy::Auto, &[]);
    lasts(&mut case, 300, &["Old"]);
    assert_eq!(case.phase(), "watching");
    lasts(&mut case, 125, &["Old", "New"]);
    assert_eq!(case.phase(), "rolling-back");
}

#[test]
fn what_it_was_before_outlives_a_restart() {
    let mut case = released(Autonomy::Auto, &[&["Old"]]);
    lasts(&mut case, 60, &["Old", "New"]);
    case.world.kill();
    case.happens(ServiceEvent::Seen(Some(running("v2", "c-v2"))));
    lasts(&mut case, 60, &["Old"]);
    assert_eq!(case.phase(), "watching");
    let before = case.world.facts().watch().and_then(|watch| watch.alerts_before.clone());
    assert_eq!(before, Some(BTreeSet::from(["Old".to_owned()])));
    lasts(&mut case, 125, &["Old", "New"]);
    assert_eq!(case.phase(), "rolling-back", "what began before the restart is still the release's");
}

#[test]
fn nothing_heard_is_blind_and_no_alert() {
    let mut case = released(Autonomy::Auto, &[&[]]);
    lasts(&mut case, 60, &["New"]);
    let away = || vec![(Stream::Alerts, Measure::Blind("Prometheus: no answer within 5s".to_owned()))];
    case.ticks(3, &away());
    let verdict = case.verdict("alerts");
    assert_eq!((verdict.call, verdict.value), (Call::Blind, None));
    assert_eq!(case.phase(), "watching");
}

#[test]
fn many_are_named_in_part() {
    let mut case = released(Autonomy::Shadow, &[&[]]);
    lasts(&mut case, 125, &["A", "B", "C", "D", "E"]);
    let verdict = case.verdict("alerts");
    assert_eq!((verdict.call, verdict.value, verdict.limit), (Call::Fail, Some(5.0), Some(0.0)));
    assert!(sentence(&verdict).contains("not before the release: A, B, C, +2"), "{}", sentence(&verdict));
}
