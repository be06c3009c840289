//! Whatever a container was made with, it comes back with: containers with arbitrary options, inspected before they
//! are removed and after golive has made them anew, field by field. Each case makes two or three of them.
//!
//! `GOLIVE_SEED` repeats a run, `GOLIVE_CASES` changes how many there are. What fails is made as small as it can be.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};

use golive::decide::action::Plan;
use golive::decide::event::Step;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::engine::Bench;
use options::{Options, Surroundings};

mod options;

const CASES: u32 = 120;

#[test]
fn a_container_comes_back_as_it_was_made() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    // The same containers at every run; another seed makes others.
    let seed = number("GOLIVE_SEED").unwrap_or(20_260_901);
    let cases = number("GOLIVE_CASES").map_or(CASES, |cases| u32::try_from(cases).unwrap());
    println!("GOLIVE_SEED={seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases, max_shrink_iters: 200, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let stage = Stage::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (made, refused) = (AtomicU32::new(0), AtomicU32::new(0));
    let result = runner.run(&options::any(), |options| {
        let compared = runtime.block_on(stage.compare(&options));
        let count = if matches!(compared, Ok(false)) { &refused } else { &made };
        count.fetch_add(1, Ordering::Relaxed);
        compared.map(drop).map_err(TestCaseError::fail)
    });
    if let Err(error) = result {
        panic!("GOLIVE_SEED={seed}: {error}");
    }
    let (made, refused) = (made.into_inner(), refused.into_inner());
    println!("{made} containers came back as they were; the engine would not make {refused}");
    assert!(made > refused, "too few to say much: {made} made, {refused} refused");
}

/// What all containers share: an image, networks, and a container to join.
struct Stage {
    bench: Bench,
    client: reqwest::Client,
    image: String,
    around: Surroundings,
    count: AtomicU32,
}

impl Stage {
    fn new() -> Self {
        let bench = Bench::new();
        drop(bench.engine()); // sets TLS up for every client
        let image = bench.image("v1");
        let around = Surroundings::of(&bench);
        let client = reqwest::Client::builder().unix_socket(bench.socket.as_str()).build().unwrap();
        Self { bench, client, image, around, count: AtomicU32::new(0) }
    }

    /// Makes a container, removes it, has golive make it anew; `false` when the engine does not make such a one.
    async fn compare(&self, options: &Options) -> Result<bool, String> {
        let name = format!("{}-{}", self.bench.prefix, self.count.fetch_add(1, Ordering::Relaxed));
        let body = options.body(&self.image, &self.around);
        let Ok(id) = self.create(&name, &body).await else { return Ok(false) };
        for (network, endpoint) in options.further(&self.around) {
            let connect = json!({ "Container": id, "EndpointConfig": endpoint });
            self.post(&format!("/networks/{network}/connect"), &connect).await?;
        }
        if options.started && self.post(&format!("/containers/{id}/start"), &Value::Null).await.is_err() {
            self.remove(&id, true).await;
            return Ok(false);
        }
        let result = self.renew(&name, &id, options.started).await;
        for id in self.made(&name).await {
            self.remove(&id, true).await;
        }
        result.map(|()| true)
    }

    async fn renew(&self, name: &str, id: &str, started: bool) -> Result<(), String> {
        let runtime = self.bench.runtime(name);
        let fault = |fault: golive::decide::event::Fault| format!("failed to {}", fault.text);
        let before = self.inspect(id).await?;
        let identity = runtime.seen().await.map_err(fault)?.map(|seen| seen.identity);
        let good = runtime.keep("r1", id).await.map_err(fault)?;
        let problems = if started { runtime.prove(&good).await.map_err(fault)? } else { Vec::new() };
        if !problems.is_empty() {
            return Err(format!("not ready: {problems:?}"));
        }
        self.remove(id, false).await;
        let plan = plan(name);
        let mut steps = vec![Step::Create, Step::TakeName];
        steps.extend(started.then_some(Step::Start));
        for step in steps {
            runtime.perform(&plan, Some(&good), None, step).await.map_err(fault)?;
        }
        let after = self.inspect(name).await?;
        let seen = runtime.seen().await.map_err(fault)?.map(|seen| seen.identity);
        runtime.forget("r1", None).await.map_err(fault)?;
        let differences = differences(&said(&before), &said(&after));
        if !differences.is_empty() {
            return Err(differences.join("\n"));
        }
        if seen == identity { Ok(()) } else { Err(format!("{identity:?} became {seen:?}")) }
    }

    async fn create(&self, name: &str, body: &Value) -> Result<String, String> {
        let made = self.post(&format!("/containers/create?name={name}"), body).await?;
        Ok(made["Id"].as_str().unwrap().to_owned())
    }

    async fn inspect(&self, id: &str) -> Result<Value, String> {
        let answer = self.client.get(format!("http://d/containers/{id}/json")).send().await.unwrap();
        answer.json().await.map_err(|error| error.to_string())
    }

    /// This container and what golive made for it.
    async fn made(&self, name: &str) -> Vec<String> {
        let filters = json!({ "name": [format!("{name}$"), format!("{name}-r1"), format!("{name}.golive")] });
        let url = format!("http://d/containers/json?all=true&filters={filters}");
        let listed: Value = self.client.get(url).send().await.unwrap().json().await.unwrap();
        listed.as_array().unwrap().iter().map(|it| it["Id"].as_str().unwrap().to_owned()).collect()
    }

