//! What whoever runs the daemon does and sees: reloads, restarts, `systemctl status`.

use serde_json::Value;

use crate::shop::Shop;

fn refused(shop: &Shop) -> String {
    shop.everything()["daemon"]["config_rejected"].as_str().unwrap_or_default().to_owned()
}

/// Incidents with their states, newest first.
fn incidents(shop: &Shop) -> Vec<(String, String)> {
    let all: Value = serde_json::from_str(&shop.says(0, &["incidents", "--json"])).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    all.as_array().unwrap().iter().map(|row| (text(&row["id"]), text(&row["state"]))).collect()
}

#[test]
fn incidents_of_golive_itself_do_not_outlive_it() {
    let mut shop = Shop::open("");
    let rules = shop.rules();
    shop.reload("nonsense");
    shop.eventually("the reload is refused", |_| !refused(&shop).is_empty());
    shop.write("rules.toml", &rules);
    let open = incidents(&shop);
    assert!(open[0].0.starts_with("golive-config-rejected") && open[0].1 == "open", "{open:?}");
    shop.kill();
    shop.start();
    shop.eventually("it is back", |service| service["phase"] == "idle");
    assert_eq!(incidents(&shop), [(open[0].0.clone(), "resolved".to_owned())]);
}

