//! Whether an HTTP endpoint answers as it should.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::time::Duration;

use reqwest::header::{CONTENT_LENGTH, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Method, Response, Url};

use super::decode::{self, Packed};
use super::fault::Fault;
use super::resolve::Resolver;
use super::seen::{people, quote};
use super::{Tools, stalled};
use crate::clock::Clock;
use crate::config::HttpCheck;
use crate::config::check::Wanted;
use crate::model::figure::Figure;
use crate::model::sample::Outcome;

mod client;

pub(super) use client::{Connections, Web, builder};

/// So much of a body is searched.
const BODY_MAX: usize = 64 * 1024;
/// So much of a body that nobody searches is read, to keep the connection. A longer one costs the connection.
const DRAIN_MAX: usize = 10 * 1024;

/// One endpoint.
#[derive(Debug)]
pub(super) struct Http {
    web: Arc<Web>,
    resolver: Resolver,
    check: HttpCheck,
    timeout: Duration,
    connections: Connections,
    url: Result<Url, String>,
    /// The last look left its connection open, so the next one may meet it half closed.
    kept: AtomicBool,
}

/// The head of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its status.
    pub status: u16,
    /// Its headers, in the order in which they came, by names in small letters. A stranger wrote them.
    pub headers: Vec<(String, String)>,
}

/// How far a look has come; 0 until there is a status.
#[derive(Debug, Default)]
pub(super) struct Progress {
    status: AtomicU16,
}

impl Progress {
    /// What is said of a look that was cut off by its deadline.
    pub(super) fn late(&self, within: &str) -> String {
        match self.status.load(Ordering::Relaxed) {
            0 => format!("no answer within {within}"),
            status => format!("status {status}, but the body did not end within {within}"),
        }
    }
}

impl Http {
    pub(super) fn new(check: HttpCheck, timeout: Duration, connections: Connections, tools: &Tools) -> Self {
        let url = Url::parse(&check.url).map_err(|error| format!("the check's URL: {error}"));
        let (web, resolver) = (Arc::clone(&tools.web), tools.resolver.clone());
        Self { web, resolver, check, timeout, connections, url, kept: AtomicBool::new(false) }
    }

    /// Whether the name's resolution is what is waited for.
    pub(super) fn resolving(&self) -> bool {
        let host = self.url.as_ref().ok().and_then(Url::host_str);
        host.is_some_and(|host| self.resolver.pending(host))
    }

    pub(super) async fn look(&self, clock: &Clock, progress: &Progress) -> (Outcome, Option<Figure>) {
        let began = clock.now();
        match self.answered(progress).await {
            Ok(status) => {
                let took = Duration::try_from(clock.now().duration_since(began)).unwrap_or_default();
                let limit = self.check.max_latency.map(|limit| limit.as_secs_f64());
                let outcome = self.too_late(status, took).unwrap_or(Outcome::Ok);
                (outcome, Some(Figure::seconds(took.as_secs_f64(), limit)))
            }
            Err(outcome) => (outcome, None),
        }
    }

