//! One value, wrong in one way, is one mistake.

use super::super::{Place, load, told};
use super::{PROMETHEUS, SERVICE};

/// The mistakes after what is right, each of which must be the only one.
fn only(right: &str, wrong: &str, message: &str) {
    let text = format!("{right}{wrong}\n");
    let mistakes = load(&text).expect_err(&text);
    assert_eq!(mistakes.iter().count(), 1, "{text}\n{mistakes}");
    assert!(mistakes.to_string().contains(message), "{text}\n{mistakes}");
}

#[test]
fn in_triggers() {
    for (keys, message) in TRIGGERS {
        only(&format!("{PROMETHEUS}{SERVICE}[service.api.trigger]\n"), keys, message);
    }
}

#[test]
fn in_business_metrics() {
    for (keys, message) in BUSINESS {
        only(&format!("{PROMETHEUS}{EXPOSING}[service.api.business.x]\n"), keys, message);
    }
    let right = format!("{PROMETHEUS}{SERVICE}");
    for (name, message) in [
        ("health", "is what another trigger is called"),
        ("crash-loop", "is what another trigger is called"),
        ("\"a b\"", "is not a name"),
    ] {
        only(&right, &format!("[service.api.business.{name}]\nquery = \"a\"\nbelow = 1"), message);
    }
    only(&right, "[service.api.business]\nx = \"a\"", "is a text, not a table");
    only(&right, "[service.api.business.x]\nmetric = \"a\"\nbelow = 1", "needs the `metrics` of the service");
}

#[test]
fn in_dependencies() {
    let cases = [
        ("docker = true", "looks at the service's own container"),
        ("timeout = \"1s\"", "does not say what to check"),
        ("tcp = \"db\"", "is not an address"),
        ("logs = \"x\"", "looks at the service's own container"),
        ("service = \"api\"", "is the service itself"),
        ("service = \"cataloge\"", "\"cataloge\" is not a service of this configuration"),
        ("service = 1", "cannot be a number"),
    ];
    for (keys, message) in cases {
        only(SERVICE, &format!("[service.api.dependency.db]\n{keys}"), message);
    }
    only(
        SERVICE,
        "[service.api.dependency.web]\ntcp = \"a:1\"",
        "is what a health check of the service is called",
    );
    let told = told(&format!("{SERVICE}[service.api.dependency.db]"));
    let hint = "add url = \"http://…\", or one of tcp, command, tls, file-age";
    assert!(told.contains(hint) && !told.contains("docker"), "{told}");
}

#[test]
fn in_prometheus() {
    let cases = [
        ("", "has no `url`"),
        ("url = \"prometheus:9090\"", "is not http or https"),
        ("url = \"http://p/?a=1\"", "has more than a host, a port and a path"),
        ("url = \"http://golive:canary@p/\"", "holds a user or a password"),
        ("url = \"http://p\"\ntimeout = \"0s\"", "is zero"),
        ("url = \"http://p\"\ntimeout = \"1ms\"", "is shorter than 100ms"),
        ("url = \"http://p\"\ntimeout = \"61s\"", "is longer than 1m"),
        ("url = \"http://p\"\nusername = \"u\"", "has only one of"),
        ("url = \"http://p\"\npassword-file = \"credential:p\"", "has only one of"),
        ("url = \"http://p\"\nusername = \"u\"\npassword = \"canary\"", "is a secret"),
        ("url = \"http://p\"\nbearer-token = \"canary\"", "is a secret"),
        ("url = \"http://p\"\nbearer-token-file = \"credential:\"", "does not name a credential"),
        ("url = \"http://p\"\nca-file = \"none.pem\"", "cannot be read"),
        ("url = \"http://p\"\nca-file = \"/\"", "is not a file"),
        ("url = \"http://p\"\ntimout = \"1s\"", "did you mean `timeout`?"),
        (
            "url = \"http://p\"\nusername = \"u\"\npassword-file = \"credential:p\"\nbearer-token-file = \"credential:t\"",
            "is a second way to log in beside `username`",
        ),
        ("url = \"http://p\"\nheaders = { \"a b\" = \"c\" }", "is not the name of a header"),
        ("url = \"http://p\"\nheaders = { Authorization = \"canary\" }", "is a secret"),
        ("url = \"http://p\"\n[prometheus.two]\ntimeout = \"1s\"", "has no `url`"),
        ("timeout = \"1s\"\n[prometheus.two]\nurl = \"http://p\"", "has no `url`"),
        ("[prometheus.two]\nurl = \"http://p\"\nwrong = 1", "is not a known key"),
    ];
    for (keys, message) in cases {
        only("[prometheus]\n", keys, message);
        assert!(!told(&format!("[prometheus]\n{keys}")).contains("canary"), "{keys}");
    }
    only("", "prometheus = \"http://p\"", "cannot be a text");
}

