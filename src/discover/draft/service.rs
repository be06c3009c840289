//! One service: what carries it, how its health is seen, what is measured.

use minijinja::context;
use toml::{Table, Value};

use super::{Draft, some};
use crate::config::{Runtime, SwarmSet};
use crate::discover::names::Names;
use crate::discover::seen::{Answer, Door, Query, Service};
use crate::untrusted::clean;

/// What a query for a trigger looks like, where nobody knows the names.
const QUERIES: [&str; 2] = [
    "error-rate = { query = 'sum(rate(NAME_total{code=~\"5..\"}[5m])) / sum(rate(NAME_total[5m]))' }",
    "latency-p95 = { query = 'histogram_quantile(0.95, sum by (le) (rate(NAME_seconds_bucket[5m])))' }",
];

/// Writes it, behind `#` where nothing of it could be watched now.
pub(super) fn write(draft: &mut Draft<'_>, service: &Service, prometheus: bool) {
    let urls = urls(service);
    let keeps_all = matches!(service.runtime, Runtime::Compose(_)) && service.members.is_empty();
    let off = keeps_all || urls.is_empty() && service.unwell.is_some();
    carrier(draft, service);
    if keeps_all {
        draft.say("keeps-all", context! {});
    } else if off {
        let why = clean(service.unwell.as_deref().unwrap_or_default());
        draft.say("not-in-force", context! { why });
    }
    draft.page.switch_off(off);
    draft.page.table(&["service", &service.name]);
    runtime(draft, service, keeps_all);
    if !off {
        draft.page.example("autonomy = \"shadow\"");
    }
    let metrics = metrics(draft, service);
    draft.page.switch_off(off);
    for (name, door, path) in &urls {
        answered(draft, door, path);
        draft.page.table(&["service", &service.name, "health", name]);
        draft.page.set("url", door.url(path));
    }
    docker(draft, service, off);
    draft.page.switch_off(off);
    for (name, address) in &service.dependencies {
        draft.say("dependency", context! { name });
        draft.page.table(&["service", &service.name, "dependency", name]);
        draft.page.set("tcp", address.as_str());
    }
    if !off {
        measured(draft, service, (metrics, !urls.is_empty(), prometheus));
    }
    draft.page.switch_off(false);
    beside(draft, service, &urls);
}

