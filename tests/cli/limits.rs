//! What is watched always, by the built program and this host.

use serde_json::Value;

use crate::shop::Shop;

fn incident<'a>(everything: &'a Value, event: &str) -> Option<&'a Value> {
    everything["incidents"].as_array()?.iter().find(|incident| incident["event"] == event)
}

#[test]
fn a_limit_of_the_host_is_told_shown_and_ends_with_its_rule() {
    let shop = Shop::open("[host.limits]\nmemory = \"0.0001%\"\ndisk = \"100%\"\nfor = \"10s\"\n");
    shop.eventually("its passing is told", || incident(&shop.everything(), "rule-broken").is_some());
    let everything = shop.everything();
    let told = incident(&everything, "rule-broken").unwrap();
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
    shop.eventually("it ends with its rule", || incident(&shop.everything(), "rule-broken").is_none());
    assert_eq!(shop.everything()["rules"].as_array().unwrap().len(), 1);
}
