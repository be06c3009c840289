//! Looks around: the engine, what it publishes, a Prometheus.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use reqwest::Url;

use super::door::{self, Address};
use super::knock::{With, knock, tried, unasked};
use super::names::Names;
use super::prometheus;
use super::seen::{Door, Has, Seen, Service};
use super::subjects::{self, Subject, Subjects, is_database};
use crate::clock::Clock;
use crate::config::{self, CheckKind, Config, Runtime, SwarmSet};
use crate::docker::{Engine, EngineError, SOCKET};
use crate::model::sample::Outcome;
use crate::probe::Tools;
use crate::untrusted::named;

/// So many addresses are asked at once.
const AT_ONCE: usize = 10;
/// For all addresses together; what was not asked by then is said to be so.
const ALL: Duration = Duration::from_mins(1);
/// What takes longer is told to whoever waits.
const LONG: Duration = Duration::from_secs(1);

/// What is looked around with.
pub(crate) struct Around<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) socket: &'a Path,
    pub(crate) tools: &'a Tools,
    pub(crate) clock: &'a Clock,
    /// The configuration that is there: what it has is left out.
    pub(crate) config: Option<&'a Config>,
    /// Hears what takes its time.
    pub(crate) say: &'a dyn Fn(&str),
}

/// What there is on this host.
pub(crate) async fn look(around: &Around<'_>) -> Result<Seen, EngineError> {
    let with = With { tools: around.tools, clock: around.clock };
    let Subjects { mut all, asleep, more, swarm } =
        told("reading the engine", around, subjects::read(around.engine)).await?;
    let configured = around.config.map(|config| leave_out(config, &mut all)).unwrap_or_default();
    let mut databases = Vec::new();
    all.retain(|subject| {
        let alone = matches!(subject.runtime, Runtime::Container { .. });
        let database = subject.members.iter().find_map(|member| member.database()).filter(|_| alone);
        databases.extend(database.map(|image| (subject.title.clone(), named(image))));
        database.is_none()
    });
    let (doors, elsewhere): (Vec<_>, Vec<_>) = all.iter().map(addresses).unzip();
    let doors = asked(&all, doors, around, with).await;
    let has_prometheus = around.config.is_some_and(|config| !config.prometheus.is_empty());
    let server = around.config.and_then(near_server);
    let scraped = async {
        // One that is configured and elsewhere is nobody's to ask.
        let found = if has_prometheus && server.is_none() {
            None
        } else {
            prometheus::find(server, doors.iter().flatten(), with).await
        };
        match found {
            Some(found) => (found.scraped(&all, &doors).await, Some(found.seen)),
            None => (all.iter().map(|_| None).collect(), None),
        }
    };
    let (scraped, prometheus) = told("looking for a Prometheus", around, scraped).await;
    let mut names = Names::taken(around.config.iter().flat_map(|config| config.services.keys().cloned()));
    let mut services = Vec::new();
    for (((subject, doors), elsewhere), scraped) in all.iter().zip(doors).zip(elsewhere).zip(scraped) {
        let (name, service) = (names.give(&subject.title), service(subject, doors, with));
        let service = told(&format!("trying {name}"), around, service).await;
        services.push(Service { name, elsewhere, scraped, ..service });
    }
    let has = around.config.map(|config| Has {
        people: !config.people.is_empty(),
        channels: !config.channels.is_empty(),
        prometheus: !config.prometheus.is_empty(),
    });
    let socket = Some(around.socket.to_owned())
        .filter(|socket| around.config.is_none() && socket.as_path() != Path::new(SOCKET));
    let has = has.unwrap_or_default();
    Ok(Seen { socket, services, databases, asleep, configured, more, swarm, prometheus, has })
}

/// Takes out what the configuration has already, and gives the names that it has there.
fn leave_out(config: &Config, all: &mut Vec<Subject>) -> Vec<String> {
    let mut configured = Vec::new();
    all.retain(|subject| {
        let same = config.services.iter().find(|(_, service)| carries(&service.runtime, subject));
        configured.extend(same.map(|(name, _)| name.clone()));
        same.is_none()
    });
    configured
}

/// Whether a runtime of the configuration has to do with it.
fn carries(runtime: &Runtime, subject: &Subject) -> bool {
    match (runtime, &subject.runtime) {
        (Runtime::Container { name }, _) => subject.members.iter().any(|member| member.found.name() == name),
        (Runtime::Compose(one), Runtime::Compose(other)) => one.project == other.project,
        (Runtime::Swarm(SwarmSet::Service(name)), Runtime::Swarm(_)) => {
            subject.services.iter().any(|(service, _)| service == name)
        }
        (Runtime::Swarm(one), Runtime::Swarm(other)) => one == other,
        (Runtime::Compose(_) | Runtime::Swarm(_) | Runtime::Command(_), _) => false,
    }
}

