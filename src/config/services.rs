//! `[service.…]`

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::tz::TimeZone;

use super::acceptance::Acceptance;
use super::origin::Setting;
use super::prometheus::Names;
use super::table::Section;
use super::triggers::AUTONOMY;
use super::url::is_url;
use super::{
    Check, CheckKind, Commands, Content, Exposition, Order, Person, Pin, Program, Runtime, Service,
    acceptance, business, checklist, checks, compose, dependency, drill, swarm, tls, triggers, watch,
    windows,
};
use crate::model::checklist::Wanted;
use crate::model::policy::{Autonomy, Quarantine, ServicePolicy, Windows};
use crate::model::step::Step;

/// Keys that later versions know.
const LATER: [&str; 1] = ["depends-on"];

/// The engine's calls of one step together take no longer.
const STEP: Duration = Duration::from_mins(5);

/// For one hook, unless said otherwise.
const HOOK: Duration = Duration::from_mins(1);

const QUARANTINE: [(&str, Quarantine); 4] = [
    ("off", Quarantine::Off),
    ("watch", Quarantine::Watch),
    ("ask", Quarantine::Ask),
    ("rollback", Quarantine::Rollback),
];

const ORDER: [(&str, Order); 2] = [("stop-first", Order::StopFirst), ("start-first", Order::StartFirst)];

const PIN: [(&str, Pin); 2] = [("created", Pin::Created), ("running", Pin::Running)];

/// What the rest of the configuration has that a service may name.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) servers: &'a Names,
    pub(super) services: &'a BTreeSet<String>,
    pub(super) zone: Option<&'a TimeZone>,
    pub(super) people: &'a [Person],
}

/// One service; `None` when it cannot be made sense of, which is said.
pub(super) fn read(name: &str, mut section: Section<'_>, known: Known<'_>) -> Option<Service> {
    let runtime = runtime(&mut section);
    let (command, runbook) = (matches!(runtime, Some(Runtime::Command { .. })), section.string("runbook"));
    let (watch, checks) = (watch::read(&mut section), health(&mut section, name, command, known.servers));
    let (dependencies, needs) = dependency::read(&mut section, name, known.services, known.servers);
    let (metrics, server) = (metrics(&mut section), server(&mut section, known));
    let setting = setting(&mut section, command, (known, server), (metrics.as_ref(), &watch), &checks);
    let (judging, rollback) = (judging(&mut section, &setting), rollback(&mut section, runtime.as_ref()));
    let around = around(section, known, runtime.as_ref());
    let policy = ServicePolicy {
        autonomy: setting.autonomy,
        window: watch.window,
        grace: watch.grace,
        deploy_within: watch.deploy_within,
        interval: watch.interval,
        blind_after: watch.blind_after,
        on_blind: watch.on_blind,
        checks: checks.keys().cloned().collect(),
        failures: judging.failures,
        health_autonomy: judging.health_autonomy,
        requests: if judging.by_checks() { setting.urls } else { Vec::new() },
        dependencies: dependencies.keys().cloned().collect(),
        needs,
        triggers: judging.triggers,
        ask_within: judging.ask_within,
        ask_otherwise: judging.ask_otherwise,
        verify: rollback.verify,
        keep: rollback.keep as usize,
        per_day: rollback.per_day,
        veto: rollback.veto,
        quarantine: rollback.quarantine,
        maintenance: around.maintenance,
        freeze: around.freeze,
        checklist: around.wanted,
        acceptance: around.acceptance.on_fail,
        drill: around.drill.schedule,
        shared: matches!(runtime, Some(Runtime::Swarm(_))),
        steps: steps(runtime.as_ref()?, rollback.before.is_some()),
        finish: finish(runtime.as_ref()?, rollback.after.is_some()),
        step_within: step_within(runtime.as_ref()?, &rollback),
    };
    Some(Service {
        runtime: runtime?,
        policy,
        checks,
        stop_timeout: rollback.stop_timeout,
        pin: rollback.pin,
        order: rollback.order,
        before: rollback.before,
        after: rollback.after,
        runbook,
        metrics,
        traffic: watch.traffic,
        dependencies,
        measured: judging.measured,
        acceptance: around.acceptance.items,
        watched: around.acceptance.watched,
        content: around.content,
        drill_starts: around.drill.starts,
        checklist: around.checklist,
    })
}

/// By what a release is judged.
fn judging(section: &mut Section<'_>, setting: &Setting) -> triggers::Judging {
    let mut judging = triggers::read(section.table("trigger"), setting);
    judging.triggers.business = business::read(section, setting, &mut judging.measured);
    judging
}

/// What surrounds the watch: when golive asks before it acts, what a release has to show before it is accepted, what is
/// asked of a version before it is released, that going back is tried, and where what it brings is written down.
struct Around {
    maintenance: Windows,
    freeze: Windows,
    acceptance: acceptance::Before,
    wanted: Wanted,
    checklist: BTreeMap<String, Acceptance>,
    drill: drill::Drill,
    content: Option<Content>,
}

