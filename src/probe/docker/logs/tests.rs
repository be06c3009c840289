use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use axum::routing::get;
use serde_json::json;
use tokio::net::UnixListener;

use super::*;
use crate::config::{Check, CheckKind, Pattern};
use crate::probe::Probe;
use crate::probe::tests::stage::{failed, tools_at};

/// An engine with one container, `shop-api`, whose log is so.
fn engine(socket: &Path, driver: &'static str, log: Result<Vec<u8>, &'static str>) {
    let found = json!({
        "Id": "4f5e", "Name": "/shop-api", "State": { "Running": true },
        "HostConfig": { "LogConfig": { "Type": driver } }
    });
    let logs = move |RawQuery(query): RawQuery| {
        let (log, query) = (log.clone(), query.unwrap_or_default());
        async move {
            assert!(
                query.contains("stdout=true&stderr=true&since=1") && query.ends_with("&tail=10000"),
                "{query}"
            );
            match log {
                Ok(log) => log.into_response(),
                Err(why) => {
                    (StatusCode::NOT_IMPLEMENTED, json!({ "message": why }).to_string()).into_response()
                }
            }
        }
    };
    let router = Router::new()
        .route("/containers/{id}/json", get(move || async move { found.to_string() }))
        .route("/containers/{id}/logs", get(logs));
    let listener = UnixListener::bind(socket).unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
}

async fn seen(driver: &'static str, log: Result<Vec<u8>, &'static str>) -> (Outcome, Option<f64>) {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("docker.sock");
    engine(&socket, driver, log);
    let check = LogsCheck {
        pattern: Pattern::new("Traceback|ERROR").unwrap(),
        above: 2,
        over: Duration::from_mins(1),
    };
    let check = Check { timeout: Duration::from_secs(10), kind: CheckKind::Logs(check) };
    let runtime = Runtime::Container { name: "shop-api".to_owned() };
    let (sample, figure) =
        Probe::new("it", &check, &runtime, &tools_at(&socket)).measure(&Clock::start()).await;
    (sample.outcome, figure.map(|figure| figure.value))
}

fn framed(output: u8, text: &str) -> Vec<u8> {
    let length = u32::try_from(text.len()).unwrap().to_be_bytes();
    [&[output, 0, 0, 0][..], &length, text.as_bytes()].concat()
}

#[tokio::test]
async fn lines_that_match_are_counted_against_the_limit() {
    let two = [framed(1, "ERROR one\n"), framed(2, "all is well\n"), framed(2, "Traceback (most recent\n")]
        .concat();
    assert_eq!(seen("json-file", Ok(two.clone())).await, (Outcome::Ok, Some(2.0)));
    let three = [two, framed(1, "an ERROR\u{1b}[0m\n")].concat();
    let said = "3 lines of the last 60s match, 2 may; the last: an ERROR\\u{1b}[0m";
    assert_eq!(seen("json-file", Ok(three)).await, (failed(said), Some(3.0)));
    assert_eq!(seen("json-file", Ok(Vec::new())).await, (Outcome::Ok, Some(0.0)));
    let terminal = b"ERROR\r\nERROR\r\nfine\r\nERROR\r\n".to_vec();
    assert_eq!(seen("json-file", Ok(terminal)).await.1, Some(3.0), "without frames");
}

#[tokio::test]
async fn what_cannot_be_read_is_neither_good_nor_bad() {
    let none = seen("none", Err("configured logging driver does not support reading")).await;
    let said = "shop-api: its logging driver \"none\" keeps nothing that could be read";
    assert_eq!(none, (Outcome::Blind(said.to_owned()), None));
    let other = seen("journald", Err("journald is gone")).await.0;
    assert!(matches!(&other, Outcome::Blind(why) if why.contains("journald is gone")), "{other:?}");
    let broken = seen("json-file", Ok([framed(1, "ERROR\n"), framed(3, "no such file")].concat())).await.0;
    assert!(matches!(&broken, Outcome::Blind(why) if why.contains("no such file")), "{broken:?}");
}

#[tokio::test]
async fn of_a_flood_so_much_is_read_and_said() {
    let many = framed(1, "ERROR 1\n").repeat(LINES_MAX as usize);
    let said = "at least 10000 lines of the last 60s match, 2 may; the last: ERROR 1";
    assert_eq!(seen("json-file", Ok(many)).await, (failed(said), Some(10_000.0)));
    let fine = framed(1, "fine\n").repeat(LINES_MAX as usize);
    let said =
        "more was written in 60s than is read at once, 10000 lines of a container: at least 0 lines match";
    assert_eq!(seen("json-file", Ok(fine)).await, (Outcome::Blind(said.to_owned()), Some(0.0)));
    // Few lines, and very long ones.
    let long = framed(1, &format!("{}\n", "x".repeat(16_000))).repeat(400);
    assert!(matches!(seen("json-file", Ok(long)).await.0, Outcome::Blind(_)));
    let nonsense = [vec![1, 0, 0, 0, 255, 255, 255, 255], vec![b'E'; 6 << 20]].concat();
    assert!(matches!(seen("json-file", Ok(nonsense)).await.0, Outcome::Blind(_)), "a frame of 4 GiB");
}
