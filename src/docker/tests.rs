use std::sync::Once;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

use super::client::url;
use super::*;
use crate::model::step::{Fault, FaultKind};
use crate::tests::world::{Case, cases};

/// Every answer of `tests/world/engine`, read through the real client.
#[tokio::test]
async fn answers_are_told_apart() {
    let told = futures_util::future::join_all(cases("engine").into_iter().map(told)).await;
    let wrong: Vec<String> = told.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn told(case: Case) -> Result<(), String> {
    let right = |key: &str| case.right.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned();
    let stays = case.right.get("stays-open").is_some();
    let (engine, _dir) = serving(case.input.clone(), stays);
    let (class, kind) = match made(&engine, &right("call")).await {
        Ok(()) => ("done", None),
        Err(error) => (word(error.class()), Some(Fault::from(error).kind)),
    };
    let fault = kind.map(|kind| format!("{kind:?}").to_lowercase()).unwrap_or_default();
    if (class, &*fault) == (&*right("class"), &*right("fault")) {
        return Ok(());
    }
    Err(format!("{}: {class} {fault}, and not {} {}", case.name, right("class"), right("fault")))
}

async fn made(engine: &Engine, call: &str) -> Result<(), EngineError> {
    match call {
        "inspect" => match engine.inspect("web").await? {
            Some(_) => Ok(()),
            None => Err(EngineError::answered("inspect", 404, r#"{"message":"No such container"}"#)),
        },
        "list" => engine.labelled("golive.pin-of").await.map(drop),
        "exists" => engine.exists("networks", "shop").await.map(drop),
        "create" => engine.create("web", &serde_json::json!({ "Image": "shop:1" })).await.map(drop),
        "start" => engine.start("web").await,
        "stop" => engine.stop("web", Duration::ZERO).await,
        "update" => engine.set_restart("web", &serde_json::json!({ "Name": "no" })).await,
        "events" => engine.events(&Value::Null, None).await.map(drop),
        "services" => {
            engine.objects("list the services", swarm::Kind::Services, &Value::Null).await.map(drop)
        }
        call => panic!("no call {call}"),
    }
}

fn word(class: Class) -> &'static str {
    match class {
        Class::Refused => "refused",
        Class::NotThere => "not-there",
        Class::Conflict => "conflict",
        Class::Lost => "lost",
        Class::Nonsense => "nonsense",
        Class::Unreachable => "unreachable",
    }
}

/// An engine that answers every call with these bytes, and then closes the connection, or leaves it open.
fn serving(answer: Vec<u8>, stays: bool) -> (Engine, tempfile::TempDir) {
    let (engine, listener, dir) = listening();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                heard(&mut connection).await;
                connection.write_all(&answer).await.unwrap();
                if stays {
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    (engine, dir)
}

pub(super) fn listening() -> (Engine, UnixListener, tempfile::TempDir) {
    static TLS: Once = Once::new();
    TLS.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("docker.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    (Engine::new(&socket).unwrap(), listener, dir)
}

/// The head of a request, and its body as far as it comes with it.
pub(super) async fn heard(connection: &mut UnixStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// A filtering proxy says in its own words what it does not hand on; whoever mends its list has to be told which call.
#[tokio::test]
async fn what_a_proxy_does_not_let_through_is_named() {
    let page = "<html><body><h1>403 Forbidden</h1></body></html>";
    let head = format!(
        "HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n",
        page.len()
    );
    for body in [page, ""] {
        let (engine, _dir) = serving(format!("{head}{body}").into_bytes(), false);
        let refused = |error: EngineError| {
            assert_eq!(error.class(), Class::Refused, "{error}");
            assert!(error.to_string().contains("before the Docker Engine"), "{error}");
            error.to_string()
        };
        // An answer to HEAD has no body, whatever its head says.
        let stat = refused(engine.stat("web", "/etc/app.conf").await.unwrap_err());
        assert!(stat.starts_with("look at /etc/app.conf in container web: "), "{stat}");
        if !body.is_empty() {
            let start = refused(engine.start("web").await.unwrap_err());
            assert!(start.starts_with("start container web: ") && start.contains("403"), "{start}");
            refused(engine.version().await.unwrap_err());
            refused(engine.archive("web", "/etc/app.conf", 10).await.unwrap_err());
        }
    }
}

#[tokio::test]
async fn a_look_is_made_again_and_an_act_is_not() {
    let (engine, listener, _dir) = listening();
    let calls = tokio::spawn(async move {
        let whole = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{\"Id\":\"c1\"}\r\n";
        let mut calls = Vec::new();
        for answer in ["", &whole[..50], "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<p/>", whole, ""] {
            let (mut connection, _) = listener.accept().await.unwrap();
            let call = heard(&mut connection).await;
            calls.push(call.lines().next().unwrap().to_owned());
            connection.write_all(answer.as_bytes()).await.unwrap();
        }
        calls
    });
    assert_eq!(engine.inspect("web").await.unwrap().unwrap().id(), "c1");
    assert_eq!(engine.start("web").await.unwrap_err().class(), Class::Lost);
    let (look, act) = ("GET /containers/web/json HTTP/1.1", "POST /containers/web/start HTTP/1.1");
    assert_eq!(calls.await.unwrap(), [look, look, look, look, act]);
}

/// What an answer was followed by is not the next call's.
#[tokio::test]
async fn an_answer_that_comes_twice_answers_one_call() {
    let first = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{\"Id\":\"c1\"}\r\n";
    let (engine, listener, _dir) = listening();
    tokio::spawn(async move {
        for n in 1.. {
            let (mut connection, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                heard(&mut connection).await;
                let answer = first.replace("c1", &format!("c{n}"));
                connection.write_all(answer.repeat(2).as_bytes()).await.unwrap();
                std::future::pending::<()>().await;
            });
        }
    });
    for id in ["c1", "c2", "c3"] {
        assert_eq!(engine.inspect("web").await.unwrap().unwrap().id(), id);
    }
}

#[tokio::test]
async fn an_answer_that_never_ends_is_lost_when_its_time_is_over() {
    let (engine, _dir) = serving(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"Id\":".to_vec(), true);
    let request = engine.raw.get(url("/containers/web/json", &[]));
    let error = engine.ask("look", request, Duration::from_millis(100)).await.err().unwrap();
    assert_eq!((error.class(), Fault::from(error).kind), (Class::Lost, FaultKind::Lost));
}

#[tokio::test]
async fn an_engine_that_is_too_old_is_known() {
    for (api, too_old) in
        [("1.24", true), ("1.40", true), ("1.41", false), ("1.51", false), ("2.0", false), ("", false)]
    {
        let body = serde_json::json!({ "Version": "20.10", "ApiVersion": api });
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.to_string().len());
        let (engine, _dir) = serving(answer.into_bytes(), false);
        assert_eq!(engine.version().await.unwrap().too_old, too_old, "{api:?}");
    }
}

/// Anybody's labels can make an answer as long as they like.
#[tokio::test]
async fn labels_are_not_kept_at_any_length() {
    let found = async |labels: Value| {
        let body = serde_json::json!({ "Id": "c1", "Image": "sha256:00", "Config": { "Labels": labels } });
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.to_string().len());
        let (engine, _dir) = serving((head + &body.to_string()).into_bytes(), false);
        engine.inspect("web").await.map(|found| found.unwrap())
    };
    let long = |letter: &str| serde_json::json!({ "team": "shop", "x": letter.repeat(30 << 20) });
    let (one, same, other) =
        (found(long("y")).await.unwrap(), found(long("y")).await.unwrap(), found(long("z")).await.unwrap());
    assert!(one.raw().len() < 500 && one.label("team") == Some("shop"), "{}", one.raw());
    assert_eq!(one.cut_labels().collect::<Vec<_>>(), ["x"]);
    assert_eq!(one.identity(), same.identity());
    assert_ne!(one.identity(), other.identity(), "it is still another release");

    let short = found(serde_json::json!({ "x": "y".repeat(100 << 10) })).await.unwrap();
    assert_eq!((short.cut_labels().count(), short.label("x").unwrap().len()), (0, 100 << 10));

    let many: serde_json::Map<String, Value> =
        (0..50).map(|n| (format!("x{n}"), "y".repeat(100 << 10).into())).collect();
    let error = found(many.into()).await.unwrap_err();
    assert_eq!(Fault::from(error).kind, FaultKind::Refused, "it would be as long again");
}

#[tokio::test]
async fn a_message_is_not_repeated_without_end() {
    let body = serde_json::json!({ "message": format!("no such image\n{}", "x".repeat(1 << 20)) });
    let answer = format!("HTTP/1.1 404 X\r\nContent-Length: {}\r\n\r\n{body}", body.to_string().len());
    let (engine, _dir) = serving(answer.into_bytes(), false);
    let error = engine.create("web", &Value::Null).await.unwrap_err();
    assert_eq!(error.class(), Class::NotThere);
    let text = error.to_string();
    assert!(text.len() < 2100 && !text.contains('\n'), "{} bytes", text.len());
}

#[tokio::test]
async fn an_engine_that_is_not_there_is_unreachable() {
    let (engine, listener, dir) = listening();
    drop(listener);
    for _ in 0..2 {
        let error = engine.start("web").await.unwrap_err();
        assert_eq!((error.class(), Fault::from(error).kind), (Class::Unreachable, FaultKind::Unreachable));
        // Its socket is left behind, and then gone too.
        std::fs::remove_file(dir.path().join("docker.sock")).unwrap_or_default();
    }
}

#[tokio::test]
async fn what_is_done_by_hand_fails_in_the_same_words() {
    let saying = |status: &str, body: &str| {
        let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\n");
        serving(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes(), false)
    };
    let failed = r#"{"errorDetail":{"message":"no space left"},"error":"no space left"}"#;
    let (engine, _dir) = saying("200 OK", &format!("{{\"status\":\"Importing\"}}\n{failed}\n"));
    let error = engine.import(("shop", "1"), "[]", Vec::new()).await.unwrap_err();
    assert_eq!((error.class(), error.message()), (Class::Refused, Some("no space left")));

    let (engine, _dir) = saying("409 Conflict", r#"{"message":"its removal is already in progress"}"#);
    engine.remove_by_force("web").await.unwrap();
    assert_eq!(engine.remove_image_by_force("shop:1").await.unwrap_err().class(), Class::Conflict);

    let (engine, listener, dir) = listening();
    drop(listener);
    std::fs::remove_file(dir.path().join("docker.sock")).unwrap();
    assert_eq!(engine.remove_by_force("web").await.unwrap_err().class(), Class::Unreachable);
}
