//! The configuration that is shipped.

use std::time::Duration;

use super::{Environment, Place, repository};
use crate::config::{
    CheckKind, Config, Exposition, HttpLogin, Language, Query, Runtime, Secret, SmtpTls, Way,
};
use crate::model::drill::Level;
use crate::model::notice::Tier;
use crate::model::policy::{Autonomy, Direction, Otherwise, Windows};
use crate::model::reading::Source;
use crate::model::step::Step;

fn shipped() -> String {
    std::fs::read_to_string(repository("etc/rules.toml")).unwrap()
}

/// Every example uncommented.
fn examples() -> Config {
    let is_example = |line: &&str| line.strip_prefix('#').is_some_and(|rest| !rest.starts_with([' ', '-']));
    let text: Vec<String> = shipped()
        .lines()
        .map(|line| match Some(line).filter(is_example) {
            Some(example) => example[1..].to_owned(),
            None => line.to_owned(),
        })
        .collect();
    let place = Place::new();
    place.write("templates/subject.j2", "{{ title }}");
    place.write("templates/body.j2", "{{ reason }}");
    place.write("rules.toml", text.join("\n"));
    place.load(&[]).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

#[test]
fn loads_as_shipped_and_holds_nothing_yet() {
    let config = Config::load_with(&repository("etc/rules.toml"), &Environment::of(&[])).unwrap();
    assert_eq!(config.language, Language::English);
    assert_eq!(config.timezone, None);
    assert_eq!(config.docker_socket.to_str(), Some("/var/run/docker.sock"));
    assert_eq!(config.state_dir.to_str(), Some("/var/lib/golive"));
    assert_eq!(config.keep, Duration::from_hours(24 * 400));
    assert!(config.services.is_empty() && config.channels.is_empty() && config.people.is_empty());
    assert!(config.prometheus.is_empty());
}

#[test]
fn every_example_loads() {
    let config = examples();
    assert_eq!(config.services.keys().collect::<Vec<_>>(), ["api", "basket", "batch", "shop", "web"]);
    // Three by mail, and one webhook of each format.
    assert_eq!(config.channels.len(), 3 + 12);
    assert!(["chat", "local-mail", "oncall"].iter().all(|name| config.channels.contains_key(*name)));
    assert_eq!(config.tiers[&Tier::Urgent].channels, ["oncall", "chat"]);
    assert_eq!(config.tiers[&Tier::Urgent].repeat, Some(Duration::from_mins(15)));
    assert_eq!(
        config.rules.keys().collect::<Vec<_>>(),
        ["host-cpu", "host-disk", "host-memory", "sync-lag", "users"]
    );
    assert_eq!(config.always.keys().collect::<Vec<_>>(), ["backup", "exceptions"]);
    assert_eq!(config.always["backup"].limit.every, Duration::from_mins(10));
    assert_eq!(config.always["exceptions"].of, Some(config.services["api"].runtime.clone()));
    assert_eq!(config.rules["host-memory"].limit.above, Some(0.7));
    assert_eq!(config.rules["host-memory"].limit.tier, Tier::Important);
    assert_eq!(
        config.rules["sync-lag"].measured.query,
        Query::Value("max(data_sync_lag_seconds)".to_owned())
    );
    assert!(matches!(config.rules["users"].measured.query, Query::Exposed { .. }));
    assert_eq!(config.page.as_ref().map(|page| page.listen.port()), Some(9797));
    assert_eq!(config.people[0].role, "technical-lead");
    let Way::Email(oncall) = &config.channels["oncall"].way else { panic!("a mail channel") };
    assert_eq!(config.channels["feishu"].language, Some(Language::Chinese));
    assert_eq!(config.channels["oncall"].language, None);
    assert_eq!((oncall.smtp[0].tls, oncall.smtp[0].port), (SmtpTls::Implicit, 465));
    assert_eq!(oncall.login.as_ref().unwrap().secret, Secret::Credential("smtp".to_owned()));
    let kinds: Vec<&CheckKind> = config.services["api"].checks.values().map(|check| &check.kind).collect();
    assert!(matches!(
        kinds.as_slice(),
        [
            CheckKind::FileAge(_),
            CheckKind::Tls(_),
            CheckKind::Docker,
            CheckKind::Report(_),
            CheckKind::Tcp { .. },
            CheckKind::Query(_),
            CheckKind::Command { .. },
            CheckKind::Prometheus(_),
            CheckKind::Http(_)
        ]
    ));
}

/// What an example calls a default is one: the full service differs from the smallest in what has no default.
#[test]
fn what_is_called_a_default_is_one() {
    let config = examples();
    let (full, small) = (&config.services["api"], &config.services["web"]);
    assert_eq!((full.stop_timeout, full.pin), (small.stop_timeout, small.pin));
    let mut policy = full.policy.clone();
    policy.checks.clone_from(&small.policy.checks);
    assert_eq!(policy.checklist.valid_for, small.policy.checklist.valid_for);
    policy.checklist.clone_from(&small.policy.checklist);
    // The full one has items, of which nothing is said of what becomes of a release without them.
    assert_eq!(policy.acceptance.take(), Some(Otherwise::Hold));
    // No drill is made by itself unless it is said how often.
    assert_eq!(policy.drill.take().map(|drill| drill.level), Some(Level::Steps));
    policy.steps.clone_from(&small.policy.steps);
    policy.finish.clone_from(&small.policy.finish);
    // The full one has hooks, which take their time.
    policy.step_within = small.policy.step_within;
    policy.dependencies.clear();
    policy.needs.clear();
    policy.triggers.business.clear();
    policy.triggers.alerts = None;
    policy.maintenance = Windows::default();
    policy.freeze.windows.clear();
    policy.ask_within = None;
    // The full one has an exposition, which comes before the requests of the health checks.
    policy.requests.clone_from(&small.policy.requests);
    policy.triggers.error_rate.as_mut().unwrap().source = Source::Probes;
    policy.triggers.latency.as_mut().unwrap().source = Source::Probes;
    assert_eq!(policy, small.policy);
}

#[test]
fn the_examples_show_every_source() {
    let config = examples();
    let of = |service: &str| -> Vec<(String, Query)> {
        let measured = config.services[service].measured.iter();
        measured.map(|one| (one.stream.trigger().to_owned(), one.query.clone())).collect()
    };
    let from = || Exposition { url: "http://127.0.0.1:8080/metrics".to_owned(), ca_file: None };
    let query = "sum(rate(orders_total[5m]))".to_owned();
    let history = Duration::from_hours(4 * 7 * 24);
    let api = [
        ("error-rate".to_owned(), Query::ExposedRequests { from: from(), metric: None, label: None }),
        ("latency-p95".to_owned(), Query::ExposedDurations { from: from(), metric: None }),
        ("resources".to_owned(), Query::Host),
        ("alerts".to_owned(), Query::Alerts([("service".to_owned(), "shop".to_owned())].into())),
        ("orders".to_owned(), Query::Seasonal { query, history }),
        ("queue".to_owned(), Query::Exposed { from: from(), metric: "queue_jobs".to_owned(), rate: false }),
    ];
    assert_eq!(of("api"), api);
    let batch = of("batch");
    assert!(matches!(&batch[0].1, Query::Requests { version_label: Some(label), .. } if label == "version"));
    assert!(matches!(&batch[1].1, Query::Buckets(_)));
    assert_eq!(of("web"), [("resources".to_owned(), Query::Host)]);
    let prometheus = config.prometheus[""].clone();
    let login = prometheus.access.login;
    assert!(matches!(&login, Some(HttpLogin::Basic { username, .. }) if username == "golive"), "{login:?}");
    assert_eq!(prometheus.timeout, Duration::from_secs(5));
    let anomaly = config.services["api"].policy.triggers.business["orders"].anomaly.clone().unwrap();
    assert_eq!((anomaly.direction, anomaly.least), (Direction::Drop, 0.15));
}

#[test]
fn the_smallest_service_has_the_defaults_of_the_contract() {
    let config = examples();
    let small = &config.services["web"];
    assert_eq!(small.runtime, Runtime::Container { name: "shop-web".to_owned() });
    assert_eq!(
        (small.policy.interval, small.stop_timeout),
        (Duration::from_secs(5), Duration::from_secs(10))
    );
    let policy = &small.policy;
    assert_eq!((policy.autonomy, policy.on_blind), (Autonomy::Auto, Otherwise::Hold));
    assert_eq!((policy.window, policy.grace), (Duration::from_mins(10), Duration::from_secs(20)));
    assert_eq!((policy.blind_after, policy.verify), (Duration::from_mins(1), Duration::from_secs(30)));
    assert_eq!((policy.failures, policy.keep, policy.per_day), (3, 3, 3));
    assert_eq!(policy.checks, ["page"]);
    let CheckKind::Http(check) = &small.checks["page"].kind else { panic!("a check by url") };
    assert_eq!(small.checks["page"].timeout, Duration::from_secs(2));
    assert_eq!((check.method.as_str(), check.status.as_slice()), ("GET", [200].as_slice()));
}

#[test]
fn the_steps_follow_the_runtime_and_the_hooks() {
    let config = examples();
    let swap = [
        Step::Create,
        Step::DisableRestart,
        Step::Stop,
        Step::RenameOld,
        Step::RenameNew,
        Step::Start,
        Step::RecreateDependents,
    ];
    let hooked = [&[Step::Prepare, Step::Forensics, Step::Before], swap.as_slice()].concat();
    let bare = [&[Step::Prepare, Step::Forensics], swap.as_slice()].concat();
    let policy = config.policy();
    assert_eq!(policy.services["api"].steps, hooked);
    assert_eq!(policy.services["api"].finish, [Step::CleanUp, Step::After]);
    assert_eq!(policy.services["web"].steps, bare);
    assert_eq!(policy.services["web"].finish, [Step::CleanUp]);
    // What is left of a Compose project's bad release goes before the proof.
    assert_eq!(policy.services["basket"].steps, [bare.as_slice(), &[Step::CleanUp]].concat());
    assert!(policy.services["basket"].finish.is_empty());
    assert_eq!(policy.services["batch"].steps, [Step::Prepare, Step::Command]);
    assert_eq!(policy.services["batch"].finish, [Step::Verify]);
    let swarm = [Step::Prepare, Step::Forensics, Step::Update, Step::Converge];
    assert_eq!(policy.services["shop"].steps, swarm);
    assert!(policy.services["shop"].shared);
    assert!(!policy.services["batch"].shared);
    assert_eq!(policy.tiers, config.tiers);
}
