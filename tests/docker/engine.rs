//! A bench on the shared engine: images made from nothing but busybox, containers deployed as an operator would.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, Once};
use std::time::Duration;

use golive::config::{self, Config, Service};
use golive::docker::Engine;
use golive::model::plan::Plan;
use golive::model::running::Identity;
use golive::model::step::{Fault, Step};
use golive::runtime::{Done, Record, Runtime};
use golive_fixtures::engine::{self, busybox, docker_at};
use serde_json::Value;

/// Serves its version at `/` on `$PORT`, and stops at once when told to.
const SERVE: &str = "mkdir -p /www /data && echo $APP_VERSION >/www/index.html && httpd -p ${PORT:-8080} -h /www; \
                     trap 'exit 0' TERM; sleep 100000 & wait";

/// SIGTERM in the masks of `/proc/PID/status`.
const TERM: u64 = 1 << 14;

/// The steps of a container's rollback, in order, up to the proof.
pub(crate) const FORWARD: [Step; 9] = [
    Step::Prepare,
    Step::Forensics,
    Step::Create,
    Step::DisableRestart,
    Step::Stop,
    Step::RenameOld,
    Step::RenameNew,
    Step::Start,
    Step::RecreateDependents,
];

/// One engine and a prefix for all that a test makes on it.
pub(crate) struct Bench {
    pub(crate) prefix: String,
    pub(crate) socket: String,
    volumes: Mutex<BTreeSet<String>>,
    images: Mutex<BTreeSet<String>>,
    stories: AtomicU32,
}

/// A service that is being taken back from v2 to v1.
pub(crate) struct Story {
    pub(crate) name: String,
    pub(crate) plan: Plan,
    pub(crate) good: Record,
    pub(crate) bad: Record,
    /// What made v1 what it was.
    pub(crate) v1: Identity,
    /// The bad container.
    pub(crate) v2: String,
}

impl Bench {
    /// On the engine that the tests run on.
    pub(crate) fn new() -> Self {
        Self::at(engine::socket().to_str().unwrap())
    }

    /// On the engine that listens there.
    pub(crate) fn at(socket: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let prefix = format!("golive-test-{}-{count}", std::process::id());
        let (volumes, images, stories) = Default::default();
        Self { prefix, socket: socket.to_owned(), volumes, images, stories }
    }

    /// The newest API that the engine speaks.
    pub(crate) fn api(&self) -> (u32, u32) {
        let told = self.docker(&["version", "--format", "{{.Server.APIVersion}}"]);
        let (major, minor) = told.split_once('.').unwrap();
        (major.parse().unwrap(), minor.parse().unwrap())
    }

    /// Runs the `docker` command as an operator would, and gives what it printed.
    pub(crate) fn docker(&self, args: &[&str]) -> String {
        self.try_docker(args).unwrap_or_else(|error| panic!("docker {}: {error}", args.join(" ")))
    }

    /// The same, where failing is an answer.
    pub(crate) fn try_docker(&self, args: &[&str]) -> Result<String, String> {
        docker_at(Path::new(&self.socket), args)
    }

    /// Makes the image of a version and gives its reference. `/data` is a volume of the image.
    pub(crate) fn image(&self, version: &str) -> String {
        self.imported(format!("{}:{version}", self.prefix), version, &["VOLUME /data"])
    }

    /// The same without a volume.
    pub(crate) fn image_without_data(&self, version: &str) -> String {
        self.image_with(version, &[])
    }

    /// One that is made with these changes besides.
    pub(crate) fn image_with(&self, what: &str, changes: &[&str]) -> String {
        self.imported(format!("{}-app:{what}", self.prefix), what, changes)
    }