#[test]
fn in_the_teams_alerts() {
    let right = format!("[prometheus]\nurl = \"http://p\"\n{SERVICE}");
    for (keys, message) in [
        ("{}", "has no `matching`"),
        ("{ matching = {} }", "names no label"),
        ("{ matching = \"shop\" }", "write matching"),
        ("{ matching = { \"a b\" = \"shop\" } }", "is no label of an alerting rule"),
        ("{ matching = { alertstate = \"pending\" } }", "is no label of an alerting rule"),
        ("{ matching = { service = 7 } }", "is not a text"),
        ("{ matching = { service = \"shop\" }, for = \"2h\" }", "longer than 1h"),
        ("{ matching = { service = \"shop\" }, above = 1 }", "is not a known key"),
        ("{ matching = { service = \"shop\" }, prometheus = \"two\" }", "there is no [prometheus.two]"),
    ] {
        only(&right, &format!("[service.api.trigger]\nalerts = {keys}"), message);
    }
    only(&right, "[service.api.business.alerts]\nquery = \"a\"\nabove = 1", "alerts");
}

#[test]
fn without_prometheus_there_is_nobody_to_ask() {
    for keys in [
        "trigger.error-rate = { query = \"a / b\" }",
        "trigger.latency-p95 = { query = \"a\" }",
        "trigger.latency-p95 = { buckets-query = \"a\" }",
        "business.x = { query = \"a\", below = 1 }",
        "business.x = { query = \"a\", anomaly = {} }",
        "trigger.alerts = { matching = { service = \"b\" } }",
    ] {
        let wrong = format!("[service.b]\ncontainer = \"b2\"\nhealth.c.tcp = \"b:1\"\n{keys}");
        only(SERVICE, &wrong, "needs a Prometheus that can be asked");
    }
    let two = "[prometheus.one]\nurl = \"http://one\"\n[prometheus.two]\nurl = \"http://two\"\n";
    let right = format!("{two}{SERVICE}");
    only(
        &right,
        "[service.api.trigger]\nlatency-p95 = { query = \"a\" }",
        "can be asked of several and names none",
    );
    only(
        &right,
        "[service.api.trigger]\nlatency-p95 = { query = \"a\", prometheus = \"three\" }",
        "there is no [prometheus.three]",
    );
    only(&right, "[service.api.trigger]\nlatency-p95 = { prometheus = \"one\" }", "is only for a query");
    // It may be in the file that cannot be read.
    let place = Place::new();
    place.write("rules.toml", format!("{SERVICE}[service.api.trigger]\nerror-rate = {{ query = \"a\" }}"));
    place.write("rules.d/prometheus.toml", "[prometheus");
    let told = place.told(&[]);
    assert!(!told.contains("needs a Prometheus"), "{told}");
    // A wrong one is one.
    only(
        &format!("[prometheus]\nurl = 1\n{SERVICE}"),
        "[service.api.trigger]\nerror-rate = { query = \"a\" }",
        "prometheus.url",
    );
}

