//! Sets of a Compose project, deployed by a real `docker-compose`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use golive::config;
use golive::model::plan::Plan;
use golive::model::running::Running;
use golive::model::step::{Fault, Step};
use golive::runtime::{Done, Record, Runtime, Watched};
use golive_fixtures::compose::compose_v2;
use golive_fixtures::port::free_port;
use serde_json::Value;
use tempfile::TempDir;

use crate::engine::{Bench, FORWARD, service};

mod after_crash;
mod back;
mod interference;
mod joined;
mod members;
mod rollback;
mod scaled;
mod tags;
mod watch;

/// The steps of a set's rollback: what is left of the bad release goes before the proof.
const STEPS: [Step; 10] = {
    let [a, b, c, d, e, f, g, h, i] = FORWARD;
    [a, b, c, d, e, f, g, h, i, Step::CleanUp]
};

/// The files of v1.
const OLD: [&str; 1] = ["shop.yml"];
/// The same with a second layer over it, which is v2.
const NEW: [&str; 2] = ["shop.yml", "v2.yml"];

/// A database that keeps data, and two services that need each other.
struct Project {
    /// Which docker-compose deploys it, and what it puts between the words of a container's name.
    compose: (PathBuf, char),
    bench: Bench,
    dir: TempDir,
    port: u16,
    /// Which services the set names; all that keep no data when there is none.
    services: Vec<String>,
    retag: bool,
}

/// v1 was accepted, and v2 is to be taken back.
struct Story {
    plan: Plan,
    good: Record,
    bad: Record,
    v1: Running,
    v2: Running,
}

impl Project {
    /// By Compose 1.29, where it can: it reads a field of images that engines from 25 on have not.
    fn new() -> Self {
        if Bench::new().api() < (1, 44) {
            Self::by(PathBuf::from("docker-compose"), '_')
        } else {
            Self::by_v2()
        }
    }

    /// By Compose 2.
    fn by_v2() -> Self {
        Self::by(compose_v2(), '-')
    }

    fn by(compose: PathBuf, between: char) -> Self {
        let bench = Bench::new();
        bench.image("v1");
        for version in ["v1", "v2", "v3"] {
            bench.image_without_data(version);
        }
        let project = Self {
            compose: (compose, between),
            bench,
            dir: TempDir::new().unwrap(),
            port: free_port(),
            services: Vec::new(),
            retag: true,
        };
        let (db, api, port) = (format!("{}:v1", project.name()), project.image("v1"), project.port);
        project.file(
            "shop.yml",
            &format!(
                "version: '2.4'\nservices:\n  \
                 db:\n    image: {db}\n    volumes: ['data:/data']\n    stop_grace_period: 1s\n  \
                 api:\n    image: {api}\n    ports: ['127.0.0.1:{port}:8080']\n    restart: always\n    \
                 depends_on: [db]\n    environment: {{ROLE: api}}\n  \
                 worker:\n    image: {api}\n    depends_on: [api]\n    environment: {{ROLE: worker}}\n\
                 volumes:\n  data: {{}}\n"
            ),
        );
        project.layer("v2.yml", "v2");
        project.layer("v3.yml", "v3");
        project
    }

    fn name(&self) -> &str {
        &self.bench.prefix
    }

    fn image(&self, version: &str) -> String {
        format!("{}-app:{version}", self.name())
    }

    fn file(&self, name: &str, text: &str) {
        std::fs::write(self.dir.path().join(name), text).unwrap();
    }

    /// A file that makes both services another version.
    fn layer(&self, name: &str, version: &str) {
        let image = self.image(version);
        let text =
            format!("version: '2.4'\nservices:\n  api:\n    image: {image}\n  worker:\n    image: {image}\n");
        self.file(name, &text);
    }

    /// `docker-compose -f … ARGS`
    fn compose(&self, files: &[&str], args: &[&str]) -> Output {
        let mut compose = Command::new(&self.compose.0);
        compose.current_dir(self.dir.path()).env("DOCKER_HOST", format!("unix://{}", self.bench.socket));
        compose.args(["-p", self.name()]);
        for file in files {
            compose.args(["-f", file]);
        }
        compose.args(args).stdin(Stdio::null()).output().expect("docker-compose is installed")
    }

