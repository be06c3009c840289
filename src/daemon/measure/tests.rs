//! One service, measured by a played Prometheus, its own exposition and checks of what it depends on.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::*;
use crate::config::{Access, Check, CheckKind, Config, Exposition, Prometheus};
use crate::docker::Engine;
use crate::model::policy::ServicePolicy;
use crate::model::reading::{Measure, Source, Stream};
use crate::model::sample::Outcome;

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

/// A Prometheus that answers 1 now, and 2 for each minute of the past; and that can be switched off.
async fn prometheus(on: Arc<AtomicBool>) -> String {
    let now = move || {
        let on = on.load(Ordering::SeqCst);
        async move {
            if on {
                Ok(
                    r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"1"]}]}}"#,
                )
            } else {
                Err(axum::http::StatusCode::SERVICE_UNAVAILABLE)
            }
        }
    };
    let past = |form: String| async move {
        let start = form.split('&').find_map(|pair| pair.strip_prefix("start=")).unwrap().to_owned();
        format!(
            r#"{{"status":"success","data":{{"resultType":"matrix","result":[{{"metric":{{}},"values":[[{start},"2"]]}}]}}}}"#
        )
    };
    serve(Router::new().route("/api/v1/query", post(now)).route("/api/v1/query_range", post(past))).await
}

fn value(name: &str) -> Measured {
    Measured::new(Stream::Business(name.to_owned()), Query::Value(name.to_owned()))
}

fn exposed(name: &str, address: &str) -> Measured {
    let from = Exposition { url: format!("http://{address}/metrics"), ca_file: None };
    let query = Query::Exposed { from, metric: "x".to_owned(), rate: false };
    Measured::new(Stream::Business(name.to_owned()), query)
}

fn service(measured: Vec<Measured>) -> Service {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rules.toml");
    let rules = r#"
        [service.api]
        command = { version = ["true"], rollback = ["true"] }
        health.web.tcp = "127.0.0.1:1"
    "#;
    std::fs::write(&path, rules).unwrap();
    let service = Config::load(&path).unwrap().services.remove("api").unwrap();
    let policy = ServicePolicy { interval: Duration::from_millis(50), ..service.policy };
    Service { policy, measured, ..service }
}

/// Without an engine.
fn tools() -> Tools {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Tools::new(&Engine::new(Path::new("/nonexistent/docker.sock")).unwrap()).unwrap()
}

/// What it sends, as it comes.
fn watch(service: &Service, address: &str) -> mpsc::Receiver<Event> {
    let tools = tools();
    let server = Prometheus {
        url: format!("http://{address}"),
        timeout: Duration::from_secs(5),
        access: Access::default(),
    };
    let servers = Servers::new(&[(String::new(), server)].into(), &tools);
    let (inbox, events) = mpsc::channel(64);
    let all = all("api", service, &servers, &tools, (Clock::start(), &inbox)).unwrap();
    tokio::spawn(all);
    events
}

async fn next(events: &mut mpsc::Receiver<Event>) -> ServiceEvent {
    let event = timeout(Duration::from_secs(20), events.recv()).await.unwrap().unwrap();
    let Event::Service { service, what } = event else { panic!("{event:?}") };
    assert_eq!(service, "api");
    what
}

/// The next thing that the test looks for.
async fn until<T>(events: &mut mpsc::Receiver<Event>, found: impl Fn(ServiceEvent) -> Option<T>) -> T {
    loop {
        if let Some(found) = found(next(events).await) {
            return found;
        }
    }
}

fn recalled(what: ServiceEvent) -> Option<Vec<Reading>> {
    if let ServiceEvent::Recalled(readings) = what { Some(readings) } else { None }
}

#[tokio::test]
async fn nothing_to_measure_is_no_task() {
    let tools = tools();
    let (inbox, _events) = mpsc::channel(1);
    assert!(
        all("api", &service(Vec::new()), &Servers::default(), &tools, (Clock::start(), &inbox)).is_none()
    );
    // A query without a Prometheus to ask is nothing either.
    assert!(
        all("api", &service(vec![value("x")]), &Servers::default(), &tools, (Clock::start(), &inbox))
            .is_none()
    );
}

