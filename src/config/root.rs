//! The keys of the whole configuration that belong to no service and no channel.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::tz::TimeZone;

use super::nearest::nearest;
use super::prometheus::Names;
use super::proxy::Usual;
use super::services::Known;
use super::table::Section;
use super::{
    Config, Language, Person, Runtime, Service, always, channels, heartbeat, is_address, page, prometheus,
    proxy, rules, services, tiers,
};

/// Tables that later versions know.
const LATER: [&str; 2] = ["maintenance", "page-auth"];

/// For how long closed releases are kept, unless said otherwise.
const KEEP: Duration = Duration::from_hours(24 * 400);

/// How long the readings of a decided release are kept.
const KEEP_READINGS: Duration = Duration::from_hours(24 * 30);

/// Everything. What is wrong has a stand-in, and is told.
pub(super) fn read(mut root: Section<'_>) -> Config {
    let spoken = root.optional_word("language", &Language::WORDS);
    let language = spoken.unwrap_or_default();
    let timezone = timezone(&mut root);
    let docker_socket = root.section("docker").and_then(|mut docker| {
        let socket = socket(&mut docker);
        docker.end(&[]);
        socket
    });
    let (mut state_dir, mut keep, mut keep_readings) = (None, KEEP, KEEP_READINGS);
    if let Some(mut state) = root.section("state") {
        state_dir = state.string("dir").map(|dir| state.beside(&dir));
        keep = state.duration("keep", keep);
        keep_readings = state.duration("keep-readings", keep_readings);
        state.end(&[]);
    }
    let proxy = proxy::read(&mut root, Usual { proxy: None, unasked: false });
    let servers = prometheus::read(&mut root, proxy.as_ref());
    let usual = Usual { proxy: proxy.as_ref(), unasked: true };
    let page = root.section("page").and_then(page::read);
    let people = people(&mut root);
    let services = services(&mut root, (&servers, &people), timezone.as_ref());
    let rules = rules::read(&mut root, &servers, &services);
    let always = always::read(&mut root, &servers, (&services, &rules));
    let (mut channels, mut named) = (BTreeMap::new(), Vec::new());
    root.named("channel", |name, section| {
        named.push(name.to_owned());
        if let Some(channel) = channels::read(section, usual) {
            channels.insert(name.to_owned(), channel);
        }
    });
    let tiers = tiers::tiers(&mut root, &named, timezone.as_ref());
    let heartbeat = root.section("heartbeat").and_then(|section| heartbeat::read(section, usual));
    root.end(&LATER);
    Config {
        language,
        spoken,
        timezone,
        docker_socket: docker_socket.unwrap_or_default(),
        state_dir: state_dir.unwrap_or_default(),
        keep,
        keep_readings,
        prometheus: servers.servers(),
        page,
        services,
        rules,
        always,
        channels,
        tiers,
        people,
        heartbeat,
    }
}

fn timezone(root: &mut Section<'_>) -> Option<TimeZone> {
    let name = root.string("timezone")?;
    if let Ok(zone) = TimeZone::get(&name) {
        return Some(zone);
    }
    let known: Vec<String> = jiff::tz::db().available().map(|zone| zone.to_string()).collect();
    let hint = match nearest(&name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None if known.is_empty() => "this host has no time zones: install tzdata".to_owned(),
        None => "write \"Europe/Berlin\" or \"UTC\", say".to_owned(),
    };
    root.wrong("timezone", format!("\"{name}\" is not a time zone"), &hint);
    None
}

fn socket(docker: &mut Section<'_>) -> Option<std::path::PathBuf> {
    let text = docker.string("socket")?;
    let path = text.strip_prefix("unix://").unwrap_or(&text);
    if path.contains("://") {
        docker.wrong("socket", "is not the path of a socket", "write \"/var/run/docker.sock\"");
        return None;
    }
    Some(docker.beside(path))
}

fn services(
    root: &mut Section<'_>,
    (servers, people): (&Names, &[Person]),
    zone: Option<&TimeZone>,
) -> BTreeMap<String, Service> {
    let mut services: BTreeMap<String, Service> = BTreeMap::new();
    let all = root.take("service").and_then(toml::Value::as_table);
    let all: BTreeSet<String> = all.map(|all| all.keys().cloned().collect()).unwrap_or_default();
    let known = Known { servers, services: &all, zone, people };
    root.named("service", |name, mut section| {
        services::named(name, &mut section);
        if let Some(service) = services::read(name, section, known) {
            services.insert(name.to_owned(), service);
        }
    });
    apart(root, &services);
    services
}

/// No two services have the same containers.
fn apart(root: &mut Section<'_>, services: &BTreeMap<String, Service>) {
    let mut before: Vec<(&String, &Runtime)> = Vec::new();
    for (name, service) in services {
        let same =
            before.iter().find_map(|(other, runtime)| Some((other, shared(runtime, &service.runtime)?)));
        if let Some((other, (key, what))) = same {
            let hint = format!("give each service {what} of its own");
            root.wrong_in(&["service", name, key], format!("carries the service `{other}` already"), &hint);
        }
        before.push((name, &service.runtime));
    }
}

/// The key by which two services have the same containers, and what each is to have.
fn shared(one: &Runtime, two: &Runtime) -> Option<(&'static str, &'static str)> {
    match (one, two) {
        (Runtime::Container { name }, Runtime::Container { name: other }) => {
            (name == other).then_some(("container", "a container"))
        }
        (Runtime::Compose(set), Runtime::Compose(other)) => {
            set.overlaps(other).then_some(("compose", "`services` of the project"))
        }
        (Runtime::Swarm(set), Runtime::Swarm(other)) => (set == other).then_some(("swarm", "a set")),
        (Runtime::Container { .. } | Runtime::Compose(_) | Runtime::Swarm(_) | Runtime::Command(_), _) => {
            None
        }
    }
}

fn people(root: &mut Section<'_>) -> Vec<Person> {
    let mut people = Vec::new();
    root.named("people", |role, mut section| {
        let name = section.string("name");
        let (email, phone) = (section.string("email"), section.string("phone"));
        if email.as_ref().is_some_and(|email| !is_address(email)) {
            section.wrong("email", "is not a mail address", "write \"name@example.com\"");
        }
        section.required(&["name"], "add name = \"…\"");
        section.end(&[]);
        people.extend(name.map(|name| Person { role: role.to_owned(), name, email, phone }));
    });
    people
}
