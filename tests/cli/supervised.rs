//! What whoever runs the daemon does and sees: reloads, restarts, `systemctl status`.

use std::os::unix::net::UnixDatagram;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::shop::Shop;

fn refused(shop: &Shop) -> String {
    shop.everything()["daemon"]["config_error"].as_str().unwrap_or_default().to_owned()
}

/// Incidents with their states, newest first.
fn incidents(shop: &Shop) -> Vec<(String, String)> {
    let all: Value = serde_json::from_str(&shop.says(0, &["incidents", "--json"])).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    all.as_array().unwrap().iter().map(|row| (text(&row["id"]), text(&row["state"]))).collect()
}

#[test]
fn a_service_in_mid_rollback_cannot_be_left_out() {
    let shop = Shop::open("");
    let (dir, rules) = (shop.dir().display(), shop.rules());
    let script = format!(
        "while [ ! -e {dir}/go ]; do sleep 0.02; done\necho $1 > {dir}/version && echo good > {dir}/health\n"
    );
    shop.write("rollback", &script);
    shop.deploy("2", false);
    shop.until("it is being rolled back", |shop| shop["phase"] == "rolling-back");
    let without = rules.replace("service.shop", "service.cafe");
    shop.reload(&without);
    shop.eventually("the reload is refused", || refused(&shop).contains("shop is being rolled back"));
    assert_eq!(shop.status()["name"], "shop");
    shop.write("go", "");
    shop.says(10, &["wait", "shop"]);
    assert_eq!(shop.version(), "1");
    shop.reload(&without);
    shop.until("it is left out afterwards", |service| service["name"] == "cafe");
    assert_eq!(refused(&shop), "");
}

#[test]
fn another_state_directory_needs_a_restart() {
    let shop = Shop::open("");
    let rules = shop.rules();
    shop.reload(&rules.replace("/state\"", "/elsewhere\""));
    shop.eventually("the reload is refused", || refused(&shop).contains("restart"));
    assert!(refused(&shop).contains("/elsewhere"), "{}", refused(&shop));
    assert!(!shop.path("elsewhere").exists());
    shop.reload(&rules);
    shop.eventually("the old rules are fine", || refused(&shop).is_empty());
}

#[test]
fn incidents_of_golive_itself_do_not_outlive_it() {
    let shop = Shop::open("");
    let rules = shop.rules();
    shop.reload("nonsense");
    shop.eventually("the reload is refused", || !refused(&shop).is_empty());
    shop.write("rules.toml", &rules);
    let open = incidents(&shop);
    assert!(open[0].0.starts_with("golive-config-rejected") && open[0].1 == "open", "{open:?}");
    shop.kill();
    shop.start();
    shop.until("it is back", |service| service["phase"] == "idle");
    assert_eq!(incidents(&shop), [(open[0].0.clone(), "resolved".to_owned())]);
}

#[test]
fn systemd_shows_how_things_are() {
    let shop = Shop::open("");
    shop.kill();
    let socket = UnixDatagram::bind(shop.path("notify")).unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(length) = socket.recv(&mut buffer) {
            let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
            let lines = text.lines().filter_map(|line| line.strip_prefix("STATUS="));
            heard.lock().unwrap().extend(lines.map(str::to_owned));
        }
    });
    let mut daemon = shop.command(&["daemon"]);
    daemon.env("NOTIFY_SOCKET", shop.path("notify"));
    shop.spawn_as(daemon);
    let last = || told.lock().unwrap().last().cloned().unwrap_or_default();
    shop.eventually("all is well", || last() == "watching 1 service, all well");
    shop.deploy("2", true);
    shop.says(0, &["wait", "shop"]);
    shop.eventually("all is well again", || last() == "watching 1 service, all well");
    shop.deploy("3", false);
    shop.says(10, &["wait", "shop"]);
    shop.eventually("what runs is not what was released", || last() == "shop: drift-detected");
    let told = told.lock().unwrap();
    for line in ["shop: watching 2, 1 min left", "shop: rolling-back 3, step command"] {
        assert!(told.iter().any(|it| it == line), "lacks {line}: {told:?}");
    }
    assert!(told.windows(2).all(|two| two[0] != two[1]), "nothing is told twice in a row: {told:?}");
}
