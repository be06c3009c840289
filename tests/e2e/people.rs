//! People act beside golive: they deploy, remove, rename, mistype, reload.

use golive_fixtures::engine::docker;
use golive_fixtures::host::Host;
use golive_fixtures::until::PATIENCE;

const BAD: [&str; 2] = ["--fail-after", "1s"];

#[test]
fn a_container_removed_by_hand_is_left_to_people_who_can_have_it_restored_from_the_record() {
    let mut host = Host::new("removed");
    host.write_rules("");
    host.with_good_version();
    host.deploy("2", &[]);
    host.eventually("the release is watched", || host.phase() == "watching");
    docker(&["rm", "-f", "-v", &host.name]);
    host.eventually_within(2 * PATIENCE, "a person is asked", || host.phase() == "held");
    assert_eq!(host.answer(), None, "nothing is started");
    assert!(host.hook.posts("rollback-started").is_empty());
    host.says(0, &["rollback", "shop", "--wait"]);
    host.assert_only("1");
}

#[test]
fn a_container_renamed_by_hand_does_not_stop_the_rollback() {
    let mut host = Host::new("renamed");
    host.write_rules("");
    host.with_good_version();
    host.deploy("2", &BAD);
    host.eventually("the rollback has begun", || {
        host.phase() == "rolling-back" || host.phase() == "verifying"
    });
    let away = format!("{}-away", host.name);
    docker(&["rename", &host.name, &away]);
    host.eventually("an end, and a good one", || {
        host.answer().as_deref() == Some("shop 1") || host.phase() == "needs-person"
    });
    assert!(!host.hook.posts("rollback-started").is_empty());
}

#[test]
fn a_newer_release_in_mid_watch_supersedes() {
    let mut host = Host::new("newer");
    host.write_rules("");
    host.with_good_version();
    host.deploy("2", &[]);
    host.eventually("the release is watched", || host.phase() == "watching");
    host.deploy("3", &[]);
    host.eventually("the newer one is accepted", || host.status()["accepted"]["version"] == "3");
    host.assert_only("3");
    let releases = host.says(0, &["releases"]);
    assert!(releases.contains("superseded"), "{releases}");
}

#[test]
fn replaced_again_in_mid_rollback_is_not_fought() {
    let mut host = Host::new("fought");
    // A service that does not obey SIGTERM at once, so that there is a middle to act in.
    host.write_rules("");
    host.with_good_version();
    host.deploy("2", &BAD);
    host.eventually("the rollback has begun", || matches!(&*host.phase(), "rolling-back" | "verifying"));
    host.deploy("3", &[]);
    host.eventually("the newest one is accepted", || {
        host.status()["accepted"]["version"] == "3" && host.answer().as_deref() == Some("shop 3")
    });
    host.assert_only("3");
}

#[test]
fn nothing_to_go_back_to_is_said() {
    let host = Host::new("nothing");
    host.write_rules("");
    host.deploy("1", &["--fail-after", "100ms"]);
    host.start();
    host.eventually("that it is down is told", || !host.hook.posts("service-down").is_empty());
    let rollback = host.golive(&["rollback", "shop"]);
    assert_eq!(rollback.status.code(), Some(2), "{rollback:?}");
    assert!(String::from_utf8_lossy(&rollback.stderr).contains("accepted"), "{rollback:?}");
}

#[test]
fn on_hold_a_person_decides() {
    let mut host = Host::new("hold");
    host.write_rules("");
    host.with_good_version();
    assert!(host.golive(&["hold", "shop", "--reason", "migration"]).status.success());
    host.deploy("2", &BAD);
    host.eventually("it is held", || host.phase() == "held");
    host.says(11, &["wait", "shop", "--timeout", "5s"]);
    host.says(1, &["status"]);
    host.eventually("it is told", || host.hook.posts("decision-required").len() == 1);
    let id = host.hook.posts("decision-required")[0]["data"]["incident"].as_str().unwrap().to_owned();
    assert!(host.golive(&["ack", &id, "--by", "Ada"]).status.success());
    host.says(0, &["rollback", "shop", "--wait"]);
    host.assert_only("1");
}

#[test]
fn a_bad_configuration_at_reload_keeps_the_old_rules() {
    let mut host = Host::new("reload");
    host.write_rules("");
    host.with_good_version();
    let good = host.rules();
    host.set_rules(&good.replace("grace", "graze"));
    host.signal("-HUP");
    host.eventually("it is told", || !host.hook.posts("config-rejected").is_empty());
    let check = host.golive(&["check"]);
    assert_eq!(check.status.code(), Some(78), "{check:?}");
    let said = String::from_utf8_lossy(&check.stderr).into_owned();
    assert!(said.contains("graze") && said.contains("did you mean `grace`"), "{said}");
    host.set_rules(&good);
    host.signal("-HUP");
    host.eventually("the mended one is in force", || !host.hook.posts("config-reloaded").is_empty());
    host.deploy("2", &BAD);
    host.eventually("golive still does its job", || host.hook.posts("rollback-succeeded").len() == 1);
    assert!(host.ended().is_none());
}
