//! When golive holds back, and what it does with the operator's own commands: the built program, a real deploy script.

use std::time::Duration;

use serde_json::Value;

use crate::shop::Shop;

/// A deploy script in the shape that operators already have. It writes down how it was called and what it was told.
const DEPLOY: &str = r#"#!/bin/sh
cd "$(dirname "$0")"
echo "$* [$GOLIVE_SERVICE $GOLIVE_FROM $GOLIVE_TO] $GOLIVE_REASON ${GOLIVE_ROLLBACK:+in a rollback}" >>calls
[ -n "$NOTIFY_SOCKET" ] && echo "speaks in golive's name" >>calls
case "$1" in
  version) cat version ;;
  has) grep -qx "$2" versions || { echo "no image of $2"; exit 1; } ;;
  rollback)
    echo "restoring $2"
    echo "$2" >half && mv half version
    grep -qx "$2" works && echo good >health || echo bad >health ;;
  health) echo "status: $(cat health)"; grep -q good health ;;
  before) [ ! -e migrated ] || { cat migrated; exit 113; } ;;
esac
"#;

/// A shop that is deployed by that script, where these versions exist and those of them work.
fn shop(more: &str, versions: &str, works: &str) -> Shop {
    let shop = Shop::open(more);
    shop.write("deploy-production.sh", DEPLOY);
    shop.write("versions", versions);
    shop.write("works", works);
    let script = shop.path("deploy-production.sh");
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let script = script.display();
    let rules = shop.rules();
    let old = rules.lines().find(|line| line.starts_with("command = {")).unwrap();
    let new = format!(
        "command = {{ version = [\"{script}\", \"version\"], rollback = [\"{script}\", \"rollback\", \"{{to}}\"], \
         ready = [\"{script}\", \"has\", \"{{to}}\"], verify = [\"{script}\", \"health\"], rollback-timeout = \"20s\" }}"
    );
    let hooked = format!("verify = \"300ms\"\nbefore = [\"{script}\", \"before\"]");
    shop.reload(&rules.replace(old, &new).replace("verify = \"300ms\"", &hooked));
    let calls = || std::fs::read_to_string(shop.path("calls")).unwrap_or_default();
    shop.eventually("the new rules are in force", || calls().contains("version [shop"));
    shop
}

/// Another version is deployed and accepted.
fn accepted(shop: &Shop, version: &str) {
    shop.deploy(version, true);
    shop.until("it is accepted", |now| now["accepted"]["version"] == version);
}

fn rolled_back(shop: &Shop, to: &str) {
    shop.until("it is rolled back", |now| {
        let over = now["phase"] == "idle" && now["decided"]["state"] == "rolled-back";
        over && now["running"]["version"] == to
    });
    assert_eq!(shop.version(), to);
}

#[test]
fn a_deploy_script_rolls_back_and_says_that_it_is_healthy() {
    let shop = shop("", "1\n", "1\n");
    // As under systemd: what is between it and golive is not for the operator's programs.
    shop.kill();
    let mut daemon = shop.command(&["daemon"]);
    daemon.env("NOTIFY_SOCKET", shop.path("notify"));
    shop.spawn_as(daemon);
    shop.until("it is up again", |now| now["running"]["version"] == "1");
    shop.deploy("2", false);
    assert!(shop.says(10, &["wait", "shop"]).contains("rolled-back"));
    rolled_back(&shop, "1");
    let calls = std::fs::read_to_string(shop.path("calls")).unwrap();
    let call = |begins: &str| calls.lines().find(|line| line.starts_with(begins)).map(str::to_owned);
    let rollback = call("rollback 1 [shop 2 1]").unwrap_or_else(|| panic!("{calls}"));
    assert!(rollback.contains("health check web failed 3 of 3 times in a row"), "{rollback}");
    assert!(rollback.ends_with("in a rollback"), "{rollback}");
    assert!(call("health [shop 2 1]").is_some(), "{calls}");
    assert!(call("before [shop 2 1]").is_some(), "{calls}");
    assert!(!calls.contains("speaks in golive's name"), "{calls}");
    let release = shop.status()["decided"]["release"].as_str().unwrap().to_owned();
    for told in [shop.says(0, &["explain", &release]), shop.says(0, &["record", &release])] {
        assert!(told.contains("restoring 1") && told.contains("status: good"), "{told}");
    }
}

#[test]
fn a_version_that_the_script_does_not_have_is_no_way_back() {
    let shop = shop("", "1\n", "1\n");
    shop.write("versions", "");
    shop.deploy("2", true);
    shop.until("not ready", |now| now["readiness"]["ready"] == false);
    let problem = shop.status()["readiness"]["problems"].to_string();
    assert!(problem.contains("no image of 1"), "{problem}");
    assert_eq!(shop.golive(&["rollback", "shop", "--dry-run"]).status.code(), Some(2));
}

