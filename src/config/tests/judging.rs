//! What concerns judging: the triggers, their sources, business metrics, dependencies.

use std::time::Duration;

use super::{SERVICE, load, told};
use crate::config::{Access, CheckKind, Config, Exposition, HttpLogin, Measured, Query, Secret, Service};
use crate::model::policy::{
    Anomaly, Autonomy, Business, Direction, ErrorRate, Latency, Level, OnEnvironment, Otherwise, Ppm,
    Resources,
};
use crate::model::reading::{Source, Stream};

mod autonomy;
mod mistakes;
mod ratios;
mod sources;

const PROMETHEUS: &str = "[prometheus]\nurl = \"http://127.0.0.1:9090\"\n";

/// A good configuration with something added to its service.
fn config(added: &str) -> Config {
    let text = format!("{PROMETHEUS}{SERVICE}{added}");
    load(&text).unwrap_or_else(|mistakes| panic!("{text}\n{mistakes}"))
}

fn service(added: &str) -> Service {
    config(added).services.remove("api").unwrap()
}

/// The same with keys in the trigger's table.
fn triggers(keys: &str) -> Service {
    service(&format!("[service.api.trigger]\n{keys}\n"))
}

#[test]
fn every_mistake_in_judging_is_told_at_once() {
    insta::assert_snapshot!(told(include_str!("judging.toml")));
}

#[test]
fn without_a_word_every_trigger_has_the_defaults_of_the_contract() {
    let api = load(SERVICE).unwrap().services.remove("api").unwrap();
    let policy = &api.policy;
    assert_eq!((policy.failures, policy.health_autonomy), (3, Autonomy::Auto));
    assert_eq!((policy.ask_within, policy.ask_otherwise), (None, Otherwise::Hold));
    assert!(policy.dependencies.is_empty() && api.dependencies.is_empty());
    let on = &policy.triggers;
    assert_eq!((on.level, on.on_environment), (Level::Default, OnEnvironment::Hold));
    assert_eq!((on.relative, on.flapping, on.crash_loop), (Autonomy::Ask, Autonomy::Ask, Autonomy::Auto));
    let minute = Duration::from_mins(1);
    let error_rate = ErrorRate {
        above: Ppm(50_000),
        over: minute,
        min_requests: 100,
        source: Source::Probes,
        autonomy: Autonomy::Auto,
    };
    assert_eq!(on.error_rate, Some(error_rate));
    let latency = Latency {
        above: Duration::from_secs(2),
        over: minute,
        min_requests: 200,
        source: Source::Probes,
        autonomy: Autonomy::Auto,
    };
    assert_eq!(on.latency, Some(latency));
    let resources = Resources {
        above: Ppm(900_000),
        lasts: Duration::from_mins(2),
        of: ["cpu", "memory", "disk"].map(str::to_owned).to_vec(),
        attribute: true,
        autonomy: Autonomy::Auto,
    };
    assert_eq!(on.resources, Some(resources));
    assert!(on.business.is_empty());
    assert_eq!(policy.requests, ["web"]);
    assert_eq!(api.measured, [Measured::new(Stream::Resources, Query::Host)]);
}

/// Written out, the defaults are the same.
#[test]
fn the_defaults_may_be_written() {
    let written = triggers(
        "level = \"default\"\nrelative = \"ask\"\nflapping = \"ask\"\ncrash-loop = \"auto\"\n\
         health = { failures = 3 }\non-environment = \"hold\"\n\
         error-rate  = { above = \"5%\", over = \"60s\", min-requests = 100 }\n\
         latency-p95 = { above = \"2s\", over = \"60s\", min-requests = 200 }\n\
         resources   = { above = \"90%\", for = \"120s\", of = [\"cpu\", \"memory\", \"disk\"], attribute = true }",
    );
    assert_eq!(written, service(""));
}

