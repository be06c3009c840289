//! Answers as real servers send them, byte for byte: `tests/world/http/`.

use std::sync::Arc;

use tokio::io::AsyncWriteExt as _;

use crate::config::HttpCheck;
use crate::model::sample::Outcome;
use crate::probe::tests::stage::{Server, http, look, request};
use crate::tests::world::{Case, cases};

/// Looks twice: what is kept of a connection is as right as what is seen.
#[tokio::test]
async fn answers_of_the_real_world_are_taken_as_curl_takes_them() {
    let mut wrong = Vec::new();
    for case in cases("http") {
        let server = serve(&case).await;
        let text = |key: &str| case.right.get(key).map(|value| value.as_str().unwrap().to_owned());
        let json = case.right.get("json").and_then(toml::Value::as_table).into_iter().flatten();
        let json =
            json.map(|(pointer, value)| (pointer.clone(), serde_json::to_value(value).unwrap())).collect();
        let probe = http(HttpCheck { body_contains: text("body-contains"), json, ..server.check() });
        let right = text("seen").unwrap();
        for _ in 0..2 {
            let seen = match look(&probe).await {
                Outcome::Ok => "ok".to_owned(),
                Outcome::Failed(seen) => seen,
                Outcome::Blind(why) => panic!("{}: {why}", case.name),
            };
            if seen != right && (right != "failed" || seen == "ok") {
                wrong.push(format!("{}: \"{seen}\" is not \"{right}\"", case.name));
            }
        }
        let connections = case.right.get("connections").and_then(toml::Value::as_integer);
        let made = i64::try_from(server.connections()).unwrap();
        if connections.is_some_and(|connections| connections != made) {
            wrong.push(format!("{}: {made} connections", case.name));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Answers each request with the case's bytes.
async fn serve(case: &Case) -> Server {
    let answer: Arc<[u8]> = case.input.clone().into();
    let closes = case.right.get("closes").is_some();
    Server::start(move |mut stream, _| {
        let answer = Arc::clone(&answer);
        async move {
            while request(&mut stream).await.is_some() && stream.write_all(&answer).await.is_ok() && !closes {
            }
        }
    })
    .await
}
