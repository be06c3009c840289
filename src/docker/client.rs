//! One Docker Engine, spoken to over its Unix socket; every call has a deadline.
//!
//! All of it goes as raw JSON: a typed client drops the fields that it does not know, refuses answers with a new enum
//! value, and cannot say when an event stream has begun. Each call has a connection of its own, so that what is left of
//! one answer is never taken for the next one. What is only looked at is asked for again while no answer comes that
//! makes sense; what acts is asked for once, because whoever wants it begins with a look.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, Url};
use serde_json::Value;

use super::bonds::Known;
use super::error::{Class, ClientError, EngineError};
use super::remembered::Remembered;

/// For calls that the engine answers from memory or with one small write.
pub(super) const QUICK: Duration = Duration::from_secs(10);
/// For calls that prepare or release layers, networks and devices.
pub(crate) const SLOW: Duration = Duration::from_mins(1);
/// An answer longer than this is refused: it is no answer of an engine.
const LONGEST_ANSWER: usize = 32 << 20;

/// Between one look whose answer was lost and the next, doubling from the first to the last: five looks.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LAST_PAUSE: Duration = Duration::from_millis(400);

/// One Docker Engine. Cheap to clone; connects when it is first needed, so that it may be down at start.
#[derive(Debug, Clone)]
pub struct Engine {
    pub(super) raw: Client,
    pub(super) socket: Arc<Path>,
    /// The configurations of images that were looked at, by their ids.
    pub(super) images: Arc<Mutex<BTreeMap<String, Value>>>,
    /// What tells apart the files that were put into containers, by their ids.
    pub(super) marks: Arc<Mutex<BTreeMap<String, String>>>,
    /// What the host's containers lean on, by their ids.
    pub(super) leaning: Arc<tokio::sync::Mutex<Known>>,
    /// Whether it is Podman, once that is known.
    pub(super) podman: Arc<tokio::sync::OnceCell<bool>>,
    /// The containers that were made or found to hold images.
    pub(crate) pins: Remembered,
    /// What was rehearsed, and came out as it should.
    pub(crate) rehearsed: Remembered,
}

/// A whole answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
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

    /// What is there, as `read` understands it. Looking changes nothing: while the answer is lost, it looks again.
    pub(super) async fn look<T>(
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
    pub(super) async fn act(
        &self,
        doing: &str,
        limit: Duration,
        request: RequestBuilder,
    ) -> Result<(), EngineError> {
        let answer = self.ask(doing, request, limit).await?;
        if (200..300).contains(&answer.status) || answer.status == 304 {
            return Ok(());
        }
        Err(EngineError::answered(doing, answer.status, &answer.body))
    }

    /// Without a body, and with a length that says so: some proxies insist.
    pub(super) async fn tell(
        &self,
        doing: &str,
        limit: Duration,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<(), EngineError> {
        self.act(doing, limit, self.raw.post(url(path, query)).body("")).await
    }

    pub(super) async fn ask(
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
        if page && !EngineError::is_barred(status) {
            // Something between golive and the engine speaks to a browser.
            return Err(EngineError::nonsense(doing, format!("status {status} with a page of HTML")));
        }
        Ok(Answer { status, body })
    }

    pub(super) async fn send(&self, doing: &str, request: RequestBuilder) -> Result<Response, EngineError> {
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
    pub(super) async fn begun(&self, doing: &str, request: RequestBuilder) -> Result<Response, EngineError> {
        let response = self.send(doing, request).await?;
        let status = response.status().as_u16();
        if status == 200 && !is_page(&response) {
            return Ok(response);
        }
        Err(EngineError::answered(doing, status, &self.body(doing, response).await?))
    }

    pub(super) async fn body(&self, doing: &str, response: Response) -> Result<String, EngineError> {
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
pub(super) async fn patiently<T, F: Future<Output = Result<T, EngineError>>>(
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

pub(super) async fn within<T>(
    doing: &str,
    limit: Duration,
    call: impl Future<Output = Result<T, EngineError>>,
) -> Result<T, EngineError> {
    let timed_out = |_| Err(EngineError::TimedOut { doing: doing.to_owned(), limit });
    tokio::time::timeout(limit, call).await.unwrap_or_else(timed_out)
}

/// What is not there is no failure of the look.
pub(super) fn there<T>(result: Result<T, EngineError>) -> Result<Option<T>, EngineError> {
    match result {
        Err(error) if error.class() == Class::NotThere => Ok(None),
        result => result.map(Some),
    }
}

/// No engine answers with a page for people.
pub(super) fn is_page(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html"))
}

/// The innermost cause.
pub(super) fn root(error: &dyn std::error::Error) -> String {
    let mut root = error;
    while let Some(source) = root.source() {
        root = source;
    }
    root.to_string()
}

pub(super) fn object(body: &str) -> Result<Value, String> {
    match serde_json::from_str::<Value>(body) {
        Ok(found) if found.is_object() => Ok(found),
        Ok(_) => Err("it is no object".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// The id that an object of the engine has.
pub(super) fn id(body: &str) -> Result<String, String> {
    let id = object(body)?["Id"].as_str().filter(|id| !id.is_empty()).map(str::to_owned);
    id.ok_or_else(|| "it names no id".to_owned())
}

/// Without a version in the path the engine answers in its newest one.
pub(super) fn url(path: &str, query: &[(&str, &str)]) -> Url {
    let mut url = Url::parse("http://docker").expect("the URL is a constant");
    url.set_path(path);
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    url
}

impl Answer {
    pub(super) fn expect(self, doing: &str, status: u16) -> Result<String, EngineError> {
        if self.status == status {
            return Ok(self.body);
        }
        Err(EngineError::answered(doing, self.status, &self.body))
    }
}
