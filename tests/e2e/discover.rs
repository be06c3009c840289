//! What runs on a host becomes rules that pass the online check.

use golive_fixtures::engine::{busybox, docker, inspect, on_engine};
use golive_fixtures::host::Host;
use golive_fixtures::port::free_port;
use golive_fixtures::prometheus::Prometheus;
use toml::{Table, Value};

/// A container with a port, one with a HEALTHCHECK alone, and a project with a database.
struct Stage {
    host: Host,
    api: u16,
    db: u16,
}

impl Stage {
    fn new() -> Self {
        let stage = Self { host: Host::new("discover"), api: free_port(), db: free_port() };
        stage.host.deploy("1", &[]);
        let host = &stage.host;
        let (quiet, tag) = (stage.quiet(), format!("{}:box", host.name));
        let tar = busybox(&host.path(""), &["sh", "sleep", "true"], &[]);
        assert!(docker(&["import", &tar, &tag]).status.success());
        let run = ["run", "-d", "--name", &quiet, "--stop-timeout", "1", "--health-cmd", "true"];
        let run = [&run[..], &["--health-interval", "1s", &tag, "/bin/sh", "-c", "sleep 600"]].concat();
        assert!(docker(&run).status.success());
        stage.up();
        host.eventually("its HEALTHCHECK is well", || {
            inspect(&quiet, "{{.State.Health.Status}}") == "healthy"
        });
        stage
    }

    fn quiet(&self) -> String {
        format!("{}-quiet", self.host.name)
    }

    fn project(&self) -> String {
        format!("{}set", self.host.name)
    }

    fn up(&self) {
        let (host, db) = (&self.host, format!("{}/postgres:16", self.host.name));
        let tag = host.tag("db");
        assert!(docker(&["tag", &tag, &db]).status.success());
        let serve =
            |port: u16| format!("[/golive, demo-service, --listen, '0.0.0.0:{port}', --version, '1']");
        let text = format!(
            "version: '2.4'\nservices:\n  \
             db:\n    image: {db}\n    command: {}\n    volumes: ['data:/data']\n    ports: ['127.0.0.1:{}:8080']\n  \
             api:\n    image: {api}\n    restart: always\n    command: {}\n    ports: ['127.0.0.1:{}:8080']\n  \
             worker:\n    image: {api}\n    restart: always\n    command: {}\nvolumes:\n  data: {{}}\n",
            serve(8080),
            self.db,
            serve(8080),
            self.api,
            serve(8081),
            api = host.tag("1"),
        );
        std::fs::write(host.path("compose.yml"), text).unwrap();
        let mut compose = on_engine("docker-compose");
        compose.current_dir(host.dir()).args(["-p", &self.project(), "-f", "compose.yml", "up", "-d"]);
        let up = compose.env("COMPOSE_HTTP_TIMEOUT", "180").output().unwrap();
        assert!(up.status.success(), "{up:?}");
    }

    /// The services of a draft that are this test's: others come and go on the same engine.
    fn own(&self, text: &str) -> Table {
        let draft: Table = text.parse().unwrap_or_else(|error| panic!("{error}: {text}"));
        let services = draft.get("service").and_then(Value::as_table).cloned().unwrap_or_default();
        services.into_iter().filter(|(name, _)| name.starts_with(&self.host.name)).collect()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let project = self.project();
        for service in ["api", "worker", "db"] {
            docker(&["rm", "-f", "-v", &format!("{project}_{service}_1")]);
        }
        docker(&["network", "rm", &format!("{project}_default")]);
        docker(&["volume", "rm", &format!("{project}_data")]);
    }
}

#[test]
fn what_runs_here_becomes_rules_that_pass_the_online_check() {
    let stage = Stage::new();
    let host = &stage.host;
    let prometheus = Prometheus::scraping(&format!("127.0.0.1:{}", host.port));
    host.eventually("Prometheus has scraped it", || prometheus.samples("http_requests_total") >= 3);
    let (socket, state, url) = (host.docker_socket.display(), host.path("state"), prometheus.url());
    let main = format!(
        "[docker]\nsocket = \"{socket}\"\n[state]\ndir = \"{}\"\n[prometheus]\nurl = \"{url}\"\n",
        state.display()
    );
    host.set_rules(&main);
    let file = host.path("rules.d/discovered.toml");
    let write = ["discover", "--write", file.to_str().unwrap()];
    host.says(0, &write);

    let text = std::fs::read_to_string(&file).unwrap();
    let own = stage.own(&text);
    let text_at = |service: &str, path: &[&str]| {
        let found = path.iter().try_fold(&own[service], |table, key| table.get(*key));
        found.and_then(Value::as_str).unwrap_or_else(|| panic!("no {path:?} in {own}")).to_owned()
    };
    let (name, set) = (host.name.as_str(), stage.project());
    assert_eq!(own.len(), 3, "{text}");
    assert_eq!(text_at(name, &["container"]), name);
    let at = format!("http://127.0.0.1:{}", host.port);
    assert_eq!(text_at(name, &["health", "web", "url"]), format!("{at}/health"));
    assert_eq!(text_at(name, &["metrics"]), format!("{at}/metrics"));
    let query = text_at(name, &["trigger", "error-rate", "query"]);
    assert!(query.contains("http_requests_total{job=\"shop\",code=~\"5..\"}"), "{query}");
    let quiet = own[&stage.quiet()]["health"].as_table().unwrap();
    assert_eq!(quiet.keys().collect::<Vec<_>>(), ["containers"]);
    assert_eq!(text_at(&set, &["compose", "project"]), set);
    assert_eq!(text_at(&set, &["health", "api", "url"]), format!("http://127.0.0.1:{}/health", stage.api));
    assert_eq!(text_at(&set, &["dependency", "db", "tcp"]), format!("127.0.0.1:{}", stage.db));

    let again = host.golive(&write);
    let told = String::from_utf8_lossy(&again.stderr).into_owned();
    assert_eq!(again.status.code(), Some(73), "{told}");
    assert!(told.contains("is there already") && told.contains("mv "), "{told}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);

    let own = Table::from_iter([("service".to_owned(), Value::Table(own))]);
    std::fs::write(&file, own.to_string()).unwrap();
    let check = host.golive(&["check", "--online"]);
    assert_eq!(check.status.code(), Some(0), "{}", String::from_utf8_lossy(&check.stdout));
    let rest = host.says(0, &["discover"]);
    assert!(stage.own(&rest).is_empty(), "what is configured is left out: {rest}");
    assert!(rest.contains("The configuration has these already"), "{rest}");
}
