use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::json;
use tokio::io::AsyncWriteExt;

use super::super::tests::{heard, listening};
use super::*;

/// An engine with containers whose inspects are these, and what it was asked for.
#[derive(Clone, Default)]
struct Host {
    containers: Arc<Mutex<BTreeMap<String, String>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Host {
    fn has(&self, id: &str, host_config: &serde_json::Value) {
        let labels = json!({ "note": "of others" });
        let inspect = json!({ "Id": id, "Config": { "Labels": labels }, "HostConfig": host_config });
        self.says(id, &inspect.to_string());
    }

    fn says(&self, id: &str, inspect: &str) {
        self.containers.lock().unwrap().insert(id.to_owned(), inspect.to_owned());
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    fn answer(&self, path: &str) -> (u16, String) {
        let containers = self.containers.lock().unwrap();
        let Some(id) = path.strip_prefix("/containers/").and_then(|path| path.strip_suffix("/json")) else {
            let all = containers.keys().map(|id| json!({ "Id": id, "Labels": { "note": "n".repeat(99) } }));
            return (200, json!(all.collect::<Vec<_>>()).to_string());
        };
        match containers.get(id) {
            Some(inspect) if inspect.starts_with('{') => (200, inspect.clone()),
            Some(message) => (500, json!({ "message": message }).to_string()),
            None => (404, json!({ "message": "No such container" }).to_string()),
        }
    }

    fn serve(&self) -> (Engine, tempfile::TempDir) {
        let (engine, listener, dir) = listening();
        let host = self.clone();
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                let head = heard(&mut connection).await;
                let path = head.split([' ', '?']).nth(1).unwrap().to_owned();
                let (status, body) = host.answer(&path);
                host.asked.lock().unwrap().push(path);
                let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n", body.len());
                // Whoever has read enough goes.
                drop(connection.write_all(head.as_bytes()).await);
                drop(connection.write_all(body.as_bytes()).await);
            }
        });
        (engine, dir)
    }
}

async fn on(engine: &Engine, id: &str) -> Vec<String> {
    let found = engine.leaning(|leaning| leaning.linked || leaning.on.contains(id)).await.unwrap();
    found.iter().map(|found| found.id().to_owned()).collect()
}

#[tokio::test]
async fn each_container_of_the_host_is_looked_at_once() {
    let host = Host::default();
    (0..500).for_each(|n| host.has(&format!("foreign{n}"), &json!({ "NetworkMode": "bridge" })));
    host.has("proxy", &json!({ "NetworkMode": "container:web", "VolumesFrom": null, "Links": null }));
    host.has("backup", &json!({ "NetworkMode": "none", "VolumesFrom": ["db:ro"] }));
    let (engine, _dir) = host.serve();
    assert_eq!(on(&engine, "web").await, ["proxy"]);
    // All of them and their list, and the one that leans on it as a whole.
    assert_eq!(host.asked().len(), 504);
    assert_eq!(on(&engine, "db").await, ["backup"]);
    assert_eq!(host.asked(), ["/containers/json", "/containers/backup/json"]);
    // One comes, one goes, and one is made anew.
    host.has("debug", &json!({ "NetworkMode": "none", "PidMode": "container:web" }));
    host.containers.lock().unwrap().remove("proxy");
    assert_eq!(on(&engine, "web").await, ["debug"]);
    assert_eq!(host.asked(), ["/containers/json", "/containers/debug/json", "/containers/debug/json"]);
}

#[tokio::test]
async fn two_that_ask_at_once_look_once() {
    let host = Host::default();
    (0..20).for_each(|n| host.has(&format!("foreign{n}"), &json!({})));
    let (engine, _dir) = host.serve();
    let other = engine.clone();
    tokio::join!(on(&engine, "web"), on(&other, "web"));
    assert_eq!(host.asked().iter().filter(|path| **path != "/containers/json").count(), 20);
}

#[tokio::test]
async fn every_way_to_lean_is_one() {
    let ways = [
        json!({ "NetworkMode": "container:web" }),
        json!({ "PidMode": "container:web" }),
        json!({ "IpcMode": "container:web" }),
        json!({ "VolumesFrom": ["web"] }),
        json!({ "VolumesFrom": ["other", "web:rw"] }),
        json!({ "Links": ["/web:/client/db"] }),
    ];
    let host = Host::default();
    for (n, way) in ways.iter().enumerate() {
        host.has(&format!("c{n}"), way);
    }
    let others = [json!({ "NetworkMode": "web" }), json!({ "VolumesFrom": ["webs"], "Links": [] })];
    for (n, way) in others.iter().enumerate() {
        host.has(&format!("other{n}"), way);
    }
    let (engine, _dir) = host.serve();
    assert_eq!(on(&engine, "web").await, ["c0", "c1", "c2", "c3", "c4", "c5"]);
}

/// What others wrote at their containers, or what the engine has broken of them, keeps no service from being ready.
#[tokio::test]
async fn a_foreign_container_that_cannot_be_read_is_left_out() {
    let host = Host::default();
    let long =
        json!({ "Id": "long", "Config": { "Labels": { "l": "x".repeat(5 << 20) } }, "HostConfig": {} });
    host.says("long", &long.to_string());
    host.says("broken", "layer does not exist");
    host.has("proxy", &json!({ "NetworkMode": "container:web" }));
    let (engine, _dir) = host.serve();
    assert_eq!(on(&engine, "web").await, ["proxy"]);
    host.asked();
    assert_eq!(on(&engine, "web").await, ["proxy"]);
    assert_eq!(host.asked(), ["/containers/json", "/containers/proxy/json"]);
}

/// What nobody has answered is not what the engine says.
#[tokio::test]
async fn an_engine_that_answers_in_halves_is_not_believed() {
    let host = Host::default();
    host.has("proxy", &json!({ "NetworkMode": "container:web" }));
    host.says("half", "{\"Id\":\"half\"");
    let (engine, _dir) = host.serve();
    let error = engine.leaning(|_| true).await.unwrap_err();
    assert_eq!(error.class(), Class::Nonsense);
    host.has("half", &json!({}));
    assert_eq!(on(&engine, "web").await, ["proxy"]);
}
