use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, Once};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

use super::*;
use crate::config::Config;
use crate::docker::Engine;
use crate::model::step::FaultKind;
use crate::runtime::Runtime;

/// What a manager has, as far as it is asked here.
#[derive(Default)]
struct Managed {
    configs: Vec<Value>,
    secrets: Vec<Value>,
    services: Vec<Value>,
    /// How many services were ever made, and whether one more is refused.
    made: usize,
    refuses: bool,
}

struct World {
    managed: Arc<Mutex<Managed>>,
    swarm: Swarm,
    _dir: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        static TLS: Once = Once::new();
        TLS.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("docker.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let managed = Arc::<Mutex<Managed>>::default();
        let serving = Arc::clone(&managed);
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(answer(connection, Arc::clone(&serving)));
            }
        });
        let rules = dir.path().join("rules.toml");
        std::fs::write(&rules, "[service.shop]\nswarm = { stack = \"shop.eu\" }\nhealth.web.tcp = \"h:1\"\n")
            .unwrap();
        let config = Config::load(&rules).unwrap();
        let engine = Engine::new(&socket).unwrap();
        let Runtime::Swarm(swarm) = Runtime::new("shop", &config.services["shop"], &engine) else {
            panic!("it is one")
        };
        Self { managed, swarm, _dir: dir }
    }

    /// Something under that name, made anew where there is one.
    fn put(&self, kind: &str, name: &str, id: &str) {
        let mut managed = self.managed.lock().unwrap();
        let all = if kind == "configs" { &mut managed.configs } else { &mut managed.secrets };
        all.retain(|it| it["Spec"]["Name"] != name);
        all.push(json!({ "ID": id, "Spec": { "Name": name, "Data": "" } }));
    }

    fn services(&self) -> Vec<Value> {
        self.managed.lock().unwrap().services.clone()
    }

    fn made(&self) -> usize {
        self.managed.lock().unwrap().made
    }
}

async fn answer(mut connection: UnixStream, managed: Arc<Mutex<Managed>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let length =
        head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or_default()];
    connection.read_exact(&mut body).await.unwrap();
    let (status, told) = managed.lock().unwrap().told(head.lines().next().unwrap(), &body);
    let told = told.to_string();
    let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{told}", told.len());
    connection.write_all(answer.as_bytes()).await.unwrap();
}

impl Managed {
    fn told(&mut self, line: &str, body: &[u8]) -> (u16, Value) {
        let path = line.split(' ').nth(1).unwrap();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        if let Some(id) = line.strip_prefix("DELETE /services/") {
            let id = id.split(' ').next().unwrap();
            self.services.retain(|it| it["ID"] != id);
            return (200, Value::Null);
        }
        match path {
            "/configs" => (200, self.configs.clone().into()),
            "/secrets" => (200, self.secrets.clone().into()),
            // The filter by labels, as far as it is one by a release.
            "/services" => {
                let of = |it: &&Value| {
                    let release = it["Spec"]["Labels"][RELEASE].as_str().unwrap_or_default();
                    !query.contains("golive.release")
                        || query.contains(&format!("golive.release%3D{release}%22"))
                };
                (200, self.services.iter().filter(of).cloned().collect())
            }
            "/services/create" if self.refuses => (400, json!({ "message": "it is one too many" })),
            "/services/create" => {
                self.made += 1;
                let spec: Value = serde_json::from_slice(body).unwrap();
                self.services.push(json!({ "ID": format!("s{}", self.made), "Spec": spec }));
                (201, json!({ "ID": "s" }))
            }
            other => panic!("nobody asks for {other}"),
        }
    }
}

/// A service that uses these, all of them at the same place.
fn uses(image: &str, configs: &[&str], secrets: &[&str]) -> Value {
    let file = json!({ "Name": "/app.conf", "UID": "0", "GID": "0", "Mode": 292 });
    let configs: Vec<_> = configs.iter().map(|name| json!({ "ConfigName": name, "File": file })).collect();
    let secrets: Vec<_> = secrets.iter().map(|name| json!({ "SecretName": name, "File": file })).collect();
    let container = json!({ "Image": image, "Configs": configs, "Secrets": secrets });
    json!({ "TaskTemplate": { "ContainerSpec": container } })
}

fn specs(services: &[Value]) -> Specs {
    let services = services.iter().enumerate().map(|(n, spec)| (format!("s{n}"), spec.clone())).collect();
    Specs { services, ..Specs::default() }
}

