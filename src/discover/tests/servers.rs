//! Servers that do their worst, and engines with what one would not expect.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};

use super::stage::{Part, Reply, around, server, with_tls};
use crate::clock::Clock;
use crate::config::Runtime;
use crate::discover::door::Address;
use crate::discover::knock::{With, knock};
use crate::discover::seen::{Answer, Door};
use crate::docker::{Class, Engine};
use crate::probe::Tools;

/// Long enough for everything that is waited for with a deadline, and no more.
const BOUND: Duration = Duration::from_secs(30);

async fn knocked(at: SocketAddr) -> Door {
    with_tls();
    let engine = Engine::new("/nonexistent/docker.sock".as_ref()).unwrap();
    let (tools, clock) = (Tools::new(&engine).unwrap(), Clock::start());
    let address = Address { at, inner: 80, of: "web".to_owned(), lasting: true };
    let runtime = Runtime::Container { name: "web".to_owned() };
    let asked = knock(&address, &runtime, With { tools: &tools, clock: &clock });
    tokio::time::timeout(BOUND, asked).await.expect("it is bounded")
}

async fn answer(part: Part) -> Answer {
    knocked(server(part).await).await.answer
}

const fn page(status: u16) -> Reply {
    Reply::Says(status, "text/html", "<p>")
}

#[tokio::test]
async fn the_most_telling_path_is_found() {
    let well: Part = |path| page(if matches!(path, "/ready" | "/status" | "/") { 200 } else { 404 });
    assert_eq!(answer(well).await, Answer::Well("/ready"));
    let home: Part = |path| match path {
        "/" => page(200),
        "/healthz" => page(503),
        _ => page(404),
    };
    assert_eq!(answer(home).await, Answer::Home { sick: Some(("/healthz", 503)), anything: false });
    assert_eq!(answer(|_| page(200)).await, Answer::Home { sick: None, anything: true });
    assert_eq!(answer(|_| page(401)).await, Answer::Other { status: 401, sick: None });
}

#[tokio::test]
async fn nothing_is_followed_elsewhere() {
    let leads: Part = |_| Reply::Leads("http://192.0.2.1/health");
    assert_eq!(answer(leads).await, Answer::Other { status: 302, sick: None });
}

#[tokio::test]
async fn what_hangs_and_what_never_ends_holds_nothing_up() {
    let (hangs, endless, free) =
        tokio::join!(answer(|_| Reply::Hangs), answer(|_| Reply::Endless), free_address());
    assert!(matches!(&hangs, Answer::Silent(seen) if seen.contains("no answer within")), "{hangs:?}");
    assert_eq!(endless, Answer::Home { sick: None, anything: true });
    let refused = knocked(free).await.answer;
    assert!(matches!(&refused, Answer::Silent(seen) if seen.contains("refused")), "{refused:?}");
    // One path that hangs is not the whole of it.
    let part: Part = |path| match path {
        "/health" => Reply::Hangs,
        "/healthz" => page(200),
        _ => page(404),
    };
    assert_eq!(answer(part).await, Answer::Well("/healthz"));
}

async fn free_address() -> SocketAddr {
    tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn metrics_are_those_that_golive_can_judge_by() {
    let exposes: Part = |path| match path {
        "/metrics" => Reply::Says(
            200,
            "text/plain; version=0.0.4",
            "http_requests_total{code=\"200\"} 5\nhttp_request_duration_seconds_bucket{le=\"+Inf\"} 5\n",
        ),
        "/health" => page(200),
        _ => page(404),
    };
    let exposed = knocked(server(exposes).await).await.exposed.unwrap();
    assert_eq!(exposed.requests.as_deref(), Some("http_requests_total by code, 1 series"));
    assert!(exposed.durations.unwrap().starts_with("http_request_duration_seconds with 1 buckets"));
    let others: Part = |path| match path {
        "/metrics" => Reply::Says(200, "text/plain", "up 1\n"),
        _ => page(404),
    };
    let exposed = knocked(server(others).await).await.exposed.unwrap();
    assert_eq!((exposed.requests, exposed.durations), (None, None));
    for bad in [
        |_: &str| page(200),
        |path: &str| match path {
            "/metrics" => Reply::Says(200, "text/plain", "it works!\n"),
            _ => page(404),
        },
    ] {
        assert_eq!(knocked(server(bad).await).await.exposed, None);
    }
    let endless: Part = |path| if path == "/metrics" { Reply::Endless } else { page(404) };
    assert_eq!(knocked(server(endless).await).await.exposed, None);
}

fn listed(name: &str, state: &str, labels: &Value) -> Value {
    json!({ "Id": format!("id-{name}"), "Names": [format!("/{name}")], "State": state, "Image": "app:1", "Labels": labels })
}

#[tokio::test]
async fn what_golive_made_and_what_does_not_run_is_left_out() {
    let evil = "x\n[service.evil]";
    let seen = around(Some(vec![
        listed("web", "running", &json!({})),
        listed("old", "exited", &json!({})),
        listed("held", "running", &json!({ "golive.pin-of": "web" })),
        listed("tried", "running", &json!({ "golive.rehearsal-of": "web" })),
        listed("back", "running", &json!({ "golive.service": "back", "golive.rollback": "back-1" })),
        listed(
            "run",
            "running",
            &json!({ "com.docker.compose.project": "shop", "com.docker.compose.oneoff": "True" }),
        ),
        listed(
            "evil",
            "running",
            &json!({ "com.docker.compose.project": evil, "com.docker.compose.service": evil }),
        ),
    ]));
    let seen = seen.await.unwrap();
    let names: Vec<&str> = seen.services.iter().map(|service| service.name.as_str()).collect();
    assert_eq!(names, ["back", "evil", "web"]);
    assert!(seen.services.iter().all(|service| service.unwell.is_none()), "{:?}", seen.services);
    assert_eq!(seen.asleep, ["old"]);
    assert_eq!(seen.services[1].runtime, Runtime::Container { name: "evil".to_owned() });
}

#[tokio::test]
async fn an_engine_may_have_nothing_or_not_answer() {
    let seen = around(Some(Vec::new())).await.unwrap();
    assert!(seen.services.is_empty() && seen.asleep.is_empty());
    assert_eq!(around(None).await.unwrap_err().class(), Class::Unreachable);
}

#[tokio::test]
async fn very_many_are_counted_and_not_looked_at() {
    let many = (0..205).map(|number| listed(&format!("web-{number:03}"), "running", &json!({})));
    let seen = around(Some(many.collect())).await.unwrap();
    assert_eq!((seen.services.len(), seen.more), (200, 5));
}
