//! One stack on the engine, with the daemon that watches it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use golive_fixtures::compose::compose_v2;
use golive_fixtures::engine::{docker, on_engine};
use golive_fixtures::host::Host;
use golive_fixtures::until::PATIENCE;
use serde_json::Value;

use super::right::Right;

/// What a stack finds in its images beside golive's own program.
const APPLETS: [&str; 8] = ["sh", "sleep", "cat", "wget", "httpd", "true", "mkdir", "tail"];
/// The tag of the images that have nothing else.
const BOX: &str = "box";
const FILE: &str = "compose.yaml";
/// How much longer each member of a set may take.
const MEMBER: Duration = Duration::from_secs(5);

pub(super) struct Stack {
    pub(super) name: String,
    pub(super) right: Right,
    pub(super) host: Host,
    compose: PathBuf,
    /// After the host, which tells the story of a test that fails.
    _made: Made,
}

/// What was made in Docker for the project of that name.
struct Made(String);

/// One container of the project.
struct Container {
    name: String,
    id: String,
    image: String,
    state: String,
    service: String,
}

impl Stack {
    pub(super) fn new(name: &str, right: Right, file: &[u8]) -> Self {
        let host = Host::new(&format!("stacks-{name}"));
        let made = Made(host.name.clone());
        let stack = Self { name: name.to_owned(), right, host, compose: compose_v2(), _made: made };
        stack.rules();
        std::fs::create_dir(stack.host.path("stack")).unwrap();
        std::fs::write(stack.host.path("stack").join(FILE), file).unwrap();
        for (name, content) in &stack.right.files {
            std::fs::write(stack.host.path("stack").join(name), content).unwrap();
        }
        stack.images();
        stack
    }

    /// The set in place of the container, and everything sooner.
    fn rules(&self) {
        self.host.write_rules("[service.shop.health.containers]\ndocker = true\n");
        let name = &self.host.name;
        let set = format!("compose = {{ project = \"{name}\" }}");
        self.host.replace_in_rules(&format!("container = \"{name}\""), &set);
        self.host.replace_in_rules("window = \"8s\"", "window = \"4s\"");
        self.host.replace_in_rules("grace = \"5s\"", "grace = \"2s\"");
    }

    /// One of each version, with golive's program and a shell; and one with nothing but the shell.
    fn images(&self) {
        let context = self.host.path("context");
        let bin = context.join("bin");
        std::fs::create_dir_all(&bin).unwrap();
        std::fs::copy("/bin/busybox", bin.join("busybox")).expect("busybox-static is installed");
        for applet in APPLETS {
            std::os::unix::fs::symlink("busybox", bin.join(applet)).unwrap();
        }
        let with_golive = format!("FROM {}\nCOPY bin /bin\n", self.host.image);
        for version in ["1", "2", "3"] {
            self.host.tag_of(version, &with_golive, &context);
        }
        self.host.tag_of(BOX, "FROM scratch\nCOPY bin /bin\n", &context);
    }

    /// `docker-compose ARGS`, with the version's values in the stack's file.
    pub(super) fn compose(&self, version: &str, args: &[&str]) {
        let mut compose = on_engine(&self.compose);
        compose.current_dir(self.host.path("stack")).args(["-p", &self.host.name, "-f", FILE]);
        for profile in &self.right.profiles {
            compose.args(["--profile", profile]);
        }
        let bad = if version == "3" { &self.right.bad } else { "" };
        compose.env("IMAGE", &self.host.name).env("VERSION", version).env("BAD", bad);
        compose.env("PORT", self.host.port.to_string());
        let output = compose.args(args).stdin(Stdio::null()).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        let name = &self.name;
        assert!(output.status.success(), "{name}: {args:?} of {version}: {told}");
    }

    /// Deploys another version than before.
    pub(super) fn release(&self, version: &str) {
        let more: Vec<&str> = self.right.up.iter().map(String::as_str).collect();
        self.up(version, &more);
    }

    /// `up -d` with something more.
    pub(super) fn up(&self, version: &str, more: &[&str]) {
        let args: Vec<&str> = ["up", "-d"].iter().chain(more).copied().collect();
        self.compose(version, &args);
    }

    /// What runs is accepted, and can be gone back to.
    pub(super) fn is_accepted(&self, what: &str) {
        self.eventually(&format!("{what} is accepted and ready"), || {
            let status = self.host.status();
            status["phase"] == "idle"
                && status["accepted"]["id"].is_string()
                && status["readiness"]["ready"] == true
        });
    }

    /// Many members take longer than one, on an engine that is busy.
    pub(super) fn eventually(&self, what: &str, holds: impl Fn() -> bool) {
        let members = u32::try_from(self.right.members.len()).unwrap();
        self.host.eventually_within(PATIENCE + members * MEMBER, what, holds);
    }

    /// Which release was accepted last.
    pub(super) fn accepted(&self) -> String {
        self.host.status()["accepted"]["id"].as_str().unwrap_or_default().to_owned()
    }