fn around(mut section: Section<'_>, known: Known<'_>, runtime: Option<&Runtime>) -> Around {
    let maintenance = windows::maintenance(&mut section, known.zone);
    let freeze = windows::freeze(&mut section, known.zone);
    let acceptance = acceptance::read(&mut section, known.servers);
    let (wanted, checklist) = checklist::read(&mut section, (known.people, known.servers));
    let drill = drill::read(&mut section, &maintenance, runtime);
    let content = section.section("content").and_then(Content::read);
    section.end(&LATER);
    Around { maintenance, freeze, acceptance, wanted, checklist, drill, content }
}

/// The Prometheus that it names, else the one that all use.
fn server(section: &mut Section<'_>, known: Known<'_>) -> Option<String> {
    known.servers.named(section).or_else(|| known.servers.usual().map(str::to_owned))
}

/// Whether it may be called so.
pub(super) fn named(name: &str, section: &mut Section<'_>) {
    if !is_name(name) {
        let hint = "use small letters, digits, `-`, `_` and `.`, at most 63";
        section.wrong_here("is not a name for a service", hint);
    }
}

/// What a rollback does before the proof.
fn steps(runtime: &Runtime, before: bool) -> Vec<Step> {
    let before = || before.then_some(Step::Before);
    let mut steps = vec![Step::Prepare];
    match runtime {
        Runtime::Container { .. } | Runtime::Compose(_) => {
            steps.push(Step::Forensics);
            steps.extend(before());
            steps.extend([
                Step::Create,
                Step::DisableRestart,
                Step::Stop,
                Step::RenameOld,
                Step::RenameNew,
                Step::Start,
                Step::RecreateDependents,
            ]);
        }
        Runtime::Command(_) => {
            steps.extend(before());
            steps.push(Step::Command);
        }
        Runtime::Swarm(_) => {
            steps.push(Step::Forensics);
            steps.extend(before());
            steps.extend([Step::Update, Step::Converge]);
        }
    }
    // `docker-compose up` counts a bad container that was set aside, and would bring it back.
    steps.extend(matches!(runtime, Runtime::Compose(_)).then_some(Step::CleanUp));
    steps
}

/// And after it.
fn finish(runtime: &Runtime, after: bool) -> Vec<Step> {
    let first = match runtime {
        Runtime::Container { .. } | Runtime::Swarm(_) => Some(Step::CleanUp),
        Runtime::Compose(_) => None,
        Runtime::Command(commands) => commands.verify.is_some().then_some(Step::Verify),
    };
    first.into_iter().chain(after.then_some(Step::After)).collect()
}

/// Longer than any step takes whose answer is still to come: the programs have limits of their own.
fn step_within(runtime: &Runtime, rollback: &Rollback) -> Duration {
    let hooks = [&rollback.before, &rollback.after].into_iter().flatten().map(|hook| hook.limit);
    let longest = hooks.fold(rollback.stop_timeout, Duration::max);
    let commands = match runtime {
        Runtime::Command(commands) => commands.longest(),
        Runtime::Container { .. } | Runtime::Compose(_) | Runtime::Swarm(_) => Duration::ZERO,
    };
    STEP.saturating_add(longest.max(commands))
}

/// A container's name.
pub(super) fn container(section: &mut Section<'_>) -> Option<String> {
    let container = section.string("container");
    if container.as_ref().is_some_and(|name| !is_container(name)) {
        section.wrong("container", "cannot be a container's name", "write the name that `docker ps` shows");
    }
    container
}

fn runtime(section: &mut Section<'_>) -> Option<Runtime> {
    let container = container(section);
    let command = section.section("command").and_then(Commands::read).map(Runtime::Command);
    let swarm = section.section("swarm").and_then(swarm::read);
    let compose = compose::read(section);
    match section.given(&["container", "command", "compose", "swarm"]).as_slice() {
        [] => section.missing("does not say what carries it", "add container = \"NAME\""),
        [_] => {}
        [first, more @ ..] => {
            for kind in more {
                let message = format!("is a second runtime beside `{first}`");
                section.wrong_key(&[kind], message, "keep exactly one of them");
            }
        }
    }
    container.map(|name| Runtime::Container { name }).or(command).or(compose).or(swarm)
}

fn health(
    section: &mut Section<'_>,
    service: &str,
    command: bool,
    servers: &Names,
) -> BTreeMap<String, Check> {
    let without = command.then_some("looks at a container, and the service has none");
    let read = named_checks(section, "health", without, servers);
    if section.take("health").is_none_or(|health| health.as_table().is_some_and(toml::Table::is_empty)) {
        section.missing(
            "has no health check",
            &format!("add [service.{service}.health.web] with url = \"http://127.0.0.1:8080/health\""),
        );
    }
    read
}

