//! The configuration that is shipped.

use std::time::Duration;

use super::{Environment, Place, repository};
use crate::config::{Channel, CheckKind, Config, Language, Runtime, Secret, SmtpTls};
use crate::decide::action::Tier;
use crate::decide::event::Step;
use crate::decide::policy::{Autonomy, OnBlind};

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
}

#[test]
fn every_example_loads() {
    let config = examples();
    assert_eq!(config.services.keys().collect::<Vec<_>>(), ["api", "batch", "web"]);
    assert_eq!(config.channels.keys().collect::<Vec<_>>(), ["chat", "local-mail", "oncall"]);
    assert_eq!(config.tiers[&Tier::Urgent].channels, ["oncall", "chat"]);
    assert_eq!(config.tiers[&Tier::Urgent].repeat, Some(Duration::from_mins(15)));
    assert_eq!(config.people[0].role, "technical-lead");
    let Channel::Email(oncall) = &config.channels["oncall"] else { panic!("a mail channel") };
    assert_eq!((oncall.smtp.tls, oncall.smtp.port), (SmtpTls::Implicit, 465));
    assert_eq!(oncall.password, Some(Secret::Credential("smtp".to_owned())));
    let kinds: Vec<&CheckKind> = config.services["api"].checks.values().map(|check| &check.kind).collect();
    assert!(matches!(
        kinds.as_slice(),
        [CheckKind::Docker, CheckKind::Tcp { .. }, CheckKind::Command { .. }, CheckKind::Http(_)]
    ));
}

/// What an example calls a default is one: the full service differs from the smallest in what has no default.
#[test]
fn what_is_called_a_default_is_one() {
    let config = examples();
    let (full, small) = (&config.services["api"], &config.services["web"]);
    assert_eq!(full.interval, small.interval);
    assert_eq!(full.stop_timeout, small.stop_timeout);
    let mut policy = full.policy.clone();
    policy.checks.clone_from(&small.policy.checks);
    policy.steps.clone_from(&small.policy.steps);
    policy.finish.clone_from(&small.policy.finish);
    assert_eq!(policy, small.policy);
}

#[test]
fn the_smallest_service_has_the_defaults_of_the_contract() {
    let config = examples();
    let small = &config.services["web"];
    assert_eq!(small.runtime, Runtime::Container { name: "shop-web".to_owned() });
    assert_eq!((small.interval, small.stop_timeout), (Duration::from_secs(5), Duration::from_secs(10)));
    let policy = &small.policy;
    assert_eq!((policy.autonomy, policy.on_blind), (Autonomy::Auto, OnBlind::Hold));
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
    let swap = [Step::Create, Step::Disarm, Step::Stop, Step::SetAside, Step::TakeName, Step::Start];
    let hooked = [&[Step::Prepare, Step::Forensics, Step::Before], swap.as_slice()].concat();
    let bare = [&[Step::Prepare, Step::Forensics], swap.as_slice()].concat();
    let policy = config.policy();
    assert_eq!(policy.services["api"].steps, hooked);
    assert_eq!(policy.services["api"].finish, [Step::CleanUp, Step::After]);
    assert_eq!(policy.services["web"].steps, bare);
    assert_eq!(policy.services["web"].finish, [Step::CleanUp]);
    assert_eq!(policy.services["batch"].steps, [Step::Prepare, Step::Command]);
    assert!(policy.services["batch"].finish.is_empty());
    assert_eq!(policy.tiers, config.tiers);
}
