//! What a Prometheus on this host knows, and the queries that follow from it.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::stage::{Part, Reply, server, with_tls};
use crate::clock::Clock;
use crate::config::Runtime;
use crate::discover::knock::With;
use crate::discover::prometheus::find;
use crate::discover::seen::{Answer, Door, Scraped};
use crate::discover::subjects::{Member, Subject};
use crate::docker::{Engine, Inspect};
use crate::probe::Tools;

/// Scrapes what two projects call `api`, one of its own, and something of the same job elsewhere.
const TARGETS: &str = r#"{"status": "success", "data": {"activeTargets": [
    {"labels": {"job": "api", "instance": "api:80"}, "scrapeUrl": "http://api:80/metrics", "scrapeInterval": "1s"},
    {"labels": {"job": "web", "instance": "Web:80"}, "scrapeUrl": "http://Web:80/metrics", "scrapeInterval": "30s"},
    {"labels": {"job": "web", "instance": "other:80"}, "scrapeUrl": "http://other:80/metrics"},
    {"labels": {"job": "odd"}, "scrapeUrl": ""}, {}
]}}"#;
const KNOWN: &str = r#"{"status": "success", "data": {"resultType": "vector", "result": [
    {"metric": {"__name__": "http_requests_total", "status": "200"}, "value": [0, "1"]},
    {"metric": {"__name__": "http_request_duration_seconds_bucket"}, "value": [0, "1"]}
]}}"#;
const NOTHING: &str = r#"{"status": "success", "data": {"resultType": "vector", "result": []}}"#;
const BUILD: &str = r#"{"status": "success", "data": {"version": "2.42.0"}}"#;

const PROMETHEUS: Part = |path| {
    let body = match path {
        "/api/v1/status/buildinfo" => BUILD,
        "/api/v1/targets?state=active" => TARGETS,
        // The buckets have no value yet.
        query if query.contains("le%29") => NOTHING,
        query if query.starts_with("/api/v1/query?") => KNOWN,
        _ => return Reply::Says(404, "text/plain", ""),
    };
    Reply::Says(200, "application/json", body)
};

fn subject(name: &str, alias: &str) -> Subject {
    let networks = json!({ "shop": { "IPAddress": "", "Aliases": [alias] } });
    let found: Value = json!({ "Id": name, "Name": name, "NetworkSettings": { "Networks": networks } });
    Subject {
        runtime: Runtime::Container { name: name.to_owned() },
        title: name.to_owned(),
        members: vec![Member { name: name.to_owned(), found: Inspect::of(found) }],
        left: Vec::new(),
        mesh: Vec::new(),
        services: Vec::new(),
    }
}

async fn scraped(part: Part, subjects: &[Subject]) -> Option<Vec<Option<Scraped>>> {
    with_tls();
    let at: SocketAddr = server(part).await;
    let engine = Engine::new("/nonexistent/docker.sock".as_ref()).unwrap();
    let (tools, clock) = (Tools::new(&engine).unwrap(), Clock::start());
    let with = With { tools: &tools, clock: &clock };
    let answer = Answer::Well("/-/healthy");
    let door = Door { at, of: "prometheus".to_owned(), lasting: true, answer, exposed: None };
    let found = find(None, [door].iter(), with).await?;
    let doors: Vec<Vec<Door>> = subjects.iter().map(|_| Vec::new()).collect();
    Some(found.scraped(subjects, &doors).await)
}

#[tokio::test]
async fn queries_are_of_the_service_alone_and_only_where_it_can_be_told_from_others() {
    let subjects = [subject("shop-api", "api"), subject("mail-api", "api"), subject("shop-web", "web")];
    let scraped = scraped(PROMETHEUS, &subjects).await.unwrap();
    assert_eq!(scraped[..2], [None, None], "two are called api");
    let web = scraped[2].clone().unwrap();
    let (rate, latency) = (web.error_rate.unwrap(), web.latency.unwrap());
    let selects = r#"job="web",instance="Web:80""#;
    let all = format!("sum(rate(http_requests_total{{{selects}}}[2m]))");
    let failed = format!("sum(rate(http_requests_total{{{selects},status=~\"5..\"}}[2m]))");
    assert_eq!((rate.promql, rate.works), (format!("{failed} / {all}"), true));
    let buckets = format!("sum by (le) (rate(http_request_duration_seconds_bucket{{{selects}}}[2m]))");
    assert_eq!((latency.promql, latency.works), (format!("histogram_quantile(0.95, {buckets})"), false));
}
