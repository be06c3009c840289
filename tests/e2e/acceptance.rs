//! A release has to show what it is asked for before it is accepted.

use golive_fixtures::host::Host;
use serde_json::Value;

/// One that wants these words in the answer, one that takes a while, and one that asks several times.
fn items(host: &Host, words: &str, on_fail: &str) -> String {
    format!(
        "[service.shop.acceptance]\non-fail = \"{on_fail}\"\n\
         [service.shop.acceptance.answer]\nurl = \"http://127.0.0.1:{port}/\"\nbody-contains = \"{words}\"\n\
         [service.shop.acceptance.fast]\nurl = \"http://127.0.0.1:{port}/health\"\nmax-latency = \"2s\"\ntimes = 5\n\
         [service.shop.acceptance.slow]\ncommand = [\"/bin/sleep\", \"1\"]\ngroup = \"monitoring\"\n\
         [service.shop.acceptance.watch]\nwatch = {{ availability = \"50%\" }}\n",
        port = host.port,
    )
}

/// That version is deployed, its items are made, and it ends so; its record.
fn released(host: &Host, version: &str, code: i32) -> Value {
    host.deploy(version, &[]);
    host.eventually("its items are made", || !host.status()["acceptance_since"].is_null());
    assert_eq!(host.golive(&["wait", "shop", "--timeout", "60s"]).status.code(), Some(code));
    serde_json::from_str(&host.says(0, &["record", "--format", "json"])).unwrap()
}

/// Other rules are in force.
fn reload(host: &Host, write: impl FnOnce()) {
    let before = host.hook.posts("config-reloaded").len();
    write();
    host.signal("-HUP");
    host.eventually("they are in force", || host.hook.posts("config-reloaded").len() > before);
}

/// What became of it, and each item with what it has shown.
fn shown(record: &Value) -> (&str, Vec<(&str, &str)>) {
    let items = record["acceptance"]["items"].as_array().unwrap().iter();
    (
        record["result"].as_str().unwrap(),
        items.map(|item| (item["name"].as_str().unwrap(), item["outcome"].as_str().unwrap())).collect(),
    )
}

#[test]
fn what_falls_short_takes_a_release_back_or_holds_it_or_makes_it_a_partial_success() {
    let mut host = Host::new("acceptance");
    host.write_rules("");
    host.replace_in_rules("window = \"8s\"", "window = \"3s\"");
    let rules = host.rules();
    let wants = |host: &Host, words: &str, on_fail: &str| {
        host.set_rules(&format!("{rules}{}", items(host, words, on_fail)));
    };
    wants(&host, "shop 1", "rollback");
    host.with_good_version();

    let fell_short =
        vec![("answer", "fail"), ("fast", "pass"), ("slow", "pass"), ("watch-availability", "pass")];
    let record = released(&host, "2", 10);
    assert_eq!(shown(&record), ("failure", fell_short.clone()));
    host.assert_only("1");
    let reason = host.hook.posts("rollback-started").remove(0)["data"]["reason"].to_string();
    assert!(reason.contains("1 of 4 acceptance items did not pass: answer failed"), "{reason}");
    let explained = host.says(0, &["explain", "shop"]);
    assert!(explained.contains("3 passed, 1 failed, 0 could not be told"), "{explained}");

    for (version, on_fail, code) in [("3", "hold", 11), ("4", "accept", 0)] {
        reload(&host, || wants(&host, "shop 1", on_fail));
        let record = released(&host, version, code);
        let result = if on_fail == "hold" { "open" } else { "partial success" };
        assert_eq!(shown(&record), (result, fell_short.clone()), "{on_fail}");
        host.assert_only(version);
    }
    reload(&host, || wants(&host, "shop", "rollback"));
    let record = released(&host, "5", 0);
    assert_eq!(
        (shown(&record).1, &record["acceptance"]["result"]),
        (
            vec![("answer", "pass"), ("fast", "pass"), ("slow", "pass"), ("watch-availability", "pass")],
            &"pass".into()
        )
    );
}
