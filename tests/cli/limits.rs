//! What is watched always, by the built program and this host.

use serde_json::Value;

use crate::shop::Shop;

fn incident<'a>(everything: &'a Value, event: &str) -> Option<&'a Value> {
    everything["incidents"].as_array()?.iter().find(|incident| incident["event"] == event)
}

#[test]
fn a_limit_of_the_host_is_told_shown_and_ends_with_its_rule() {
    let shop = Shop::open("[host.limits]\nmemory = \"0.0001%\"\ndisk = \"100%\"\nfor = \"10s\"\n");
    shop.eventually("its passing is told", || incident(&shop.everything(), "threshold-exceeded").is_some());
    let everything = shop.everything();
    let told = incident(&everything, "threshold-exceeded").unwrap();
    assert_eq!((told["tier"].as_str(), told["service"].as_str()), (Some("important"), None), "{told}");
    assert!(told["title"].as_str().unwrap().contains("memory is at "), "{told}");
    let rule = |name: &str| {
        let rules = everything["rules"].as_array().unwrap();
        rules.iter().find(|rule| rule["name"] == name).unwrap().clone()
    };
    assert_eq!(rule("host-memory")["verdict"], "fail");
    assert_eq!(rule("host-disk")["verdict"], "pass", "no disk is more than full");
    assert!(shop.says(1, &["status"]).contains("host-memory fail, "), "{}", shop.says(1, &["status"]));
    let online = shop.golive(&["check", "--online"]);
    assert!(String::from_utf8_lossy(&online.stdout).contains("host.limits: "), "{online:?}");
    let without = shop.rules().replace("memory = \"0.0001%\"\n", "");
    shop.reload(&without);
    shop.eventually("it ends with its rule", || incident(&shop.everything(), "threshold-exceeded").is_none());
    assert_eq!(shop.everything()["rules"].as_array().unwrap().len(), 1);
}

#[test]
fn a_backup_that_grows_old_is_told_shown_and_ends_with_its_check() {
    let dir = tempfile::tempdir().unwrap();
    let dump = dir.path().join("shop.dump");
    std::fs::write(&dump, "dump").unwrap();
    let shop = Shop::open(&format!(
        "[check.backup]\nfile-age = {{ path = \"{}\", below = \"26h\" }}\nevery = \"5s\"\ntier = \"important\"\n\
         [check.hangs]\ncommand = [\"sleep\", \"600\"]\ntimeout = \"8s\"\nevery = \"5s\"\n",
        dump.display()
    ));
    let rule = |everything: &Value, name: &str| {
        let rules = everything["rules"].as_array().unwrap();
        rules.iter().find(|rule| rule["name"] == name).unwrap().clone()
    };
    shop.eventually("the backup has been looked at", || {
        rule(&shop.everything(), "backup")["verdict"] == "pass"
    });
    let good = rule(&shop.everything(), "backup");
    assert_eq!((good["limit"].as_f64(), good["unit"].as_str()), (Some(93_600.0), Some("seconds")), "{good}");
    assert!(good["value"].as_f64().unwrap() < 600.0, "{good}");
    assert_eq!(rule(&shop.everything(), "hangs")["why"], "not looked at yet");

    let long_ago = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_hours(24 * 365 * 50);
    std::fs::File::options().append(true).open(&dump).unwrap().set_modified(long_ago).unwrap();
    shop.eventually("its age is told", || incident(&shop.everything(), "threshold-exceeded").is_some());
    let everything = shop.everything();
    let told = incident(&everything, "threshold-exceeded").unwrap();
    assert_eq!((told["tier"].as_str(), told["service"].as_str()), (Some("important"), None), "{told}");
    assert!(told["title"].as_str().unwrap().contains("check \"backup\" failed 3 times in a row"), "{told}");
    assert_eq!(rule(&everything, "backup")["verdict"], "fail");
    assert!(shop.says(1, &["status"]).contains("backup     fail, "), "{}", shop.says(1, &["status"]));
    let online = shop.golive(&["check", "--online"]);
    let online = String::from_utf8_lossy(&online.stdout);
    assert!(
        online.contains("2 checks that are made always") && online.contains("BAD   check backup: "),
        "{online}"
    );

    let (rules, from) = (shop.rules(), shop.rules().find("[check.backup]").unwrap());
    shop.reload(&format!("{}[check.disk]\ncommand = [\"true\"]\n", &rules[..from]));
    shop.eventually("it ends with its check", || {
        incident(&shop.everything(), "threshold-exceeded").is_none()
    });
    assert_eq!(shop.everything()["rules"].as_array().unwrap().len(), 1);
}