#[tokio::test]
async fn every_source_is_asked_again_and_again() {
    let service_address = serve(Router::new().route("/metrics", get(async || "x 7\n"))).await;
    let host = Measured::new(Stream::Resources, Query::Host);
    let mut service = service(vec![value("a"), value("b"), exposed("c", &service_address), host]);
    let check = Check { timeout: Duration::from_secs(1), kind: CheckKind::Tcp { address: service_address } };
    service.dependencies.insert("database".to_owned(), check);
    let mut events = watch(&service, &prometheus(Arc::new(AtomicBool::new(true))).await);
    let (mut seen, mut dependencies) = (BTreeMap::<(String, &str), usize>::new(), 0);
    let enough = |seen: &BTreeMap<_, usize>| seen.len() == 4 && seen.values().all(|times| *times >= 3);
    while !enough(&seen) || dependencies < 3 {
        let what = next(&mut events).await;
        if let ServiceEvent::Measured(reading) = what {
            match reading.source {
                // It is the same number each time.
                Source::Prometheus => {
                    let once = reading.measure == Measure::Value(1.0);
                    assert!(once || reading.measure == Measure::Again(1.0), "{reading:?}");
                }
                Source::Exposition => assert_eq!(reading.measure, Measure::Value(7.0)),
                Source::Host => assert!(matches!(reading.measure, Measure::Use(_)), "{reading:?}"),
                Source::Probes | Source::Traffic => panic!("{reading:?}"),
            }
            let stream = (reading.stream.trigger().to_owned(), reading.source.into_str());
            *seen.entry(stream).or_default() += 1;
        } else if let ServiceEvent::Dependency(sample) = what {
            assert_eq!((sample.check.as_str(), sample.outcome), ("database", Outcome::Ok));
            dependencies += 1;
        } else {
            assert!(recalled(what.clone()).is_some(), "{what:?}");
        }
    }
}

#[tokio::test]
async fn a_slow_source_delays_no_other() {
    let slow = serve(Router::new().route("/metrics", get(std::future::pending::<()>))).await;
    let service = service(vec![value("a"), exposed("slow", &slow)]);
    let mut events = watch(&service, &prometheus(Arc::new(AtomicBool::new(true))).await);
    for _ in 0..10 {
        let measured = |what| if let ServiceEvent::Measured(reading) = what { Some(reading) } else { None };
        let reading = until(&mut events, measured).await;
        assert_eq!(reading.source, Source::Prometheus, "the slow one has five seconds");
    }
}

#[tokio::test]
async fn the_hour_before_is_recalled_once_at_the_start() {
    let service = service(vec![value("a"), value("b")]);
    let mut events = watch(&service, &prometheus(Arc::new(AtomicBool::new(true))).await);
    let readings = until(&mut events, recalled).await;
    assert!(readings.is_sorted_by_key(|reading| reading.at));
    assert_eq!(readings.len(), 2 * 61, "61 points of both");
    let first: Vec<_> = readings[..2].iter().map(|reading| &reading.measure).collect();
    assert_eq!(first, [&Measure::Value(2.0), &Measure::Value(2.0)]);
    for _ in 0..20 {
        assert!(recalled(next(&mut events).await).is_none());
    }
}

#[tokio::test]
async fn the_hour_before_is_recalled_when_prometheus_comes_back() {
    let on = Arc::new(AtomicBool::new(false));
    let mut events = watch(&service(vec![value("a")]), &prometheus(Arc::clone(&on)).await);
    let blind = "Prometheus: status 503: an empty body".to_owned();
    for _ in 0..3 {
        let ServiceEvent::Measured(reading) = next(&mut events).await else {
            panic!("nothing to recall yet")
        };
        assert_eq!(reading.measure, Measure::Blind(blind.clone()));
    }
    on.store(true, Ordering::SeqCst);
    assert_eq!(until(&mut events, recalled).await.len(), 61);
}