/// The Prometheus that a query is asked of which names none, where it is on this host.
fn near_server(config: &Config) -> Option<&config::Prometheus> {
    let only = || config.prometheus.values().next().filter(|_| config.prometheus.len() == 1);
    let near = |server: &&config::Prometheus| {
        let url = Url::parse(&server.url).ok();
        let host = url.as_ref().and_then(Url::host_str).unwrap_or_default().trim_matches(['[', ']']);
        host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    };
    config.prometheus.get("").or_else(only).filter(near)
}

/// Where it can be asked, and where else it is published.
fn addresses(subject: &Subject) -> (Vec<Address>, Vec<String>) {
    let (mut all, mut elsewhere) = (Vec::new(), Vec::new());
    for (of, inner, published) in &subject.mesh {
        let at = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), *published);
        all.push(Address { at, inner: *inner, of: of.clone(), lasting: true });
    }
    for member in subject.members.iter().filter(|member| member.database().is_none()) {
        let (own, far) = door::of(member);
        // What the Swarm publishes of it is asked for at the Swarm.
        let of_swarm =
            |own: &Address| subject.mesh.iter().any(|(of, inner, _)| (of, *inner) == (&own.of, own.inner));
        all.extend(own.into_iter().filter(|own| !of_swarm(own)));
        elsewhere.extend(far);
    }
    all.sort_by_key(|address| (!address.lasting, address.at));
    all.dedup_by_key(|address| address.at);
    (all, elsewhere)
}

/// Asks at all addresses, several at once.
async fn asked(
    all: &[Subject],
    addresses: Vec<Vec<Address>>,
    around: &Around<'_>,
    with: With<'_>,
) -> Vec<Vec<Door>> {
    let mut doors: Vec<Vec<Door>> = addresses.iter().map(|of| of.iter().map(unasked).collect()).collect();
    let each = addresses.iter().enumerate();
    let each = each.flat_map(|(subject, of)| of.iter().enumerate().map(move |(at, one)| (subject, at, one)));
    let asked = stream::iter(each).map(|(subject, at, address)| async move {
        let knocked = knock(address, &all[subject].runtime, with);
        let doing = format!("asking {} ({}) what it answers", address.at, address.of);
        (subject, at, told(&doing, around, knocked).await)
    });
    let mut asked = pin!(asked.buffer_unordered(AT_ONCE).take_until(tokio::time::sleep(ALL)));
    while let Some((subject, at, door)) = asked.next().await {
        doors[subject][at] = door;
    }
    doors
}

/// What of it was seen, but for its name.
async fn service(subject: &Subject, doors: Vec<Door>, with: With<'_>) -> Service {
    let unwell = match tried(CheckKind::Docker, &subject.runtime, with).await {
        Outcome::Ok => None,
        Outcome::Failed(seen) | Outcome::Blind(seen) => Some(seen),
    };
    let members = subject.members.iter();
    let mut databases: Vec<String> = members
        .clone()
        .filter(|member| member.database().is_some())
        .map(|member| member.name.clone())
        .collect();
    databases.extend(
        subject.services.iter().filter(|(_, image)| is_database(image)).map(|(name, _)| name.clone()),
    );
    let mut named: Vec<String> = subject.services.iter().map(|(name, _)| name.clone()).collect();
    if named.is_empty() {
        named = members.clone().map(|member| member.name.clone()).collect();
    }
    let checked =
        members.filter(|member| member.has_healthcheck()).map(|member| member.name.clone()).collect();
    Service {
        name: String::new(),
        runtime: subject.runtime.clone(),
        members: once_each(named),
        left: once_each(subject.left.iter().map(|member| member.name.clone()).collect()),
        databases: once_each(databases),
        checked: once_each(checked),
        unwell,
        doors,
        elsewhere: Vec::new(),
        dependencies: dependencies(subject, with).await,
        scraped: None,
    }
}

/// What keeps data for it, is plainly a database and can be connected to on this host.
async fn dependencies(subject: &Subject, with: With<'_>) -> Vec<(String, String)> {
    let (mut names, mut found) = (Names::default(), Vec::new());
    for member in subject.left.iter().filter(|member| member.database().is_some()) {
        for address in door::of(member).0.into_iter().filter(|address| address.lasting) {
            let address = address.at.to_string();
            let check = CheckKind::Tcp { address: address.clone() };
            if tried(check, &subject.runtime, with).await == Outcome::Ok {
                found.push((names.give(&member.name), address));
            }
        }
    }
    found
}

fn once_each(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names.dedup();
    names
}

/// Says so where something takes longer than a second.
async fn told<T>(doing: &str, around: &Around<'_>, done: impl Future<Output = T>) -> T {
    let mut done = pin!(done);
    if let Ok(done) = tokio::time::timeout(LONG, done.as_mut()).await {
        return done;
    }
    (around.say)(doing);
    done.await
}