#[test]
fn everything_that_is_written_is_taken() {
    let api = triggers(
        "level = \"certain\"\nrelative = \"off\"\nflapping = \"shadow\"\ncrash-loop = \"ask\"\n\
         on-environment = \"rollback\"\nask = { within = \"30m\", otherwise = \"rollback\" }\n\
         health = { failures = 5, autonomy = \"shadow\" }\n\
         error-rate = { above = 0.01, over = \"5m\", min-requests = 1, autonomy = \"shadow\" }\n\
         latency-p95 = { above = \"500ms\", over = \"10s\", min-requests = 1000000, autonomy = \"off\" }\n\
         resources = { above = 1, for = \"1h\", of = [\"load\", \"inodes\"], attribute = false, autonomy = \"ask\" }",
    );
    let policy = &api.policy;
    assert_eq!((policy.failures, policy.health_autonomy), (5, Autonomy::Shadow));
    assert_eq!(policy.ask_within, Some(Duration::from_mins(30)));
    assert_eq!(policy.ask_otherwise, Otherwise::Rollback);
    let on = &policy.triggers;
    assert_eq!((on.level, on.on_environment), (Level::Certain, OnEnvironment::Rollback));
    assert_eq!((on.relative, on.flapping, on.crash_loop), (Autonomy::Off, Autonomy::Shadow, Autonomy::Ask));
    let error_rate = on.error_rate.as_ref().unwrap();
    assert_eq!((error_rate.above, error_rate.over), (Ppm(10_000), Duration::from_mins(5)));
    assert_eq!((error_rate.min_requests, error_rate.autonomy), (1, Autonomy::Shadow));
    let latency = on.latency.as_ref().unwrap();
    assert_eq!((latency.above, latency.over), (Duration::from_millis(500), Duration::from_secs(10)));
    assert_eq!((latency.min_requests, latency.autonomy), (1_000_000, Autonomy::Off));
    let resources = on.resources.as_ref().unwrap();
    assert_eq!((resources.above, resources.lasts), (Ppm(1_000_000), Duration::from_hours(1)));
    assert_eq!((resources.of.join(" "), resources.attribute), ("load inodes".to_owned(), false));
    assert_eq!(resources.autonomy, Autonomy::Ask);
}

#[test]
fn triggers_can_be_switched_off_and_on_again() {
    let api = triggers("error-rate = false\nlatency-p95 = false\nresources = false");
    let on = &api.policy.triggers;
    assert_eq!((&on.error_rate, &on.latency, &on.resources), (&None, &None, &None));
    assert!(api.measured.is_empty() && api.policy.requests.is_empty());
    let off = "[service.api.trigger]\nerror-rate = false\n";
    let place = super::Place::new();
    place.write("rules.toml", format!("{SERVICE}{off}"));
    let on = place.load(&[("GOLIVE__SERVICE__API__TRIGGER__ERROR_RATE", "true")]).unwrap();
    assert_eq!(on.services["api"].policy.triggers.error_rate.as_ref().unwrap().above, Ppm(50_000));
    let on = place.load(&[("GOLIVE__SERVICE__API__TRIGGER__ERROR_RATE__ABOVE", "1.5%")]).unwrap();
    assert_eq!(on.services["api"].policy.triggers.error_rate.as_ref().unwrap().above, Ppm(15_000));
}

#[test]
fn a_service_by_commands_has_no_part_in_the_host_unless_asked() {
    let job =
        "[service.job]\ncommand = { version = [\"v\"], rollback = [\"r\"] }\nhealth.a.command = [\"a\"]\n";
    let silent = load(job).unwrap().services.remove("job").unwrap();
    assert_eq!(silent.policy.triggers.resources, None);
    assert!(silent.measured.is_empty());
    for written in ["resources = {}", "resources = { attribute = false }", "resources = true"] {
        let asked = load(&format!("{job}trigger.{written}")).unwrap().services.remove("job").unwrap();
        assert!(!asked.policy.triggers.resources.unwrap().attribute, "{written}");
        assert_eq!(asked.measured, [Measured::new(Stream::Resources, Query::Host)]);
    }
}

#[test]
fn dependencies_are_checks_of_their_own() {
    let api = service(
        "[service.api.dependency.db]\ntcp = \"127.0.0.1:5432\"\ntimeout = \"1s\"\n\
         [service.api.dependency.bank]\nurl = \"https://bank.example/up\"\nstatus = 204\n",
    );
    assert_eq!(api.policy.dependencies, ["bank", "db"]);
    assert_eq!(
        (api.policy.checks.as_slice(), api.policy.requests.as_slice()),
        (&["web".to_owned()][..], &["web".to_owned()][..])
    );
    assert_eq!(api.dependencies["db"].timeout, Duration::from_secs(1));
    let CheckKind::Http(bank) = &api.dependencies["bank"].kind else { panic!("a check by url") };
    assert_eq!(bank.status, [204]);
}

#[test]
fn another_service_that_is_needed_is_named_and_not_checked() {
    let needed = "[service.api.dependency.catalog]\nservice = \"catalog\"\n\
         [service.catalog]\ncontainer = \"catalog\"\n[service.catalog.health.up]\ntcp = \"127.0.0.1:1\"\n";
    let api = service(needed);
    assert_eq!((api.policy.needs.as_slice(), api.dependencies.len()), (&["catalog".to_owned()][..], 0));
    assert!(api.policy.dependencies.is_empty(), "it is known by its own checks");
}

