//! One Docker Engine, spoken to over its Unix socket; every call has a deadline.
//!
//! Whatever is read, and whatever carries a container's specification (create, connect), goes as raw JSON over one
//! kept-alive connection: a typed client drops the fields that it does not know, refuses answers with a new enum
//! value, and cannot say when an event stream has begun. What merely acts (start, stop, rename, …) goes through
//! bollard, in `calls.rs`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use bollard::Docker;
use futures_util::StreamExt;
use jiff::Timestamp;
use reqwest::{Client, RequestBuilder, Response, Url};
use serde_json::Value;

use crate::decide::event::{Fault, FaultKind};

use super::inspect::Inspect;

mod calls;
mod images;
mod swarm;

pub use calls::Version;

/// For calls that the engine answers from memory or with one small write.
pub(super) const QUICK: Duration = Duration::from_secs(10);
/// For calls that prepare or release layers, networks and devices.
pub(super) const SLOW: Duration = Duration::from_mins(1);
/// An answer longer than this is refused: it is no answer of an engine.
const LONGEST_ANSWER: usize = 32 << 20;

/// One Docker Engine. Cheap to clone; connects when it is first needed, so that it may be down at start.
#[derive(Debug, Clone)]
pub struct Engine {
    raw: Client,
    socket: Arc<Path>,
    docker: Arc<OnceLock<Docker>>,
    /// Of images that were looked at, by their ids.
    labels: Arc<Mutex<BTreeMap<String, Value>>>,
}

/// The client for the engine could not be made.
#[derive(Debug, thiserror::Error)]
#[error("make a client for the Docker Engine at {socket}")]
pub struct ClientError {
    socket: String,
    #[source]
    source: reqwest::Error,
}

/// A call to the engine did not do what it should.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum EngineError {
    #[error("{doing}: the Docker Engine at {socket} does not answer: {why}")]
    Unreachable { doing: String, socket: String, why: String },
    #[error("{doing}: no answer from the Docker Engine within {} s", .limit.as_secs())]
    TimedOut { doing: String, limit: Duration },
    #[error("{doing}: the Docker Engine answered {status}: {message}")]
    Answer { doing: String, status: u16, message: String },
    #[error("{doing}: the Docker Engine's answer makes no sense: {why}")]
    Garbled { doing: String, why: String },
}

/// What a raw call gave.
struct Answer {
    status: u16,
    body: String,
}

impl Engine {
    /// The engine that listens at `socket`; nothing is sent yet.
    pub fn new(socket: &Path) -> Result<Self, ClientError> {
        let raw = Client::builder()
            .unix_socket(socket)
            .tls_certs_only([]) // nothing here is TLS: no need to load the system's authorities
            .pool_max_idle_per_host(1)
            .build()
            .map_err(|source| ClientError { socket: socket.display().to_string(), source })?;
        Ok(Self { raw, socket: socket.into(), docker: Arc::default(), labels: Arc::default() })
    }

    /// A container by id or name; `None` when there is none.
    pub(super) async fn inspect(&self, id: &str) -> Result<Option<Inspect>, EngineError> {
        let doing = format!("inspect container {}", short(id));
        let request = self.raw.get(url(&format!("/containers/{id}/json"), &[]));
        let answer = self.ask(&doing, request, QUICK).await?;
        // Podman calls it an error of its own when one has just gone.
        if answer.status == 404 || (answer.status == 500 && answer.body.contains("no such container")) {
            return Ok(None);
        }
        let body = answer.expect(&doing, 200)?;
        Inspect::parse(body).map(Some).map_err(|why| EngineError::Garbled { doing, why: why.to_string() })
    }

    /// The container of exactly that name. The engine itself would also take the name for the beginning of an id:
    /// `db` is one.
    pub(super) async fn named(&self, name: &str) -> Result<Option<Inspect>, EngineError> {
        Ok(self.inspect(name).await?.filter(|found| found.name() == name))
    }

    /// Every container, running or not, that carries the label.
    pub(super) async fn labelled(&self, label: &str) -> Result<Vec<Value>, EngineError> {
        let filters = serde_json::json!({ "label": [label] }).to_string();
        let request = self.raw.get(url("/containers/json", &[("all", "true"), ("filters", &filters)]));
        self.list(request).await
    }

    /// Every container, running or not, whose name begins so.
    pub(super) async fn name_begins(&self, prefix: &str) -> Result<Vec<Value>, EngineError> {
        let filters =
            serde_json::json!({ "name": [format!("^/{}", prefix.replace('.', "\\."))] }).to_string();
        let request = self.raw.get(url("/containers/json", &[("all", "true"), ("filters", &filters)]));
        self.list(request).await
    }

    /// Every container.
    pub(super) async fn containers(&self) -> Result<Vec<Inspect>, EngineError> {
        let mut containers = Vec::new();
        for listed in self.list(self.raw.get(url("/containers/json", &[("all", "true")]))).await? {
            // One that is gone meanwhile is none of them.
            containers.extend(self.inspect(listed["Id"].as_str().unwrap_or_default()).await?);
        }
        Ok(containers)
    }

