//! `[service.…]`

use std::collections::BTreeMap;
use std::time::Duration;

use super::table::Section;
use super::{Check, CheckKind, HttpCheck, Runtime, Service};
use crate::decide::event::Step;
use crate::decide::policy::{Autonomy, OnBlind, ServicePolicy};

/// Keys that later versions know.
const LATER: [&str; 8] =
    ["compose", "swarm", "metrics", "business", "acceptance", "checklist", "maintenance", "depends-on"];
const LATER_TRIGGERS: [&str; 7] =
    ["level", "relative", "error-rate", "latency-p95", "resources", "on-environment", "flapping"];
const LATER_CHECKS: [&str; 2] = ["tls", "file-age"];

const AUTONOMY: [(&str, Autonomy); 4] =
    [("off", Autonomy::Off), ("shadow", Autonomy::Shadow), ("ask", Autonomy::Ask), ("auto", Autonomy::Auto)];
const ON_BLIND: [(&str, OnBlind); 3] =
    [("hold", OnBlind::Hold), ("accept", OnBlind::Accept), ("rollback", OnBlind::Rollback)];

/// One service; `None` when it cannot be made sense of, which is said.
pub(super) fn read(name: &str, mut section: Section<'_>) -> Option<Service> {
    if !is_name(name) {
        section.wrong_here(
            "is not a name for a service",
            "use small letters, digits, `-`, `_` and `.`, at most 63",
        );
    }
    let runtime = runtime(&mut section);
    let autonomy = section.word("autonomy", &AUTONOMY, Autonomy::Auto);
    let runbook = section.string("runbook");
    let watch = watch(&mut section);
    let mut checks = BTreeMap::new();
    section.named("health", |name, section| {
        if let Some(check) = check(section) {
            checks.insert(name.to_owned(), check);
        }
    });
    if !section.has("health") {
        section.wrong_here(
            "has no health check",
            &format!("add [service.{name}.health.web] with url = \"http://127.0.0.1:8080/health\""),
        );
    }
    let failures = failures(&mut section);
    let rollback = rollback(&mut section);
    section.end(&LATER);
    let runtime = runtime?;
    let (steps, finish) = steps(&runtime, rollback.before.is_some(), rollback.after.is_some());
    let policy = ServicePolicy {
        autonomy,
        window: watch.window,
        grace: watch.grace,
        interval: watch.interval,
        blind_after: watch.blind_after,
        on_blind: watch.on_blind,
        checks: checks.keys().cloned().collect(),
        failures,
        verify: rollback.verify,
        keep: rollback.keep as usize,
        per_day: rollback.per_day,
        steps,
        finish,
    };
    Some(Service {
        runtime,
        policy,
        interval: watch.interval,
        checks,
        stop_timeout: rollback.stop_timeout,
        before: rollback.before,
        after: rollback.after,
        runbook,
    })
}

/// What a rollback does before and after the proof.
fn steps(runtime: &Runtime, before: bool, after: bool) -> (Vec<Step>, Vec<Step>) {
    let hook = |wanted: bool, step: Step| wanted.then_some(step);
    let mut steps = vec![Step::Prepare];
    let mut finish = Vec::new();
    match runtime {
        Runtime::Container { .. } => {
            steps.push(Step::Forensics);
            steps.extend(hook(before, Step::Before));
            steps.extend([
                Step::Create,
                Step::Disarm,
                Step::Stop,
                Step::SetAside,
                Step::TakeName,
                Step::Start,
            ]);
            finish.push(Step::CleanUp);
        }
        Runtime::Command { .. } => {
            steps.extend(hook(before, Step::Before));
            steps.push(Step::Command);
        }
    }
    finish.extend(hook(after, Step::After));
    (steps, finish)
}

