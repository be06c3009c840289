//! What runs on the engine, put together as golive would watch it: a Compose project, a service or stack of a Swarm, or a
//! container by itself.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Value, json};

use super::seen::Unread;
use crate::config::{Compose, Runtime, SwarmSet};
use crate::docker::compose::{Place, name};
use crate::docker::labels::compose::{ONE_OFF, PROJECT, SERVICE};
use crate::docker::labels::swarm::{SERVICE_NAME, STACK};
use crate::docker::labels::{PIN_OF, REHEARSAL, UNDONE};
use crate::docker::swarm::Kind;
use crate::docker::swarm::service::Service;
use crate::docker::{Engine, EngineError, Inspect};
use crate::untrusted::named;

/// More things to watch than these are counted, and not looked at.
const SUBJECTS_MAX: usize = 200;
/// So many containers are inspected at once.
const AT_ONCE: usize = 10;

/// One thing to watch.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) runtime: Runtime,
    /// What it is called.
    pub(super) title: String,
    /// What is taken back with it; of a Swarm, what of it runs here.
    pub(super) members: Vec<Member>,
    /// What its project has besides, and keeps data.
    pub(super) left: Vec<Member>,
    /// What the Swarm publishes on every node: the service, its port, and the node's.
    pub(super) mesh: Vec<(String, u16, u16)>,
    /// The services of the set, where not every member runs here.
    pub(super) services: Vec<(String, String)>,
}

/// One container, and what its service is called.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) found: Inspect,
}

/// All that is there.
#[derive(Debug, Default)]
pub(super) struct Subjects {
    pub(super) all: Vec<Subject>,
    pub(super) asleep: Vec<String>,
    pub(super) more: usize,
    pub(super) swarm: Option<Unread>,
}

/// Reads the engine. What is golive's own is left out.
pub(super) async fn read(engine: &Engine) -> Result<Subjects, EngineError> {
    let mut listed = engine.every().await?;
    listed.retain(|one| [PIN_OF, REHEARSAL, UNDONE].iter().all(|label| one["Labels"][label].is_null()));
    listed.sort_by(|one, other| name(one).cmp(name(other)));
    let mut subjects = Subjects::default();
    let in_sets = projects(engine, &listed, &mut subjects).await?;
    containers(engine, &listed, &in_sets, &mut subjects).await?;
    if let Err(error) = swarm(engine, &listed, &mut subjects).await {
        subjects.swarm = Some(Unread::Lost(error.to_string()));
    }
    Ok(subjects)
}

impl Subjects {
    /// Whether there is room for one more; it is counted otherwise.
    fn room(&mut self) -> bool {
        let full = self.all.len() >= SUBJECTS_MAX;
        self.more += usize::from(full);
        !full
    }
}

impl Subject {
    fn new(runtime: Runtime, title: &str) -> Self {
        let (members, left, mesh, services) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { runtime, title: named(title), members, left, mesh, services }
    }
}

/// Every Compose project that runs; gives the ids of the containers that a project has.
async fn projects(
    engine: &Engine,
    listed: &[Value],
    subjects: &mut Subjects,
) -> Result<BTreeSet<String>, EngineError> {
    let names: BTreeSet<&str> = listed.iter().filter_map(|one| one["Labels"][PROJECT].as_str()).collect();
    let mut in_sets = BTreeSet::new();
    for project in names {
        let of = Compose { project: project.to_owned(), services: Vec::new(), retag: true };
        let runtime = Runtime::Compose(of.clone());
        if !runtime.can_be_named() {
            continue;
        }
        let (mut members, mut left) = (Vec::new(), Vec::new());
        for (place, container) in engine.project(&of).await? {
            let to = match place {
                Place::Member => &mut members,
                Place::Left => &mut left,
                Place::Passing | Place::Apart => continue,
            };
            in_sets.insert(container["Id"].as_str().unwrap_or_default().to_owned());
            to.push(container);
        }
        if members.is_empty() && left.is_empty() {
            continue;
        }
        if !members.iter().chain(&left).any(is_up) {
            subjects.asleep.push(project.to_owned());
        } else if subjects.room() {
            let (members, left) = (inspected(engine, &members).await?, inspected(engine, &left).await?);
            subjects.all.push(Subject { members, left, ..Subject::new(runtime, project) });
        }
    }
    Ok(in_sets)
}

/// Every container by itself.
async fn containers(
    engine: &Engine,
    listed: &[Value],
    in_sets: &BTreeSet<String>,
    subjects: &mut Subjects,
) -> Result<(), EngineError> {
    for container in listed {
        let label = |label: &str| container["Labels"][label].as_str();
        let once = label(ONE_OFF).is_some_and(|once| once.eq_ignore_ascii_case("true"));
        let in_set = in_sets.contains(container["Id"].as_str().unwrap_or_default());
        let runtime = Runtime::Container { name: name(container).to_owned() };
        if once || in_set || label(SERVICE_NAME).is_some() || !runtime.can_be_named() {
            continue;
        }
        if !is_up(container) {
            subjects.asleep.push(named(name(container)));
        } else if subjects.room() {
            let members = inspected(engine, std::slice::from_ref(container)).await?;
            let subject = Subject { members, ..Subject::new(runtime, name(container)) };
            // It may be gone since it was listed.
            subjects.all.extend(Some(subject).filter(|subject| !subject.members.is_empty()));
        }
    }
    Ok(())
}

