//! What a person at the terminal does.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;

use golive_fixtures::daemon::program;
use serde_json::Value;

use crate::shop::Shop;

#[test]
fn a_person_goes_back_by_hand() {
    let shop = Shop::open("");
    let impossible = shop.golive(&["rollback", "shop", "--dry-run"]);
    assert_eq!(impossible.status.code(), Some(2), "{impossible:?}");
    assert!(String::from_utf8_lossy(&impossible.stderr).contains("no accepted version"), "{impossible:?}");

    shop.deploy("2", true);
    shop.says(0, &["wait", "shop"]);
    let plan = shop.says(0, &["rollback", "shop", "--dry-run"]);
    assert!(plan.starts_with("shop: 2 -> 1\n") && plan.contains("  command\n"), "{plan}");
    assert_eq!(shop.version(), "2", "a dry run does nothing");
    shop.says(2, &["rollback", "shop", "--to", "9"]);
    let back = shop.says(0, &["rollback", "shop", "--to", "1", "--reason", "changed our minds", "--wait"]);
    assert!(back.contains("rolled-back"), "{back}");
    assert_eq!(shop.version(), "1");
    assert!(shop.says(0, &["explain"]).contains("changed our minds"));
}

#[test]
fn a_person_ends_the_watch() {
    let shop = Shop::open("");
    shop.says(2, &["accept", "shop"]);
    shop.deploy("2", true);
    shop.until("it is watched", |shop| shop["phase"] == "watching");
    shop.says(0, &["accept", "shop"]);
    assert_eq!(shop.status()["accepted"]["version"], "2");
    shop.says(0, &["status"]);
    let record: Value = serde_json::from_str(&shop.says(0, &["record", "shop", "--format", "json"])).unwrap();
    assert!(record.to_string().contains("accepted"), "{record:#}");
    let releases: Value = serde_json::from_str(&shop.says(0, &["releases", "shop", "--json"])).unwrap();
    assert_eq!(
        (releases[0]["version"].as_str(), releases[0]["state"].as_str()),
        (Some("2"), Some("accepted"))
    );
}

#[test]
fn a_second_daemon_does_not_push_the_first_aside() {
    let shop = Shop::open("");
    let second = shop.golive(&["daemon"]);
    assert_eq!(second.status.code(), Some(73), "{second:?}");
    assert!(String::from_utf8_lossy(&second.stderr).contains("another daemon"), "{second:?}");
    let elsewhere = shop.path("other.sock");
    let elsewhere = shop.golive(&["daemon", "--socket", elsewhere.to_str().unwrap()]);
    assert_eq!(elsewhere.status.code(), Some(75), "{elsewhere:?}");
    shop.says(0, &["status"]);
}

/// Only root can become somebody else, so for others there is nothing to see here.
#[test]
fn who_is_neither_root_nor_in_the_group_may_not() {
    let root = fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    if !root {
        return;
    }
    let shop = Shop::open("");
    fs::set_permissions(shop.dir(), fs::Permissions::from_mode(0o755)).unwrap();
    let copy = shop.path("golive");
    fs::copy(program(), &copy).unwrap();
    let stranger = || shop.command_of(&copy, &["status"]).uid(65534).gid(65534).output().unwrap();
    let kept_out = stranger();
    assert_eq!(kept_out.status.code(), Some(77), "{kept_out:?}");
    // Not even when somebody widened the socket's mode.
    fs::set_permissions(shop.path("golive.sock"), fs::Permissions::from_mode(0o666)).unwrap();
    let kept_out = stranger();
    assert_eq!(kept_out.status.code(), Some(77), "{kept_out:?}");
    assert!(String::from_utf8_lossy(&kept_out.stderr).contains("join the group golive"), "{kept_out:?}");
}
