//! Whatever a container was made with, it comes back with: containers with arbitrary options, inspected before they
//! are removed and after golive has made them anew, field by field, and asked what a program in them sees. Each case
//! makes two or three of them.
//!
//! `GOLIVE_SEED` repeats a run, `GOLIVE_CASES` changes how many there are; with `GOLIVE_CASES=each`, every option comes
//! once and alone. What fails is made as small as it can be.

#![expect(clippy::print_stdout, reason = "what the engine refuses is to be read when the test fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};

use golive::model::plan::Plan;
use golive::model::step::Step;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::engine::Bench;
use networks::Later;
use options::{Options, Surroundings};

mod groups;
mod networks;
mod options;
mod seen;

const CASES: u32 = 40;

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
    if std::env::var("GOLIVE_CASES").is_ok_and(|cases| cases == "each") {
        return each(&stage, &runtime);
    }
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

/// Every option once, and what came of it.
fn each(stage: &Stage, runtime: &tokio::runtime::Runtime) {
    let mut failed = Vec::new();
    for options in Options::each() {
        match runtime.block_on(stage.compare(&options)) {
            Ok(_) => {}
            Err(error) => {
                println!("{options:?}:\n{error}");
                failed.push(format!("{options:?}"));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
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
        let id = match self.create(&name, &body).await {
            Ok(id) => id,
            Err(error) => {
                println!("the engine would not create {options:?}: {error}");
                return Ok(false);
            }
        };
        let made = self.finish(&id, options).await;
        let result = match made {
            Ok(()) => self.renew(&name, &id, options.started).await.map(|()| true),
            Err(error) => {
                println!("the engine would not make {options:?}: {error}");
                Ok(false)
            }
        };
        for id in self.made(&name).await {
            self.remove(&id, true).await;
        }
        result
    }

    /// What comes after its creation.
    async fn finish(&self, id: &str, options: &Options) -> Result<(), String> {
        for later in options.later(&self.around) {
            let (network, way, body) = match later {
                Later::Joins(network, endpoint) => {
                    (network, "connect", json!({ "Container": id, "EndpointConfig": endpoint }))
                }
                Later::Leaves(network) => (network, "disconnect", json!({ "Container": id })),
            };
            self.post(&format!("/networks/{network}/{way}"), &body).await?;
        }
        if options.files {
            let request = self.client.put(format!("http://d/containers/{id}/archive?path=/")).body(files());
            let answer = request.send().await.unwrap();
            if !answer.status().is_success() {
                return Err(answer.text().await.unwrap());
            }
        }
        if options.started {
            self.post(&format!("/containers/{id}/start"), &Value::Null).await?;
        }
        if let Some(update) = options.update() {
            self.post(&format!("/containers/{id}/update"), &update).await?;
        }
        if options.started { self.seen(id).await.map(drop) } else { Ok(()) }
    }

    async fn renew(&self, name: &str, id: &str, started: bool) -> Result<(), String> {
        let runtime = self.bench.runtime(name);
        let fault = |fault: golive::model::step::Fault| format!("failed to {}", fault.text);
        let before = self.inspect(id).await?;
        let seen_before = if started { self.seen(id).await? } else { BTreeMap::new() };
        if started && before["HostConfig"]["ReadonlyRootfs"] == false {
            let write = "echo mine >/written; echo mine >/etc/app.state; echo mine >/tmp/own";
            self.exec(id, &["/bin/busybox", "sh", "-c", write].map(str::to_owned)).await?;
        }
        let identity = runtime.seen().await.map_err(fault)?.map(|seen| seen.identity);
        let good = runtime.keep("r1", id).await.map_err(fault)?;
        let problems = if started { runtime.prove(&good).await.map_err(fault)? } else { Vec::new() };
        if !problems.is_empty() {
            return Err(format!("not ready: {problems:?}"));
        }
        self.remove(id, false).await;
        let plan = plan(name);
        let mut steps = vec![Step::Prepare, Step::Create, Step::RenameNew];
        steps.extend(started.then_some(Step::Start));
        for step in steps {
            runtime.perform(&plan, Some(&good), None, step).await.map_err(fault)?;
        }
        let after = self.inspect(name).await?;
        let seen_after =
            if started { self.seen(after["Id"].as_str().unwrap()).await? } else { BTreeMap::new() };
        let seen = runtime.seen().await.map_err(fault)?.map(|seen| seen.identity);
        runtime.forget("r1", None).await.map_err(fault)?;
        let mut differences = differences(&said(&before, &before), &said(&after, &before));
        differences.extend(self::differences(&seen_before, &seen_after));
        if !differences.is_empty() {
            return Err(differences.join("\n"));
        }
        if seen == identity { Ok(()) } else { Err(format!("{identity:?} became {seen:?}")) }
    }

    /// What a program in it sees.
    async fn seen(&self, id: &str) -> Result<BTreeMap<String, Value>, String> {
        let inspect = self.inspect(id).await?;
        let pid = inspect["State"]["Pid"].as_u64().unwrap();
        // As the container itself numbers it.
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let own = status
            .lines()
            .find(|line| line.starts_with("NSpid"))
            .and_then(|line| line.split_whitespace().last());
        let text = self.exec(id, &seen::command(own.unwrap_or("1"))).await?;
        let told = seen::told(&text, &inspect);
        if told.len() < 20 {
            return Err(format!("it told only {text}"));
        }
        Ok(told.into_iter().map(|(key, value)| (format!("seen: {key}"), value.into())).collect())
    }

    /// Runs a program in it as its own does, and gives what it printed.
    async fn exec(&self, id: &str, command: &[String]) -> Result<String, String> {
        let body = json!({ "Cmd": command, "AttachStdout": true, "AttachStderr": true });
        let made = self.post(&format!("/containers/{id}/exec"), &body).await?;
        let url = format!("http://d/exec/{}/start", made["Id"].as_str().unwrap());
        let answer =
            self.client.post(url).json(&json!({ "Detach": false, "Tty": false })).send().await.unwrap();
        if !answer.status().is_success() {
            return Err(answer.text().await.unwrap());
        }
        // Each piece comes after eight bytes that say whose it is and how long.
        let (bytes, mut text, mut at) =
            (answer.bytes().await.map_err(|error| error.to_string())?, Vec::new(), 0);
        while let Some(header) = bytes.get(at..at + 8) {
            let length = u32::from_be_bytes(header[4..].try_into().unwrap()) as usize;
            text.extend_from_slice(&bytes[at + 8..at + 8 + length]);
            at += 8 + length;
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
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

/// Files as Compose and `docker cp` put them into a container that was not started yet.
fn files() -> Vec<u8> {
    let now = golive::clock::Clock::start().now().as_second().unsigned_abs();
    let mut archive = tar::Builder::new(Vec::new());
    let mut put = |path: &str, kind: tar::EntryType, mode: u32, owner: u64, changed: u64, data: &str| {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_uid(owner);
        header.set_gid(owner);
        header.set_mtime(changed);
        if kind.is_symlink() {
            header.set_size(0);
            return archive.append_link(&mut header, path, data).unwrap();
        }
        header.set_size(data.len() as u64);
        archive.append_data(&mut header, path, data.as_bytes()).unwrap();
    };
    put("etc/app.conf", tar::EntryType::Regular, 0o440, 1000, now, "listen 80\n");
    put("run/secrets/token", tar::EntryType::Regular, 0o400, 0, now, "s3cret");
    put("opt/app", tar::EntryType::Directory, 0o750, 1000, 1_600_000_000, "");
    put("opt/app/run", tar::EntryType::Regular, 0o755, 1000, 1_600_000_000, "#!/bin/sh\n");
    put("opt/app/link", tar::EntryType::Symlink, 0o777, 0, 1_600_000_000, "run");
    put("bin/tool", tar::EntryType::Regular, 0o4755, 0, 1_600_000_000, "");
    archive.into_inner().unwrap()
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
        drill: None,
    }
}

/// Every field of an inspect by its path, without what cannot be the same, and with what means the same said in one way.
/// The mode is no more than a way to say which network was the first: one that it was taken off `before` is not told.
fn said(inspect: &Value, before: &Value) -> BTreeMap<String, Value> {
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
    let joined = before["NetworkSettings"]["Networks"].as_object().unwrap();
    let mode = before["HostConfig"]["NetworkMode"].as_str().unwrap();
    let is = |(name, network): (&String, &Value)| name == mode || network["NetworkID"] == mode;
    let lent = mode.starts_with("container:") || before["Config"]["NetworkDisabled"] == true;
    if !lent && mode != "default" && !joined.iter().any(is)
        || mode == "default" && joined.get("bridge").is_none()
    {
        said.remove("/HostConfig/NetworkMode");
        said.remove("/Config/MacAddress");
    }
    said.insert("what is mounted".to_owned(), mounted(inspect));
    said.insert("mounts".to_owned(), mounts(inspect));
    said.insert("binds".to_owned(), binds(inspect));
    said.insert("networks".to_owned(), networks(inspect, id));
    said
}

/// Moments and places, golive's own labels, what golive does on purpose (no `--rm`), and what is
/// compared in another way.
const CHANGES: [&str; 21] = [
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
    // To be in none is the same as to be taken off all.
    for (name, network) in networks.filter(|(name, _)| *name != "none") {
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
