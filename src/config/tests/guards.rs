//! When golive holds back, and the operator's programs.

use std::time::Duration;

use super::{SERVICE, load};
use crate::config::Runtime;
use crate::model::policy::Quarantine;

fn mistakes(text: &str) -> String {
    load(text).unwrap_err().to_string()
}

#[test]
fn guards_are_read_and_have_defaults() {
    let policy = load(SERVICE).unwrap().services["api"].policy.clone();
    assert_eq!((policy.veto, policy.quarantine), (Duration::ZERO, Quarantine::Watch));
    assert!(policy.maintenance.windows.is_empty());
    let text = format!("{SERVICE}[service.api.rollback]\nveto = \"30s\"\nquarantine = \"rollback\"");
    let policy = load(&text).unwrap().services["api"].policy.clone();
    assert_eq!((policy.veto, policy.quarantine), (Duration::from_secs(30), Quarantine::Rollback));
}

#[test]
fn windows_are_open_when_they_say() {
    let text = "timezone = \"Europe/Berlin\"\n".to_owned()
        + SERVICE
        + "[service.api.maintenance]\nwindows = [\"Sat 02:00-04:00\", \"mon-fri 12:30-13:00\", \"Sun,Wed 22:00-06:00\"]";
    let maintenance = load(&text).unwrap().services["api"].policy.maintenance.clone();
    let until = |at: &str| maintenance.until(at.parse().unwrap()).map(|until| until.to_string());
    let open = |at: &str, closes: &str| assert_eq!(until(at).as_deref(), Some(closes), "{at}");
    // 2026-03-07 is a Saturday; Berlin is an hour ahead of UTC.
    open("2026-03-07T01:00:00Z", "2026-03-07T03:00:00Z");
    open("2026-03-07T02:59:59Z", "2026-03-07T03:00:00Z");
    assert_eq!(until("2026-03-07T03:00:00Z"), None);
    assert_eq!(until("2026-03-07T00:59:59Z"), None);
    assert_eq!(until("2026-03-07T11:45:00Z"), None, "no window at noon on Saturday");
    open("2026-03-06T11:45:00Z", "2026-03-06T12:00:00Z");
    // From Sunday evening to Monday morning.
    open("2026-03-08T22:00:00Z", "2026-03-09T05:00:00Z");
    open("2026-03-09T04:59:00Z", "2026-03-09T05:00:00Z");
    assert_eq!(until("2026-03-08T04:00:00Z"), None, "nothing began on Saturday evening");
    // The night in which clocks go forward: two o'clock is three o'clock.
    open("2026-03-29T21:00:00Z", "2026-03-30T04:00:00Z");
}

/// Berlin's clocks go from 02:00 to 03:00 on 2026-03-29, and from 03:00 back to 02:00 on 2026-10-25.
#[test]
fn a_window_is_open_in_the_nights_in_which_clocks_are_moved() {
    let at = |windows: &str, at: &str| {
        let text = format!(
            "timezone = \"Europe/Berlin\"\n{SERVICE}[service.api.maintenance]\nwindows = [\"{windows}\"]"
        );
        let maintenance = load(&text).unwrap().services["api"].policy.maintenance.clone();
        maintenance.until(at.parse().unwrap()).map(|until| until.to_string())
    };
    let half_past_three = |at: Option<String>| assert_eq!(at.as_deref(), Some("2026-03-29T01:30:00Z"));
    // It opens at a time that this night does not have: with the next one that it has.
    assert_eq!(at("Sun 02:30-03:30", "2026-03-29T00:59:59Z"), None);
    half_past_three(at("Sun 02:30-03:30", "2026-03-29T01:00:00Z"));
    half_past_three(at("Sun 02:30-03:30", "2026-03-29T01:29:59Z"));
    assert_eq!(at("Sun 02:30-03:30", "2026-03-29T01:30:00Z"), None);
    // It closes at such a time: as long after its opening as on any day.
    half_past_three(at("Sun 01:00-02:30", "2026-03-29T01:15:00Z"));
    // An hour that comes twice is in it both times, without a gap.
    for time in ["00:30:00", "01:15:00", "01:59:59", "02:29:59"] {
        let open = at("Sun 02:30-03:30", &format!("2026-10-25T{time}Z"));
        assert_eq!(open.as_deref(), Some("2026-10-25T02:30:00Z"), "{time}");
    }
    assert_eq!(at("Sun 02:30-03:30", "2026-10-25T00:29:59Z"), None);
    assert_eq!(at("Sun 02:30-03:30", "2026-10-25T02:30:00Z"), None);
}

#[test]
fn a_day_may_be_whole_and_a_week_go_round() {
    let open = |window: &str, at: &str| {
        let text =
            format!("timezone = \"UTC\"\n{SERVICE}[service.api.maintenance]\nwindows = [\"{window}\"]");
        let maintenance = load(&text).unwrap().services["api"].policy.maintenance.clone();
        maintenance.until(at.parse().unwrap()).is_some()
    };
    assert!(open("daily 00:00-24:00", "2026-03-07T23:59:59Z"));
    assert!(open("Sat-Mon 10:00-11:00", "2026-03-09T10:30:00Z"));
    assert!(!open("Sat-Mon 10:00-11:00", "2026-03-10T10:30:00Z"));
}

