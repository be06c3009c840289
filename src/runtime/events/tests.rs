use std::path::PathBuf;
use std::sync::{Arc, Mutex, Once};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{broadcast, watch};

use super::*;

/// An engine that says what the test wants it to say.
struct Fake {
    socket: PathBuf,
    _dir: tempfile::TempDir,
    shared: Arc<Shared>,
}

struct Shared {
    /// Status and body of every inspect, by the container's name; one that is not here never comes.
    answers: Mutex<BTreeMap<String, (u16, String)>>,
    /// The event streams that were subscribed to.
    subscribed: Mutex<Vec<String>>,
    /// What goes into the event streams; the empty text ends them.
    stream: broadcast::Sender<String>,
    /// Whether subscriptions are taken and not answered.
    holds: watch::Sender<bool>,
}

impl Fake {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("docker.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let shared = Arc::new(Shared {
            answers: Mutex::default(),
            subscribed: Mutex::default(),
            stream: broadcast::channel(16).0,
            holds: watch::channel(false).0,
        });
        let serving = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(serve(connection, Arc::clone(&serving)));
            }
        });
        Self { socket, _dir: dir, shared }
    }

    fn runs(&self, name: &str, id: &str) {
        let state = json!({ "Running": true, "StartedAt": "2026-01-01T00:00:00Z" });
        let body = json!({ "Id": id, "Name": format!("/{name}"), "Image": "sha256:00", "State": state });
        self.answers(name, 200, &body.to_string());
    }

    fn answers(&self, name: &str, status: u16, body: &str) {
        self.shared.answers.lock().unwrap().insert(name.to_owned(), (status, body.to_owned()));
    }

    fn hangs(&self, name: &str) {
        self.shared.answers.lock().unwrap().remove(name);
    }

    fn holds(&self, holds: bool) {
        self.shared.holds.send_replace(holds);
    }

    /// Into the stream, as it is.
    fn says(&self, text: &str) {
        self.shared.stream.send(text.to_owned()).expect("somebody listens");
    }

    /// The paths of so many event streams, once they are subscribed to.
    async fn subscribed(&self, times: usize) -> Vec<String> {
        loop {
            let subscribed = self.shared.subscribed.lock().unwrap().clone();
            if subscribed.len() >= times {
                return subscribed;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    fn engine(&self) -> Engine {
        static TLS: Once = Once::new();
        TLS.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
        Engine::new(&self.socket).unwrap()
    }

    fn watched(&self, services: &[&str], resync: Duration) -> mpsc::Receiver<Event> {
        Self::watched_at(self.engine(), services, resync)
    }

    fn watched_at(engine: Engine, services: &[&str], resync: Duration) -> mpsc::Receiver<Event> {
        let (events, received) = mpsc::channel(16);
        let services = services
            .iter()
            .map(|name| (format!("{name}-service"), Watched::Container((*name).to_owned())))
            .collect();
        tokio::spawn(async move { Watch { engine, services, events, resync }.run().await });
        received
    }
}

async fn serve(mut connection: UnixStream, shared: Arc<Shared>) {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let Ok(byte) = connection.read_u8().await else { return };
            head.push(byte);
        }
        let path = String::from_utf8(head).unwrap().split(' ').nth(1).unwrap().to_owned();
        if path.starts_with("/events") {
            return stream(connection, &shared, path).await;
        }
        if path.ends_with("/changes") {
            connection.write_all(b"HTTP/1.1 200 X\r\nContent-Length: 4\r\n\r\nnull").await.unwrap();
            continue;
        }
        let name = path.split('/').nth(2).unwrap_or_default().to_owned();
        let Some((status, body)) = shared.answers.lock().unwrap().get(&name).cloned() else {
            return std::future::pending().await;
        };
        let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        connection.write_all(answer.as_bytes()).await.unwrap();
    }
}