    /// `up -d` as an operator types it; what it printed.
    fn up(&self, files: &[&str], more: &[&str]) -> String {
        let args: Vec<&str> = ["up", "-d"].iter().chain(more).copied().collect();
        let output = self.compose(files, &args);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "docker-compose up: {told}");
        for name in self.containers().keys() {
            self.bench.note_volumes(name);
        }
        told
    }

    fn container(&self, service: &str) -> String {
        let between = self.compose.1;
        format!("{}{between}{service}{between}1", self.name())
    }

    /// Names and states of all containers of the project, and of whatever golive made of them.
    fn containers(&self) -> BTreeMap<String, String> {
        self.bench.containers(&format!("{}{}", self.name(), self.compose.1))
    }

    fn set(&self) -> config::Compose {
        config::Compose {
            project: self.name().to_owned(),
            services: self.services.clone(),
            retag: self.retag,
        }
    }

    /// A runtime that knows nothing yet, as after a restart.
    fn runtime(&self) -> Runtime {
        let mut service = service(config::Runtime::Compose(self.set()));
        service.stop_timeout = Duration::from_secs(2);
        Runtime::new("shop", &service, &self.bench.engine())
    }

    fn watched(&self) -> Watched {
        Watched::of(&config::Runtime::Compose(self.set())).unwrap()
    }

    async fn seen(&self) -> Running {
        self.runtime().seen().await.unwrap().expect("the set runs")
    }

    /// What is seen when everything runs or has done its work.
    async fn seen_alive(&self) -> Running {
        let alive = async {
            loop {
                let seen = self.seen().await;
                if seen.alive {
                    return seen;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), alive).await.expect("all of it runs in time")
    }

    /// v1 was accepted and recorded, and is replaced by v2.
    async fn released(&self) -> Story {
        self.released_by(&NEW, &[]).await
    }

    async fn released_by(&self, files: &[&str], more: &[&str]) -> Story {
        self.up(&OLD, more);
        let v1 = self.seen().await;
        let good = self.runtime().keep("r1", &v1.instance).await.unwrap();
        assert_eq!(self.runtime().prove(&good).await.unwrap(), [""; 0]);
        self.up(files, more);
        self.story(v1, good).await
    }

    /// What runs now is to be taken back.
    async fn story(&self, v1: Running, good: Record) -> Story {
        let v2 = self.seen().await;
        let bad = self.runtime().keep("r2", &v2.instance).await.unwrap();
        let plan = Plan {
            rollback: format!("{}-rb-{}", self.name(), &v2.instance[..12]),
            from: "r2".to_owned(),
            from_version: v2.version.clone(),
            bad: Some(v2.instance.clone()),
            to: "r1".to_owned(),
            to_version: v1.version.clone(),
            reason: "a test".to_owned(),
            drill: None,
        };
        Story { plan, good, bad, v1, v2 }
    }

    /// One step by a runtime that knows nothing yet.
    async fn step(&self, story: &Story, step: Step) -> Result<Done, Fault> {
        self.runtime().perform(&story.plan, Some(&story.good), Some(&story.bad), step).await
    }

    async fn steps(&self, story: &Story, steps: &[Step]) {
        for step in steps {
            self.step(story, *step).await.unwrap_or_else(|fault| panic!("{step:?}: {fault:?}"));
        }
    }

    /// What a container serves.
    /// Where Compose has left an id before the name of a container, it is looked for by what it is.
    fn serves(&self, service: &str) -> String {
        let of = format!("label=com.docker.compose.project={}", self.name());
        let it = format!("label=com.docker.compose.service={service}");
        let id = self.bench.docker(&["ps", "-q", "--filter", &of, "--filter", &it]);
        self.bench.docker(&["exec", &id, "cat", "/www/index.html"])
    }

    fn inspect(&self, service: &str) -> Value {
        self.bench.inspect(&self.container(service))
    }

    /// Exactly the three containers run, api and worker that version, and nothing is left over.
    fn assert_all_run(&self, version: &str) {
        let of = format!("label=com.docker.compose.project={}", self.name());
        let all = self.bench.docker(&["ps", "-a", "--filter", &of, "--format", "{{.Names}} {{.State}}"]);
        // Compose 2 may leave what it has started under a name that it was to have for a moment.
        let own = |line: &str| match line.split_once('_') {
            Some((id, own)) if id.len() == 12 && self.compose.1 != '_' => own.to_owned(),
            _ => line.to_owned(),
        };
        let all: BTreeSet<String> = all.lines().map(own).collect();
        let names = ["api", "db", "worker"].map(|service| format!("{} running", self.container(service)));
        assert_eq!(all, BTreeSet::from(names));
        assert_eq!((self.serves("api"), self.serves("worker")), (version.to_owned(), version.to_owned()));
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        for name in self.containers().keys() {
            self.bench.note_volumes(name);
        }
    }
}
