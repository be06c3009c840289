//! Measuring by a real Prometheus, which scrapes an exposition that the test serves.

#![expect(clippy::unwrap_used, reason = "in a test, what goes wrong is a panic")]

mod own;
mod stage;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use golive::clock::Clock;
use golive::config::{Config, Measured, Query};
use golive::docker::Engine;
use golive::model::reading::{Measure, Requests, Stream};
use golive::model::sample::Outcome;
use golive::probe::prometheus::Meter;
use golive::probe::{Probe, Tools};
use stage::{Service, Stage};

fn value(query: &str) -> Measured {
    Measured::new(Stream::Business("value".to_owned()), Query::Value(query.to_owned()))
}

fn counters(label: Option<&str>) -> Measured {
    let query = Query::Requests {
        errors: "http_requests_total{code=~\"5..\"}".to_owned(),
        requests: "http_requests_total".to_owned(),
        version_label: label.map(str::to_owned),
    };
    Measured::new(Stream::Errors, query)
}

fn requests(good: u64, bad: Option<u64>) -> String {
    let line =
        |code: u16, count: u64| format!("http_requests_total{{code=\"{code}\",version=\"v1\"}} {count}\n");
    line(200, good) + &bad.map(|bad| line(500, bad)).unwrap_or_default()
}

