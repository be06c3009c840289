//! Servers and engines that play a part.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixListener};

use crate::clock::Clock;
use crate::discover::look::{Around, look};
use crate::discover::seen::Seen;
use crate::docker::{Engine, EngineError};
use crate::probe::Tools;

/// What a server does once it has read a request for that path.
pub(super) type Part = fn(&str) -> Reply;

pub(super) enum Reply {
    /// Status, type and body.
    Says(u16, &'static str, &'static str),
    /// Nothing, for ever.
    Hangs,
    /// A head, and a body without an end.
    Endless,
    /// Somewhere else.
    Leads(&'static str),
}

/// As the program does at its start.
pub(super) fn with_tls() {
    drop(rustls::crypto::ring::default_provider().install_default());
}

/// Where it listens.
pub(super) async fn server(part: Part) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(stream, part));
        }
    });
    at
}

async fn serve(mut stream: TcpStream, part: Part) {
    while let Some(path) = path(&mut stream).await {
        let answer = match part(&path) {
            Reply::Says(status, kind, body) => format!(
                "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            ),
            Reply::Leads(to) => format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n"),
            Reply::Hangs => return std::future::pending().await,
            Reply::Endless => {
                drop(stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n").await);
                // Until whoever asked has seen enough.
                while stream.write_all(&[b'x'; 8192]).await.is_ok() {}
                return;
            }
        };
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The path of a request, which has to be a GET.
async fn path<S: tokio::io::AsyncRead + Unpin>(stream: &mut S) -> Option<String> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
    }
    let text = String::from_utf8(request).unwrap();
    let path = text.strip_prefix("GET ").unwrap_or_else(|| panic!("not a GET: {text}"));
    path.split(' ').next().map(str::to_owned)
}

/// Looks around on an engine that has these containers and nothing else; none, and none answers.
pub(super) async fn around(containers: Option<Vec<Value>>) -> Result<Seen, EngineError> {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("docker.sock");
    if let Some(containers) = containers {
        engine(socket.clone(), containers);
    }
    with_tls();
    let engine = Engine::new(&socket).unwrap();
    let tools = Tools::new(&engine).unwrap();
    let (clock, say) = (Clock::start(), |_: &str| {});
    let around =
        Around { engine: &engine, socket: &socket, tools: &tools, clock: &clock, config: None, say: &say };
    look(&around).await
}

fn engine(socket: PathBuf, containers: Vec<Value>) {
    let listener = UnixListener::bind(socket).unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let Some(path) = path(&mut stream).await else { continue };
            let (status, body) = answer(path.split('?').next().unwrap(), &containers);
            let body = body.to_string();
            let head = format!(
                "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all((head + &body).as_bytes()).await.unwrap();
        }
    });
}

fn answer(path: &str, containers: &[Value]) -> (&'static str, Value) {
    let one = |id: &str| containers.iter().find(|one| one["Id"] == id || one["Names"][0] == format!("/{id}"));
    match path.split('/').collect::<Vec<_>>().as_slice() {
        ["", "containers", "json"] => ("200 OK", containers.iter().cloned().collect()),
        ["", "containers", id, "json"] => match one(id) {
            Some(found) => {
                let name = &found["Names"][0];
                let state = json!({ "Running": true, "Status": "running" });
                let config = json!({ "Labels": found["Labels"], "Image": found["Image"] });
                ("200 OK", json!({ "Id": found["Id"], "Name": name, "State": state, "Config": config }))
            }
            None => ("404 Not Found", json!({ "message": "No such container" })),
        },
        ["", "info"] => ("200 OK", json!({ "Swarm": { "LocalNodeState": "inactive" } })),
        ["", "version"] => ("200 OK", json!({ "Version": "20.10", "ApiVersion": "1.41" })),
        _ => ("404 Not Found", json!({ "message": "no such thing" })),
    }
}