    async fn list(&self, request: RequestBuilder) -> Result<Vec<Value>, EngineError> {
        let doing = "list containers";
        let body = self.ask(doing, request, QUICK).await?.expect(doing, 200)?;
        serde_json::from_str(&body)
            .map_err(|why| EngineError::Garbled { doing: doing.to_owned(), why: why.to_string() })
    }

    /// Whether there is such an `images`, `volumes` or `networks` object.
    pub(super) async fn exists(&self, kind: &str, id: &str) -> Result<bool, EngineError> {
        let doing = format!("look for {id} among the {kind}");
        let path = if kind == "images" { format!("/images/{id}/json") } else { format!("/{kind}/{id}") };
        let answer = self.ask(&doing, self.raw.get(url(&path, &[])), QUICK).await?;
        if answer.status == 404 { Ok(false) } else { answer.expect(&doing, 200).map(|_| true) }
    }

    /// Creates a container and gives its id.
    pub(super) async fn create(&self, name: &str, body: &Value) -> Result<String, EngineError> {
        let doing = format!("create container {name}");
        let request = self.raw.post(url("/containers/create", &[("name", name)])).json(body);
        let body = self.ask(&doing, request, SLOW).await?.expect(&doing, 201)?;
        let id = serde_json::from_str::<Value>(&body)
            .ok()
            .and_then(|answer| Some(answer.get("Id")?.as_str()?.to_owned()));
        id.ok_or(EngineError::Garbled { doing, why: "it names no id".to_owned() })
    }

    /// Connects a container that is not running to a network; again is fine.
    pub(super) async fn connect(&self, network: &str, id: &str, endpoint: &Value) -> Result<(), EngineError> {
        let doing = format!("connect container {} to the network {network}", short(id));
        let body = serde_json::json!({ "Container": id, "EndpointConfig": endpoint });
        let request = self.raw.post(url(&format!("/networks/{network}/connect"), &[])).json(&body);
        self.ask(&doing, request, SLOW).await?.expect(&doing, 200).map(|_| ())
    }

    /// Puts the files of a tar archive into a directory of a container.
    pub(super) async fn put(&self, id: &str, dir: &str, archive: Vec<u8>) -> Result<(), EngineError> {
        let doing = format!("put a file into container {}", short(id));
        let request = self.raw.put(url(&format!("/containers/{id}/archive"), &[("path", dir)]));
        let request = request.header("Content-Type", "application/x-tar").body(archive);
        self.ask(&doing, request, SLOW).await?.expect(&doing, 200).map(|_| ())
    }

    /// Where the engine keeps its data, as its own host sees it; `None` where it does not say.
    pub(super) async fn root_dir(&self) -> Result<Option<PathBuf>, EngineError> {
        let doing = "ask where the engine keeps its data";
        let body = self.ask(doing, self.raw.get(url("/info", &[])), QUICK).await?.expect(doing, 200)?;
        let info = serde_json::from_str::<Value>(&body)
            .map_err(|why| EngineError::Garbled { doing: doing.to_owned(), why: why.to_string() })?;
        Ok(info["DockerRootDir"].as_str().filter(|dir| !dir.is_empty()).map(PathBuf::from))
    }

    /// The stream of events, once the engine has said that it begins. Not bounded in time: whoever reads it has to
    /// look at the world by itself now and then.
    pub(super) async fn events(&self, filters: &Value, since: Option<&str>) -> Result<Response, EngineError> {
        let doing = "subscribe to the events";
        let filters = filters.to_string();
        let mut query = vec![("filters", filters.as_str())];
        query.extend(since.map(|since| ("since", since)));
        let answer = tokio::time::timeout(QUICK, self.raw.get(url("/events", &query)).send());
        let answer =
            answer.await.map_err(|_| EngineError::TimedOut { doing: doing.to_owned(), limit: QUICK })?;
        let answer = answer.map_err(|error| self.unreachable(doing, &error))?;
        if answer.status().as_u16() == 200 {
            return Ok(answer);
        }
        let (status, message) = (answer.status().as_u16(), "no event stream".to_owned());
        Err(EngineError::Answer { doing: doing.to_owned(), status, message })
    }

    /// What the engine remembers of a container, oldest first, but for what is done inside it.
    pub(super) async fn past(&self, id: &str, until: Timestamp) -> Result<Vec<Value>, EngineError> {
        let filters = serde_json::json!({
            "type": ["container"],
            "container": [id],
            "event": ["create", "start", "restart", "die", "oom", "kill", "stop", "health_status", "pause", "unpause",
                "rename", "update"],
        });
        let until = format!("{}.{:09}", until.as_second(), until.subsec_nanosecond());
        let query = [("since", "1"), ("until", &until), ("filters", &filters.to_string())];
        let doing = format!("read the events of container {}", short(id));
        let body =
            self.ask(&doing, self.raw.get(url("/events", &query)), QUICK).await?.expect(&doing, 200)?;
        Ok(body
            .lines()
            .filter_map(|line| serde_json::from_str(line.trim_start_matches('\x1e')).ok())
            .collect())
    }

