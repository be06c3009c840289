use super::*;
use crate::decide::tests::sets::{NOON, set};
use crate::model::running::Identity;

fn at(seconds: i64) -> Timestamp {
    let noon: Timestamp = NOON.parse().unwrap();
    noon + jiff::SignedDuration::from_secs(seconds)
}

fn hour() -> Roster {
    of(&set("app 1, worker 1, migrate 1 done, cron 1 exit 3"), at(3600))
}

fn told(lacks: &[Lack]) -> Vec<String> {
    lacks.iter().map(|lack| format!("{} {:?}", lack.service, lack.how)).collect()
}

#[test]
fn it_says_what_each_service_did() {
    let ran = Did::Ran { lasted: Duration::from_hours(1) };
    let wanted = [("app", ran), ("cron", Did::Nothing), ("migrate", Did::Done), ("worker", ran)]
        .map(|(name, did)| (name.to_owned(), did));
    assert_eq!(hour(), Roster::from(wanted));
    let absent = Running { absent: vec!["worker".to_owned()], ..set("app 1") };
    assert_eq!(of(&absent, at(0)).get("worker"), Some(&Did::Nothing), "it should be there");
}

#[test]
fn what_does_not_do_what_it_did_is_a_lack() {
    for (now, wanted) in [
        ("app 2, worker 2, migrate 2 done, cron 2 exit 3", &[][..]),
        ("app 2, worker 2, migrate 2, cron 2", &[]),
        (
            "app 2, worker 2 exit 3, migrate 2 done, cron 2",
            &["worker Ended { name: \"shop-worker-1\", exit: Some(3) }"],
        ),
        (
            "app 2, worker 2, migrate 2 exit 1, cron 2",
            &["migrate Ended { name: \"shop-migrate-1\", exit: Some(1) }"],
        ),
        ("app 2, migrate 2 done, cron 2", &["worker Missing"]),
        (
            "app 2, worker 2 done, migrate 2 done, cron 2",
            &["worker Early { name: \"shop-worker-1\", after: 2s }"],
        ),
        (
            "app 2, worker 2, worker 2 exit 1, migrate 2 done, cron 2",
            &["worker Ended { name: \"shop-worker-2\", exit: Some(1) }"],
        ),
        ("app 2, worker 2 restarting, migrate 2 done, cron 2", &[]),
    ] {
        assert_eq!(told(&lacks(&hour(), &set(now))), wanted, "{now}");
    }
}

#[test]
fn what_ran_for_less_may_end_as_soon() {
    let lately = of(&set("app 1, job 1"), at(1));
    assert_eq!(told(&lacks(&lately, &set("app 2, job 2 done"))), [""; 0]);
}

#[test]
fn more_is_learnt_and_nothing_is_unlearnt() {
    let later = learnt(&hour(), &set("app 1, worker 1 exit 1, migrate 1, cron 1"), at(7200));
    assert_eq!(later["app"], Did::Ran { lasted: Duration::from_hours(2) });
    assert_eq!(later["worker"], Did::Ran { lasted: Duration::from_hours(1) });
    assert_eq!(later["migrate"], Did::Done);
    assert_eq!(later["cron"], Did::Ran { lasted: Duration::from_hours(2) });
    let less = learnt(&hour(), &set("app 1"), at(7200));
    assert!(less.contains_key("worker") && less.contains_key("migrate"));
    let job = learnt(&of(&set("job 1"), at(1)), &set("job 1 done"), at(9));
    assert_eq!(job["job"], Did::Done, "it ran, and was one that ends");
}

#[test]
fn who_fails_in_the_next_version_keeps_the_place_of_before() {
    let next = succeeding(&hour(), &set("app 2, worker 2 exit 1, cron 2"), at(3600));
    assert_eq!(next["worker"], hour()["worker"]);
    assert_eq!(next["migrate"], Did::Done, "it has no container now");
    assert_eq!(of(&set("app 2, worker 2 exit 1"), at(0))["worker"], Did::Nothing);
}

#[test]
fn who_never_did_well_is_named() {
    assert_eq!(
        told(&never_well(&hour(), &set("app 2, worker 2 exit 3, cron 2 exit 3, new 2 exit 4"))),
        [
            "cron NeverWell { name: \"shop-cron-1\", exit: Some(3) }",
            "new NeverWell { name: \"shop-new-1\", exit: Some(4) }"
        ]
    );
}

#[test]
fn what_is_left_is_told_from_another_release() {
    let whole = set("app 1, worker 1, worker 1, db 1");
    for (part, left) in [
        ("app 1, worker 1, worker 1", true),
        ("app 1, db 1", true),
        ("worker 1", true),
        ("app 1, worker 1, db 1", false),
        ("app 2, worker 1", false),
        ("app 1, other 1", false),
        ("", false),
    ] {
        assert_eq!(is_left_of(&whole, &set(part)), left, "{part}");
    }
}

#[test]
fn replicas_are_counted() {
    let more = scaled(&set("app 1, worker 1"), &set("app 1, worker 1, worker 1, new 1"));
    assert_eq!(more, [Scaled { service: "worker".to_owned(), from: 1, to: 2 }]);
    assert_eq!(scaled(&set("app 1, worker 1"), &set("app 1")), []);
}

#[test]
fn what_has_changed_beside_the_set_is_named() {
    let beside = |services: &[(&str, &str)]| Running {
        left: services
            .iter()
            .map(|(service, version)| Left {
                service: (*service).to_owned(),
                identity: Identity { image: (*version).to_owned(), spec: String::new() },
                version: (*version).to_owned(),
            })
            .collect(),
        ..set("worker 1")
    };
    let changed = changed_beside(
        &beside(&[("db", "9"), ("app", "1"), ("old", "1")]),
        &beside(&[("app", "2"), ("db", "9"), ("new", "1")]),
    );
    let told = |it: &Beside| format!("{} {:?} {:?}", it.service, it.then, it.now);
    assert_eq!(
        changed.iter().map(told).collect::<Vec<_>>(),
        ["app Some(\"1\") Some(\"2\")", "new None Some(\"1\")", "old Some(\"1\") None"]
    );
}
