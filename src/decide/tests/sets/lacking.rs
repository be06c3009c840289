//! What is missing, has failed or has ended, though every check passes.

use super::*;

#[test]
fn what_did_well_and_has_failed_is_taken_back_whatever_the_checks_say() {
    for (v2, named) in [
        ("app 2, worker 2 exit 3, migrate 2 done", "shop-worker-1 has ended with exit code 3"),
        ("app 2, worker 2, migrate 2 exit 1", "shop-migrate-1 has ended with exit code 1"),
        ("app 2, worker 2, worker 2 exit 137, migrate 2 done", "shop-worker-2 has ended with exit code 137"),
    ] {
        let mut shop = Shop::accepted("app 1, worker 1, migrate 1 done");
        shop.sees(set(v2));
        shop.passes(15);
        assert_eq!(shop.phase(), "watching", "{v2}: within the grace somebody may start it again");
        shop.passes(10);
        assert_eq!(shop.phase(), "rolling-back", "{v2}");
        assert!(shop.has_told("urgent rollback-started: ") && shop.has_told(named), "{:#?}", shop.told);
    }
}

#[test]
fn what_is_configured_for_a_failure_counts_for_a_member_too() {
    for (autonomy, phase) in
        [(Autonomy::Ask, "held"), (Autonomy::Shadow, "watching"), (Autonomy::Off, "watching")]
    {
        let mut shop = Shop::with("app 1, worker 1", |policy| policy.autonomy = autonomy);
        shop.sees(set("app 2, worker 2 exit 3"));
        shop.passes(30);
        assert_eq!(shop.phase(), phase, "{autonomy:?}");
        assert_eq!(shop.has_told("would-roll-back"), autonomy == Autonomy::Shadow);
    }
}

#[test]
fn what_ends_without_an_error_where_it_ran_on_is_for_a_person_to_say() {
    let mut shop = Shop::accepted("app 1, worker 1");
    shop.sees(set("app 2, worker 2 done"));
    shop.passes(30);
    assert_eq!(shop.phase(), "held");
    assert!(shop.has_told("shop-worker-1 has ended after 2"), "{:#?}", shop.told);
}

#[test]
fn who_never_did_well_is_a_warning() {
    let mut shop = Shop::accepted("app 1, cron 1 exit 3");
    assert!(
        shop.has_told("general release-accepted: shop-cron-1 has ended with exit code 3"),
        "{:#?}",
        shop.told
    );
    shop.sees(set("app 2, cron 2 exit 3, new 2 exit 4"));
    shop.passes(90);
    assert_eq!((shop.phase(), shop.world.facts().accepted.len()), ("idle", 2));
    assert!(shop.filed.contains("shop-cron-1") && shop.filed.contains("shop-new-1"), "{}", shop.filed);
    assert!(shop.filed.contains("did not do well in the accepted version either"), "{}", shop.filed);
}

#[test]
fn a_member_that_has_failed_long_before_a_release_is_not_its_fault() {
    let mut shop = Shop::accepted("app 1, worker 1");
    shop.sees(set("app 1, worker 1 exit 9"));
    shop.passes(15);
    assert!(!shop.has_told("service-incomplete"), "{:#?}", shop.told);
    shop.passes(10);
    assert!(shop.has_told("important service-incomplete: shop-worker-1 has ended with exit code 9"));
    shop.sees(set("app 2, worker 2 exit 9"));
    shop.passes(90);
    assert_eq!(shop.phase(), "idle");
    assert_eq!(shop.world.facts().accepted.len(), 2);
    assert!(shop.filed.contains("shop-worker-1"), "{}", shop.filed);
    // It is expected back all the same, and then it has to stay.
    shop.sees(set("app 2, worker 2"));
    assert!(shop.has_told("service-complete"), "{:#?}", shop.told);
    shop.sees(set("app 3, worker 3 exit 9"));
    shop.passes(30);
    assert_eq!(shop.phase(), "rolling-back");
}

#[test]
fn a_service_without_a_container_is_a_fault_and_no_release() {
    let mut shop = Shop::accepted("app 1, worker 1, cron 1");
    let known = shop.world.facts().known.clone();
    shop.sees(set("app 1, cron 1"));
    shop.passes(15);
    assert!(!shop.has_told("service-incomplete"), "{:#?}", shop.told);
    shop.passes(600);
    assert!(shop.has_told("important service-incomplete: worker has no container"), "{:#?}", shop.told);
    assert_eq!((shop.phase(), shop.world.facts().accepted.len()), ("idle", 1));
    assert_eq!(shop.world.facts().known, known, "it is not learnt");
    // A release of all of them is judged and taken back as ever.
    shop.sees(set("app 2, worker 2, cron 2 exit 1"));
    shop.passes(30);
    assert_eq!(shop.phase(), "rolling-back");
    shop.restores("app 1, worker 1, cron 1");
    assert_eq!(shop.phase(), "idle");
    assert!(shop.has_told("rollback-succeeded") && shop.has_told("service-complete"), "{:#?}", shop.told);
}