    fn imported(&self, reference: String, version: &str, more: &[&str]) -> String {
        if !self.images.lock().unwrap().insert(reference.clone()) {
            return reference;
        }
        let root = tempfile::tempdir().unwrap();
        let applets = ["sh", "sleep", "echo", "cat", "httpd", "mkdir", "ls", "rm", "true", "false"];
        let tar = busybox(root.path(), &applets, &["tmp"]);
        let changes = [
            format!("ENV APP_VERSION={version}"),
            format!("LABEL app={version}"),
            "EXPOSE 8080".to_owned(),
            format!("CMD {}", serde_json::json!(["sh", "-c", SERVE])),
        ];
        let mut args = vec!["import"];
        for change in changes.iter().map(String::as_str).chain(more.iter().copied()) {
            args.extend(["--change", change]);
        }
        args.extend([tar.as_str(), &reference]);
        self.docker(&args);
        reference
    }

    /// `docker run -d --name NAME ARGS… IMAGE:VERSION`; gives the container's id.
    pub(crate) fn run(&self, name: &str, args: &[&str], version: &str) -> String {
        let image = format!("{}:{version}", self.prefix);
        let mut all = vec!["run", "-d", "--name", name];
        all.extend(args);
        all.push(&image);
        let id = self.docker(&all);
        self.note_volumes(&id);
        id
    }

    /// What the engine says of a container.
    pub(crate) fn inspect(&self, id: &str) -> Value {
        let text = self.docker(&["container", "inspect", id]);
        serde_json::from_str::<Value>(&text).unwrap()[0].take()
    }

    /// Until what runs in it catches SIGTERM: one that comes earlier is lost on the first process of a container.
    pub(crate) async fn until_it_obeys(&self, id: &str) {
        let obeys = || {
            let pid = self.inspect(id)["State"]["Pid"].as_u64()?;
            let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?.trim();
            Some(u64::from_str_radix(caught, 16).ok()? & TERM != 0)
        };
        while obeys() != Some(true) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) fn image_id(&self, version: &str) -> String {
        self.docker(&["image", "inspect", "--format", "{{.Id}}", &format!("{}:{version}", self.prefix)])
    }

    /// Names and states of all containers whose name begins so.
    pub(crate) fn containers(&self, prefix: &str) -> BTreeMap<String, String> {
        let filter = format!("name=^/{prefix}");
        let listed = self.docker(&["ps", "-a", "--filter", &filter, "--format", "{{.Names}} {{.State}}"]);
        listed
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(n, s)| (n.to_owned(), s.to_owned()))
            .collect()
    }

    pub(crate) fn engine(&self) -> Engine {
        // What the program does first.
        static TLS: Once = Once::new();
        TLS.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
        Engine::new(Path::new(&self.socket)).unwrap()
    }

    /// A runtime that knows nothing yet, as after a restart.
    pub(crate) fn runtime(&self, name: &str) -> Runtime {
        self.runtime_with(name, |_| {})
    }

    pub(crate) fn runtime_with(&self, name: &str, change: impl FnOnce(&mut Service)) -> Runtime {
        let mut service = service(config::Runtime::Container { name: name.to_owned() });
        change(&mut service);
        Runtime::new(name, &service, &self.engine())
    }

    /// v1 was deployed, recorded and replaced by v2, both by `docker run` with the same arguments.
    pub(crate) async fn released(&self, args: &[&str]) -> Story {
        self.image("v1");
        self.image("v2");
        let name = format!("{}-{}-web", self.prefix, self.stories.fetch_add(1, Ordering::Relaxed));
        let v1 = self.run(&name, args, "v1");
        let exec = ["exec", &name, "sh", "-c", "echo precious >/data/file"];
        self.docker(&exec);
        let runtime = self.runtime(&name);
        let good = runtime.keep("r1", &v1).await.unwrap();
        let identity = runtime.seen().await.unwrap().unwrap().identity;
        self.docker(&["rm", "-f", &name]);
        let v2 = self.run(&name, args, "v2");
        let bad = runtime.keep("r2", &v2).await.unwrap();
        Story::new(&name, good, bad, identity, &v2)
    }

    pub(crate) fn note_volumes(&self, id: &str) {
        let Ok(text) = self.try_docker(&["container", "inspect", id]) else { return };
        let Ok(inspects) = serde_json::from_str::<Value>(&text) else { return };
        let mounts = inspects[0]["Mounts"].as_array().into_iter().flatten();
        self.volumes
            .lock()
            .unwrap()
            .extend(mounts.filter_map(|mount| Some(mount["Name"].as_str()?.to_owned())));
    }
}