async fn stream(mut connection: UnixStream, shared: &Shared, path: String) {
    drop(shared.holds.subscribe().wait_for(|holds| !holds).await);
    let mut texts = shared.stream.subscribe();
    shared.subscribed.lock().unwrap().push(path);
    connection.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await.unwrap();
    while let Ok(text) = texts.recv().await {
        let chunk = format!("{:x}\r\n{text}\r\n", text.len());
        if text.is_empty() || connection.write_all(chunk.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn event(action: &str, name: &str, id: &str, nanos: i64) -> String {
    let attributes = json!({ "name": name, "exitCode": "137", "image": "shop:v1" });
    let event = json!({ "Type": "container", "Action": action, "timeNano": nanos,
        "Actor": { "ID": id, "Attributes": attributes } });
    format!("{event}\n")
}

/// What happens next; that the engine answers is said once, after the first look.
async fn next(events: &mut mpsc::Receiver<Event>) -> Event {
    loop {
        let next = tokio::time::timeout(Duration::from_secs(5), events.recv()).await;
        let next = next.expect("something happens within 5 s").expect("the watch goes on");
        if next != Event::EngineBack {
            return next;
        }
    }
}

async fn seen(events: &mut mpsc::Receiver<Event>) -> (String, Option<String>) {
    let event = next(events).await;
    let Event::Service { service, what: ServiceEvent::Seen(seen) } = event else { panic!("{event:?}") };
    (service, seen.map(|seen| seen.instance))
}

fn died(service: &str, id: &str, oom: bool) -> Event {
    let what = ServiceEvent::Died { instance: id.to_owned(), asked: false, exit: Some(137), oom };
    Event::Service { service: service.to_owned(), what }
}

const NEVER: Duration = Duration::from_hours(1);

#[tokio::test]
async fn a_death_does_not_wait_for_an_inspect_that_hangs() {
    let fake = Fake::start();
    fake.runs("web", "a");
    let mut events = fake.watched(&["web"], NEVER);
    assert_eq!(seen(&mut events).await, ("web-service".to_owned(), Some("a".to_owned())));
    fake.hangs("web");
    fake.says(&event("start", "web", "b", 1));
    fake.says(&event("die", "web", "b", 2));
    assert_eq!(next(&mut events).await, died("web-service", "b", false));
}

#[tokio::test]
async fn events_come_in_pieces_and_in_heaps() {
    let fake = Fake::start();
    fake.runs("web", "a");
    let mut events = fake.watched(&["web"], NEVER);
    seen(&mut events).await;
    let heap = event("oom", "web", "a", 1) + &event("die", "other", "x", 2) + &event("die", "web", "a", 3);
    let (first, second) = heap.split_at(heap.len() - 40);
    fake.says(first);
    fake.says(second);
    assert_eq!(next(&mut events).await, died("web-service", "a", true));
}

#[tokio::test]
async fn a_silent_stream_is_made_good() {
    let fake = Fake::start();
    fake.runs("web", "a");
    let mut events = fake.watched(&["web"], Duration::from_millis(20));
    seen(&mut events).await;
    fake.runs("web", "b");
    assert_eq!(seen(&mut events).await, ("web-service".to_owned(), Some("b".to_owned())));
    fake.answers("web", 404, r#"{"message":"No such container"}"#);
    assert_eq!(seen(&mut events).await, ("web-service".to_owned(), None));
}

#[tokio::test]
async fn a_broken_stream_is_taken_up_after_its_last_event() {
    let fake = Fake::start();
    fake.runs("web", "a");
    let mut events = fake.watched(&["web"], NEVER);
    seen(&mut events).await;
    fake.says(&event("die", "web", "a", 7_000_000_041));
    next(&mut events).await;
    fake.says("");
    fake.subscribed(2).await;
    fake.says(&event("die", "web", "b", 8_000_000_000));
    assert_eq!(next(&mut events).await, died("web-service", "b", false));
    fake.says("this is no event\n");
    let since = fake.subscribed(3).await;
    fake.says(&event("die", "web", "c", 9_000_000_000));
    assert_eq!(next(&mut events).await, died("web-service", "c", false));
    assert!(!since[0].contains("since"), "{since:?}");
    assert!(since[1].ends_with("since=7.000000042"), "{since:?}");
    assert!(since[2].ends_with("since=8.000000001"), "{since:?}");
}

#[tokio::test]
async fn an_engine_whose_socket_takes_calls_and_answers_none_is_lost() {
    let fake = Fake::start();
    fake.runs("web", "a");
    let mut events = fake.watched(&["web"], NEVER);
    seen(&mut events).await;
    fake.holds(true);
    fake.says("");
    assert!(matches!(next(&mut events).await, Event::EngineLost { .. }));
    fake.holds(false);
    let back = tokio::time::timeout(Duration::from_secs(15), events.recv()).await;
    assert_eq!(back.expect("it answers again"), Some(Event::EngineBack));
}

#[tokio::test]
async fn one_container_that_cannot_be_inspected_hides_no_other() {
    let fake = Fake::start();
    fake.answers("bad", 500, r#"{"message":"layer does not exist"}"#);
    fake.runs("web", "a");
    let mut events = fake.watched(&["bad", "web"], NEVER);
    assert_eq!(seen(&mut events).await, ("web-service".to_owned(), Some("a".to_owned())));
}

#[tokio::test]
async fn a_pin_that_is_taken_away_is_told_to_its_service_alone_and_another_golives_to_nobody() {
    let fake = Fake::start();
    fake.answers("web", 404, r#"{"message":"No such container"}"#);
    fake.answers("db", 404, r#"{"message":"No such container"}"#);
    let engine = fake.engine();
    engine.pins.insert("x");
    let mut events = Fake::watched_at(engine, &["db", "web"], NEVER);
    fake.subscribed(1).await;
    let (first, second) = (seen(&mut events).await, seen(&mut events).await);
    assert_eq!((first.1, second.1), (None, None));
    let gone = |action: &str, id: &str| {
        let release = if id == "x" { "r1" } else { "another golive's, or anybody's" };
        let attributes =
            json!({ "name": "golive-pin-web", "golive.pin-of": "web-service", "golive.release": release });
        let event = json!({ "Type": "container", "Action": action, "timeNano": 1,
            "Actor": { "ID": id, "Attributes": attributes } });
        format!("{event}\n")
    };
    for id in ["y", "x", "z"] {
        for action in ["create", "destroy", "die"] {
            fake.says(&gone(action, id));
        }
    }
    for _ in 0..2 {
        let unpinned = ServiceEvent::Unpinned { release: "r1".to_owned() };
        assert_eq!(
            next(&mut events).await,
            Event::Service { service: "web-service".to_owned(), what: unpinned }
        );
    }
}

/// Anybody on the host can make an event as long as he likes; the engine repeats it when it is asked again.
#[tokio::test]
async fn an_event_that_is_too_long_hides_no_other() {
    let fake = Fake::start();
    fake.runs("web", "a");
    let mut events = fake.watched(&["web"], NEVER);
    seen(&mut events).await;
    let long = event("exec", "loud", "x", 5).replace("shop:v1", &"9".repeat(2 << 20));
    fake.runs("web", "b");
    fake.says(&long);
    // It may have been one of its own.
    assert_eq!(seen(&mut events).await, ("web-service".to_owned(), Some("b".to_owned())));
    fake.says(&(long.repeat(3) + &event("die", "web", "b", 6)));
    assert_eq!(next(&mut events).await, died("web-service", "b", false));
    fake.says(&long.replace("\"timeNano\":5", "\"timeNano\":8000000000"));
    fake.says("");
    let since = fake.subscribed(2).await;
    assert!(since[1].ends_with("since=8.000000001"), "{since:?}");
}

/// A container joins or leaves a network.
fn network(action: &str, network: &str, container: &str) -> String {
    let attributes = json!({ "name": network, "type": "bridge", "container": container });
    let event = json!({ "Type": "network", "Action": action, "timeNano": 1,
        "Actor": { "ID": "0123456789ab", "Attributes": attributes } });
    format!("{event}\n")
}

#[tokio::test]
async fn a_network_that_is_joined_or_left_is_seen_of_the_container_alone() {
    let fake = Fake::start();
    fake.runs("db", "a");
    fake.runs("web", "b");
    let mut events = fake.watched(&["db", "web"], NEVER);
    let (first, second) = (seen(&mut events).await, seen(&mut events).await);
    assert_eq!((first.1.as_deref(), second.1.as_deref()), (Some("a"), Some("b")));
    // Another answer shows whether somebody has asked.
    fake.runs("db", "c");
    fake.runs("web", "d");
    // The network of one has the other's name.
    for action in ["connect", "disconnect"] {
        fake.says(&network(action, "db", if action == "connect" { "b" } else { "d" }));
        let other = if action == "connect" { "d" } else { "e" };
        assert_eq!(seen(&mut events).await, ("web-service".to_owned(), Some(other.to_owned())));
        fake.runs("web", "e");
    }
    fake.says(&network("connect", "web", "somebody else's"));
    fake.says(&event("die", "web", "e", 2));
    assert_eq!(next(&mut events).await, died("web-service", "e", false));
}