    /// What has become of each release, the newest first.
    pub(super) fn releases(&self) -> Vec<String> {
        let output = self.host.golive(&["releases", "--json"]);
        let releases: Value = serde_json::from_slice(&output.stdout).unwrap();
        let each = releases.as_array().unwrap().iter();
        each.map(|release| release["state"].as_str().unwrap().to_owned()).collect()
    }

    /// All that was said of one event.
    pub(super) fn told(&self, event: &str) -> String {
        let posts = self.host.hook.posts(event);
        posts.iter().map(|post| post["data"]["text"].as_str().unwrap()).collect()
    }

    /// golive has seen the containers that there are now, and does nothing about them.
    pub(super) fn is_settled(&self) -> bool {
        let status = self.host.status();
        let seen = status["running"]["container_ids"].as_array().into_iter().flatten();
        let seen: BTreeSet<String> = seen.filter_map(|id| id.as_str().map(str::to_owned)).collect();
        let idle = status["phase"] == "idle" && status["deployment"].is_null();
        idle && status["running"]["running"] == true && seen == self.ids()
    }

    /// The ids of the set's containers.
    pub(super) fn ids(&self) -> BTreeSet<String> {
        let members = self.containers().into_iter();
        members.filter(|it| !self.right.left.contains(&it.service)).map(|it| it.id).collect()
    }

    /// What is left alone: by its name, its id.
    pub(super) fn left(&self) -> BTreeMap<String, String> {
        let all = self.containers().into_iter();
        all.filter(|it| self.right.left.contains(&it.service)).map(|it| (it.name, it.id)).collect()
    }

    /// All services of the stack have their containers of that version in the state that is right, and there is nothing
    /// else.
    pub(super) fn assert_runs(&self, version: &str) {
        let containers = self.containers();
        let story = || format!("{}: not version {version}", self.name);
        assert_eq!(self.host.answer().as_deref(), Some(&*format!("shop {version}")), "{}", story());
        let (mut wanted, mut found) = (BTreeMap::new(), BTreeMap::new());
        for service in self.right.members.iter().chain(&self.right.left) {
            wanted.insert(service.clone(), self.right.number(service));
        }
        for it in &containers {
            *found.entry(it.service.clone()).or_insert(0) += 1;
            let tag = self.right.tags.get(&it.service).map_or(version, String::as_str);
            let image = golive_fixtures::engine::inspect(&self.host.tag(tag), "{{.Id}}");
            assert_eq!(it.image, image, "{} has the image of {tag}\n{}", it.name, story());
            // What had done its work is not done again by a rollback.
            let done = self.right.jobs.contains(&it.service);
            let states: &[&str] = if done { &["exited", "created"] } else { &["running"] };
            assert!(states.contains(&&*it.state), "{} is {}\n{}", it.name, it.state, story());
            let own = format!("{}-{}-", self.host.name, it.service);
            let number = it.name.strip_prefix(&own).and_then(|number| number.parse::<usize>().ok());
            assert!(number.is_some(), "{} has a name of its own\n{}", it.name, story());
        }
        assert_eq!(found, wanted, "{}", story());
    }

    /// Everything that carries the project's label, whoever made it and whatever it is called.
    fn containers(&self) -> Vec<Container> {
        let label = format!("label=com.docker.compose.project={}", self.host.name);
        let ids = docker(&["ps", "-aq", "--no-trunc", "--filter", &label]);
        let ids = String::from_utf8_lossy(&ids.stdout).into_owned();
        if ids.trim().is_empty() {
            return Vec::new();
        }
        let format = "{{.Name}} {{.Id}} {{.Image}} {{.State.Status}} \
                      {{index .Config.Labels \"com.docker.compose.service\"}}";
        let all = ["inspect", "-f", format].into_iter().chain(ids.split_whitespace()).collect::<Vec<_>>();
        let output = docker(&all);
        let lines = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut containers: Vec<Container> = lines.lines().map(Container::of).collect();
        containers.sort_by(|a, b| a.name.cmp(&b.name));
        containers
    }
}

impl Container {
    fn of(line: &str) -> Self {
        let mut words = line.split(' ').map(str::to_owned);
        let mut next = || words.next().unwrap_or_default();
        let name = next().trim_start_matches('/').to_owned();
        Self { name, id: next(), image: next(), state: next(), service: next() }
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        let label = format!("label=com.docker.compose.project={}", self.0);
        let kinds = [
            (&["ps", "-aq"][..], &["rm", "-f", "-v"][..]),
            (&["network", "ls", "-q"], &["network", "rm"]),
            (&["volume", "ls", "-q"], &["volume", "rm"]),
        ];
        // Twice: the engine may be ending what the daemon began and did not live to see.
        for (list, remove) in kinds.into_iter().chain(kinds) {
            let listed = docker(&[list, &["--filter", &label]].concat());
            for one in String::from_utf8_lossy(&listed.stdout).split_whitespace() {
                docker(&[remove, &[one]].concat());
            }
        }
    }
}
