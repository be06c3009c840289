//! The services, one of each runtime, and their releases.

use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use golive_fixtures::engine::{containers_of, docker};
use golive_fixtures::host::Host;
use golive_fixtures::port::free_port;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use crate::stage::Stage;

/// How a release turns out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Good,
    /// Its health check fails from a moment on.
    Bad,
    /// It ends by itself again and again.
    Crashing,
    /// Its health check fails twice of three times.
    Flapping,
    /// Its customers get errors, as Prometheus knows.
    Errors,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Runtime {
    Container,
    Compose,
    Command,
}

/// One service.
pub(crate) struct Lane {
    pub(crate) service: &'static str,
    runtime: Runtime,
    port: u16,
    dir: String,
    /// Its name in Docker.
    name: String,
    /// Each version, and how it turns out.
    pub(crate) released: Mutex<Vec<(String, Kind)>>,
}

pub(crate) fn all(host: &Host) -> Vec<Lane> {
    let lane = |service, runtime, port, name| Lane {
        service,
        runtime,
        port,
        dir: host.dir().display().to_string(),
        name,
        released: Mutex::default(),
    };
    vec![
        lane("shop", Runtime::Container, host.port, host.name.clone()),
        lane("set", Runtime::Compose, free_port(), format!("{}-set", host.name)),
        lane("script", Runtime::Command, 0, String::new()),
    ]
}

impl Lane {
    /// Its part of the rules; the host's own has the container, and where people are told.
    pub(crate) fn rules(&self) -> String {
        let Self { service, dir, port, name, .. } = self;
        let what = match self.runtime {
            Runtime::Container => String::new(),
            Runtime::Compose => format!(
                "[service.set]\ncompose = {{ project = \"{name}\" }}\n\
                 [service.set.health.web]\nurl = \"http://127.0.0.1:{port}/health\"\n"
            ),
            Runtime::Command => format!(
                "[service.script]\ncommand = {{ version = [\"cat\", \"{dir}/version\"], \
                 rollback = [\"sh\", \"{dir}/rollback\", \"{{to}}\"] }}\n\
                 [service.script.health.web]\ncommand = [\"grep\", \"-q\", \"good\", \"{dir}/health\"]\n"
            ),
        };
        let (window, metrics) = match self.runtime {
            Runtime::Container => (
                "20s",
                "error-rate = { above = \"5%\", over = \"10s\", min-requests = 100, query = \
                 'sum(rate(http_requests_total{code=~\"5..\"}[5s])) / sum(rate(http_requests_total[5s]))' }\n",
            ),
            Runtime::Compose | Runtime::Command => ("10s", "error-rate = false\n"),
        };
        format!(
            "{what}[service.{service}.watch]\nwindow = \"{window}\"\ngrace = \"5s\"\ninterval = \"500ms\"\non-blind = \"accept\"\n\
             [service.{service}.trigger]\nflapping = \"auto\"\nlatency-p95 = false\nresources = false\n{metrics}\
             [service.{service}.rollback]\nverify = \"1s\"\nstop-timeout = \"2s\"\nper-day = 100000\n"
        )
    }

    /// Release after release, until the end; the first one is bad and the last one good, whatever luck says.
    pub(crate) fn run(&self, stage: &Stage, luck: u64, end: Instant) {
        let mut luck = SmallRng::seed_from_u64(luck);
        let mut good = false;
        while Instant::now() < end {
            let kind = if good { Kind::Good } else { self.bad(&mut luck) };
            self.release(stage, kind);
            std::thread::sleep(Duration::from_millis(luck.random_range(0..3000)));
            good = luck.random_range(0..2) == 0;
        }
        // Nothing that was rolled back is left deployed, and nothing to tell of it.
        self.release(stage, Kind::Good);
    }

    /// One of the ways in which this service can be bad.
    fn bad(&self, luck: &mut SmallRng) -> Kind {
        let kinds: &[Kind] = match self.runtime {
            Runtime::Container => &[Kind::Bad, Kind::Crashing, Kind::Flapping, Kind::Errors],
            Runtime::Compose => &[Kind::Bad, Kind::Crashing, Kind::Flapping],
            Runtime::Command => &[Kind::Bad],
        };
        kinds[luck.random_range(0..kinds.len())]
    }

    /// One release, until it is decided.
    pub(crate) fn release(&self, stage: &Stage, kind: Kind) {
        // A poisoned one tells of a lane that has failed already.
        let _only = (kind != Kind::Good).then(|| stage.bad.lock().unwrap());
        // What Prometheus is to find it has to be there for.
        let _there = (kind == Kind::Errors).then(|| stage.prometheus.lock().unwrap());
        let version = self.deploy(stage, kind);
        self.decided(stage, &version, kind);
        self.forget_old(stage);
    }

    /// The next version, as an operator deploys it.
    pub(crate) fn deploy(&self, stage: &Stage, kind: Kind) -> String {
        let version = {
            let mut released = self.released.lock().unwrap();
            let version = format!("{}-{}", self.service, released.len() + 1);
            released.push((version.clone(), kind));
            version
        };
        match self.runtime {
            Runtime::Container => self.run_container(stage, &version, kind),
            Runtime::Compose => self.up(stage, &version, kind),
            Runtime::Command => self.write(&version, kind),
        }
        self.note_volumes(stage);
        version
    }