fn runtime(section: &mut Section<'_>) -> Option<Runtime> {
    let kinds = ["container", "command", "compose", "swarm"];
    let given: Vec<&str> = kinds.into_iter().filter(|kind| section.has(kind)).collect();
    let container = section.string("container");
    let command = section.section("command").map(|mut command| {
        let version = command.argv("version");
        let rollback = command.argv("rollback");
        for (key, value) in [("version", &version), ("rollback", &rollback)] {
            if value.is_none() && !command.has(key) {
                command.wrong_here(
                    format!("has no `{key}`"),
                    "write { version = [\"…\"], rollback = [\"…\", \"{to}\"] }",
                );
            }
        }
        command.end(&["ready", "verify"]);
        Some(Runtime::Command { version: version?, rollback: rollback? })
    });
    match given.as_slice() {
        [] => section.wrong_here("does not say what carries it", "add container = \"NAME\""),
        [_] => {}
        [_, second, ..] => {
            section.wrong(second, "is a second runtime beside another", "keep exactly one of them");
        }
    }
    container.map(|name| Runtime::Container { name }).or(command.flatten())
}

struct Watch {
    window: Duration,
    grace: Duration,
    interval: Duration,
    blind_after: Duration,
    on_blind: OnBlind,
}

fn watch(section: &mut Section<'_>) -> Watch {
    let mut watch = Watch {
        window: Duration::from_mins(10),
        grace: Duration::from_secs(20),
        interval: Duration::from_secs(5),
        blind_after: Duration::from_mins(1),
        on_blind: OnBlind::Hold,
    };
    if let Some(mut table) = section.section("watch") {
        watch.window = table.duration("window", watch.window);
        watch.grace = table.duration("grace", watch.grace);
        watch.interval = table.duration("interval", watch.interval);
        watch.blind_after = table.duration("blind-after", watch.blind_after);
        watch.on_blind = table.word("on-blind", &ON_BLIND, watch.on_blind);
        if watch.interval < Duration::from_millis(100) {
            table.wrong("interval", "is shorter than golive can keep", "write \"100ms\" or more");
        }
        if watch.interval > watch.window {
            table.wrong(
                "window",
                "ends before the checks are made a second time",
                "make it longer than `interval`",
            );
        }
        if watch.window > Duration::from_hours(24 * 30) {
            table.wrong("window", "is longer than a month", "write \"10m\", say");
        }
        table.end(&[]);
    }
    watch
}

fn check(mut section: Section<'_>) -> Option<Check> {
    let timeout = section.duration("timeout", Duration::from_secs(2));
    let kinds = ["url", "tcp", "command", "docker"];
    let given: Vec<&str> = kinds.into_iter().filter(|kind| section.has(kind)).collect();
    let later = LATER_CHECKS.iter().any(|kind| section.has(kind));
    match given.as_slice() {
        [] if !later => section.wrong_here("does not say what to check", "add url = \"http://…\""),
        [] | [_] => {}
        [_, second, ..] => {
            section.wrong(second, "is a second kind of check", "give each check a table of its own");
        }
    }
    let tcp = section.string("tcp");
    if let Some(address) = &tcp
        && !address
            .rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
    {
        section.wrong("tcp", format!("\"{address}\" is not an address"), "write \"HOST:PORT\"");
    }
    let command = section.argv("command");
    let docker = section.boolean("docker");
    if docker == Some(false) {
        section.wrong(
            "docker",
            "is false, so there is nothing to check",
            "write docker = true or leave the table out",
        );
    }
    let http = http(&mut section);
    section.end(&LATER_CHECKS);
    let kind = http
        .map(CheckKind::Http)
        .or(tcp.map(|address| CheckKind::Tcp { address }))
        .or(command.map(|argv| CheckKind::Command { argv }))
        .or(docker.map(|_| CheckKind::Docker))?;
    Some(Check { timeout, kind })
}

