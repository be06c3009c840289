//! Whether an HTTP endpoint answers as it should.

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::clock::Clock;
use crate::config::HttpCheck;
use crate::decide::event::Outcome;

use super::{connect_error, people, quote};

/// So much of a body is looked at; the rest is left unread and its connection closed.
const BODY_MAX: usize = 64 * 1024;

/// Idle connections are kept for longer than any usual interval.
const IDLE: Duration = Duration::from_secs(90);

/// The client that all HTTP checks share. A total deadline is set around each check, not here.
pub(super) fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(2)
        .pool_idle_timeout(IDLE)
        .tcp_nodelay(true)
        .user_agent(concat!("golive/", env!("CARGO_PKG_VERSION")))
        .build()
}

#[derive(Debug)]
pub(super) struct Http {
    client: reqwest::Client,
    check: HttpCheck,
    /// The last answer came whole, so its connection may be used again.
    kept: AtomicBool,
}

impl Http {
    pub(super) fn new(client: reqwest::Client, check: HttpCheck) -> Self {
        Self { client, check, kept: AtomicBool::new(false) }
    }

    pub(super) async fn look(&self, clock: &Clock) -> Outcome {
        let began = clock.now();
        let kept = self.kept.swap(false, Ordering::Relaxed);
        let mut answer = self.ask().await;
        // A kept connection may be closed just as it is used again; only a new one tells (RFC 9112 §9.3.1).
        if kept
            && answer.as_ref().is_err_and(|error| error.is_request() && !error.is_connect())
            && self.repeatable()
        {
            answer = self.ask().await;
        }
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return failure(&error),
        };
        let status = answer.status().as_u16();
        if !self.check.status.contains(&status) {
            return Outcome::Failed(self.wrong_status(&answer));
        }
        let body = match self.body(answer).await {
            Ok(body) => body,
            Err(error) => return failure(&error),
        };
        self.kept.store(true, Ordering::Relaxed);
        let took = Duration::try_from(clock.now().duration_since(began)).unwrap_or_default();
        match self.wrong_body(&body).or_else(|| self.too_late(status, took)) {
            Some(wrong) => Outcome::Failed(wrong),
            None => Outcome::Ok,
        }
    }

    async fn ask(&self) -> Result<reqwest::Response, reqwest::Error> {
        let method =
            reqwest::Method::from_bytes(self.check.method.as_bytes()).unwrap_or(reqwest::Method::GET);
        let mut request = self.client.request(method, &self.check.url);
        for (name, value) in &self.check.headers {
            request = request.header(name, value);
        }
        request.send().await
    }

    fn repeatable(&self) -> bool {
        matches!(self.check.method.as_str(), "GET" | "HEAD" | "OPTIONS")
    }

    /// The body, as far as it is looked at. An endless one is cut, and only ends the connection.
    async fn body(&self, mut answer: reqwest::Response) -> Result<Vec<u8>, reqwest::Error> {
        let mut body = Vec::new();
        while body.len() < BODY_MAX
            && let Some(chunk) = answer.chunk().await?
        {
            let room = BODY_MAX - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        }
        Ok(body)
    }

    fn wrong_status(&self, answer: &reqwest::Response) -> String {
        let status = answer.status();
        let wanted: Vec<String> = self.check.status.iter().map(u16::to_string).collect();
        let to = answer.headers().get(reqwest::header::LOCATION).and_then(|to| to.to_str().ok());
        match to.filter(|_| status.is_redirection()) {
            Some(to) => format!("status {}, a redirect to {}, not followed", status.as_u16(), quote(to)),
            None => format!("status {}, expected {}", status.as_u16(), wanted.join(" or ")),
        }
    }

    fn wrong_body(&self, body: &[u8]) -> Option<String> {
        let text = String::from_utf8_lossy(body);
        if let Some(wanted) = &self.check.body_contains
            && !text.contains(wanted.as_str())
        {
            return Some(format!("the body does not contain \"{}\"", quote(wanted)));
        }
        if self.check.json.is_empty() {
            return None;
        }
        let Ok(json) = serde_json::from_slice::<serde_json::Value>(body) else {
            return Some("the body is not JSON".to_owned());
        };
        self.check.json.iter().find_map(|(pointer, wanted)| match json.pointer(pointer) {
            Some(found) if found == wanted => None,
            Some(found) => Some(format!("{pointer} is {}, expected {wanted}", quote(&found.to_string()))),
            None => Some(format!("{pointer} is missing, expected {wanted}")),
        })
    }

    fn too_late(&self, status: u16, took: Duration) -> Option<String> {
        let limit = self.check.max_latency.filter(|limit| took > *limit)?;
        let took = Duration::from_millis(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
        Some(format!("status {status} after {}, allowed {}", people(took), people(limit)))
    }
}

/// What an error says of the service, or of ourselves.
fn failure(error: &reqwest::Error) -> Outcome {
    let mut inner: Option<&(dyn Error + 'static)> = error.source();
    let mut last = None;
    while let Some(source) = inner {
        if let Some(io) = source.downcast_ref::<std::io::Error>()
            && io.raw_os_error().is_some()
        {
            return connect_error(io);
        }
        let text = source.to_string();
        if text.contains("failed to lookup address") || text.contains("dns error") {
            return Outcome::Blind(format!("cannot resolve the host: {}", quote(&deepest(source))));
        }
        last = Some(source);
        inner = source.source();
    }
    Outcome::Failed(quote(&last.map_or_else(|| error.to_string(), ToString::to_string)))
}

fn deepest(error: &(dyn Error + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
