//! A service that nobody calls, and whose own requests golive sends while a release is watched.

use golive_fixtures::host::Host;

/// `/` fails, and the health check does not look there.
const BROKEN: [&str; 2] = ["--no-metrics", "--home-fails"];

/// Rules by which requests are enough to judge by within the watch.
fn rules(host: &Host, watch: &str) {
    host.write_rules(
        // The machine of the tests is shared, and a host that others use up excuses a release.
        "[service.shop.trigger]\nresources = false\nerror-rate = { over = \"10s\", min-requests = 60 }\n\
         latency-p95 = { over = \"10s\", min-requests = 60 }\n",
    );
    host.replace_in_rules("window = \"8s\"", &format!("window = \"14s\"\n{watch}"));
    host.replace_in_rules("grace = \"5s\"", "grace = \"1s\"");
}

fn traffic(host: &Host) -> String {
    format!("traffic = {{ rate = 20, url = \"http://127.0.0.1:{}/\" }}", host.port)
}

fn verdict(host: &Host, trigger: &str) -> (String, String) {
    let status = host.status();
    let all = status["triggers"].as_array().unwrap();
    let its = all.iter().find(|one| one["name"] == trigger).unwrap();
    (its["verdict"].as_str().unwrap().to_owned(), its["why"].as_str().unwrap().to_owned())
}

#[test]
fn a_release_that_fails_where_nobody_looks_is_taken_back_by_golives_own_requests() {
    let mut host = Host::new("traffic-bad");
    rules(&host, &traffic(&host));
    host.with_good_version();
    host.deploy("2", &BROKEN);
    host.says(10, &["wait", "shop", "--timeout", "60s"]);
    host.assert_only("1");
    let explain = host.says(0, &["explain"]);
    assert!(explain.contains("golive's own requests"), "{explain}");
}

#[test]
fn without_them_nobody_sees_it() {
    let mut host = Host::new("traffic-none");
    rules(&host, "");
    host.with_good_version();
    host.deploy("2", &BROKEN);
    host.eventually("it is watched", || host.phase() == "watching");
    host.eventually("the watch ends", || host.phase() != "watching");
    assert!(host.hook.posts("rollback-started").is_empty(), "no evidence, no rollback");
    assert_eq!(host.status()["running"]["version"], "2");
}

/// A good one is proved, through a restart of golive in the middle of its watch; nothing is asked when that is over.
#[test]
fn a_good_release_is_proved_and_then_left_alone() {
    let mut host = Host::new("traffic-good");
    rules(&host, &traffic(&host));
    host.with_good_version();
    host.deploy("2", &["--no-metrics"]);
    host.eventually("its requests are counted", || {
        host.phase() == "watching" && verdict(&host, "error-rate").1.contains("0 of")
    });
    host.kill();
    host.start();
    host.eventually("the watch goes on, and its requests prove it", || {
        verdict(&host, "error-rate").0 == "pass" && verdict(&host, "latency-p95").0 == "pass"
    });
    assert!(
        verdict(&host, "error-rate").1.contains("golive's own requests"),
        "{:?}",
        verdict(&host, "error-rate")
    );
    host.says(0, &["wait", "shop", "--timeout", "60s"]);
    assert_eq!(host.status()["accepted"]["version"], "2");
    assert!(host.hook.posts("no-data").is_empty());
    let online = host.golive(&["check", "--online"]).stdout;
    let online = String::from_utf8(online).unwrap();
    assert!(online.contains("watch.traffic: answered in"), "{online}");
}