fn http(section: &mut Section<'_>) -> Option<HttpCheck> {
    let url = section.string("url");
    if let Some(url) = &url
        && let Err(why) = super::is_url(url)
    {
        section.wrong("url", why, "write \"http://HOST:PORT/PATH\" or \"https://…\"");
    }
    let method = section.string("method").unwrap_or_else(|| "GET".to_owned());
    if !method.bytes().all(|byte| byte.is_ascii_uppercase()) {
        section.wrong("method", format!("\"{method}\" is not an HTTP method"), "write \"GET\" or \"HEAD\"");
    }
    let status = statuses(section);
    let mut headers = BTreeMap::new();
    if let Some(toml::Value::Table(table)) = section.take("headers") {
        for (name, value) in table {
            let good = reqwest::header::HeaderName::from_bytes(name.as_bytes()).is_ok();
            match value.as_str().filter(|value| good && reqwest::header::HeaderValue::from_str(value).is_ok())
            {
                Some(value) => drop(headers.insert(name.clone(), value.to_owned())),
                None => section.wrong(
                    "headers",
                    format!("`{name}` is not a header"),
                    "write { name = \"value\" }",
                ),
            }
        }
    } else if section.has("headers") {
        section.wrong("headers", "is not a table", "write { name = \"value\" }");
    }
    let body_contains = section.string("body-contains");
    let mut json = BTreeMap::new();
    if let Some(toml::Value::Table(table)) = section.take("json") {
        for (pointer, value) in table {
            match serde_json::to_value(value) {
                Ok(value) if pointer.starts_with('/') => drop(json.insert(pointer.clone(), value)),
                Ok(_) | Err(_) => {
                    let hint = "write { \"/status\" = \"ok\" } (RFC 6901)";
                    section.wrong("json", format!("\"{pointer}\" is not a JSON pointer"), hint);
                }
            }
        }
    } else if section.has("json") {
        section.wrong("json", "is not a table", "write { \"/status\" = \"ok\" }");
    }
    let max_latency = section.optional_duration("max-latency");
    Some(HttpCheck { url: url?, method, headers, status, body_contains, json, max_latency })
}

fn statuses(section: &mut Section<'_>) -> Vec<u16> {
    let Some(value) = section.take("status") else { return vec![200] };
    let one = |value: &toml::Value| {
        let status = value.as_integer().and_then(|status| u16::try_from(status).ok());
        status.filter(|status| (100..600).contains(status))
    };
    let statuses: Option<Vec<u16>> = match value.as_array() {
        Some(items) => items.iter().map(one).collect(),
        None => one(value).map(|status| vec![status]),
    };
    match statuses.filter(|statuses| !statuses.is_empty()) {
        Some(statuses) => statuses,
        None => {
            section.wrong("status", "is not a list of HTTP status codes", "write [200] or [200, 204]");
            vec![200]
        }
    }
}

fn failures(section: &mut Section<'_>) -> u32 {
    let mut failures = 3;
    if let Some(mut trigger) = section.section("trigger") {
        if let Some(mut health) = trigger.section("health") {
            failures = health.count("failures", 3, 1);
            health.end(&["autonomy"]);
        }
        trigger.end(&LATER_TRIGGERS);
    }
    failures
}

struct Rollback {
    keep: u32,
    stop_timeout: Duration,
    verify: Duration,
    per_day: u32,
    before: Option<Vec<String>>,
    after: Option<Vec<String>>,
}

fn rollback(section: &mut Section<'_>) -> Rollback {
    let mut rollback = Rollback {
        keep: 3,
        stop_timeout: Duration::from_secs(10),
        verify: Duration::from_secs(30),
        per_day: 3,
        before: None,
        after: None,
    };
    if let Some(mut table) = section.section("rollback") {
        rollback.keep = table.count("keep", rollback.keep, 1);
        rollback.stop_timeout = table.duration("stop-timeout", rollback.stop_timeout);
        rollback.verify = table.duration("verify", rollback.verify);
        rollback.per_day = table.count("per-day", rollback.per_day, 0);
        rollback.before = table.argv("before");
        rollback.after = table.argv("after");
        if rollback.stop_timeout > Duration::from_mins(10) {
            table.wrong(
                "stop-timeout",
                "keeps a bad release alive for more than ten minutes",
                "write \"10s\", say",
            );
        }
        table.end(&["veto", "pin"]);
    }
    rollback
}

fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=63).contains(&name.len())
        && name.bytes().next().is_some_and(fits)
        && name.bytes().all(|byte| fits(byte) || b"-_.".contains(&byte))
}