#[test]
fn prometheus_is_reached_as_it_is_written() {
    let plain = load(PROMETHEUS).unwrap().prometheus.remove("").unwrap();
    assert_eq!((plain.url.as_str(), plain.timeout), ("http://127.0.0.1:9090", Duration::from_secs(5)));
    assert_eq!(plain.access, Access::default());
    let place = super::Place::new();
    let ca = place.write("ca.pem", "x");
    place.write("token", "t");
    place.write(
        "rules.toml",
        "[prometheus]\nurl = \"https://p/prom/\"\ntimeout = \"1s\"\nbearer-token-file = \"token\"\nca-file = \"ca.pem\"",
    );
    let full = place.load(&[]).unwrap().prometheus.remove("").unwrap();
    assert_eq!((full.url.as_str(), full.timeout), ("https://p/prom/", Duration::from_secs(1)));
    let token = HttpLogin::Bearer(Secret::File(place.path("token")));
    assert_eq!(full.access, Access { ca_file: Some(ca), login: Some(token), ..Access::default() });
    let basic = "username = \"u\"\npassword-file = \"credential:p\"";
    let basic = load(&format!("{PROMETHEUS}{basic}")).unwrap().prometheus.remove("").unwrap();
    let password = Secret::Credential("p".to_owned());
    assert_eq!(basic.access.login, Some(HttpLogin::Basic { username: "u".to_owned(), password }));
}

#[test]
fn business_metrics_have_limits_and_a_past() {
    let api = service(
        "[service.api.business.orders]\nquery = \"sum(rate(orders_total[5m])) # per second\"\n\
         below = 3\nanomaly = {}\n\
         [service.api.business.lag]\nquery = \"max(lag)\"\nabove = 0.5\nbelow = -2\nfor = \"2m\"\n\
         [service.api.business.users]\nquery = \"users\"\nautonomy = \"shadow\"\n\
         anomaly = { direction = \"both\", season = \"1d\", history = \"2w\", least = \"30%\" }\n",
    );
    let on = &api.policy.triggers.business;
    let past = Anomaly { direction: Direction::Drop, least: 0.15, autonomy: Autonomy::Ask };
    let orders = Business {
        below: Some(3.0),
        above: None,
        lasts: Duration::from_secs(30),
        source: Source::Prometheus,
        autonomy: Autonomy::Auto,
        anomaly: Some(past),
    };
    assert_eq!(on["orders"], orders);
    let lag = &on["lag"];
    assert_eq!((lag.below, lag.above, lag.lasts), (Some(-2.0), Some(0.5), Duration::from_mins(2)));
    assert_eq!((lag.autonomy, &lag.anomaly), (Autonomy::Auto, &None));
    let users = Anomaly { direction: Direction::Both, least: 0.3, autonomy: Autonomy::Shadow };
    assert_eq!(on["users"].anomaly, Some(users));
    let weeks = |weeks: u64| Duration::from_hours(weeks * 7 * 24);
    let seasonal = |query: &str, history| Query::Seasonal { query: query.to_owned(), history };
    let of = |name: &str| Stream::Business(name.to_owned());
    let expected = [
        Measured::new(Stream::Resources, Query::Host),
        Measured::new(of("lag"), Query::Value("max(lag)".to_owned())),
        Measured::new(of("orders"), seasonal("sum(rate(orders_total[5m]))", weeks(4))),
        Measured::new(of("users"), seasonal("users", weeks(2))),
    ];
    assert_eq!(api.measured, expected);
}

#[test]
fn business_metrics_may_come_from_the_exposition() {
    let metrics = "[service.b]\ncontainer = \"b2\"\nmetrics = \"http://b/metrics\"\nhealth.c.tcp = \"b:1\"\n";
    let text = format!(
        "{metrics}[service.b.business]\norders = {{ metric = \"orders_total\", rate-below = 0.1, rate-above = 9 }}\n\
         queue = {{ metric = \"queue:length\", above = 900 }}\n"
    );
    let mut services = load(&text).unwrap_or_else(|mistakes| panic!("{mistakes}")).services;
    let b = services.remove("b").unwrap();
    let on = &b.policy.triggers.business;
    assert_eq!((on["orders"].below, on["orders"].above), (Some(0.1), Some(9.0)));
    assert_eq!((on["orders"].source, on["queue"].above), (Source::Exposition, Some(900.0)));
    let exposed = |metric: &str, rate| Query::Exposed {
        from: Exposition { url: "http://b/metrics".to_owned(), ca_file: None },
        metric: metric.to_owned(),
        rate,
    };
    let queries: Vec<&Query> = b.measured.iter().map(|measured| &measured.query).collect();
    assert_eq!(queries[3..], [&exposed("orders_total", true), &exposed("queue:length", false)]);
}
