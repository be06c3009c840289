//! One Docker Engine, spoken to over its Unix socket; every call has a deadline.
//!
//! All of it goes as raw JSON: a typed client drops the fields that it does not know, refuses answers with a new enum
//! value, and cannot say when an event stream has begun. Each call has a connection of its own, so that what is left of
//! one answer is never taken for the next one. What is only looked at is asked for again while no answer comes that
//! makes sense; what acts is asked for once, because whoever wants it begins with a look.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt;
use jiff::Timestamp;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, Url};
use serde_json::Value;

use super::id::short;
use super::inspect::Inspect;

mod calls;
mod error;
mod files;
mod images;
mod labels;
mod leaning;
mod logs;
mod marks;
mod remembered;
mod stream;
mod swarm;
#[cfg(test)]
mod tests;
mod trial;

pub use calls::{OLDEST_API, ON_PODMAN, Version};
pub use error::ClientError;
pub(super) use error::{Class, EngineError};
pub(super) use files::{Kind, Stat};
pub(super) use images::KEPT;
pub(super) use leaning::Leaning;
pub(super) use remembered::Remembered;

/// For calls that the engine answers from memory or with one small write.
pub(super) const QUICK: Duration = Duration::from_secs(10);
/// For calls that prepare or release layers, networks and devices.
pub(super) const SLOW: Duration = Duration::from_mins(1);
/// An answer longer than this is refused: it is no answer of an engine.
const LONGEST_ANSWER: usize = 32 << 20;
/// The description of one container is held several times over, and may be this long once its long texts are cut.
const LONGEST_INSPECT: usize = 4 << 20;

/// Between one look whose answer was lost and the next, doubling from the first to the last: five looks.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LAST_PAUSE: Duration = Duration::from_millis(400);

/// One Docker Engine. Cheap to clone; connects when it is first needed, so that it may be down at start.
#[derive(Debug, Clone)]
pub struct Engine {
    raw: Client,
    socket: Arc<Path>,
    /// The configurations of images that were looked at, by their ids.
    images: Arc<Mutex<BTreeMap<String, Value>>>,
    /// What tells apart the files that were put into containers, by their ids.
    marks: Arc<Mutex<BTreeMap<String, String>>>,
    /// What the host's containers lean on, by their ids.
    leaning: Arc<tokio::sync::Mutex<leaning::Known>>,
    /// Whether it is Podman, once that is known.
    podman: Arc<tokio::sync::OnceCell<bool>>,
    /// The containers that were made or found to hold images.
    pub(super) pins: Remembered,
    /// What was rehearsed, and came out as it should.
    pub(super) rehearsed: Remembered,
}