    /// The head of an answer, whatever its status is. What follows it is not read.
    pub(super) async fn head(&self) -> Result<Head, Outcome> {
        let answer = self.ask(false).await.map_err(Fault::outcome)?;
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = answer.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value)));
        Ok(Head { status: answer.status().as_u16(), headers: headers.collect() })
    }

    /// The status of an answer that is as it should be.
    async fn answered(&self, progress: &Progress) -> Result<u16, Outcome> {
        let kept = self.kept.swap(false, Ordering::Relaxed);
        let answer = self.ask(kept).await.map_err(Fault::outcome)?;
        let status = answer.status().as_u16();
        progress.status.store(status, Ordering::Relaxed);
        if !self.check.status.contains(&status) {
            return Err(Outcome::Failed(self.wrong_status(&answer)));
        }
        if let Some(wrong) = wrong_header(&self.check.headers, answer.headers()) {
            return Err(Outcome::Failed(wrong));
        }
        let body = self.body(answer).await.map_err(|error| Fault::of(&error).outcome_after(status))?;
        self.wrong_body(&body).map_or(Ok(status), |wrong| Err(Outcome::Failed(wrong)))
    }

    /// A service may close a kept connection just when it is used again. That is no failure of the service, so such a
    /// request is sent once more where the method allows it (RFC 9110 section 9.2.2); the client has dropped the
    /// closed connections by then.
    async fn ask(&self, kept: bool) -> Result<Response, Fault> {
        match self.ask_once().await {
            Err(Fault::Cut(_)) if kept && self.method()?.is_idempotent() => self.ask_once().await,
            asked => asked,
        }
    }

    async fn ask_once(&self) -> Result<Response, Fault> {
        let url = self.url.clone().map_err(Fault::Own)?;
        let client =
            self.web.client(&url, self.check.ca_file.as_deref(), self.connections).map_err(Fault::Own)?;
        let method = self.method()?;
        let told =
            self.check.send_headers.keys().any(|name| name.eq_ignore_ascii_case(CONTENT_LENGTH.as_str()));
        let with_body = [Method::POST, Method::PUT, Method::PATCH].contains(&method);
        let mut request = client.request(method, url);
        // Some servers wait for a body, or refuse (411), where its length is not told.
        if with_body && !told {
            request = request.header(CONTENT_LENGTH, 0);
        }
        for (name, value) in &self.check.send_headers {
            request = request.header(name, value);
        }
        request.send().await.map_err(|error| Fault::of(&error))
    }

    fn method(&self) -> Result<Method, Fault> {
        let name = &self.check.method;
        Method::from_bytes(name.as_bytes())
            .map_err(|_| Fault::Own(format!("{} is not an HTTP method", quote(name))))
    }

    async fn body(&self, mut answer: Response) -> Result<Body, reqwest::Error> {
        let searched = self.check.body_contains.is_some() || !self.check.json.is_empty();
        let most = if searched { BODY_MAX } else { DRAIN_MAX };
        let encoding = super::body::encoding(answer.headers());
        let (mut body, mut read) = (Body { start: Vec::new(), whole: false, packed: None }, 0);
        // A length that is told saves the wait for a body that would not be kept anyway.
        if !searched && answer.content_length().is_some_and(|length| length > most as u64) {
            return Ok(body);
        }
        while read <= most {
            let Some(chunk) = answer.chunk().await? else {
                body.whole = true;
                self.kept.store(true, Ordering::Relaxed);
                break;
            };
            read += chunk.len();
            if searched {
                let room = (most - body.start.len()).min(chunk.len());
                body.start.extend_from_slice(&chunk[..room]);
            }
        }
        Ok(if searched { body.unpacked(&encoding) } else { body })
    }

    fn wrong_status(&self, answer: &Response) -> String {
        let status = answer.status();
        let wanted: Vec<String> = self.check.status.iter().map(u16::to_string).collect();
        match answer.headers().get(LOCATION).filter(|_| status.is_redirection()) {
            Some(to) => {
                let to = quote(&String::from_utf8_lossy(to.as_bytes()));
                format!("status {}, a redirect to {to}, not followed", status.as_u16())
            }
            None => format!("status {}, expected {}", status.as_u16(), wanted.join(" or ")),
        }
    }

    fn wrong_body(&self, body: &Body) -> Option<String> {
        if let Some(packed) = &body.packed {
            return Some(packed.clone());
        }
        let within = if body.whole { "" } else { " in its first 64 KiB" };
        let text = decode::text(&body.start);
        if let Some(wanted) = &self.check.body_contains
            && !text.contains(wanted.as_str())
            && !String::from_utf8_lossy(&body.start).contains(wanted.as_str())
        {
            return Some(format!("the body does not contain \"{}\"{within}", quote(wanted)));
        }
        if self.check.json.is_empty() {
            return None;
        }
        if !body.whole {
            return Some("the body is longer than 64 KiB, too long to be read as JSON".to_owned());
        }
        let Ok(json) = serde_json::from_str::<serde_json::Value>(&text) else {
            let start = quote(&text);
            return Some(match start.as_str() {
                "" => "the body is empty, not JSON".to_owned(),
                start => format!("the body is not JSON: {start}"),
            });
        };
        self.check.json.iter().find_map(|(pointer, wanted)| match json.pointer(pointer) {
            Some(found) if found == wanted => None,
            Some(found) => Some(format!("{pointer} is {}, expected {wanted}", quote(&found.to_string()))),
            None => Some(format!("{pointer} is missing, expected {wanted}")),
        })
    }

    fn too_late(&self, status: u16, took: Duration) -> Option<Outcome> {
        let limit = self.check.max_latency.filter(|limit| took > *limit)?;
        let late =
            || Outcome::Failed(format!("status {status} after {}, allowed {}", people(took), people(limit)));
        Some(stalled(self.timeout, took).unwrap_or_else(late))
    }
}

/// A header of the answer that is not as it is wanted.
fn wrong_header(wanted: &BTreeMap<String, Wanted>, headers: &HeaderMap) -> Option<String> {
    wanted.iter().find_map(|(name, wanted)| {
        let found: Vec<_> =
            headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        let seen = found.first().map(|value| quote(value));
        match (wanted, seen) {
            (Wanted::Absent, None) | (Wanted::Present, Some(_)) => None,
            (Wanted::Absent, Some(seen)) => {
                Some(format!("the answer has the header {name}: {seen}, which it should not have"))
            }
            (Wanted::Equal(text), Some(_)) if found.iter().any(|value| value.trim() == text) => None,
            (Wanted::Equal(text), Some(seen)) => {
                Some(format!("the header {name} is {seen}, expected {}", quote(text)))
            }
            (Wanted::Present | Wanted::Equal(_), None) => Some(format!("the answer has no header {name}")),
        }
    })
}

/// What was read of a body.
struct Body {
    start: Vec<u8>,
    whole: bool,
    /// Why it cannot be unpacked.
    packed: Option<String>,
}

impl Body {
    fn unpacked(self, encoding: &str) -> Self {
        let whole = self.whole;
        match decode::unpacked(encoding, self.start, BODY_MAX) {
            Ok(start) => Self { start, ..self },
            Err(Packed::TooLong(start)) => Self { start, whole: false, packed: None },
            Err(Packed::Broken) if !whole => Self { start: Vec::new(), ..self },
            Err(packed) => Self { start: Vec::new(), whole, packed: Some(packed.to_string()) },
        }
    }
}

#[cfg(test)]
mod tests;