#[test]
fn a_restored_version_that_does_not_work_is_left_for_the_next_older_one() {
    let shop = shop("", "1\n2\n3\n", "1\n");
    accepted(&shop, "2");
    shop.deploy("3", false);
    rolled_back(&shop, "1");
    let incidents = shop.says(0, &["incidents", "--json"]);
    assert!(incidents.contains("drift-detected"), "{incidents}");
    let release = shop.status()["decided"]["release"].as_str().unwrap().to_owned();
    let story = shop.says(0, &["explain", &release]);
    assert!(story.contains("rollback-next-older"), "{story}");
    let steps: Vec<&str> =
        story.lines().filter(|line| line.contains("→ step run the rollback command")).collect();
    assert_eq!(steps.len(), 2, "{story}");
}

#[test]
fn what_runs_is_not_what_was_released_until_somebody_takes_it_on() {
    let shop = shop("", "1\n", "1\n");
    shop.deploy("2", false);
    rolled_back(&shop, "1");
    shop.says(1, &["status"]);
    shop.says(10, &["wait", "shop"]);
    let open = |now: &Value| {
        let incidents = now["incidents"].as_array().cloned().unwrap_or_default();
        incidents.into_iter().find(|incident| incident["event"] == "drift-detected")
    };
    let everything = shop.everything();
    let diverged = open(&everything).unwrap();
    assert_eq!(everything["services"][0]["drift"]["released"], "2");
    shop.says(0, &["ack", diverged["id"].as_str().unwrap(), "--by", "Ada"]);
    assert_eq!(shop.status()["drift"]["acknowledged_by"], "Ada");
    shop.says(0, &["status"]);
    shop.says(10, &["wait", "shop"]);
    accepted(&shop, "3");
    assert_eq!(shop.status()["drift"], Value::Null);
    assert!(open(&shop.everything()).is_none());
}

#[test]
fn what_was_taken_back_is_known_when_it_comes_again() {
    let shop = shop("", "1\n", "1\n");
    shop.deploy("2", false);
    rolled_back(&shop, "1");
    let status = shop.says(1, &["status"]);
    assert!(status.contains("known bad"), "{status}");
    let releases = shop.says(0, &["releases"]);
    assert!(releases.contains("rolled-back, known bad"), "{releases}");
    shop.deploy("2", true);
    let known = |shop: &Shop| shop.everything()["incidents"].to_string().contains("known-bad-version");
    shop.until("it is watched", |now| now["release"]["version"] == "2");
    assert!(known(&shop), "{:#}", shop.everything());
    shop.says(0, &["accept", "shop"]);
    assert_eq!(shop.status()["quarantine"], Value::Array(Vec::new()));
    assert!(!known(&shop));
}

#[test]
fn a_release_can_be_known_and_taken_back_at_once() {
    let shop = shop("quarantine = \"rollback\"", "1\n", "1\n");
    shop.deploy("2", false);
    rolled_back(&shop, "1");
    shop.deploy("2", true);
    let count = |releases: &str| releases.lines().filter(|line| line.contains("rolled-back")).count();
    shop.eventually("it is taken back again", || count(&shop.says(0, &["releases"])) == 2);
    rolled_back(&shop, "1");
}

#[test]
fn people_get_time_to_stop_a_rollback_and_a_killed_golive_goes_on_counting() {
    let shop = shop("veto = \"3s\"", "1\n", "1\n");
    shop.deploy("2", false);
    shop.until("the count-down runs", |now| now["scheduled_rollback"]["starts_at"].is_string());
    assert_eq!(shop.status()["phase"], "watching");
    shop.says(0, &["hold", "shop"]);
    shop.until("it is held", |now| now["phase"] == "held" && now["scheduled_rollback"] == Value::Null);
    assert_eq!(shop.version(), "2");
    shop.says(0, &["resume", "shop"]);
    shop.until("it is counted down again", |now| now["scheduled_rollback"]["starts_at"].is_string());
    shop.kill();
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(shop.version(), "2");
    shop.start();
    rolled_back(&shop, "1");
}

#[test]
fn a_before_hook_can_say_that_there_is_no_way_back() {
    let shop = shop("", "1\n", "1\n");
    shop.write("migrated", "tables were migrated\nand more\n");
    shop.deploy("2", false);
    shop.until("a person is asked", |now| now["phase"] == "held");
    let why = shop.status()["why"].as_str().unwrap().to_owned();
    assert!(why.contains("(tables were migrated)"), "{why}");
    assert_eq!(shop.version(), "2");
    shop.says(0, &["rollback", "shop", "--wait"]);
    rolled_back(&shop, "1");
}

#[test]
fn in_a_maintenance_window_a_person_decides() {
    let window = "[service.shop.maintenance]\nwindows = [\"daily 00:00-24:00\"]";
    let shop = shop(window, "1\n", "1\n");
    shop.deploy("2", false);
    shop.until("a person is asked", |now| now["phase"] == "held");
    let status = shop.status();
    assert!(status["why"].as_str().unwrap().contains("maintenance window"), "{status:#}");
    assert!(status["maintenance"].is_string(), "{status:#}");
    shop.says(0, &["rollback", "shop", "--wait"]);
    rolled_back(&shop, "1");
}