/// A whole answer.
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
            .pool_max_idle_per_host(0)
            .redirect(Policy::none())
            .build()
            .map_err(|source| ClientError { socket: socket.display().to_string(), source })?;
        Ok(Self {
            raw,
            socket: socket.into(),
            images: Arc::default(),
            marks: Arc::default(),
            leaning: Arc::default(),
            podman: Arc::default(),
            pins: Remembered::default(),
            rehearsed: Remembered::default(),
        })
    }

    /// A container by id or name; `None` when there is none.
    pub(super) async fn inspect(&self, id: &str) -> Result<Option<Inspect>, EngineError> {
        let doing = format!("inspect container {}", short(id));
        let read = |body: &str| match Inspect::told(body) {
            Ok(found) if !found.id().is_empty() => Ok(found),
            Ok(_) => Err("it names no id".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        let found = self.look(&doing, QUICK, &format!("/containers/{id}/json"), &[], read).await;
        match there(found)? {
            Some(found) if found.raw().len() > LONGEST_INSPECT => {
                let message = format!("its description is longer than {LONGEST_INSPECT} bytes");
                Err(EngineError::Answer { doing, status: 200, message })
            }
            Some(found) => self.believed(found).await.map(Some),
            None => Ok(None),
        }
    }

    /// The container of exactly that name. The engine itself would also take the name for the beginning of an id:
    /// `db` is one.
    pub(super) async fn named(&self, name: &str) -> Result<Option<Inspect>, EngineError> {
        Ok(self.inspect(name).await?.filter(|found| found.name() == name))
    }

    /// Every container, running or not, that carries the label.
    pub(super) async fn labelled(&self, label: &str) -> Result<Vec<Value>, EngineError> {
        let filters = serde_json::json!({ "label": [label] }).to_string();
        self.list(&[("all", "true"), ("filters", &filters)]).await
    }

    /// Every container, running or not, whose name begins so.
    pub(super) async fn name_begins(&self, prefix: &str) -> Result<Vec<Value>, EngineError> {
        let filters =
            serde_json::json!({ "name": [format!("^/{}", prefix.replace('.', "\\."))] }).to_string();
        self.list(&[("all", "true"), ("filters", &filters)]).await
    }

    async fn list(&self, query: &[(&str, &str)]) -> Result<Vec<Value>, EngineError> {
        let listed = |body: &str| match serde_json::from_str::<Vec<Value>>(body) {
            Ok(found) if found.iter().all(|one| one["Id"].is_string()) => Ok(found),
            Ok(_) => Err("it names no ids".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        self.look("list containers", QUICK, "/containers/json", query, listed).await
    }

    /// Whether there is such an `images`, `volumes` or `networks` object.
    pub(super) async fn exists(&self, kind: &str, id: &str) -> Result<bool, EngineError> {
        let doing = format!("look for {id} among the {kind}");
        let path = if kind == "images" { format!("/images/{id}/json") } else { format!("/{kind}/{id}") };
        Ok(there(self.look(&doing, QUICK, &path, &[], object).await)?.is_some())
    }

    /// Creates a container and gives its id.
    pub(super) async fn create(&self, name: &str, body: &Value) -> Result<String, EngineError> {
        let doing = format!("create container {name}");
        let request = self.raw.post(url("/containers/create", &[("name", name)])).json(body);
        let answer = self.ask(&doing, request, SLOW).await?.expect(&doing, 201)?;
        id(&answer).map_err(|why| EngineError::nonsense(&doing, why))
    }

    /// Connects a container that is not running to a network; again is fine.
    pub(super) async fn connect(&self, network: &str, id: &str, endpoint: &Value) -> Result<(), EngineError> {
        let doing = format!("connect container {} to the network {network}", short(id));
        let body = serde_json::json!({ "Container": id, "EndpointConfig": endpoint });
        self.act(&doing, SLOW, self.raw.post(url(&format!("/networks/{network}/connect"), &[])).json(&body))
            .await
    }

    /// Puts the files of a tar archive into a directory of a container.
    pub(super) async fn put(&self, id: &str, dir: &str, archive: Vec<u8>) -> Result<(), EngineError> {
        let doing = format!("put a file into container {}", short(id));
        let request = self.raw.put(url(&format!("/containers/{id}/archive"), &[("path", dir)]));
        self.act(&doing, SLOW, request.header(CONTENT_TYPE, "application/x-tar").body(archive)).await
    }

    /// Where the engine keeps its data, as its own host sees it; `None` where it does not say.
    pub(super) async fn root_dir(&self) -> Result<Option<PathBuf>, EngineError> {
        let info = self.look("ask where the engine keeps its data", QUICK, "/info", &[], object).await?;
        Ok(info["DockerRootDir"].as_str().filter(|dir| !dir.is_empty()).map(PathBuf::from))
    }

    /// The stream of events, once the engine has said that it begins. Not bounded in time: whoever reads it has to
    /// look at the world by itself now and then.
    pub(super) async fn events(&self, filters: &Value, since: Option<&str>) -> Result<Response, EngineError> {
        let doing = "subscribe to the events";
        let filters = filters.to_string();
        let mut query = vec![("filters", filters.as_str())];
        query.extend(since.map(|since| ("since", since)));
        let query = &query;
        let subscribe = || async move { self.begun(doing, self.raw.get(url("/events", query))).await };
        patiently(doing, QUICK, subscribe).await
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
        let lines = |body: &str| {
            let lines = body.lines().map(|line| serde_json::from_str(line.trim_start_matches('\x1e')));
            lines.collect::<Result<_, _>>().map_err(|error| error.to_string())
        };
        self.look(&doing, QUICK, "/events", &query, lines).await
    }

    /// What is there, as `read` understands it. Looking changes nothing: while the answer is lost, it looks again.
    async fn look<T>(
        &self,
        doing: &str,
        limit: Duration,
        path: &str,
        query: &[(&str, &str)],
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, EngineError> {
        let read = &read;
        let once = || async move {
            let answer = self.answer(doing, self.raw.get(url(path, query))).await?;
            read(&answer.expect(doing, 200)?).map_err(|why| EngineError::nonsense(doing, why))
        };
        patiently(doing, limit, once).await
    }

    /// Makes a change, once. That it was made already is fine.
    async fn act(&self, doing: &str, limit: Duration, request: RequestBuilder) -> Result<(), EngineError> {
        let answer = self.ask(doing, request, limit).await?;
        if (200..300).contains(&answer.status) || answer.status == 304 {
            return Ok(());
        }
        Err(EngineError::answered(doing, answer.status, &answer.body))
    }

    async fn ask(
        &self,
        doing: &str,
        request: RequestBuilder,
        limit: Duration,
    ) -> Result<Answer, EngineError> {
        within(doing, limit, self.answer(doing, request)).await
    }

    async fn answer(&self, doing: &str, request: RequestBuilder) -> Result<Answer, EngineError> {
        let response = self.send(doing, request).await?;
        let (status, page) = (response.status().as_u16(), is_page(&response));
        let body = self.body(doing, response).await?;
        if page {
            // Something between golive and the engine speaks to a browser.
            return Err(EngineError::nonsense(doing, format!("status {status} with a page of HTML")));
        }
        Ok(Answer { status, body })
    }

    async fn send(&self, doing: &str, request: RequestBuilder) -> Result<Response, EngineError> {
        request.send().await.map_err(|error| {
            let (doing, why) = (doing.to_owned(), root(&error));
            if error.is_connect() {
                let socket = self.socket.display().to_string();
                return EngineError::Unreachable { doing, socket, why };
            }
            EngineError::Cut { doing, why }
        })
    }

    /// An answer that is what was asked for, as far as its head says.
    async fn begun(&self, doing: &str, request: RequestBuilder) -> Result<Response, EngineError> {
        let response = self.send(doing, request).await?;
        let status = response.status().as_u16();
        if status == 200 && !is_page(&response) {
            return Ok(response);
        }
        Err(EngineError::answered(doing, status, &self.body(doing, response).await?))
    }

    async fn body(&self, doing: &str, response: Response) -> Result<String, EngineError> {
        let mut body = Vec::new();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk =
                chunk.map_err(|error| EngineError::Cut { doing: doing.to_owned(), why: root(&error) })?;
            body.extend_from_slice(&chunk);
            if body.len() > LONGEST_ANSWER {
                // It would be as long when it is asked for again.
                let message = format!("more than {LONGEST_ANSWER} bytes");
                return Err(EngineError::Answer { doing: doing.to_owned(), status: 200, message });
            }
        }
        String::from_utf8(body).map_err(|error| EngineError::nonsense(doing, error.to_string()))
    }
}

/// Again while the answer is lost, with growing pauses and within the limit.
async fn patiently<T, F: Future<Output = Result<T, EngineError>>>(
    doing: &str,
    limit: Duration,
    once: impl Fn() -> F,
) -> Result<T, EngineError> {
    let mut pause = FIRST_PAUSE;
    let looks = async {
        loop {
            match once().await {
                Err(error) if error.is_lost() && pause <= LAST_PAUSE => {
                    tracing::debug!("asking again: {error}");
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                result => return result,
            }
        }
    };
    within(doing, limit, looks).await
}

async fn within<T>(
    doing: &str,
    limit: Duration,
    call: impl Future<Output = Result<T, EngineError>>,
) -> Result<T, EngineError> {
    let timed_out = |_| Err(EngineError::TimedOut { doing: doing.to_owned(), limit });
    tokio::time::timeout(limit, call).await.unwrap_or_else(timed_out)
}

/// What is not there is no failure of the look.
fn there<T>(result: Result<T, EngineError>) -> Result<Option<T>, EngineError> {
    match result {
        Err(error) if error.class() == Class::NotThere => Ok(None),
        result => result.map(Some),
    }
}

/// No engine answers with a page for people.
fn is_page(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html"))
}

/// The innermost cause.
fn root(error: &dyn std::error::Error) -> String {
    let mut root = error;
    while let Some(source) = root.source() {
        root = source;
    }
    root.to_string()
}

fn object(body: &str) -> Result<Value, String> {
    match serde_json::from_str::<Value>(body) {
        Ok(found) if found.is_object() => Ok(found),
        Ok(_) => Err("it is no object".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// The id that an object of the engine has.
fn id(body: &str) -> Result<String, String> {
    let id = object(body)?["Id"].as_str().filter(|id| !id.is_empty()).map(str::to_owned);
    id.ok_or_else(|| "it names no id".to_owned())
}

/// Without a version in the path the engine answers in its newest one.
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
        Err(EngineError::answered(doing, self.status, &self.body))
    }
}