#[test]
fn a_freeze_has_windows_of_the_week_as_maintenance_has() {
    assert!(load(SERVICE).unwrap().services["api"].policy.freeze.windows.is_empty());
    let text = "timezone = \"Asia/Shanghai\"\n".to_owned()
        + &SERVICE.replace("[service.api]", "[service.api]\nfreeze = [\"Sat 13:00-23:00\"]");
    let policy = load(&text).unwrap().services["api"].policy.clone();
    let until = |at: &str| policy.freeze.until(at.parse().unwrap()).map(|until| until.to_string());
    // 2026-03-07 is a Saturday; Shanghai is eight hours ahead of UTC.
    assert_eq!(until("2026-03-07T05:00:00Z").as_deref(), Some("2026-03-07T15:00:00Z"));
    assert_eq!(until("2026-03-07T15:00:00Z"), None);
    assert!(policy.maintenance.windows.is_empty(), "to refuse releases is not to ask before a rollback");
}

#[test]
fn a_window_that_cannot_be_is_said() {
    for window in ["Sat", "02:00-04:00", "Sat 2:00-4:00", "Sat 02:00-24:30", "Sut 02:00-04:00", "Sat 02:00"] {
        let said = mistakes(&format!("{SERVICE}[service.api.maintenance]\nwindows = [\"{window}\"]"));
        assert!(said.contains("is not a window"), "{window}: {said}");
        let said =
            mistakes(&SERVICE.replace("[service.api]", &format!("[service.api]\nfreeze = [\"{window}\"]")));
        assert!(said.contains("freeze") && said.contains("is not a window"), "{window}: {said}");
    }
    let said = mistakes(&format!("{SERVICE}[service.api.maintenance]"));
    assert!(said.contains("has no `windows`"), "{said}");
    let said = mistakes(&format!("{SERVICE}[service.api.rollback]\nveto = \"2h\"\nquarantine = \"tell\""));
    assert!(said.contains("more than an hour") && said.contains("quarantine"), "{said}");
}

#[test]
fn every_command_has_its_deadline() {
    let health = "[service.batch.health.alive]\ncommand = [\"true\"]\n";
    let text = "[service.batch.command]\nversion = [\"v\"]\nrollback = [\"r\", \"{to}\"]\nverify = [\"h\"]\n\
                rollback-timeout = \"1h\"\n[service.batch.rollback]\nbefore = [\"b\"]\nhook-timeout = \"5m\"\n";
    let batch = load(&format!("{text}{health}")).unwrap().services["batch"].clone();
    let Runtime::Command(commands) = &batch.runtime else { panic!("commands") };
    assert_eq!(commands.version.limit, Duration::from_secs(10));
    assert_eq!(commands.rollback.limit, Duration::from_hours(1));
    assert_eq!(commands.verify.as_ref().unwrap().limit, Duration::from_mins(1));
    assert_eq!(commands.ready, None);
    assert_eq!(batch.before.unwrap().limit, Duration::from_mins(5));
    let said = mistakes(&format!(
        "{}ready-timeout = \"1s\"\n{health}",
        text.replace("[service.batch.rollback]", "")
    ));
    assert!(said.contains("ready-timeout"), "{said}");
}

#[test]
fn where_what_a_release_brings_is_written_down() {
    let read = |content: &str| {
        let text = SERVICE.replace("[service.api]\n", &format!("[service.api]\ncontent = {content}\n"));
        load(&text).map(|config| config.services["api"].content.clone())
    };
    assert_eq!(load(SERVICE).unwrap().services["api"].content, None);
    let content = read("{ repository = \"/srv/shop\" }").unwrap().unwrap();
    assert_eq!((content.repository.to_str(), content.tag("1.2")), (Some("/srv/shop"), "v1.2".to_owned()));
    let content = read("{ repository = \"shop.git\", tags = \"shop/{version}-rc\" }").unwrap().unwrap();
    assert!(content.repository.is_absolute(), "it is beside the rules");
    assert_eq!(content.tag("--output=x"), "shop/--output=x-rc");
    for (wrong, said) in [
        ("{ tags = \"v{version}\" }", "repository"),
        ("{ repository = \"\" }", "content.repository: is empty"),
        ("{ repository = \"/srv\", tags = \"v\" }", "does not say where the version stands"),
        ("{ repository = \"/srv\", tags = \"{version}{version}\" }", "does not say where the version stands"),
        ("{ repository = \"/srv\", branch = \"main\" }", "content.branch"),
        ("\"/srv/shop\"", "content"),
    ] {
        let told = read(wrong).unwrap_err().to_string();
        assert!(told.contains(said) && told.contains("rules.toml:"), "{wrong}: {told}");
    }
}