    async fn remove(&self, id: &str, volumes: bool) {
        let url = format!("http://d/containers/{id}?force=true&v={volumes}");
        drop(self.client.delete(url).send().await.unwrap().bytes().await);
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value, String> {
        let request = self.client.post(format!("http://d{path}"));
        let request = if body.is_null() { request } else { request.json(body) };
        let answer = request.send().await.unwrap();
        let (good, text) = (answer.status().is_success(), answer.text().await.unwrap());
        if good { Ok(serde_json::from_str(&text).unwrap_or_default()) } else { Err(text) }
    }
}

fn plan(name: &str) -> Plan {
    Plan {
        rollback: format!("{name}-rb"),
        from: "r2".to_owned(),
        from_version: "v2".to_owned(),
        bad: None,
        to: "r1".to_owned(),
        to_version: "v1".to_owned(),
        reason: "a test".to_owned(),
    }
}

/// Every field of an inspect by its path, without what cannot be the same, and with what means the same said in one way.
fn said(inspect: &Value) -> BTreeMap<String, Value> {
    let mut fields = BTreeMap::new();
    flatten("", inspect, &mut fields);
    let id = inspect["Id"].as_str().unwrap();
    let changes = |path: &String| CHANGES.iter().any(|changes| path.starts_with(changes));
    let mut said: BTreeMap<String, Value> = fields.into_iter().filter(|(path, _)| !changes(path)).collect();
    if inspect["Config"]["Hostname"] == id[..12] {
        said.insert("/Config/Hostname".to_owned(), "its own id".into());
    }
    if inspect["HostConfig"]["NetworkMode"] == "default" {
        said.insert("/HostConfig/NetworkMode".to_owned(), "bridge".into());
    }
    let networks_by_id = inspect["NetworkSettings"]["Networks"].as_object().into_iter().flatten();
    // A network that is made anew has another id.
    for (name, _) in networks_by_id.filter(|(_, it)| it["NetworkID"] == inspect["HostConfig"]["NetworkMode"])
    {
        said.insert("/HostConfig/NetworkMode".to_owned(), name.as_str().into());
    }
    said.insert("what is mounted".to_owned(), mounted(inspect));
    said.insert("mounts".to_owned(), mounts(inspect));
    said.insert("binds".to_owned(), binds(inspect));
    said.insert("networks".to_owned(), networks(inspect, id));
    said
}

/// Moments and places, golive's own labels, what golive does on purpose (the image by its id, no `--rm`), and what is
/// compared in another way.
const CHANGES: [&str; 22] = [
    "/Id",
    "/Created",
    "/State",
    "/Name",
    "/LogPath",
    "/ResolvConfPath",
    "/HostnamePath",
    "/HostsPath",
    "/GraphDriver",
    "/Storage",
    "/ExecIDs",
    "/RestartCount",
    "/ProcessLabel",
    "/ImageManifestDescriptor",
    "/Config/Image",
    "/Config/Labels/golive.",
    "/HostConfig/AutoRemove",
    "/HostConfig/Binds",
    "/HostConfig/ContainerIDFile",
    "/HostConfig/Mounts",
    "/Mounts",
    "/NetworkSettings",
];

/// Lists are taken as a whole: their order is what was asked for.
fn flatten(path: &str, value: &Value, fields: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                flatten(&format!("{path}/{name}"), value, fields);
            }
        }
        // Nothing asked for is nothing given, however it is written.
        Value::Null => {}
        Value::Array(items) if items.is_empty() => {}
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            fields.insert(path.to_owned(), value.clone());
        }
    }
}

/// What is mounted where, and how; the same volumes, also those without a name of their own.
fn mounted(inspect: &Value) -> Value {
    let mounts = inspect["Mounts"].as_array().into_iter().flatten();
    let told = mounts.map(|mount| {
        let from = if mount["Name"].is_null() { &mount["Source"] } else { &mount["Name"] };
        json!([mount["Destination"], mount["Type"], from, mount["RW"], mount["Propagation"]]).to_string()
    });
    told.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Mounts as they were asked for. A volume without a name has one now.
fn mounts(inspect: &Value) -> Value {
    let mounts = inspect["HostConfig"]["Mounts"].as_array().into_iter().flatten().cloned();
    let told = mounts.map(|mut mount| {
        if mount["Source"].as_str().is_none_or(is_anonymous) {
            mount.as_object_mut().unwrap().remove("Source");
        }
        mount.to_string()
    });
    told.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Binds as they were asked for, without volumes that had no name.
fn binds(inspect: &Value) -> Value {
    let binds = inspect["HostConfig"]["Binds"].as_array().into_iter().flatten().filter_map(Value::as_str);
    binds.filter(|bind| !is_anonymous(bind.split(':').next().unwrap())).collect()
}

fn is_anonymous(volume: &str) -> bool {
    volume.is_empty() || (volume.len() == 64 && volume.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

/// What was asked for of each network.
fn networks(inspect: &Value, id: &str) -> Value {
    let networks = inspect["NetworkSettings"]["Networks"].as_object().into_iter().flatten();
    let mut told = BTreeMap::new();
    for (name, network) in networks {
        let aliases = network["Aliases"].as_array().into_iter().flatten();
        let aliases: BTreeSet<&str> =
            aliases.filter_map(Value::as_str).filter(|alias| *alias != &id[..12]).collect();
        let mut ipam = network["IPAMConfig"].clone();
        if ipam.as_object().is_some_and(serde_json::Map::is_empty) {
            ipam = Value::Null;
        }
        let links = network["Links"].as_array().filter(|links| !links.is_empty());
        told.insert(name, json!([aliases, ipam, links, network["DriverOpts"]]));
    }
    json!(told)
}

fn differences(before: &BTreeMap<String, Value>, after: &BTreeMap<String, Value>) -> Vec<String> {
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differs = paths.into_iter().filter(|path| before.get(*path) != after.get(*path));
    let show = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
    differs
        .map(|path| format!("{path}: {} became {}", show(before.get(path)), show(after.get(path))))
        .collect()
}