#[test]
fn services_without_containers_or_requests() {
    let job =
        "[service.job]\ncommand = { version = [\"v\"], rollback = [\"r\"] }\nhealth.a.command = [\"a\"]\n";
    let cases = [
        ("trigger.resources = { attribute = true }", "needs containers"),
        ("trigger.error-rate = {}", "has nothing that measures it"),
        ("trigger.latency-p95 = { above = \"1s\" }", "has nothing that measures it"),
        ("dependency.x.docker = true", "looks at the service's own container"),
        ("metrics = \"/metrics\"", "is not a URL"),
        ("metrics = 3\ntrigger.error-rate = { metric = \"a\" }", "metrics: cannot be a number"),
    ];
    for (keys, message) in cases {
        only(job, keys, message);
    }
}

const EXPOSING: &str = "[service.api]\ncontainer = \"api\"\nmetrics = \"http://api/metrics\"\nhealth.web.url = \"http://api/\"\n";

const TRIGGERS: &[(&str, &str)] = &[
    ("level = \"sure\"", "\"sure\" is not known here"),
    ("level = \"Certain\"", "did you mean \"certain\"?"),
    ("level = 1", "cannot be a number"),
    ("relative = \"on\"", "\"on\" is not known here"),
    ("flapping = true", "cannot be true or false"),
    ("crash-loop = \"rollback\"", "\"rollback\" is not known here"),
    ("crashloop = \"ask\"", "did you mean `crash-loop`?"),
    ("on-environment = \"holds\"", "did you mean \"hold\"?"),
    ("error-rates = false", "did you mean `error-rate`?"),
    ("latency_p95 = false", "did you mean `latency-p95`?"),
    ("ask = \"30m\"", "cannot be a text"),
    ("ask = { otherwise = \"accept\" }", "has no `within`"),
    ("ask = { within = \"0s\" }", "is zero"),
    ("ask = { within = 30 }", "30 has no unit"),
    ("ask = { within = \"30m\", otherwise = \"acept\" }", "did you mean \"accept\"?"),
    ("ask = { within = \"30m\", then = \"hold\" }", "is not a known key"),
    ("health = false", "cannot be switched off: by health golive knows"),
    ("health = true", "cannot be true or false"),
    ("health = { autonomy = \"never\" }", "\"never\" is not known here"),
    ("health = { failure = 3 }", "did you mean `failures`?"),
    ("error-rate = 0.05", "cannot be a fraction"),
    ("error-rate = \"off\"", "write a table, or false to switch it off"),
    ("error-rate = { above = 5 }", "5 is not from 0 to 1"),
    ("error-rate = { over = \"9s\" }", "is shorter than 10s"),
    ("error-rate = { over = \"5m 1s\" }", "is longer than 5m"),
    ("error-rate = { over = 60 }", "60 has no unit"),
    ("error-rate = { min-requests = 0 }", "0 is too small"),
    ("error-rate = { min-requests = \"100\" }", "cannot be a text"),
    ("error-rate = { autonomy = \"Auto\" }", "did you mean \"auto\"?"),
    ("error-rate = { query = \"\" }", "is empty"),
    ("error-rate = { query = \"# a\" }", "is only a comment"),
    ("error-rate = { query = \"sum(a\" }", "has a `(` that is not closed"),
    ("error-rate = { query = \"a{b='c\\\"}\" }", "has a ' that is not closed"),
    ("error-rate = { query = \"a\", requests-query = \"b\" }", "has only one of `errors-query`"),
    ("error-rate = { errors-query = \"a\" }", "has only one of `errors-query`"),
    ("error-rate = { requests-query = \"a\" }", "has only one of `errors-query`"),
    ("error-rate = { query = \"a\", errors-query = \"b\", requests-query = \"c\" }", "is a second source"),
    ("error-rate = { query = \"a\", metric = \"b\" }", "is a second source beside `query`"),
    ("error-rate = { query = \"a\", version-label = \"v\" }", "is only for `errors-query`"),
    ("error-rate = { query = \"a\", label = \"code\" }", "is only for the service's own exposition"),
    ("error-rate = { errors-query = \"a\", requests-query = \"b\", version-label = \"a b\" }", "of a label"),
    ("error-rate = { errors-query = \"a\", requests-query = \"b\", version-label = \"a:b\" }", "of a label"),
    ("error-rate = { metric = \"a\" }", "needs the `metrics` of the service"),
    ("error-rate = { label = \"code\" }", "needs the `metrics` of the service"),
    ("error-rate = { buckets-query = \"a\" }", "is not a known key"),
    ("latency-p95 = \"2s\"", "cannot be a text"),
    ("latency-p95 = { above = 2 }", "2 has no unit"),
    ("latency-p95 = { above = \"0s\" }", "is zero"),
    ("latency-p95 = { over = \"1h\" }", "is longer than 5m"),
    ("latency-p95 = { query = \"a\", buckets-query = \"b\" }", "is a second source beside `query`"),
    ("latency-p95 = { errors-query = \"a\" }", "is not a known key"),
    ("latency-p95 = { buckets-query = \"a)\" }", "has a `)` too many"),
    ("resources = { above = \"90\" }", "\"90\" is not a ratio"),
    ("resources = { for = \"999ms\" }", "is shorter than 1s"),
    ("resources = { for = \"61m\" }", "is longer than 1h"),
    ("resources = { of = [] }", "is empty"),
    ("resources = { of = \"cpu\" }", "cannot be a text"),
    ("resources = { of = [\"cpu\", \"mem\"] }", "\"mem\" is not known here"),
    ("resources = { of = [\"inode\"] }", "did you mean \"inodes\"?"),
    ("resources = { of = [\"cpu\", \"cpu\"] }", "is there twice"),
    ("resources = { attribute = 1 }", "cannot be a number"),
    ("resources = { over = \"60s\" }", "is not a known key"),
];