fn named(service: &Value, kind: &str, id: &str) -> Vec<String> {
    let all = service.pointer(&format!("/Spec/TaskTemplate/ContainerSpec/{kind}")).unwrap();
    all.as_array().unwrap().iter().map(|it| it[id].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn all_that_the_services_of_a_release_use_is_named_once_and_at_places_of_its_own() {
    let world = World::new();
    for (kind, name, id) in
        [("configs", "a", "c1"), ("configs", "b", "c2"), ("secrets", "k", "k1"), ("secrets", "other", "k9")]
    {
        world.put(kind, name, id);
    }
    let good =
        specs(&[uses("api:1", &["a", "b"], &["k"]), uses("web:1", &["a"], &["k"]), uses("db:1", &[], &[])]);
    hold(&world.swarm, "shop-1", &good).await.unwrap();
    let services = world.services();
    let [holder] = services.as_slice() else { panic!("{services:?}") };
    assert_eq!(named(holder, "Configs", "ConfigID"), ["c1", "c2"]);
    assert_eq!(named(holder, "Configs", "ConfigName"), ["a", "b"]);
    assert_eq!(named(holder, "Secrets", "SecretID"), ["k1"]);
    let configs = holder["Spec"]["TaskTemplate"]["ContainerSpec"]["Configs"].as_array().unwrap();
    let places: BTreeSet<&str> = configs.iter().map(|it| text(it, "/File/Name")).collect();
    assert_eq!(places.len(), 2, "{places:?}");
    assert_eq!(holder["Spec"]["Mode"]["Replicated"]["Replicas"], 0);
    let name = text(holder, "/Spec/Name");
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
    assert!(name.starts_with("golive-pin-shop-eu-") && name.len() <= 63 && name.chars().all(fits), "{name}");
    // No stack has it, and no set.
    assert!(holder["Spec"]["Labels"].get("com.docker.stack.namespace").is_none());
    assert!(super::super::set::of(&world.swarm, &services).await.unwrap().members.is_empty());
    // There already.
    hold(&world.swarm, "shop-1", &good).await.unwrap();
    assert_eq!(world.made(), 1);
}

#[tokio::test]
async fn each_release_has_its_own_and_lets_go_of_no_other() {
    let world = World::new();
    world.put("configs", "a", "c1");
    world.put("configs", "b", "c2");
    hold(&world.swarm, "shop-1", &specs(&[uses("api:1", &["a"], &[])])).await.unwrap();
    hold(&world.swarm, "shop-2", &specs(&[uses("api:2", &["a", "b"], &[])])).await.unwrap();
    assert_eq!(world.services().len(), 2);
    let_go(&world.swarm, "shop-1").await.unwrap();
    let services = world.services();
    assert_eq!(services.len(), 1);
    assert_eq!(services[0]["Spec"]["Labels"][RELEASE], "shop-2");
    // Made anew under the same name, it is another one; the service for the old one goes.
    world.put("configs", "a", "c3");
    hold(&world.swarm, "shop-2", &specs(&[uses("api:2", &["a", "b"], &[])])).await.unwrap();
    let services = world.services();
    assert_eq!(services.len(), 1);
    assert_eq!(named(&services[0], "Configs", "ConfigID"), ["c3", "c2"]);
    hold(&world.swarm, "shop-3", &specs(&[uses("api:3", &["b"], &[])])).await.unwrap();
    let_go_of_all(&world.swarm).await.unwrap();
    assert_eq!(world.services().len(), 0);
}

#[tokio::test]
async fn a_release_that_uses_nothing_needs_none() {
    let world = World::new();
    hold(&world.swarm, "shop-1", &specs(&[uses("api:1", &[], &[]), json!({ "Name": "plain" })]))
        .await
        .unwrap();
    assert_eq!(world.made(), 0);
    // Nor any more, when it used something once.
    world.put("configs", "a", "c1");
    hold(&world.swarm, "shop-1", &specs(&[uses("api:1", &["a"], &[])])).await.unwrap();
    hold(&world.swarm, "shop-1", &specs(&[uses("api:1", &[], &[])])).await.unwrap();
    assert_eq!(world.services().len(), 0);
}

#[tokio::test]
async fn what_cannot_be_held_says_why() {
    let world = World::new();
    world.put("configs", "a", "c1");
    world.managed.lock().unwrap().refuses = true;
    let good = specs(&[uses("api:1", &["a"], &[])]);
    let fault = hold(&world.swarm, "shop-1", &good).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused);
    let wanted = "keep the configs and secrets of shop-1 from being removed: the Docker Engine answered 400: it is one too many";
    assert_eq!(fault.text, wanted);
    let gone = specs(&[uses("api:1", &[], &["k"])]);
    let fault = hold(&world.swarm, "shop-1", &gone).await.unwrap_err();
    assert_eq!(fault.text, "find k among the secrets: it is gone");
}