/// The checks by URL: every path that tells of health, else `/`, each with a name.
fn urls(service: &Service) -> Vec<(String, &Door, &'static str)> {
    let lasting = || service.doors.iter().filter(|door| door.lasting);
    let well = lasting().filter_map(|door| match door.answer {
        Answer::Well(path) => Some((door, path)),
        Answer::Home { .. } | Answer::Other { .. } | Answer::Silent(_) | Answer::Unasked => None,
    });
    let mut all: Vec<(&Door, &'static str)> = well.collect();
    if all.is_empty() {
        all = lasting()
            .filter(|door| matches!(door.answer, Answer::Home { .. }))
            .map(|door| (door, "/"))
            .collect();
    }
    let mut names = Names::taken([CONTAINERS.to_owned()].into_iter());
    let alone = matches!(service.runtime, Runtime::Container { .. });
    all.into_iter()
        .map(|(door, path)| (names.give(if alone { "web" } else { &door.of }), door, path))
        .collect()
}

/// The check of the engine.
const CONTAINERS: &str = "containers";

fn carrier(draft: &mut Draft<'_>, service: &Service) {
    let members = some(&service.members);
    match &service.runtime {
        Runtime::Container { name } => draft.say("container", context! { name }),
        Runtime::Compose(of) => draft.say("compose", context! { project => of.project.as_str(), members }),
        Runtime::Swarm(SwarmSet::Service(name)) => draft.say("swarm-service", context! { name }),
        Runtime::Swarm(SwarmSet::Stack(name)) => draft.say("swarm-stack", context! { name, members }),
        Runtime::Command(_) => {}
    }
    if !service.left.is_empty() {
        draft.say("left", context! { names => some(&service.left) });
    }
    if !service.databases.is_empty() {
        let swarm = matches!(service.runtime, Runtime::Swarm(_));
        draft.say("with-database", context! { names => some(&service.databases), swarm });
    }
}

fn runtime(draft: &mut Draft<'_>, service: &Service, keeps_all: bool) {
    let text = |name: &str| Value::String(name.to_owned());
    let table = |entries: Vec<(&str, Value)>| {
        let entries = entries.into_iter().map(|(key, value)| (key.to_owned(), value));
        Value::Table(entries.collect::<Table>())
    };
    match &service.runtime {
        Runtime::Container { name } => draft.page.set("container", name.as_str()),
        Runtime::Compose(of) => {
            let mut entries = vec![("project", text(&of.project))];
            if keeps_all {
                let named = service.left.iter().map(|name| text(name)).collect();
                entries.push(("services", Value::Array(named)));
            }
            draft.page.set("compose", table(entries));
        }
        Runtime::Swarm(set) => {
            let kind = match set {
                SwarmSet::Service(_) => "service",
                SwarmSet::Stack(_) => "stack",
            };
            draft.page.set("swarm", table(vec![(kind, text(set.name()))]));
        }
        Runtime::Command(_) => {}
    }
}

/// Its own metrics, where golive knows what to do with them; whether it does.
fn metrics(draft: &mut Draft<'_>, service: &Service) -> bool {
    let exposed = service.doors.iter().filter(|door| door.lasting).filter_map(|door| {
        let exposed = door.exposed.as_ref()?;
        let known = [&exposed.requests, &exposed.durations].into_iter().flatten();
        let known: Vec<String> = known.map(|told| clean(told)).collect();
        Some((door, known))
    });
    let Some((door, known)) = exposed.max_by_key(|(_, known)| known.len()) else { return false };
    let (told, of) = (!known.is_empty(), &door.of);
    draft.say("metrics", context! { of, known => known.join("; ") });
    if told {
        draft.page.set("metrics", door.url("/metrics"));
    } else {
        draft.page.example(&format!("metrics = \"{}\"", door.url("/metrics")));
    }
    told
}

/// What was answered at the address of a check.
fn answered(draft: &mut Draft<'_>, door: &Door, path: &str) {
    let of = &door.of;
    match &door.answer {
        Answer::Home { sick, anything } => {
            let (sick, status) = sick.unzip();
            draft.say("home", context! { of, sick, status, anything });
        }
        Answer::Well(_) | Answer::Other { .. } | Answer::Silent(_) | Answer::Unasked => {
            draft.say("well", context! { of, path });
        }
    }
}

/// The engine's own word.
fn docker(draft: &mut Draft<'_>, service: &Service, off: bool) {
    let swarm = matches!(service.runtime, Runtime::Swarm(_));
    draft.say("docker", context! { checked => some(&service.checked), swarm });
    if let Some(why) = service.unwell.as_deref().filter(|_| !off) {
        draft.say("docker-off", context! { why => clean(why) });
        draft.page.switch_off(true);
    }
    draft.page.table(&["service", &service.name, "health", CONTAINERS]);
    draft.page.set("docker", true);
}

/// Where `error-rate` and `latency-p95` come from.
fn measured(draft: &mut Draft<'_>, service: &Service, (metrics, urls, prometheus): (bool, bool, bool)) {
    let Some(scraped) = &service.scraped else {
        if !metrics {
            draft.say("unmeasured", context! { urls, prometheus });
        }
        return;
    };
    let job = clean(&scraped.job);
    let queries = [("error-rate", &scraped.error_rate), ("latency-p95", &scraped.latency)];
    let known: Vec<(&str, &Query)> =
        queries.into_iter().filter_map(|(trigger, query)| Some((trigger, query.as_ref()?))).collect();
    let missing = [("error-rate", &scraped.error_rate), ("latency-p95", &scraped.latency)];
    let missing: Vec<&str> =
        missing.into_iter().filter(|(_, query)| query.is_none()).map(|(trigger, _)| trigger).collect();
    draft.say("scraped", context! { job, missing => missing.join(", "), metrics, urls });
    let works = known.iter().any(|(_, query)| query.works);
    draft.page.switch_off(!works);
    draft.page.table(&["service", &service.name, "trigger"]);
    for (trigger, query) in known {
        if !query.works {
            draft.say("no-value", context! {});
        }
        draft.page.switch_off(!query.works);
        let of: Table = [("query".to_owned(), Value::String(query.promql.clone()))].into_iter().collect();
        draft.page.set(trigger, Value::Table(of));
    }
    for trigger in missing {
        draft.examples(&QUERIES.iter().copied().filter(|line| line.starts_with(trigger)).collect::<Vec<_>>());
    }
}

/// What was seen besides, and leads to no line.
fn beside(draft: &mut Draft<'_>, service: &Service, urls: &[(String, &Door, &'static str)]) {
    for door in service.doors.iter().filter(|door| !urls.iter().any(|(_, used, _)| used.at == door.at)) {
        let (of, at) = (&door.of, door.at.to_string());
        match &door.answer {
            Answer::Well(path) => draft.say("passing", context! { of, path => *path, at }),
            Answer::Home { .. } if !door.lasting => draft.say("passing", context! { of, path => "/", at }),
            Answer::Home { .. } => {}
            Answer::Other { status, sick } => {
                let (sick, said) = sick.unzip();
                draft.say("other", context! { of, at, status, sick, said });
            }
            Answer::Silent(why) => draft.say("silent", context! { of, at, why => clean(why) }),
            Answer::Unasked => draft.say("unasked", context! { of, at }),
        }
    }
    if !service.elsewhere.is_empty() {
        draft.say("elsewhere", context! { addresses => some(&service.elsewhere) });
    }
}
