//! Releases that are bad by what they do, and are taken back.

use golive_fixtures::until::calm;

use super::stage::{Source, Stage, at_once, both};

#[test]
fn nine_percent_of_errors() {
    both("errors", |mut stage| {
        stage.rules(&[], "");
        stage.baseline(&[]);
        stage.deploy("2", &["--error-ratio", "0.09"]);
        stage.rolled_back(&["requests failed", "limit 5 %"]);
    });
}

#[test]
fn a_p95_of_three_seconds() {
    both("latency", |mut stage| {
        stage.rules(&[], "");
        stage.baseline(&[]);
        stage.deploy("2", &["--latency", "3s"]);
        stage.rolled_back(&["P95", "3 s", "limit 2 s"]);
    });
}

#[test]
fn no_orders() {
    both("orders", |mut stage| {
        stage.rules(&[], "");
        stage.baseline(&[]);
        stage.deploy("2", &["--orders-per-second", "0"]);
        stage.rolled_back(&["orders is 0"]);
    });
}

/// Four of a hundred requests, which no limit is against; the team has a rule that is.
#[test]
fn an_alert_of_the_teams_own() {
    fn rules(stage: &Stage) {
        let alerts = "{ matching = { service = \"shop\" }, for = \"3s\", autonomy = \"auto\" }";
        stage.rules(&[("relative", "\"off\""), ("alerts", alerts)], "");
    }
    fn since_the_release(mut stage: Stage) {
        rules(&stage);
        stage.baseline(&[]);
        stage.deploy("2", &["--error-ratio", "0.04"]);
        stage.rolled_back(&["not before the release: SomeFail"]);
    }
    fn before_as_well(mut stage: Stage) {
        rules(&stage);
        stage.baseline(&["--error-ratio", "0.04"]);
        stage.until("it fires already", || stage.trigger("alerts")["why"].to_string().contains("SomeFail"));
        stage.deploy("2", &["--error-ratio", "0.04"]);
        stage.accepted();
    }
    at_once(&[
        ("alert", Source::Prometheus, since_the_release),
        ("alert-before", Source::Prometheus, before_as_well),
    ]);
}

/// Alone on the machine, see `.config/nextest.toml`.
#[test]
fn alone_all_cores_burnt() {
    calm();
    both("burnt", |mut stage| {
        stage.rules(&[("resources", "{ above = \"90%\", for = \"5s\" }")], "");
        stage.baseline(&[]);
        stage.deploy("2", &["--burn-cpu"]);
        stage.rolled_back(&["cpu is at"]);
    });
}

#[test]
fn alone_memory_eaten() {
    both("eaten", |mut stage: Stage| {
        let limit = format!("{{ above = {:.6}, for = \"3s\", of = [\"memory\"] }}", used_and(300));
        stage.rules(&[("resources", &limit)], "");
        stage.baseline(&[]);
        stage.deploy("2", &["--eat-memory", "500"]);
        stage.rolled_back(&["memory is at"]);
    });
}

#[test]
fn a_crash_loop() {
    both("loop", |mut stage| {
        // The health checks see it too; this is about the other.
        stage.rules(&[("health", "{ failures = 20 }")], "");
        stage.baseline(&[]);
        stage.deploy("2", &["--exit-after", "1s"]);
        stage.rolled_back(&["it ended 3 times", "exit code 74"]);
    });
}

/// The part of this host's memory that is in use, and so many MiB more.
fn used_and(more: u64) -> f64 {
    let info = std::fs::read_to_string("/proc/meminfo").unwrap();
    let field = |name: &str| {
        let line = info.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim_matches([' ', 'k', 'B']).parse::<u64>().unwrap() / 1024
    };
    let (total, available) = (field("MemTotal:"), field("MemAvailable:"));
    let used = total - available + more;
    f64::from(u32::try_from(used).unwrap()) / f64::from(u32::try_from(total).unwrap())
}