const BUSINESS: &[(&str, &str)] = &[
    ("query = \"a\"", "has no limit"),
    ("below = 1", "does not say what is measured"),
    ("query = \"a\"\nmetric = \"b\"\nbelow = 1", "is a second source beside `query`"),
    ("query = \"a\"\nbelow = \"3\"", "cannot be a text"),
    ("query = \"a\"\nbelow = 1\nabove = 1", "is not less than `above`"),
    ("query = \"a\"\nbelow = 2\nabove = 1.5", "is not less than `above`"),
    ("metric = \"a\"\nrate-below = 2\nrate-above = 1", "is not less than `rate-above`"),
    ("metric = \"a\"\nbelow = 1\nrate-above = 2", "is of a counter's rate, and `below` of its value"),
    ("query = \"a\"\nrate-below = 1", "is only for a `metric`"),
    ("metric = \"a\"\nanomaly = {}", "needs a past"),
    ("metric = \"a{}\"\nbelow = 1", "is not the name of a metric"),
    ("metric = \"1a\"\nbelow = 1", "is not the name of a metric"),
    ("query = \"a[\"\nbelow = 1", "has a `[` that is not closed"),
    ("query = \"a\"\nbelow = 1\nfor = \"2h\"", "is longer than 1h"),
    ("query = \"a\"\nbelow = 1\nautonomy = \"none\"", "\"none\" is not known here"),
    ("query = \"a\"\nbelow = 1\nover = \"1m\"", "is not a known key"),
    ("query = \"a\"\nanomaly = true", "cannot be true or false"),
    ("query = \"a\"\nanomaly = { direction = \"up\" }", "\"up\" is not known here"),
    ("query = \"a\"\nanomaly = { season = \"1h\" }", "is neither a day nor a week"),
    ("query = \"a\"\nanomaly = { history = \"1d\" }", "is shorter than 2d"),
    ("query = \"a\"\nanomaly = { history = \"9w\" }", "is longer than 8w"),
    ("query = \"a\"\nanomaly = { history = \"13d\" }", "is shorter than two seasons"),
    ("query = \"a\"\nanomaly = { least = 15 }", "15 is not from 0 to 1"),
    ("query = \"a\"\nanomaly = { least = -0.1 }", "-0.1 is not from 0 to 1"),
    ("query = \"a\"\nanomaly = { autonomy = \"auto\" }", "is not a known key"),
];