/// A series by itself says when it was sampled, and what is asked for five times a second is scraped once.
#[tokio::test]
async fn one_sample_counts_once_however_often_it_is_asked_for() {
    let service = Service::start();
    service.says("orders 3\n");
    let stage = Stage::start(&service);
    stage.until("orders", |measure| *measure == Measure::Value(3.0)).await;
    let mut meter = Meter::new(&value("orders")).unwrap();
    let (mut new, mut again) = (0, 0);
    for _ in 0..15 {
        match stage.read(&mut meter).await {
            Some(Measure::Value(3.0)) => new += 1,
            Some(Measure::Again(3.0)) => again += 1,
            other => panic!("{other:?}"),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(new >= 2 && again >= new, "{new} new, {again} again");
}

#[tokio::test]
async fn values_are_taken_and_everything_else_is_blind() {
    let service = Service::start();
    service.says("orders 12.5\nqueue{shard=\"a\"} 1\nqueue{shard=\"b\"} 2\nnothing 0\n");
    let stage = Stage::start(&service);
    stage.until("orders", |measure| *measure == Measure::Value(12.5)).await;
    // A scrape that comes late on a busy machine leaves no series for a moment.
    let said = async |query: &str, begins: &str| stage.says(&value(query), begins).await;
    said("sum(queue)", "Value(3.0)").await;
    said("scalar(orders)", "Value(12.5)").await;
    said("gone", "Prometheus: no series: the query finds nothing").await;
    said("nothing / nothing", "Prometheus: NaN: ").await;
    said("orders / nothing", "Prometheus: +Inf, ").await;
    said("queue", "Prometheus: 2 series where one is expected, among them queue{").await;
    said("sum(", "Prometheus: status 400, bad_data: ").await;
    said("orders[5m]", "Prometheus: a range of values; ").await;
    said("\"text\"", "Prometheus: an answer of an unknown kind: ").await;
    stage.end();
    said("orders", "Prometheus: connection refused").await;
}

#[tokio::test]
async fn counters_are_followed_through_a_swap() {
    let service = Service::start();
    service.says(&requests(1000, None));
    let stage = Stage::start(&service);
    stage.until("http_requests_total", |measure| *measure == Measure::Value(1000.0)).await;
    let mut meter = Meter::new(&counters(Some("version"))).unwrap();
    assert_eq!(stage.read(&mut meter).await, None, "the first answer only says where counters begin");
    service.says(&requests(1100, Some(7)));
    let grown = stage.sum(&mut meter, 107).await;
    assert_eq!((grown.seen.bad, grown.seen.total), (7, 107), "the first errors ever are counted");
    assert_eq!(grown.versions["v1"], grown.seen);
    // The release is replaced: what fell has begun anew, and what has more already has grown, as Prometheus has it.
    service.says(&requests(30, Some(9)));
    let grown = stage.sum(&mut meter, 32).await;
    assert_eq!((grown.seen.bad, grown.seen.total), (2, 32));
    // A gap: the service cannot be scraped, and what it counted meanwhile lands on the next good answer.
    service.says("<html>");
    stage.until("http_requests_total", |measure| matches!(measure, Measure::Blind(_))).await;
    let blind = stage.read(&mut meter).await.unwrap();
    assert_eq!(blind, Measure::Blind("Prometheus: no series: the query finds nothing".to_owned()));
    service.says(&requests(50, Some(10)));
    let grown = stage.sum(&mut meter, 21).await;
    assert_eq!((grown.seen.bad, grown.seen.total, grown.newborn.total), (1, 21, 0));
}

#[tokio::test]
async fn the_past_is_recalled_as_it_was_measured() {
    let service = Service::start();
    service.says(&(requests(0, Some(0)) + &histogram(0)));
    let stage = Stage::start(&service);
    stage.until("http_requests_total", |measure| *measure == Measure::Value(0.0)).await;
    let clock = Clock::start();
    let began = clock.now();
    for step in 1..=6 {
        service.says(&(requests(step * 20, Some(step)) + &histogram(step)));
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let now = clock.now();
    let second = Duration::from_secs(1);
    let mut sum = Requests::default();
    let mut recall = Meter::recall(&counters(None), began, now, second).unwrap();
    while let Some(piece) = recall.next(&stage.server).await {
        for reading in piece.unwrap() {
            assert!(reading.at >= began - second && reading.at <= now);
            if let Measure::Requests(requests) = reading.measure {
                sum.seen += requests.seen;
            }
        }
    }
    // One error a step; of the first and the last steps, the scrapes may lie outside of the time.
    assert!((3..=6).contains(&sum.seen.bad), "{sum:?}");
    assert_eq!(sum.seen.total, sum.seen.bad * 21);
    let query = Query::Buckets("request_seconds_bucket".to_owned());
    let latency = Measured::new(Stream::Latency, query);
    let mut slow = 0;
    let mut recall = Meter::recall(&latency, began, now, second).unwrap();
    while let Some(piece) = recall.next(&stage.server).await {
        for reading in piece.unwrap() {
            if let Measure::Durations(durations) = reading.measure {
                let edges: Vec<f64> = durations.seen.iter().map(|bucket| bucket.le).collect();
                assert_eq!(edges, [2.0, f64::INFINITY]);
                slow += durations.seen[1].count - durations.seen[0].count;
            }
        }
    }
    assert_eq!(slow, sum.seen.bad);
    let trial = Meter::new(&latency).unwrap().try_out(&stage.server).await;
    assert_eq!(trial.result.as_deref(), Ok("2 buckets in 2 series (counters)"));
    assert_eq!(trial.missed(1.0), Some((None, Some(2.0))));
}

/// Ten fast requests and a slow one in each step.
fn histogram(step: u64) -> String {
    let (fast, all) = (step * 10, step * 11);
    format!(
        "request_seconds_bucket{{le=\"2.0\"}} {fast}\nrequest_seconds_bucket{{le=\"+Inf\"}} {all}\n\
         request_seconds_sum 1\nrequest_seconds_count {all}\n"
    )
}

/// A real one says that it scrapes, what it measured and which rules it lacks.
#[tokio::test]
async fn a_check_may_ask_it_about_itself() {
    let service = Service::start();
    service.says("orders 12.5\n");
    let stage = Stage::start(&service);
    stage.until("orders", |measure| *measure == Measure::Value(12.5)).await;
    let dir = tempfile::TempDir::new().unwrap();
    let rules = format!(
        "[prometheus]\nurl = \"{}\"\n[service.shop]\ncommand = {{ version = [\"true\"], rollback = [\"true\"] }}\n\
         [service.shop.health]\n\
         scraped = {{ prometheus = {{ targets = \"shop\", firing = 0 }}, timeout = \"5s\" }}\n\
         other = {{ prometheus = {{ targets = \"api\" }}, timeout = \"5s\" }}\n\
         ruled = {{ prometheus = {{ rules = [\"HighErrorRate\"] }}, timeout = \"5s\" }}\n\
         enough = {{ query = \"sum(orders)\", below = 12.5, timeout = \"5s\" }}\n\
         few = {{ query = \"sum(orders)\", above = 12, timeout = \"5s\" }}\n",
        stage.url
    );
    std::fs::write(dir.path().join("rules.toml"), rules).unwrap();
    let config = Config::load(&dir.path().join("rules.toml")).unwrap();
    let tools = Tools::new(&Engine::new(Path::new("/nonexistent/docker.sock")).unwrap()).unwrap();
    let shop = &config.services["shop"];
    for (name, wanted) in [
        ("scraped", Outcome::Ok),
        ("other", Outcome::Failed("it scrapes no target of the job api".to_owned())),
        ("ruled", Outcome::Failed("it has no alerting rule HighErrorRate".to_owned())),
        ("enough", Outcome::Ok),
        ("few", Outcome::Failed("12.5 is above 12".to_owned())),
    ] {
        let probe = Probe::new(name, &shop.checks[name], &shop.runtime, &tools);
        assert_eq!(probe.observe(&Clock::start()).await.outcome, wanted, "{name}");
    }
}

/// Two alerts of one name, and one of another service.
const ALERTS: &str = r#"
groups:
- name: shop
  rules:
  - { alert: HighErrorRate, expr: failing > 0, labels: { service: shop, severity: page } }
  - { alert: Elsewhere, expr: up > 0, labels: { service: "a \"quoted\" one" } }
"#;

/// Names of what a real one's rules make fire, and of nothing that carries other labels.
#[tokio::test]
async fn alerts_that_fire_are_those_with_these_labels() {
    let service = Service::start();
    service.says("failing{at=\"a\"} 0\nfailing{at=\"b\"} 0\n");
    let stage = Stage::ruled(&service, ALERTS);
    let of = |name: &str| {
        let labels = BTreeMap::from([("service".to_owned(), name.to_owned())]);
        Measured::new(Stream::Alerts, Query::Alerts(labels))
    };
    stage.says(&of("a \"quoted\" one"), "Alerts({\"Elsewhere\"})").await;
    stage.says(&of("shop"), "Alerts({})").await;
    service.says("failing{at=\"a\"} 1\nfailing{at=\"b\"} 1\n");
    stage.says(&of("shop"), "Alerts({\"HighErrorRate\"})").await;
    let tried = Meter::new(&of("shop")).unwrap().try_out(&stage.server).await;
    assert_eq!((tried.result, tried.remarks), (Ok("HighErrorRate".to_owned()), Vec::new()));
    service.says("failing{at=\"a\"} 0\n");
    stage.says(&of("shop"), "Alerts({})").await;
}

/// Where no rule can ever fire, that is said before it is relied on.
#[tokio::test]
async fn a_prometheus_without_alerting_rules_is_remarked_on() {
    let service = Service::start();
    let stage = Stage::start(&service);
    let labels = BTreeMap::from([("service".to_owned(), "shop".to_owned())]);
    let measured = Measured::new(Stream::Alerts, Query::Alerts(labels));
    stage.says(&measured, "Alerts({})").await;
    let tried = Meter::new(&measured).unwrap().try_out(&stage.server).await;
    assert_eq!(tried.result, Ok("no alert fires".to_owned()));
    assert_eq!(tried.remarks, ["this Prometheus has no alerting rules"]);
    stage.end();
    stage.says(&measured, "Prometheus: ").await;
}