/// Checks by name. `without_docker` says why there may be none of a container.
fn named_checks(
    section: &mut Section<'_>,
    key: &'static str,
    without_docker: Option<&str>,
    servers: &Names,
) -> BTreeMap<String, Check> {
    let mut read = BTreeMap::new();
    section.named(key, |name, section| {
        read.extend(checks::read(section, without_docker, servers).map(|check| (name.to_owned(), check)));
    });
    read
}

fn setting(
    section: &mut Section<'_>,
    command: bool,
    (known, server): (Known<'_>, Option<String>),
    (metrics, watch): (Option<&Exposition>, &watch::Watch),
    checks: &BTreeMap<String, Check>,
) -> Setting {
    let autonomy = section.word("autonomy", &AUTONOMY, Autonomy::Auto);
    let (servers, metrics, traffic) = (known.servers.clone(), metrics.cloned(), watch.traffic.is_some());
    Setting { autonomy, command, servers, server, metrics, traffic, urls: urls(checks) }
}

fn urls(checks: &BTreeMap<String, Check>) -> Vec<String> {
    let by_url = |check: &Check| matches!(check.kind, CheckKind::Http(_));
    checks.iter().filter(|(_, check)| by_url(check)).map(|(name, _)| name.clone()).collect()
}

/// The service's exposition: its URL, or a table that has it. A wrong one is there too, so that nobody is told to add one.
fn metrics(section: &mut Section<'_>) -> Option<Exposition> {
    const HINT: &str = "write \"http://HOST:PORT/metrics\" or \"https://…\"";
    if !section.has("metrics") {
        return None;
    }
    if section.take("metrics").is_some_and(toml::Value::is_table) {
        let mut table = section.table("metrics");
        let (url, ca_file) = (table.string("url"), tls::ca_file(&mut table));
        if let Some(Err(why)) = url.as_deref().map(is_url) {
            table.wrong("url", why, HINT);
        }
        table.required(&["url"], HINT);
        table.end(&[]);
        return Some(Exposition { url: url.unwrap_or_default(), ca_file });
    }
    let url = section.string("metrics");
    if let Some(Err(why)) = url.as_deref().map(is_url) {
        section.wrong("metrics", why, HINT);
    }
    Some(Exposition { url: url.unwrap_or_default(), ca_file: None })
}

struct Rollback {
    keep: u32,
    stop_timeout: Duration,
    pin: Pin,
    order: Order,
    verify: Duration,
    per_day: u32,
    veto: Duration,
    quarantine: Quarantine,
    before: Option<Program>,
    after: Option<Program>,
}

fn rollback(section: &mut Section<'_>, runtime: Option<&Runtime>) -> Rollback {
    let mut rollback = Rollback {
        keep: 3,
        stop_timeout: Duration::from_secs(10),
        pin: Pin::Created,
        order: Order::StopFirst,
        verify: Duration::from_secs(30),
        per_day: 3,
        veto: Duration::ZERO,
        quarantine: Quarantine::Watch,
        before: None,
        after: None,
    };
    if let Some(mut table) = section.section("rollback") {
        rollback.keep = table.count("keep", rollback.keep, 1);
        rollback.stop_timeout = table.any_duration("stop-timeout").unwrap_or(rollback.stop_timeout);
        rollback.pin = table.word("pin", &PIN, rollback.pin);
        rollback.order = table.word("order", &ORDER, rollback.order);
        if rollback.order == Order::StartFirst && !matches!(runtime, Some(Runtime::Container { .. }) | None) {
            let hint = "leave it out: the engine, the set or your own command decides";
            table.wrong("order", "is for a service in one container", hint);
        }
        rollback.verify = table.duration("verify", rollback.verify);
        rollback.per_day = table.count("per-day", rollback.per_day, 0);
        rollback.veto = table.any_duration("veto").unwrap_or(rollback.veto);
        rollback.quarantine = table.word("quarantine", &QUARANTINE, rollback.quarantine);
        let limit = table.duration("hook-timeout", HOOK);
        rollback.before = table.argv("before").map(|argv| Program { argv, limit });
        rollback.after = table.argv("after").map(|argv| Program { argv, limit });
        if rollback.veto > Duration::from_hours(1) {
            table.wrong("veto", "keeps a bad release up for more than an hour", "write \"30s\", say");
        }
        if rollback.stop_timeout > Duration::from_mins(10) {
            table.wrong(
                "stop-timeout",
                "keeps a bad release alive for more than ten minutes",
                "write \"10s\", say",
            );
        }
        table.end(&[]);
    }
    rollback
}

fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=63).contains(&name.len())
        && name.bytes().next().is_some_and(fits)
        && name.bytes().all(|byte| fits(byte) || b"-_.".contains(&byte))
}

/// What the engine takes as a name.
pub(super) fn is_container(name: &str) -> bool {
    name.len() > 1
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}
