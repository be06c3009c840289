//! A Compose project, deployed by `docker-compose`, with the daemon beside it.

use std::process::Output;

use golive_fixtures::engine::{docker, inspect, on_engine};
use golive_fixtures::host::Host;
use golive_fixtures::proxy::Fate;
use golive_fixtures::until::PATIENCE;

/// Turns bad a little after its start.
pub(crate) const BAD: &str = ", '--fail-after', '1500ms'";

/// Two services that go together, and a database that keeps data.
pub(crate) struct Shop {
    pub(crate) host: Host,
    /// After the host, which tells the story of a test that fails and removes the containers.
    _made: Made,
}

/// What was made in Docker for the project of that name beside its containers.
struct Made(String);

impl Shop {
    pub(crate) fn new(test: &str) -> Self {
        let host = Host::new(test);
        Self { _made: Made(host.name.clone()), host }
    }

    /// rules.toml with the set in place of the container.
    pub(crate) fn rules(&self, more: &str) {
        self.host.write_rules(more);
        let name = &self.host.name;
        let set = format!("compose = {{ project = \"{name}\" }}");
        self.host.replace_in_rules(&format!("container = \"{name}\""), &set);
    }

    /// The compose file of a version; how it behaves is written after its arguments.
    pub(crate) fn file(&self, version: &str, behaviour: &str) -> String {
        let tag = self.host.tag(version);
        let name = format!("v{version}.yml");
        let text = format!(
            "version: '2.4'\nservices:\n  \
             db:\n    image: {db}\n    command: [/golive, demo-service, --listen, '0.0.0.0:8080', --version, db]\n    \
             volumes: ['data:/data']\n  \
             api:\n    image: {tag}\n    restart: always\n    depends_on: [db]\n    \
             command: [/golive, demo-service, --listen, '0.0.0.0:8080', --version, '{version}'{behaviour}]\n    \
             ports: ['127.0.0.1:{port}:8080']\n  \
             worker:\n    image: {tag}\n    restart: always\n    depends_on: [api]\n    \
             command: [/golive, demo-service, --listen, '0.0.0.0:8081', --version, '{version}']\n\
             volumes:\n  data: {{}}\n",
            db = self.host.tag("db"),
            port = self.host.port,
        );
        std::fs::write(self.host.path(&name), text).unwrap();
        name
    }

    /// A compose file of these services, after the shop's own manner.
    pub(crate) fn of(&self, version: &str, services: &[(&str, &str)]) -> String {
        let tag = self.host.tag(version);
        let name = format!("v{version}.yml");
        let mut text = "version: '2.4'\nservices:\n".to_owned();
        for (service, more) in services {
            let more = more
                .replace("SERVE", "/golive, demo-service, --listen")
                .replace("PORT", &self.host.port.to_string());
            text.push_str(&format!("  {service}:\n    image: {tag}\n{more}\n"));
        }
        text.push_str("volumes:\n  data: {}\n");
        std::fs::write(self.host.path(&name), text).unwrap();
        name
    }

    pub(crate) fn compose(&self, file: &str, args: &[&str]) -> Output {
        let mut compose = on_engine("docker-compose");
        compose.current_dir(self.host.dir()).args(["-p", &self.host.name, "-f", file]).args(args);
        // Many others ask the engine at the same time.
        compose.env("COMPOSE_HTTP_TIMEOUT", "180");
        compose.output().expect("docker-compose is installed")
    }