    async fn ask(
        &self,
        doing: &str,
        request: RequestBuilder,
        limit: Duration,
    ) -> Result<Answer, EngineError> {
        let call = async {
            let response = request.send().await.map_err(|error| self.unreachable(doing, &error))?;
            let status = response.status().as_u16();
            let mut body = Vec::new();
            let mut chunks = response.bytes_stream();
            while let Some(chunk) = chunks.next().await {
                body.extend_from_slice(&chunk.map_err(|error| self.unreachable(doing, &error))?);
                if body.len() > LONGEST_ANSWER {
                    let why = format!("it is longer than {LONGEST_ANSWER} bytes");
                    return Err(EngineError::Garbled { doing: doing.to_owned(), why });
                }
            }
            Ok(Answer { status, body: String::from_utf8_lossy(&body).into_owned() })
        };
        tokio::time::timeout(limit, call)
            .await
            .unwrap_or_else(|_| Err(EngineError::TimedOut { doing: doing.to_owned(), limit }))
    }

    fn unreachable(&self, doing: &str, error: &dyn std::error::Error) -> EngineError {
        let mut root = error;
        while let Some(source) = root.source() {
            root = source;
        }
        let (doing, socket) = (doing.to_owned(), self.socket.display().to_string());
        EngineError::Unreachable { doing, socket, why: root.to_string() }
    }
}

/// Without a version in the path the engine answers in its newest one, as it does to bollard.
fn url(path: &str, query: &[(&str, &str)]) -> Url {
    let mut url = Url::parse("http://docker").expect("the URL is a constant");
    url.set_path(path);
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    url
}

impl Answer {
    fn expect(self, doing: &str, status: u16) -> Result<String, EngineError> {
        if self.status == status {
            return Ok(self.body);
        }
        let message = serde_json::from_str::<Value>(&self.body)
            .ok()
            .and_then(|body| Some(body.get("message")?.as_str()?.to_owned()))
            .unwrap_or(self.body);
        Err(EngineError::Answer { doing: doing.to_owned(), status: self.status, message })
    }
}

impl EngineError {
    /// The engine's answer, where it gave one.
    pub(super) fn answer(&self) -> Option<(u16, &str)> {
        match self {
            Self::Answer { status, message, .. } => Some((*status, message)),
            Self::Unreachable { .. } | Self::TimedOut { .. } | Self::Garbled { .. } => None,
        }
    }

    /// Whether the engine answered so.
    pub(super) fn is(&self, status: u16) -> bool {
        self.answer().is_some_and(|(answer, _)| answer == status)
    }

    /// Whether a name could not be had because another container has it; Podman says so as an error of its own.
    pub(super) fn name_is_taken(&self) -> bool {
        self.answer().is_some_and(|(status, message)| {
            let says = |text: &str| message.contains(text);
            status == 409 || (status == 500 && (says("already in use") || says("UNIQUE constraint failed")))
        })
    }

    fn kind(&self) -> FaultKind {
        match self {
            Self::Unreachable { .. } => FaultKind::Unreachable,
            Self::TimedOut { .. } => FaultKind::Transient,
            Self::Garbled { .. } => FaultKind::Refused,
            Self::Answer { status, message, .. } => answer_kind(*status, message),
        }
    }
}

/// Whether an answer may be another one in a moment. What the text says counts for more than the status: the engine
/// answers 500 to a network that is gone, and 403 to an address that a stopping container still has.
fn answer_kind(status: u16, message: &str) -> FaultKind {
    const PASSING: [&str; 7] = [
        "already allocated",
        "already in use by container sandbox",
        "address already in use",
        "removal of container",
        "marked for removal",
        "resource busy",
        "deadline exceeded",
    ];
    const LASTING: [&str; 5] =
        ["not found", "no such", "cannot join network", "non running container", "oci runtime"];
    let message = message.to_lowercase();
    let says = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
    if says(&PASSING) {
        FaultKind::Transient
    } else if status < 500 || says(&LASTING) {
        FaultKind::Refused
    } else {
        FaultKind::Transient
    }
}

impl From<EngineError> for Fault {
    fn from(error: EngineError) -> Self {
        Self { kind: error.kind(), text: error.to_string() }
    }
}

/// The first 12 digits of an id, as `docker ps` shows it; anything else as it is.
pub(super) fn short(id: &str) -> &str {
    let digits = id.strip_prefix("sha256:").unwrap_or(id);
    let is_id = digits.len() == 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if is_id { &digits[..12] } else { id }
}
