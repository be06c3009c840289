//! Checks by a query, and of a Prometheus itself.

use super::*;
use crate::config::check::{PrometheusCheck, QueryCheck};
use crate::model::figure::Figure;
use crate::model::sample::Outcome;

async fn by_query(address: &str, above: Option<f64>, below: Option<f64>) -> (Outcome, Option<Figure>) {
    let (name, server, query) = (String::new(), config(address), "sum(lag)".to_owned());
    let check = QueryCheck { name, server, query, above, below };
    Look::of_query(&check, stage::DEADLINE, &tools()).look().await
}

#[tokio::test]
async fn a_number_is_held_against_its_limits() {
    let (prometheus, _) = says(200, &vector(r#"{"metric":{},"value":[1700000000,"7"]}"#)).await;
    let seen = async |above, below| by_query(&prometheus.address, above, below).await;
    assert_eq!(seen(Some(7.0), None).await, (Outcome::Ok, Some(Figure::plain(7.0, Some(7.0)))));
    let high = Outcome::Failed("7 is above 6.5".to_owned());
    assert_eq!(seen(Some(6.5), Some(1.0)).await, (high, Some(Figure::plain(7.0, Some(6.5)))));
    let low = Outcome::Failed("7 is below 8".to_owned());
    assert_eq!(seen(Some(9.0), Some(8.0)).await, (low, Some(Figure::plain(7.0, Some(8.0)))));
    assert_eq!(seen(None, Some(7.0)).await.0, Outcome::Ok);
}

#[tokio::test]
async fn what_gives_no_number_could_not_be_told() {
    let two = r#"{"metric":{"a":"1"},"value":[1,"7"]},{"metric":{"a":"2"},"value":[1,"8"]}"#;
    for (status, body, told) in [
        (200, vector(""), "no series"),
        (200, vector(r#"{"metric":{},"value":[1,"NaN"]}"#), "NaN"),
        (200, vector(two), ""),
        (503, "down".to_owned(), "status 503"),
        (200, "<html>".to_owned(), "not the JSON of Prometheus"),
    ] {
        let (prometheus, _) = says(status, &body).await;
        match by_query(&prometheus.address, Some(9.0), None).await {
            (Outcome::Blind(why), None) => assert!(why.contains(told), "{body}: {why}"),
            other => panic!("{body}: {other:?}"),
        }
    }
    let (outcome, _) = by_query("127.0.0.1:1", Some(1.0), None).await;
    assert!(matches!(&outcome, Outcome::Blind(why) if why.starts_with("Prometheus: ")), "{outcome:?}");
}

/// A Prometheus with two targets, of which one may be down, one alert that may fire, and two rules.
async fn itself(down: bool, fires: bool) -> (stage::Server, Arc<Mutex<Vec<String>>>) {
    answers(move |asked| {
        if asked.starts_with("GET") {
            let rule = |name, health| {
                format!(
                    r#"{{"name":"{name}","type":"alerting","health":"{health}","lastError":"no such label"}}"#
                )
            };
            let rules = [rule("HighErrorRate", "ok"), rule("Broken", "err")].join(",");
            return (200, format!(r#"{{"status":"success","data":{{"groups":[{{"rules":[{rules}]}}]}}}}"#));
        }
        let up = |host, value| format!(r#"{{"metric":{{"instance":"{host}"}},"value":[1,"{value}"]}}"#);
        let firing = r#"{"metric":{"alertname":"Disk"},"value":[1,"1"]}"#;
        let found = match (asked.contains("ALERTS"), asked.contains("none")) {
            (true, _) => {
                if fires {
                    firing.to_owned()
                } else {
                    String::new()
                }
            }
            (false, true) => String::new(),
            (false, false) => [up("a:1", "1"), up("b:1", if down { "0" } else { "1" })].join(","),
        };
        (200, vector(&found))
    })
    .await
}

async fn of_itself(address: &str, targets: Option<&str>, rules: &[&str], firing: Option<u32>) -> Outcome {
    let (name, server) = (String::new(), config(address));
    let rules = rules.iter().map(|rule| (*rule).to_owned()).collect();
    let check = PrometheusCheck { name, server, targets: targets.map(str::to_owned), rules, firing };
    Look::of_itself(&check, stage::DEADLINE, &tools()).look().await.0
}

#[tokio::test]
async fn a_prometheus_says_whether_it_does_its_work() {
    let (well, asked) = itself(false, false).await;
    let outcome = of_itself(&well.address, Some("shop \"a\""), &["HighErrorRate"], Some(0)).await;
    assert_eq!(outcome, Outcome::Ok);
    let asked = asked.lock().unwrap().join("\n");
    assert!(asked.contains("up%7Bjob%3D%22shop+%5C%22a%5C%22%22%7D"), "a job's name is quoted: {asked}");
    assert!(asked.contains("GET /prometheus/api/v1/rules?type=alert HTTP/1.1"), "{asked}");
    let (ill, _) = itself(true, true).await;
    let failed = |text: &str| Outcome::Failed(text.to_owned());
    let outcome = of_itself(&ill.address, Some("shop"), &["Gone", "Broken"], Some(0)).await;
    let told = "1 of 2 targets of shop are down: b:1; it has no alerting rule Gone; \
                it cannot evaluate Broken: no such label; 1 alerts are firing, allowed 0: Disk";
    assert_eq!(outcome, failed(told));
    assert_eq!(of_itself(&ill.address, None, &[], Some(1)).await, Outcome::Ok);
    let outcome = of_itself(&ill.address, Some("none"), &[], None).await;
    assert_eq!(outcome, failed("it scrapes no target of the job none"));
    let (garbled, _) = says(200, "{\"status\":\"success\",\"data\":{\"groups\":7}}").await;
    assert!(matches!(of_itself(&garbled.address, None, &["A"], None).await, Outcome::Blind(_)));
}