    /// Waits until it has ended, as it must.
    pub(crate) fn decided(&self, stage: &Stage, version: &str, kind: Kind) {
        stage.until(&format!("{version}, which is {kind:?}, is decided"), || {
            let state = self.state(stage, version);
            state.is_some_and(|state| {
                !["announced", "watching", "rolling-back", "verifying"].contains(&&*state)
            })
        });
        let wanted = if kind == Kind::Good { "accepted" } else { "rolled-back" };
        let state = self.state(stage, version);
        assert_eq!(state.as_deref(), Some(wanted), "{version} was {kind:?}\n{}", stage.host.story());
        self.note_volumes(stage);
    }

    /// How many were good and bad.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let released = self.released.lock().unwrap();
        let good = released.iter().filter(|(_, kind)| *kind == Kind::Good).count();
        (good, released.len() - good)
    }

    fn state(&self, stage: &Stage, version: &str) -> Option<String> {
        let releases = stage.json(&["releases", self.service, "--json"]);
        let found: Vec<&Value> = releases.as_array()?.iter().filter(|it| it["version"] == version).collect();
        assert!(found.len() < 2, "one deployment is two releases: {found:#?}\n{}", stage.host.story());
        Some(found.first()?["state"].as_str()?.to_owned())
    }

    fn run_container(&self, stage: &Stage, version: &str, kind: Kind) {
        self.build(stage, version);
        let mut behaviour = vec!["--requests-per-second", "50"];
        behaviour.extend(arguments(kind));
        stage.host.deploy(version, &behaviour);
    }

    fn up(&self, stage: &Stage, version: &str, kind: Kind) {
        self.build(stage, version);
        let (name, port, dir) = (&stage.host.name, self.port, &self.dir);
        let more = arguments(kind).iter().fold(String::new(), |all, word| all + ", '" + word + "'");
        let serve = |version| format!("/golive, demo-service, --version, '{version}', --listen");
        let (db, serve) = (serve("db"), serve(version));
        let text = format!(
            "version: '2.4'\nservices:\n  \
             db:\n    image: {name}:shop-1\n    command: [{db}, '0.0.0.0:8080']\n    volumes: ['data:/data']\n  \
             api:\n    image: {name}:{version}\n    restart: always\n    command: [{serve}, '0.0.0.0:8080'{more}]\n    \
             ports: ['127.0.0.1:{port}:8080']\n  \
             worker:\n    image: {name}:{version}\n    restart: always\n    command: [{serve}, '0.0.0.0:8081']\n\
             volumes:\n  data: {{}}\n"
        );
        let file = format!("{dir}/set.yml");
        std::fs::write(&file, text).unwrap();
        let args = ["-p", &self.name, "-f", &file, "up", "-d"];
        let up = Command::new("docker-compose").args(args).output().unwrap();
        assert!(up.status.success(), "{}\n{}", String::from_utf8_lossy(&up.stderr), stage.host.story());
    }

    fn write(&self, version: &str, kind: Kind) {
        let put = |name: &str, text: &str| {
            // Renamed into place, so that nobody reads half of it.
            std::fs::write(format!("{}/half", self.dir), text).unwrap();
            std::fs::rename(format!("{}/half", self.dir), format!("{}/{name}", self.dir)).unwrap();
        };
        put("rollback", &format!("echo $1 > {0}/version && echo good > {0}/health\n", self.dir));
        put("health", if kind == Kind::Good { "good\n" } else { "bad\n" });
        put("version", &format!("{version}\n"));
    }

    /// An image for every version. The container's has a volume that nobody names: each container brings one, and takes
    /// it away; a set with one in every service would be left alone.
    fn build(&self, stage: &Stage, version: &str) {
        let _one = stage.building.lock().unwrap();
        let empty = stage.host.path("empty");
        std::fs::create_dir_all(&empty).unwrap();
        let volume = if self.runtime == Runtime::Container { "VOLUME /scratch\n" } else { "" };
        let lines = format!("FROM {}\n{volume}", stage.host.image);
        stage.host.tag_of(version, &lines, &empty);
    }

    /// Operators clean up behind their deployments: of the versions before the last three, the tag goes.
    fn forget_old(&self, stage: &Stage) {
        if self.runtime == Runtime::Command {
            return;
        }
        let released = self.released.lock().unwrap();
        let Some(old) = released.len().checked_sub(4) else { return };
        // The database of the set has the first.
        if old > 0 {
            docker(&["rmi", &format!("{}:{}", stage.host.name, released[old].0)]);
        }
    }

    fn note_volumes(&self, stage: &Stage) {
        if self.runtime == Runtime::Command {
            return;
        }
        let mut args = vec!["inspect".to_owned(), "-f".to_owned()];
        args.push("{{range .Mounts}}{{.Name}} {{end}}".to_owned());
        args.extend(containers_of(&self.name));
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        // A container that went meanwhile was noted before.
        let names = docker(&args).stdout;
        let names = String::from_utf8_lossy(&names).into_owned();
        stage.volumes.lock().unwrap().extend(names.split_whitespace().map(str::to_owned));
    }
}

fn arguments(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Good => &[],
        Kind::Errors => &["--error-ratio", "0.5"],
        Kind::Bad => &["--fail-after", "1500ms"],
        Kind::Crashing => &["--exit-after", "700ms"],
        Kind::Flapping => &["--flap"],
    }
}