/// Every service of the Swarm, as its managers have it: stacks as one.
async fn swarm(engine: &Engine, listed: &[Value], subjects: &mut Subjects) -> Result<(), EngineError> {
    let info = engine.info().await?;
    let swarm = &info["Swarm"];
    if swarm["LocalNodeState"] != "active" {
        return Ok(());
    }
    if swarm["ControlAvailable"] != true {
        subjects.swarm = Some(Unread::Worker);
        return Ok(());
    }
    let mut sets: BTreeMap<SwarmSet, Vec<Value>> = BTreeMap::new();
    for one in engine.objects("list the services of the Swarm", Kind::Services, &json!({})).await? {
        if Service::new(one.clone(), Value::Null).is_job() {
            continue;
        }
        let stack = one["Spec"]["Labels"][STACK].as_str().map(|stack| SwarmSet::Stack(stack.to_owned()));
        let stack = stack.filter(|stack| Runtime::Swarm(stack.clone()).can_be_named());
        let alone = || SwarmSet::Service(one["Spec"]["Name"].as_str().unwrap_or_default().to_owned());
        sets.entry(stack.unwrap_or_else(alone)).or_default().push(one);
    }
    for (set, services) in sets {
        let wanted = |one: &Value| one["Spec"]["Mode"]["Replicated"]["Replicas"] != 0;
        if !services.iter().any(wanted) {
            subjects.asleep.push(named(set.name()));
        } else if Runtime::Swarm(set.clone()).can_be_named() && subjects.room() {
            subjects.all.push(of_swarm(engine, set, &services, listed).await?);
        }
    }
    Ok(())
}

async fn of_swarm(
    engine: &Engine,
    set: SwarmSet,
    services: &[Value],
    listed: &[Value],
) -> Result<Subject, EngineError> {
    let mut subject = Subject::new(Runtime::Swarm(set.clone()), set.name());
    let port = |port: &Value| u16::try_from(port.as_u64()?).ok();
    for one in services {
        let of = one["Spec"]["Name"].as_str().unwrap_or_default();
        let image = one["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"].as_str().unwrap_or_default();
        subject.services.push((named(of), image.to_owned()));
        let published = one["Endpoint"]["Ports"].as_array().into_iter().flatten();
        let published = published
            .filter(|one| one["Protocol"] == "tcp")
            .filter_map(|one| Some((named(of), port(&one["TargetPort"])?, port(&one["PublishedPort"])?)));
        subject.mesh.extend(published);
        let here = |container: &&Value| container["Labels"][SERVICE_NAME] == of && is_up(container);
        let here: Vec<Value> = listed.iter().filter(here).cloned().collect();
        let found = inspected(engine, &here).await?;
        subject.members.extend(found.into_iter().map(|member| Member { name: named(of), ..member }));
    }
    Ok(subject)
}

/// Those of them that are still there.
async fn inspected(engine: &Engine, listed: &[Value]) -> Result<Vec<Member>, EngineError> {
    let ids = listed.iter().filter_map(|one| one["Id"].as_str().map(str::to_owned));
    let asked = stream::iter(ids).map(|id| async move { engine.inspect(&id).await }).buffered(AT_ONCE);
    let found: Vec<Inspect> = asked.try_filter_map(|found| async { Ok(found) }).try_collect().await?;
    let member = |found: Inspect| {
        let name =
            named(found.label(SERVICE).filter(|_| found.label(PROJECT).is_some()).unwrap_or(found.name()));
        Member { name, found }
    };
    Ok(found.into_iter().map(member).collect())
}

/// Whether it runs, or is about to be started again.
fn is_up(listed: &Value) -> bool {
    matches!(listed["State"].as_str(), Some("running" | "restarting" | "paused"))
}

impl Member {
    /// By which image it is known to be a database or a broker, if it is one.
    pub(super) fn database(&self) -> Option<&str> {
        Some(self.found.text("/Config/Image")).filter(|image| is_database(image))
    }

    /// Whether its container or its image says how it is to be checked.
    pub(super) fn has_healthcheck(&self) -> bool {
        let test = self.found.items("/Config/Healthcheck/Test").next().and_then(Value::as_str);
        test.is_some_and(|test| !matches!(test, "" | "NONE"))
    }
}

/// Whether an image keeps other programs' data, by the name that it is usually published under.
pub(super) fn is_database(image: &str) -> bool {
    const DATABASES: [&str; 32] = [
        "cassandra",
        "clickhouse",
        "clickhouse-server",
        "cockroach",
        "couchdb",
        "elasticsearch",
        "etcd",
        "influxdb",
        "kafka",
        "keydb",
        "mariadb",
        "memcached",
        "minio",
        "mongo",
        "mongodb",
        "mysql",
        "mysql-server",
        "nats",
        "neo4j",
        "opensearch",
        "percona",
        "pgvector",
        "postgis",
        "postgres",
        "postgresql",
        "rabbitmq",
        "redis",
        "server",
        "timescaledb",
        "valkey",
        "zookeeper",
        "redis-stack-server",
    ];
    let last = image.split('@').next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let name = last.split(':').next().unwrap_or_default();
    // Microsoft's is `mssql/server`.
    let alone = name != "server" || image.contains("mssql/");
    alone && DATABASES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_are_known_by_their_images() {
        for image in [
            "postgres",
            "postgres:16-alpine",
            "registry.example.com:5000/library/redis@sha256:00",
            "bitnami/postgresql:16",
            "mcr.microsoft.com/mssql/server:2022-latest",
        ] {
            assert!(is_database(image), "{image}");
        }
        for image in ["", "shop/api:1", "example.com/redis/exporter:1", "shop/server:1", "postgres-backup"] {
            assert!(!is_database(image), "{image}");
        }
    }
}
