//! The version of a set's release is what it changed.

use super::*;

/// From which version to which the news of a release are.
fn told(then: &str, now: &str) -> String {
    let mut shop = Shop::accepted(then);
    let actions = shop.happens(&happening(ServiceEvent::Seen(Some(set(now)))));
    let notices = actions.iter().filter_map(|action| match action {
        Action::Tell { notice, .. } if notice.news == News::ReleaseDetected => Some(notice),
        _ => None,
    });
    let ways: Vec<String> = notices
        .map(|notice| format!("{} to {}", notice.from.as_deref().unwrap(), notice.to.as_deref().unwrap()))
        .collect();
    ways.join(" and ")
}

#[test]
fn a_release_is_called_by_what_it_changed() {
    for (then, now, way) in [
        ("app 1, worker 1", "app 2, worker 2", "1 to 2"),
        ("app 1, db 9, web 2", "app 1, db 9, web 3", "web 2 to web 3"),
        ("app 1, db 9, web 2", "app 2, db 9, web 3", "app 1, web 2 to app 2, web 3"),
        (
            "app 1, caddy 2.11, db 9, web 2",
            "app 2, caddy 2.12, db 9, web 3",
            "app 1 and 2 more to app 2 and 2 more",
        ),
        ("app 1, db 9", "app 1, cron 3, db 9", "app 1, db 9 to cron 3"),
        ("app 1, web 2, web 2", "app 1, web 3, web 3", "web 2 to web 3"),
        ("app 1, worker 1", "app 2, worker 1", "app 1 to app 2"),
    ] {
        assert_eq!(told(then, now), way, "{then} -> {now}");
    }
}

#[test]
fn of_sixteen_services_the_bad_one_is_named_from_its_subject_to_its_record() {
    let all = |last: &str| {
        let others = (1..16).map(|number| format!("service{number:02} {number}.0")).collect::<Vec<_>>();
        format!("{}, zone {last}", others.join(", "))
    };
    let mut shop = Shop::accepted(&all("1"));
    shop.sees(set(&all("2 exit 1")));
    shop.passes(30);
    let Phase::RollingBack(rollback) = shop.world.facts().phase.clone() else { panic!("{}", shop.phase()) };
    let plan = rollback.plan;
    assert_eq!((plan.from_version.as_str(), plan.to_version.as_str()), ("zone 2", "zone 1"));
    assert_eq!(shop.world.facts().release.as_ref().unwrap().version, "zone 2");
}