#[test]
fn a_release_that_lacks_a_service_is_for_a_person_to_say() {
    let mut shop = Shop::accepted("app 1, worker 1");
    shop.sees(set("app 2"));
    shop.passes(30);
    assert_eq!(shop.phase(), "held");
    assert!(
        shop.has_told("important decision-required: ") && shop.has_told("worker has no container"),
        "{:#?}",
        shop.told
    );
    let mut whole = shop;
    whole.sees(set("app 2, worker 2"));
    assert_eq!(whole.phase(), "watching", "the deployment was finished");
    whole.passes(90);
    assert_eq!(whole.phase(), "idle");
}

#[test]
fn a_member_that_goes_in_the_watch_is_no_other_release() {
    let mut shop = Shop::accepted("app 1, worker 1");
    shop.sees(set("app 2, worker 2"));
    shop.passes(30);
    let release = shop.world.facts().release.clone().unwrap().id;
    shop.sees(set("app 2"));
    shop.passes(5);
    assert_eq!(shop.phase(), "held");
    assert_eq!(shop.world.facts().release.as_ref().unwrap().id, release);
    shop.sees(set("app 2, worker 2"));
    assert_eq!(shop.phase(), "watching", "it is there again");
}

#[test]
fn a_person_takes_what_is_left_as_it_is() {
    let mut shop = Shop::accepted("app 1, worker 1");
    shop.sees(set("app 1"));
    shop.passes(30);
    assert!(shop.asks(Ask::Accept { reason: None, force: false }).starts_with("refused"));
    assert_eq!(shop.asks(Ask::Accept { reason: None, force: true }), "done");
    assert!(shop.has_told("service-complete"), "{:#?}", shop.told);
    assert_eq!(shop.world.facts().known, Some(set("app 1").identity));
    shop.passes(30);
    shop.sees(set("app 2"));
    shop.passes(90);
    assert_eq!((shop.phase(), shop.world.facts().accepted.len()), ("idle", 3));
}

#[test]
fn what_was_missing_when_it_was_accepted_is_not_removed_by_a_rollback() {
    let mut shop = Shop::with("app 1, worker 1", |policy| policy.autonomy = Autonomy::Shadow);
    shop.sees(set("app 2"));
    shop.passes(90);
    assert_eq!(shop.world.facts().accepted.len(), 2, "nobody judges in shadow mode");
    shop.world.service_policy().autonomy = Autonomy::Auto;
    shop.world.service_policy().health_autonomy = Autonomy::Auto;
    shop.world.reload();
    shop.sees(set("app 3 exit 1, worker 3"));
    shop.passes(30);
    assert_eq!(shop.phase(), "held");
    assert!(shop.has_told("the version that is gone back to has no worker"), "{:#?}", shop.told);
}

#[test]
fn what_a_rollback_removes_is_said_first() {
    let mut shop = Shop::accepted("app 1, worker 1");
    shop.sees(set("app 2, cron 2, worker 2 exit 1"));
    shop.passes(30);
    assert_eq!(shop.phase(), "rolling-back");
    let told = "urgent rollback-started: shop-worker-1 has ended with exit code 1, and did well in the accepted \
                version; the version that is gone back to has no cron";
    assert!(shop.has_told(told), "{:#?}", shop.told);
}

#[test]
fn a_restored_set_that_is_not_whole_is_not_verified() {
    let mut shop = Shop::accepted("app 1, worker 1");
    shop.sees(set("app 2, worker 2 exit 1"));
    shop.passes(30);
    shop.restores("app 1, worker 1 exit 1");
    assert_eq!(shop.phase(), "needs-person");
    assert!(shop.has_told("rollback-failed") && !shop.has_told("rollback-succeeded"), "{:#?}", shop.told);
}

#[test]
fn what_golive_was_told_survives_a_kill() {
    let mut shop = Shop::accepted("app 1, worker 1");
    shop.world.kill();
    shop.happens(&Event::Started);
    shop.sees(set("app 2, worker 2 exit 1"));
    shop.passes(10);
    shop.world.kill();
    shop.happens(&Event::Started);
    shop.sees(set("app 2, worker 2 exit 1"));
    shop.passes(30);
    assert_eq!(shop.phase(), "rolling-back");
}