impl Story {
    /// A rollback that is about to begin.
    pub(crate) fn new(name: &str, good: Record, bad: Record, v1: Identity, v2: &str) -> Self {
        let plan = Plan {
            rollback: format!("{name}-rb-1"),
            from: "r2".to_owned(),
            from_version: "v2".to_owned(),
            bad: Some(v2.to_owned()),
            to: "r1".to_owned(),
            to_version: "v1".to_owned(),
            reason: "a test".to_owned(),
            drill: None,
        };
        Self { name: name.to_owned(), plan, good, bad, v1, v2: v2.to_owned() }
    }

    /// One step by a runtime that knows nothing yet.
    pub(crate) async fn step(&self, bench: &Bench, step: Step) -> Result<Done, Fault> {
        let runtime = bench.runtime(&self.name);
        runtime.perform(&self.plan, Some(&self.good), Some(&self.bad), step).await
    }

    /// All steps that bring the restored version up.
    pub(crate) async fn forward(&self, bench: &Bench) {
        self.forward_until(bench, Step::Command).await;
    }

    /// Those of them that come before that one.
    pub(crate) async fn forward_until(&self, bench: &Bench, end: Step) {
        for step in FORWARD.into_iter().filter(|step| *step < end) {
            self.step(bench, step).await.unwrap_or_else(|fault| panic!("{step:?}: {fault:?}"));
        }
    }

    /// Exactly one container goes by the service's name, runs v1, and nothing is left over.
    pub(crate) fn restored(&self, bench: &Bench) -> Value {
        let containers = bench.containers(&self.name);
        assert_eq!(containers, BTreeMap::from([(self.name.clone(), "running".to_owned())]));
        let now = bench.inspect(&self.name);
        assert_eq!(now["Image"], self.good.image);
        assert_eq!(bench.docker(&["exec", &self.name, "cat", "/www/index.html"]), "v1");
        now
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let filter = format!("name={}", self.prefix);
        let list = |args: &[&str]| -> Vec<String> {
            self.try_docker(args).unwrap_or_default().lines().map(str::to_owned).collect()
        };
        for id in list(&["ps", "-aq", "--filter", &filter]) {
            self.note_volumes(&id);
            let _ = self.try_docker(&["rm", "-fv", &id]);
        }
        for network in list(&["network", "ls", "-q", "--filter", &filter]) {
            let _ = self.try_docker(&["network", "rm", &network]);
        }
        for volume in self.volumes.lock().unwrap().iter() {
            let _ = self.try_docker(&["volume", "rm", volume]);
        }
        for image in list(&["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"]) {
            if image.contains(&format!("{}:", self.prefix)) || image.contains(&format!("{}-", self.prefix)) {
                let _ = self.try_docker(&["image", "rm", "-f", &image]);
            }
        }
    }
}

/// A service of which the rules say no more than they must.
pub(crate) fn service(runtime: config::Runtime) -> Service {
    let rules = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(rules.path(), "[service.shop]\ncontainer = \"shop\"\nhealth.web.docker = true\n").unwrap();
    let plain = Config::load(rules.path()).unwrap().services.remove("shop").unwrap();
    Service { runtime, ..plain }
}

/// What the service answers there, once it does.
pub(crate) async fn answer(port: u16) -> String {
    let ask = async {
        loop {
            if let Ok(answer) = reqwest::get(format!("http://127.0.0.1:{port}/")).await {
                return answer.text().await.unwrap().trim().to_owned();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), ask).await.expect("the service answers within 10 s")
}
