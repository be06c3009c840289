use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;

use super::*;
use crate::config::CheckKind;
use crate::probe::Tools;
use crate::probe::tests::stage::{failed, look, probe, tools_at};

fn container(restarts: i64, state: &Value) -> Inspect {
    let found = json!({ "Id": "4f5e", "Name": "/shop-api", "RestartCount": restarts, "State": state });
    Inspect::of(found)
}

fn says(state: &Value) -> Outcome {
    told(&container(0, state), None)
}

#[test]
fn a_container_runs_or_does_not() {
    assert_eq!(says(&json!({ "Status": "running", "Running": true })), Outcome::Ok);
    assert_eq!(says(&json!({ "Status": "exited", "ExitCode": 137 })), failed("exited 137"));
    let oom = json!({ "Status": "exited", "ExitCode": 1, "OOMKilled": true });
    assert_eq!(says(&oom), failed("exited 1, out of memory"));
    assert_eq!(says(&json!({ "Status": "paused", "Running": true, "Paused": true })), failed("paused"));
    assert_eq!(says(&json!({ "Status": "created" })), failed("created, but never started"));
    let taken = json!({ "Status": "created", "Error": "port is already allocated" });
    assert_eq!(says(&taken), failed("created, but not started: port is already allocated"));
    assert_eq!(says(&json!({ "Status": "removing" })), failed("being removed"));
    let again = json!({ "Status": "restarting", "Running": true, "Restarting": true, "ExitCode": 1 });
    assert_eq!(told(&container(5, &again), None), failed("restarting, 5 times so far, last exit 1"));
    assert_eq!(told(&Inspect::of(json!({})), None), failed("exited 0"));
}

#[test]
fn its_healthcheck_is_believed() {
    let health = |health: Value| says(&json!({ "Status": "running", "Running": true, "Health": health }));
    assert_eq!(health(json!({ "Status": "healthy" })), Outcome::Ok);
    assert_eq!(health(json!({ "Status": "none" })), Outcome::Ok);
    assert_eq!(
        health(json!({ "Status": "starting" })),
        Outcome::Blind("HEALTHCHECK is still starting".to_owned())
    );
    let log = json!([{ "Output": "old" }, { "Output": "\n  no \u{1b}db\nmore\n" }]);
    assert_eq!(
        health(json!({ "Status": "unhealthy", "Log": log })),
        failed("HEALTHCHECK says unhealthy: no \\u{1b}db")
    );
    assert_eq!(health(json!({ "Status": "unhealthy" })), failed("HEALTHCHECK says unhealthy: no output"));
}

#[test]
fn what_happened_since_the_last_look_is_told_once() {
    let running = |oom: bool| json!({ "Status": "running", "Running": true, "OOMKilled": oom });
    let (calm, once, twice) =
        (container(3, &running(false)), container(4, &running(false)), container(5, &running(true)));
    let past = |found: &Inspect| Past::of(found);
    assert_eq!(told(&once, None), Outcome::Ok);
    assert_eq!(told(&once, Some(&past(&calm))), failed("restarted once since the last look"));
    assert_eq!(
        told(&twice, Some(&past(&calm))),
        failed("restarted 2 times since the last look, out of memory")
    );
    assert_eq!(told(&once, Some(&past(&once))), Outcome::Ok);
    let worker = container(3, &running(true));
    let killed = failed("one of its processes was killed for lack of memory");
    assert_eq!(told(&worker, Some(&past(&calm))), killed);
    assert_eq!(told(&worker, Some(&past(&worker))), Outcome::Ok);
    let another = Past { id: "77aa".to_owned(), ..past(&calm) };
    assert_eq!(told(&once, Some(&another)), Outcome::Ok);
}

/// An engine that gives every request the same answer; none, and it keeps silent.
fn engine(answer: Option<(&'static str, Value)>) -> (tempfile::TempDir, Tools) {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("docker.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let Some((status, body)) = answer.clone() else {
                tokio::spawn(async move { stream.read_to_end(&mut Vec::new()).await });
                continue;
            };
            let body = body.to_string();
            let head =
                format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-type: application/json\r\n");
            stream.read_buf(&mut Vec::with_capacity(4096)).await.unwrap();
            let answer = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let tools = tools_at(&socket);
    (dir, tools)
}

async fn seen(answer: Option<(&'static str, Value)>) -> Outcome {
    let (_dir, tools) = engine(answer);
    look(&probe(CheckKind::Docker, Duration::from_secs(1), &tools)).await
}

#[tokio::test]
async fn only_what_the_engine_says_of_this_container_counts() {
    let running = json!({ "Id": "4f5e", "Name": "/shop-api", "State": { "Running": true } });
    assert_eq!(seen(Some(("200 OK", running.clone()))).await, Outcome::Ok);
    let missing = failed("there is no container shop-api");
    assert_eq!(seen(Some(("404 Not Found", json!({ "message": "no such container" })))).await, missing);
    let other = json!({ "Id": "shop-api", "Name": "/other", "State": { "Running": true } });
    assert_eq!(seen(Some(("200 OK", other))).await, missing);
}

#[tokio::test]
async fn an_engine_in_trouble_makes_blind() {
    assert!(matches!(seen(None).await, Outcome::Blind(why) if why == "Docker: no answer within 1s"));
    let broken = seen(Some(("500 Internal Server Error", json!({ "message": "disk\nfull" })))).await;
    assert!(matches!(&broken, Outcome::Blind(why) if why.contains("disk full")), "{broken:?}");
    let garbage = seen(Some(("200 OK", json!("not a container")))).await;
    assert!(matches!(garbage, Outcome::Blind(_)), "{garbage:?}");
}

#[tokio::test]
async fn an_engine_may_come_up_later() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("docker.sock");
    let probe = probe(CheckKind::Docker, Duration::from_secs(1), &tools_at(&socket));
    let down = look(&probe).await;
    assert!(matches!(&down, Outcome::Blind(why) if why.starts_with("Docker: ")), "{down:?}");
    let listener = UnixListener::bind(&socket).unwrap();
    let (answered, ()) = tokio::join!(look(&probe), async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_buf(&mut Vec::with_capacity(4096)).await.unwrap();
        let answer =
            "HTTP/1.1 404 Not Found\r\ncontent-length: 31\r\n\r\n{\"message\":\"no such container\"}";
        stream.write_all(answer.as_bytes()).await.unwrap();
    });
    assert_eq!(answered, failed("there is no container shop-api"));
}
