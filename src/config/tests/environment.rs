//! Variables of the environment.

use std::time::Duration;

use super::{Place, SERVICE, load_with};
use crate::config::CheckKind;

#[test]
fn variables_win_over_files() {
    let place = Place::new();
    place.write("rules.toml", SERVICE);
    place.write("rules.d/1.toml", "[service.api.watch]\nwindow = \"1m\"");
    let config = place
        .load(&[
            ("GOLIVE__SERVICE__API__WATCH__WINDOW", "5m"),
            ("golive__service__api__rollback__stop_timeout", "3s"),
            ("GOLIVE__SERVICE__API__ROLLBACK__KEEP", "7"),
            ("GOLIVE__SERVICE__API__TRIGGER__HEALTH", "{ failures = 4 }"),
            ("GOLIVE__SERVICE__API__HEALTH__WEB__STATUS", "[200, 204]"),
            ("GOLIVE_SOCKET", "/not/ours"),
            ("PATH", "/bin"),
        ])
        .unwrap();
    let api = &config.services["api"];
    assert_eq!((api.policy.window, api.stop_timeout), (Duration::from_mins(5), Duration::from_secs(3)));
    assert_eq!((api.policy.keep, api.policy.failures), (7, 4));
    let CheckKind::Http(check) = &api.checks["web"].kind else { panic!("a check by url") };
    assert_eq!(check.status, [200, 204]);
}

#[test]
fn a_whole_service_can_come_from_variables() {
    let config = load_with(
        "",
        &[
            ("GOLIVE__SERVICE__API__CONTAINER", "12345"),
            ("GOLIVE__SERVICE__API__HEALTH__C__DOCKER", "true"),
            ("GOLIVE__PEOPLE__LEAD__NAME", "Ada \"the first\""),
            ("GOLIVE__PEOPLE__LEAD__PHONE", "+4930123"),
        ],
    )
    .unwrap();
    let container = crate::config::Runtime::Container { name: "12345".to_owned() };
    assert_eq!(config.services["api"].runtime, container);
    assert_eq!(config.people[0].phone.as_deref(), Some("+4930123"));
    assert_eq!(config.people[0].name, "Ada \"the first\"");
}

#[test]
fn keys_are_found_as_the_files_spell_them() {
    let text = "[service.shop_api]\ncontainer = \"shop\"\n[service.shop_api.health.Web]\ndocker = true\n";
    let config = load_with(text, &[("GOLIVE__SERVICE__SHOP_API__HEALTH__WEB__TIMEOUT", "9s")]).unwrap();
    assert_eq!(config.services["shop_api"].checks["Web"].timeout, Duration::from_secs(9));
}

#[test]
fn mistakes_name_the_variable() {
    let place = Place::new();
    place.write("rules.toml", SERVICE);
    let told = place.told(&[
        ("GOLIVE__SERVICE__API__WATCH__WINDOW", "soon"),
        ("GOLIVE__SERVICE__API__WATCH__INTERVALL", "5s"),
        ("GOLIVE__SERVICE__DB__RUNBOOK", "x"),
        ("GOLIVE__SERVICE__API__ROLLBACK__BEFORE", "/bin/drain"),
        ("GOLIVE__STATE", "x"),
        ("GOLIVE__", "x"),
        ("GOLIVE__A[9999999999]", "x"),
        ("GOLIVE__A__B__C__D__E__F__G__H__I", "x"),
    ]);
    insta::assert_snapshot!(told);
}
