//! A metric whose past a Prometheus knows: tried on the past, at `check`, and in a watch.

use std::fmt::Write as _;

use golive::clock::Clock;
use golive_fixtures::receiver::Receiver;
use serde_json::Value;

use crate::shop::Shop;
use crate::{golive, rules, stderr, stdout};

const DAY: i64 = 24 * 3600;

type Metric = fn(since: i64) -> Option<f64>;

/// Plays a Prometheus that knows one metric, by seconds since `began`; none where it was not there yet.
fn prometheus(began: i64, metric: Metric) -> Receiver {
    Receiver::answering(move |request| {
        let by_second = |second| metric(second - began);
        let data = if request.head.contains("/query_range") {
            range(&request.body, by_second)
        } else {
            now(by_second)
        };
        ("200 OK", format!("{{\"status\":\"success\",\"data\":{data}}}"))
    })
}

fn now(metric: impl Fn(i64) -> Option<f64>) -> String {
    let second = Clock::start().now().as_second();
    let value = metric(second).unwrap_or(f64::NAN);
    format!(r#"{{"resultType":"vector","result":[{{"metric":{{}},"value":[{second},"{value}"]}}]}}"#)
}

fn range(body: &str, metric: impl Fn(i64) -> Option<f64>) -> String {
    let parameter = |name: &str| {
        let value = body.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        value.unwrap().split('.').next().unwrap().parse::<i64>().unwrap()
    };
    let (mut second, end, step) = (parameter("start"), parameter("end"), parameter("step"));
    let mut values = String::new();
    while second <= end {
        if let Some(value) = metric(second) {
            write!(values, "{}[{second},\"{value}\"]", if values.is_empty() { "" } else { "," }).unwrap();
        }
        second += step;
    }
    format!(r#"{{"resultType":"matrix","result":[{{"metric":{{}},"values":[{values}]}}]}}"#)
}

/// An accuracy of 0.945 to 0.955.
fn accurate(second: i64) -> f64 {
    0.945 + 0.01 * f64::from(i32::try_from((second / 60 * 7919).rem_euclid(101)).unwrap()) / 101.0
}

/// Three days of it, an hour with a tenth of it, and an hour as before.
fn an_hour_of_a_tenth(since: i64) -> Option<f64> {
    let bad = (3 * DAY..3 * DAY + 3600).contains(&since);
    (since >= 0).then(|| accurate(since) * if bad { 0.1 } else { 1.0 })
}

/// Three days of it up to now.
fn steady(since: i64) -> Option<f64> {
    (since >= 0).then(|| accurate(since))
}

fn service(prometheus: &Receiver, window: &str) -> String {
    format!(
        r#"
[prometheus]
url = "http://{address}"
[service.shop]
command = {{ version = ["echo", "1"], rollback = ["false"] }}
[service.shop.watch]
window = "{window}"
[service.shop.health.web]
command = ["true"]
[service.shop.business.accuracy]
query = "accuracy"
anomaly = {{ direction = "drop" }}
autonomy = "auto"
"#,
        address = prometheus.address
    )
}

#[test]
fn the_past_is_judged_by_what_was_known_then() {
    let dir = tempfile::tempdir().unwrap();
    let began: i64 = "2026-03-02T00:00:00Z".parse::<jiff::Timestamp>().unwrap().as_second();
    let prometheus = prometheus(began, an_hour_of_a_tenth);
    let config = rules(dir.path(), &service(&prometheus, "10m"));
    let of = |from: &str, to: &str, more: &[&str]| {
        let arguments = ["--config", &config, "backtest", "shop", "--from", from, "--to", to];
        golive(&arguments.into_iter().chain(more.iter().copied()).collect::<Vec<_>>())
    };
    let report: Value = serde_json::from_str(&stdout(
        &of("2026-03-04T23:40:00Z", "2026-03-05T00:10:00Z", &["--json"]).success(),
    ))
    .unwrap();
    assert_eq!(report["left_out"], serde_json::json!(["health (counts as passing)"]));
    let watches = report["watches"].as_array().unwrap();
    let outcomes: Vec<&str> = watches.iter().map(|watch| watch["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["accepted", "accepted", "rolling-back"], "{report:#}");
    let decided = watches[2]["decided"].as_array().unwrap();
    assert_eq!(decided.len(), 1, "a rollback is listed once: {decided:#?}");
    let why = decided[0]["why"].as_str().unwrap();
    assert!(
        why.starts_with("accuracy: 0.09") && why.contains("on average over 3 min, expected 0.9"),
        "{why}"
    );
    assert!(
        why.contains("by the same minutes of the last 2 days (−90 %). At most 6 of 300 imagined"),
        "{why}"
    );
    let text = stdout(&of("2026-03-04T23:40:00Z", "2026-03-05T00:00:00Z", &[]).success());
    assert!(text.contains("2 placebo watches of 10 min each"), "{text}");
    assert!(!text.contains("no-data"), "the end of the past is not blind: {text}");
    let nothing = of("2026-03-04T23:55:00Z", "2026-03-05T00:00:00Z", &[]).code(64);
    assert!(
        stderr(&nothing).contains("not one watch of 10 min fits between --from and --to"),
        "{}",
        stderr(&nothing)
    );
}

#[test]
fn check_says_what_the_watch_says() {
    let now = Clock::start().now().as_second();
    for (age, said) in [
        (3 * DAY, "judged by 300 imagined releases on 3 days of its past"),
        (DAY, "not judged: 24 h of its past are known, 28 h are needed"),
    ] {
        let prometheus = prometheus(now - age, steady);
        let more = format!(
            "[prometheus]\nurl = \"http://{}\"\n[service.shop.business.accuracy]\nquery = \"accuracy\"\n\
             anomaly = {{ direction = \"drop\" }}\n",
            prometheus.address
        );
        let shop = Shop::open(&more);
        shop.reload(&shop.rules().replace("window = \"2s\"", "window = \"10m\""));
        let checked = shop.golive(&["check", "--online"]);
        let checked = String::from_utf8(checked.stdout).unwrap();
        assert!(checked.contains(&format!("shop business accuracy history: {said}\n")), "{checked}");
        shop.deploy("2", true);
        let why = |shop: &Value| {
            let triggers = shop["triggers"].as_array().cloned().unwrap_or_default();
            let accuracy = triggers.into_iter().find(|trigger| trigger["name"] == "accuracy");
            accuracy.and_then(|trigger| trigger["why"].as_str().map(str::to_owned)).unwrap_or_default()
        };
        shop.until("the watch says the same", |shop| why(shop).ends_with(said));
    }
}
