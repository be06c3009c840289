//! Where the numbers come from: the trigger's own query, else the service's exposition, else golive's health checks.

use super::super::{SERVICE, load};
use super::{Config, Duration, Exposition, PROMETHEUS, Query, Secret, Service, Source, Stream, triggers};

fn text(text: &str) -> String {
    text.to_owned()
}

fn query(service: &Service, of: &Stream) -> Option<Query> {
    let mut found = service.measured.iter().filter(|measured| measured.stream == *of);
    let query = found.next().map(|measured| measured.query.clone());
    assert!(found.next().is_none(), "a stream has one source");
    query
}

fn errors(keys: &str) -> (Source, Option<Query>) {
    let api = triggers(&format!("error-rate = {{ {keys} }}"));
    (api.policy.triggers.error_rate.as_ref().unwrap().source, query(&api, &Stream::Errors))
}

fn latency(keys: &str) -> (Source, Option<Query>) {
    let api = triggers(&format!("latency-p95 = {{ {keys} }}"));
    (api.policy.triggers.latency.as_ref().unwrap().source, query(&api, &Stream::Latency))
}

/// A service with an exposition, without a health check by `url`.
fn exposing(added: &str) -> Service {
    let service =
        "[service.api]\ncontainer = \"api\"\nmetrics = \"http://api/metrics\"\nhealth.c.docker = true\n";
    let config = load(&format!("{PROMETHEUS}{service}{added}"));
    let mut config: Config = config.unwrap_or_else(|mistakes| panic!("{added}\n{mistakes}"));
    config.services.remove("api").unwrap()
}

#[test]
fn errors_by_query() {
    let requests = |errors: &str, requests: &str, version: Option<&str>| {
        let (errors, requests) = (text(errors), text(requests));
        Some(Query::Requests { errors, requests, version_label: version.map(text) })
    };
    let cases = [
        ("query = \"rate(e[1m]) / rate(r[1m])\"", requests("rate(e[1m])", "rate(r[1m])", None)),
        ("query = \"e_total / r_total > 0\"", Some(Query::Value(text("e_total / r_total > 0")))),
        ("query = \"e / r\"", Some(Query::Value(text("e / r")))),
        ("query = \"job:ratio # e/r\"", Some(Query::Value(text("job:ratio")))),
        ("errors-query = \"e # e\", requests-query = \"r\"", requests("e", "r", None)),
        (
            "errors-query = \"e\", requests-query = \"r\", version-label = \"v\"",
            requests("e", "r", Some("v")),
        ),
    ];
    for (keys, query) in cases {
        assert_eq!(errors(keys), (Source::Prometheus, query), "{keys}");
    }
}

#[test]
fn latency_by_query() {
    let quantile = |level: &str| format!("histogram_quantile({level}, sum by (le) (rate(d_bucket[5m])))");
    let buckets = text("sum by (le) (rate(d_bucket[5m]))");
    let cases = [
        (format!("query = \"{}\"", quantile("0.95")), Query::Buckets(buckets.clone())),
        (format!("query = \"{}\"", quantile("0.9")), Query::Value(quantile("0.9"))),
        (format!("buckets-query = \"{buckets}\""), Query::Buckets(buckets)),
        (text("query = \"job:p95\""), Query::Value(text("job:p95"))),
    ];
    for (keys, query) in cases {
        assert_eq!(latency(&keys), (Source::Prometheus, Some(query)), "{keys}");
    }
}

#[test]
fn without_queries_the_exposition_is_scraped() {
    let from = || Exposition { url: text("http://api/metrics"), ca_file: None };
    let bare = exposing("");
    let requests = Query::ExposedRequests { from: from(), metric: None, label: None };
    assert_eq!(query(&bare, &Stream::Errors), Some(requests));
    assert_eq!(query(&bare, &Stream::Latency), Some(Query::ExposedDurations { from: from(), metric: None }));
    assert_eq!(bare.policy.triggers.error_rate.unwrap().source, Source::Exposition);
    assert_eq!(bare.policy.triggers.latency.unwrap().source, Source::Exposition);
    assert!(bare.policy.requests.is_empty(), "no check can stand in");
    let named = exposing(
        "[service.api.trigger]\nerror-rate = { metric = \"http_total\", label = \"code\" }\n\
         latency-p95 = { metric = \"http:seconds\" }\n",
    );
    let requests =
        Query::ExposedRequests { from: from(), metric: Some(text("http_total")), label: Some(text("code")) };
    assert_eq!(query(&named, &Stream::Errors), Some(requests));
    let durations = Query::ExposedDurations { from: from(), metric: Some(text("http:seconds")) };
    assert_eq!(query(&named, &Stream::Latency), Some(durations));
}

#[test]
fn a_query_comes_before_the_exposition_trigger_by_trigger() {
    let mixed = exposing("[service.api.trigger]\nerror-rate = { query = \"a\" }\n");
    assert_eq!(mixed.policy.triggers.error_rate.as_ref().unwrap().source, Source::Prometheus);
    assert_eq!(mixed.policy.triggers.latency.as_ref().unwrap().source, Source::Exposition);
}

#[test]
fn without_either_the_health_checks_are_the_requests() {
    assert_eq!(errors(""), (Source::Probes, None));
    assert_eq!(latency(""), (Source::Probes, None));
    let mixed = triggers("error-rate = { query = \"a\" }");
    assert_eq!(mixed.policy.requests, ["web"], "they still give the latency");
    let asked = triggers("error-rate = { query = \"a\" }\nlatency-p95 = { query = \"b\" }");
    assert!(asked.policy.requests.is_empty());
}

