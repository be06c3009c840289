//! What is written of what was seen. Whatever that is, the text is a configuration that golive takes.

use std::net::SocketAddr;
use std::path::Path;

use super::draft;
use crate::config::{Compose, Config, Language, Runtime, SwarmSet};
use crate::discover::names::Names;
use crate::discover::seen::{Answer, Door, Exposed, Query, Scraped, Seen, Server, Service, Unread};
use crate::tests::golden;
use crate::text::Texts;

fn service(name: &str, runtime: Runtime) -> Service {
    Service {
        name: name.to_owned(),
        runtime,
        members: vec![name.to_owned()],
        left: Vec::new(),
        databases: Vec::new(),
        checked: Vec::new(),
        unwell: None,
        doors: Vec::new(),
        elsewhere: Vec::new(),
        dependencies: Vec::new(),
        scraped: None,
    }
}

fn container(name: &str) -> Service {
    service(name, Runtime::Container { name: name.to_owned() })
}

fn project(name: &str, members: &[&str], left: &[&str]) -> Service {
    let of = Compose { project: name.to_owned(), services: Vec::new(), retag: true };
    Service { left: owned(left), members: owned(members), ..service(name, Runtime::Compose(of)) }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn door(of: &str, port: u16, answer: Answer) -> Door {
    let at = SocketAddr::from(([127, 0, 0, 1], port));
    Door { at, of: of.to_owned(), lasting: true, answer, exposed: None }
}

/// One container with a health path, and nothing else on the host.
fn small() -> Seen {
    let doors = vec![door("shop-web", 8080, Answer::Well("/health"))];
    Seen { services: vec![Service { doors, ..container("shop-web") }], ..Seen::default() }
}

fn query(promql: &str, works: bool) -> Query {
    Query { promql: promql.to_owned(), works }
}

/// A project of which a Prometheus knows a part, and what is left out beside it.
fn compose() -> Seen {
    let exposed = Exposed {
        requests: Some("http_requests_total by code, 3 series".to_owned()),
        durations: Some("http_request_duration_seconds with 9 buckets, 27 series".to_owned()),
    };
    let doors = vec![
        Door { exposed: Some(exposed), ..door("api", 8080, Answer::Well("/healthz")) },
        door("web", 8443, Answer::Other { status: 400, sick: None }),
        Door {
            at: SocketAddr::from(([172, 18, 0, 4], 9000)),
            lasting: false,
            ..door("worker", 0, Answer::Well("/ready"))
        },
        door("raw", 7000, Answer::Silent("no answer within 2s".to_owned())),
        door("late", 7001, Answer::Unasked),
    ];
    let scraped = Scraped {
        job: "shop".to_owned(),
        error_rate: Some(query(
            r#"sum(rate(http_requests_total{job="shop",code=~"5.."}[1m])) / sum(rate(http_requests_total{job="shop"}[1m]))"#,
            true,
        )),
        latency: None,
    };
    let shop = Service {
        doors,
        scraped: Some(scraped),
        checked: owned(&["api"]),
        databases: owned(&["cache"]),
        elsewhere: owned(&["192.0.2.7:80"]),
        dependencies: vec![("db".to_owned(), "127.0.0.1:5432".to_owned())],
        ..project("shop", &["api", "cache", "web", "worker"], &["db"])
    };
    let files = project("files", &[], &["db", "store"]);
    let url = "http://127.0.0.1:9090".to_owned();
    Seen {
        socket: Some("/run/user/1000/docker.sock".into()),
        services: vec![shop, files],
        databases: vec![("pg".to_owned(), "postgres:16".to_owned())],
        asleep: owned(&["migrate", "old"]),
        more: 3,
        prometheus: Some(Server { url, version: "2.42.0".to_owned(), configured: false }),
        ..Seen::default()
    }
}

/// A stack, a service, and what is not well.
fn swarm() -> Seen {
    let stack = Service {
        members: owned(&["shop_api", "shop_db"]),
        databases: owned(&["shop_db"]),
        doors: vec![door("shop_api", 8080, Answer::Home { sick: Some(("/health", 503)), anything: false })],
        unwell: Some("shop_api: task 1 failed: exit 1".to_owned()),
        ..service("shop", Runtime::Swarm(SwarmSet::Stack("shop".to_owned())))
    };
    let alone = service("mailer", Runtime::Swarm(SwarmSet::Service("mailer".to_owned())));
    let starts = Service { unwell: Some("HEALTHCHECK is still starting".to_owned()), ..container("starts") };
    let scraped = Scraped {
        job: "page".to_owned(),
        error_rate: None,
        latency: Some(query(
            r#"histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{job="page"}[1m])))"#,
            false,
        )),
    };
    let any = Service {
        doors: vec![Door {
            exposed: Some(Exposed::default()),
            ..door("page", 80, Answer::Home { sick: None, anything: true })
        }],
        scraped: Some(scraped),
        ..container("page")
    };
    let url = "http://127.0.0.1:9090".to_owned();
    Seen {
        services: vec![stack, alone, starts, any],
        configured: owned(&["golive-page"]),
        swarm: Some(Unread::Lost("the Swarm has no leader".to_owned())),
        prometheus: Some(Server { url, version: "2.42.0".to_owned(), configured: true }),
        ..Seen::default()
    }
}

const EVIL: &str = "x\"]\n[service.evil]\ncontainer = \"y\u{1b}[31m\u{202e} '''";

/// Names that would be keys, if they could.
fn hostile() -> Seen {
    let why = || EVIL.to_owned();
    let mut names = Names::default();
    let named = names.give(EVIL);
    let scraped = Scraped {
        job: why(),
        error_rate: Some(query(&format!("sum({{job={:?}}})", "x\"]\n'''"), true)),
        latency: Some(query("up", false)),
    };
    let evil = Service {
        name: named,
        members: vec![why()],
        left: vec![why()],
        databases: vec![why()],
        checked: vec![why()],
        unwell: Some(why()),
        elsewhere: vec![why()],
        doors: vec![
            Door {
                exposed: Some(Exposed { requests: Some(why()), durations: None }),
                ..door(EVIL, 8080, Answer::Well("/health"))
            },
            door(EVIL, 8081, Answer::Silent(why())),
        ],
        dependencies: vec![(names.give(EVIL), "127.0.0.1:5432".to_owned())],
        scraped: Some(scraped),
        ..project("evil", &[], &[])
    };
    Seen {
        services: vec![evil],
        databases: vec![(why(), why())],
        asleep: vec![why()],
        swarm: Some(Unread::Lost(why())),
        prometheus: Some(Server {
            url: "http://127.0.0.1:9090".to_owned(),
            version: why(),
            configured: false,
        }),
        ..Seen::default()
    }
}

/// The draft of one of these, which golive takes.
fn drafted(seen: &Seen, language: Language) -> (String, Config) {
    let text = draft(seen, &Texts::new(language, None));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("rules.toml");
    // What the configuration of such a host has already.
    let more = seen.prometheus.as_ref().filter(|server| server.configured);
    let more = more.map(|server| format!("\n[prometheus]\nurl = \"{}\"\n", server.url)).unwrap_or_default();
    std::fs::write(&file, format!("{text}{more}")).unwrap();
    let config = Config::load(&file).unwrap_or_else(|mistakes| panic!("{}\n{text}", mistakes.render(false)));
    for hole in ["discover.", "{{", "{%", "undefined"] {
        assert!(!text.contains(hole), "{hole}: {text}");
    }
    (text, config)
}

fn golden_of(name: &str, seen: &Seen, language: Language) -> Config {
    let (text, config) = drafted(seen, language);
    golden(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/discover/snapshots"), name, &text);
    config
}

#[test]
fn one_container_is_one_service() {
    let config = golden_of("small", &small(), Language::English);
    assert_eq!(config.services["shop-web"].checks.len(), 2);
}

#[test]
fn a_project_is_one_set_and_what_prometheus_knows_is_asked_there() {
    let config = golden_of("compose", &compose(), Language::English);
    assert_eq!(
        config.services.keys().collect::<Vec<_>>(),
        ["shop"],
        "of the other nothing can be taken back"
    );
    let shop = &config.services["shop"];
    assert_eq!(shop.checks.keys().collect::<Vec<_>>(), ["api", "containers"]);
    assert_eq!(shop.dependencies.keys().collect::<Vec<_>>(), ["db"]);
    assert!(shop.metrics.is_some() && config.prometheus.contains_key(""));
    golden_of("compose-zh", &compose(), Language::Chinese);
}

#[test]
fn what_is_not_well_is_there_to_be_switched_on() {
    let config = golden_of("swarm", &swarm(), Language::English);
    assert_eq!(config.services.keys().collect::<Vec<_>>(), ["mailer", "page", "shop"]);
    assert_eq!(config.services["shop"].checks.keys().collect::<Vec<_>>(), ["shop_api"]);
    golden_of("swarm-zh", &swarm(), Language::Chinese);
}

/// With every `#` before an example away it is TOML too, of the same names and no others.
#[test]
fn no_name_becomes_a_key() {
    let config = golden_of("hostile", &hostile(), Language::English);
    assert_eq!(config.services.len(), 1);
    for language in Language::ALL {
        for seen in [small(), compose(), swarm(), hostile(), Seen::default()] {
            let (text, _) = drafted(&seen, language);
            let example =
                |line: &str| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).map(str::to_owned);
            let all: Vec<String> =
                text.lines().map(|line| example(line).unwrap_or_else(|| line.to_owned())).collect();
            let table: toml::Table = all.join("\n").parse().unwrap_or_else(|error| panic!("{error}\n{text}"));
            let services = table["service"].as_table().unwrap();
            let known = seen.services.iter().map(|service| service.name.as_str());
            let known: Vec<&str> = if seen.services.is_empty() { vec!["web"] } else { known.collect() };
            assert!(services.keys().all(|name| known.contains(&name.as_str())), "{services:?}");
        }
    }
}

#[test]
fn an_empty_host_is_told_what_to_do() {
    let (text, config) = drafted(&Seen::default(), Language::English);
    assert!(text.contains("Nothing runs here that golive could watch."), "{text}");
    assert!(text.contains("#[service.web]"), "{text}");
    assert!(config.services.is_empty());
}