    pub(crate) fn up(&self, file: &str) {
        let output = self.compose(file, &["up", "-d"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// `up -d` with something more.
    pub(crate) fn up_with(&self, file: &str, more: &[&str]) {
        let args: Vec<&str> = ["up", "-d"].iter().chain(more).copied().collect();
        let output = self.compose(file, &args);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    pub(crate) fn with_good_version(&mut self) -> String {
        let good = self.file("1", "");
        self.accepts_first(&good);
        good
    }

    /// That file is deployed, and what it makes is accepted as the first version.
    pub(crate) fn accepts_first(&mut self, good: &str) {
        self.up(good);
        self.host.start();
        self.host.eventually("version 1 is accepted and ready to go back to", || {
            let status = self.host.status();
            status["accepted"]["version"] == "1" && status["readiness"]["ready"] == true
        });
    }

    pub(crate) fn id(&self, service: &str) -> String {
        inspect(&format!("{}_{service}_1", self.host.name), "{{.Id}}")
    }

    /// The two run that version, the database still is what it was, and nothing is left over.
    pub(crate) fn assert_only(&self, version: &str, db: &str) {
        let names = docker(&[
            "ps",
            "-a",
            "--filter",
            &format!("name=^/{}_", self.host.name),
            "--format",
            "{{.Names}} {{.State}}",
        ]);
        let mut names: Vec<String> =
            String::from_utf8_lossy(&names.stdout).lines().map(str::to_owned).collect();
        names.sort();
        let wanted = ["api", "db", "worker"].map(|service| format!("{}_{service}_1 running", self.host.name));
        assert_eq!(names, wanted);
        assert_eq!(self.host.answer().as_deref(), Some(&*format!("shop {version}")));
        let image = inspect(&self.host.tag(version), "{{.Id}}");
        for service in ["api", "worker"] {
            let name = format!("{}_{service}_1", self.host.name);
            assert_eq!(inspect(&name, "{{.Image}}"), image);
        }
        assert_eq!(self.id("db"), db);
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        docker(&["network", "rm", &format!("{}_default", self.0)]);
        docker(&["volume", "rm", &format!("{}_data", self.0)]);
    }
}

#[test]
fn a_bad_release_of_a_project_takes_itself_back() {
    let mut shop = Shop::new("compose");
    shop.rules("[service.shop.health.containers]\ndocker = true\n");
    let good = shop.with_good_version();
    let db = shop.id("db");
    let check = shop.host.golive(&["check", "--online"]);
    let told = String::from_utf8_lossy(&check.stdout).into_owned();
    assert!(told.contains("db is left alone: it keeps data in /data"), "{told}");

    let bad = shop.file("2", BAD);
    shop.up(&bad);
    let wait = || shop.host.golive(&["wait", "shop", "--timeout", "60s"]);
    shop.host.eventually("the release is seen", || shop.host.status()["release"]["version"] == "2");
    assert_eq!(wait().status.code(), Some(10));
    shop.assert_only("1", &db);
    shop.host.eventually("told of the outcome", || shop.host.hook.posts("rollback-succeeded").len() == 1);
    assert_eq!(shop.host.hook.posts("release-detected").len(), 1, "one release, not one for each container");
    let status = shop.host.status();
    assert_eq!((status["phase"].as_str(), status["running"]["version"].as_str()), (Some("idle"), Some("1")));
    let about = status["running"]["description"].as_str().unwrap().to_owned();
    for told in ["_api_1 runs 1", "_worker_1 runs 1", "db is left alone"] {
        assert!(about.contains(told), "{about}");
    }
    let evidence = shop.host.says(0, &["explain"]);
    assert!(evidence.contains("rolled-back"), "{evidence}");

    let ids = || (shop.id("api"), shop.id("worker"), shop.id("db"));
    let restored = ids();
    shop.up(&good);
    assert_eq!(ids(), restored, "up with the old files changes nothing");
    shop.up(&bad);
    shop.host.eventually("the bad version is watched again, or gone again", || {
        shop.host.hook.posts("release-detected").len() == 2
    });
    shop.host.eventually("it is taken back once more", || {
        shop.host.phase() == "idle" && shop.host.hook.posts("rollback-succeeded").len() == 2
    });
    shop.assert_only("1", &db);
}

#[test]
fn a_deployment_in_mid_rollback_is_watched_instead() {
    let mut shop = Shop::new("compose-newer");
    // Long enough for somebody to deploy while the rollback is under way.
    shop.rules("");
    let slow = "stop-timeout = \"2s\"\nbefore = [\"/bin/sleep\", \"4\"]";
    shop.host.replace_in_rules("stop-timeout = \"2s\"", slow);
    shop.with_good_version();
    let db = shop.id("db");
    shop.up(&shop.file("2", BAD));
    shop.host.eventually("it is being taken back", || shop.host.phase() == "rolling-back");
    shop.up(&shop.file("3", ""));
    shop.host.eventually("version 3 is accepted", || {
        shop.host.phase() == "idle" && shop.host.status()["accepted"]["version"] == "3"
    });
    shop.assert_only("3", &db);
    assert_eq!(shop.host.hook.posts("rollback-succeeded").len(), 0);
    assert_eq!(shop.host.hook.posts("rollback-failed").len(), 0);
}

/// The changing calls of a set's rollback, some of them, with a kill right before and right after.
#[test]
fn killed_in_the_middle_of_a_set() {
    std::thread::scope(|scope| {
        let before = |shop: &Shop| Fate::KilledBefore(shop.host.pid());
        let after = |shop: &Shop| Fate::KilledAfter(shop.host.pid());
        scope.spawn(move || once_at_calls("compose-before", &[1, 7, 13], before));
        scope.spawn(move || once_at_calls("compose-after", &[4, 10, 16], after));
    });
}

/// The same where the engine says no, and where it says nothing.
#[test]
fn one_call_fails_in_the_middle_of_a_set() {
    std::thread::scope(|scope| {
        scope.spawn(|| once_at_calls("compose-error", &[2, 5, 8, 11, 14], |_| Fate::Error));
        scope.spawn(|| once_at_calls("compose-silent", &[3], |_| Fate::Unanswered));
    });
}

fn once_at_calls(name: &str, calls: &[usize], fate: impl Fn(&Shop) -> Fate) {
    let mut shop = Shop::new(name);
    let proxy = shop.host.through_proxy();
    shop.rules("");
    shop.host.allow_many_rollbacks();
    shop.with_good_version();
    let db = shop.id("db");
    for (round, call) in calls.iter().enumerate() {
        let version = (round + 2).to_string();
        let told = shop.host.hook.posts("rollback-succeeded").len();
        let fate = fate(&shop);
        proxy.strike_rollback(*call, fate);
        shop.up(&shop.file(&version, BAD));
        let hook = shop.host.hook.clone();
        let over = || hook.posts("rollback-succeeded").len() > told;
        shop.host.eventually("struck, or rolled back with fewer calls", || proxy.struck() || over());
        assert!(
            proxy.struck() || *call > 10,
            "a set's rollback has more calls than {call}: {:?}",
            proxy.calls()
        );
        if proxy.struck() && matches!(fate, Fate::KilledBefore(_) | Fate::KilledAfter(_)) {
            shop.host.kill();
            shop.host.start();
        }
        shop.host.eventually_within(2 * PATIENCE, "it is taken up again and verified", || {
            shop.host.phase() == "idle" && over()
        });
        shop.assert_only("1", &db);
        assert!(shop.host.hook.posts("rollback-failed").is_empty());
    }
}