/// golive's own requests come before its health checks, and after whatever counts those of others.
#[test]
fn own_requests_measure_what_nothing_else_does() {
    let traffic = "watch.traffic = { url = \"http://127.0.0.1:8080/\" }\n";
    let read = |keys: &str| {
        let text = format!(
            "{PROMETHEUS}[service.api]\ncontainer = \"api\"\nhealth.web.url = \"http://api/\"\n{traffic}{keys}"
        );
        load(&text).unwrap_or_else(|mistakes| panic!("{mistakes}")).services.remove("api").unwrap()
    };
    let bare = read("");
    assert_eq!(bare.policy.triggers.fed_by(Source::Traffic), [Stream::Errors, Stream::Latency]);
    assert!(bare.policy.requests.is_empty() && query(&bare, &Stream::Errors).is_none());
    let wanted = bare.traffic.unwrap();
    assert_eq!((wanted.rate, wanted.timeout, wanted.allow), (5, Duration::from_secs(10), None));
    let mixed = read("trigger.error-rate.query = \"a\"\n");
    assert_eq!(mixed.policy.triggers.fed_by(Source::Traffic), [Stream::Latency]);
    let exposing = read("metrics = \"http://api/metrics\"\n");
    assert_eq!(exposing.policy.triggers.fed_by(Source::Traffic), []);
}

#[test]
fn own_requests_are_few_and_go_to_an_address() {
    for (keys, mistake) in [
        ("rate = 5", "has no `url`"),
        ("url = \"http://a/\", rate = 0", "0 is too small"),
        ("url = \"http://a/\", rate = -1", "-1 is too small"),
        ("url = \"http://a/\", rate = 0.5", "whole number"),
        ("url = \"http://a/\", rate = 51", "is more than 50 requests a second"),
        ("url = \"http://a/\", rate = 1_000_000_000", "is too large"),
        ("url = \"ftp://a/\"", "is not http or https"),
        ("url = \"http://a/\", timeout = \"61s\"", "is longer than a minute"),
        ("url = \"http://a/\", urls = []", "is not a known key"),
    ] {
        let text = format!("{SERVICE}[service.api.watch]\ntraffic = {{ {keys} }}\n");
        let error = load(&text).unwrap_err().to_string();
        assert!(error.contains(mistake), "{keys}: {error}");
    }
}

#[test]
fn where_nothing_measures_there_is_no_trigger() {
    let docker = "[service.api]\ncontainer = \"api\"\nhealth.c.docker = true\n";
    let api = load(docker).unwrap().services.remove("api").unwrap();
    assert_eq!((api.policy.triggers.error_rate, api.policy.triggers.latency), (None, None));
    assert!(api.policy.triggers.resources.is_some());
}

/// What the exposition turns out not to tell, the checks do.
#[test]
fn checks_stand_in_for_an_exposition() {
    let service = |keys: &str| {
        let service = format!(
            "[service.api]\ncontainer = \"api\"\nmetrics = {{ url = \"https://api/metrics\" }}\n\
             health.web.url = \"http://api/\"\n{keys}"
        );
        load(&service).unwrap().services.remove("api").unwrap()
    };
    let api = service("");
    assert_eq!(api.metrics, Some(Exposition { url: text("https://api/metrics"), ca_file: None }));
    assert_eq!(api.policy.requests, ["web"]);
    let none = service("trigger.error-rate = false\ntrigger.latency-p95 = false\n");
    assert!(none.policy.requests.is_empty());
}

/// A query names the Prometheus that it is asked of, or its service does; else it is the one without a name.
#[test]
fn queries_are_asked_of_the_prometheus_that_is_named() {
    let servers = |rules: &str| -> Vec<String> {
        let config = load(rules).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let service = &config.services["api"];
        let asked = service.measured.iter().filter(|one| one.stream != Stream::Resources);
        asked.map(|one| one.server.clone()).chain([config.rules["r"].measured.server.clone()]).collect()
    };
    let service = |keys: &str, trigger: &str, rule: &str| {
        format!(
            "[service.api]\ncontainer = \"api\"\nhealth.c.docker = true\n{keys}\n\
             trigger.error-rate = {{ query = \"a\"{trigger} }}\ntrigger.latency-p95 = {{ query = \"b\" }}\n\
             business.x = {{ query = \"c\", below = 1{trigger} }}\nrule.r = {{ query = \"d\", below = 1{rule} }}\n"
        )
    };
    let place = |service: String| service.replace("\nrule.r", "\n[rule]\nr");
    let (one, two) = ("[prometheus.one]\nurl = \"http://one\"\n", "[prometheus.two]\nurl = \"http://two\"\n");
    let (named, service_named) = (", prometheus = \"two\"", "prometheus = \"one\"");
    let plain = place(service("", "", ""));
    assert_eq!(servers(&format!("{PROMETHEUS}{one}{plain}")), ["", "", "", ""]);
    assert_eq!(servers(&format!("{one}{plain}")), ["one"; 4], "the only one needs no name");
    let all = place(service(service_named, named, named));
    assert_eq!(servers(&format!("{one}{two}{all}")), ["two", "one", "two", "two"]);
    let tenants = "[prometheus]\nurl = \"http://p\"\nheaders = { \"X-Scope-OrgID\" = \"shop\" }\n\
                   headers-file = \"credential:h\"\n";
    let config = load(tenants).unwrap();
    assert_eq!(config.prometheus[""].access.headers["X-Scope-OrgID"], "shop");
    assert_eq!(config.prometheus[""].access.headers_file, Some(Secret::Credential(text("h"))));
}
