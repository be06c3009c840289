//! Prometheus: queries for now and for the past, and what their answers say. An answer that cannot be used is blind,
//! and says why in words that help.

use std::error::Error as _;
use std::time::Duration;

use jiff::Timestamp;
use prometheus_http_query::Error;
use reqwest::Response;
use reqwest::header::LOCATION;
use serde::de::DeserializeOwned;

use super::body;
use super::fault::Fault as HttpFault;
use super::seen::{people, quote};
use super::trial::Trial;
use crate::clock::Clock;
use crate::config::{self, Measured, Query};
use crate::model::reading::{Measure, Reading, Source};

mod answer;
mod connect;
mod fresh;
mod look;
mod past;
mod reduce;
mod servers;

pub use answer::Answer;
use connect::Connection;
pub(super) use look::Look;
pub use past::Recall;
use reduce::Reduction;
pub use servers::Servers;

/// So much of an answer for now is read.
const INSTANT_MAX: usize = 4 * 1024 * 1024;
/// Answers that are no longer than this may be quoted as they are.
const QUOTED_OF: usize = 64 * 1024;
/// So much of an answer for the past.
const RANGE_MAX: usize = 16 * 1024 * 1024;

/// A Prometheus that is asked, over kept connections.
#[derive(Debug)]
pub struct Server {
    /// Its name with a blank before it, if it has one.
    label: String,
    connection: Connection,
    timeout: Duration,
}

/// Why Prometheus gave nothing usable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Prometheus{label}: {text}")]
pub struct Fault {
    /// It could not be asked at all, rather than having answered something of no use.
    pub away: bool,
    too_long: bool,
    label: String,
    text: String,
}

impl Fault {
    fn said(text: impl Into<String>) -> Self {
        Self { away: false, too_long: false, label: String::new(), text: text.into() }
    }

    fn away(text: impl Into<String>) -> Self {
        Self { away: true, ..Self::said(text) }
    }
}

impl Server {
    /// Connects to nothing yet.
    pub fn new(config: &config::Prometheus, tools: &super::Tools) -> Self {
        let connection = Connection::new(config, &tools.resolver);
        Self { label: String::new(), connection, timeout: config.timeout }
    }

    /// By its name, where there are several.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        let label = if name.is_empty() { String::new() } else { format!(" {}", quote(name)) };
        Self { label, ..self }
    }

    /// What is wrong with its answer.
    fn said(&self, text: impl Into<String>) -> Fault {
        Fault { label: self.label.clone(), ..Fault::said(text) }
    }

    /// What Prometheus answers to a query now.
    async fn instant(&self, promql: &str) -> Result<Answer, Fault> {
        self.within(async {
            let (status, body) = self.body(Question::Now(promql), INSTANT_MAX).await?;
            let (mut answer, notes) = answer::decode(status, body, answer::vector).await?;
            answer.notes = notes;
            Ok(answer)
        })
        .await
    }

    /// What Prometheus answers to a query for each step of a time.
    async fn range(&self, promql: &str, from: i64, to: i64, step: Duration) -> Result<answer::Past, Fault> {
        self.within(async {
            let question = Question::Past { promql, from, to, step };
            let (status, body) = self.body(question, RANGE_MAX).await?;
            let (past, _) = answer::decode(status, body, answer::matrix).await?;
            Ok(past)
        })
        .await
    }

    /// One deadline from the name's resolution to the last byte.
    async fn within<T>(&self, asked: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        let asked = tokio::time::timeout(self.timeout, asked).await;
        let late = |_| Err(Fault::away(format!("no answer within {}", people(self.timeout))));
        asked.unwrap_or_else(late).map_err(|fault| Fault { label: self.label.clone(), ..fault })
    }

    /// The alerting rules that it has.
    async fn rules(&self) -> Result<look::Rules, Fault> {
        self.listed("rules", &[("type", "alert")], RANGE_MAX).await
    }

    /// What it answers to a GET below `/api/v1/`, where that is not longer than so many bytes.
    pub(crate) async fn listed<T: DeserializeOwned + Send + 'static>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        most: usize,
    ) -> Result<T, Fault> {
        self.within(async {
            let (status, body) = self.body(Question::Listed(path, query), most).await?;
            Ok(answer::decode(status, body, Ok::<T, String>).await?.0)
        })
        .await
    }

    async fn body(&self, question: Question<'_>, most: usize) -> Result<(u16, Vec<u8>), Fault> {
        let mut answer = self.send(question).await;
        // A kept connection may be closed just when it is used again; a query may be sent twice.
        if let Err(HttpFault::Cut(_)) = answer {
            answer = self.send(question).await;
        }
        let answer = answer.map_err(|fault| Fault::away(fault.text()))?;
        let status = answer.status();
        if let Some(to) = answer.headers().get(LOCATION).filter(|_| status.is_redirection()) {
            let to = quote(&String::from_utf8_lossy(to.as_bytes()));
            return Err(Fault::said(format!("status {}, a redirect to {to}, not followed", status.as_u16())));
        }
        let body = body::whole(answer, most).await.map_err(|unread| Fault {
            too_long: matches!(unread, body::Unread::TooLong { .. }),
            ..Fault::said(unread.to_string())
        })?;
        let quoted = !status.is_success() || body.len() <= QUOTED_OF;
        let body = if quoted { self.connection.redact(body) } else { body };
        Ok((status.as_u16(), body))
    }

    async fn send(&self, question: Question<'_>) -> Result<Response, HttpFault> {
        let (client, headers) = self.connection.client().map_err(HttpFault::Own)?;
        let timeout = i64::try_from(self.timeout.as_millis()).unwrap_or(i64::MAX);
        let sent = match question {
            Question::Now(promql) => {
                let query = client.query(promql).timeout(timeout);
                headers
                    .iter()
                    .fold(query, |query, (name, value)| query.header(name.clone(), value.clone()))
                    .post_raw()
                    .await
            }
            Question::Listed(path, query) => {
                let (http, url, headers) = self.connection.http().map_err(HttpFault::Own)?;
                let url = format!("{}/api/v1/{path}", url.as_str().trim_end_matches('/'));
                let asked = http.get(url).query(query).headers(headers).send();
                return asked.await.map_err(|error| HttpFault::of(&error));
            }
            Question::Past { promql, from, to, step } => {
                let query = client.query_range(promql, from, to, step.as_secs_f64()).timeout(timeout);
                headers
                    .iter()
                    .fold(query, |query, (name, value)| query.header(name.clone(), value.clone()))
                    .post_raw()
                    .await
            }
        };
        sent.map_err(|error| http_fault(&error))
    }
}

/// What is asked of Prometheus.
#[derive(Debug, Clone, Copy)]
enum Question<'a> {
    Now(&'a str),
    Past {
        promql: &'a str,
        from: i64,
        to: i64,
        step: Duration,
    },
    /// By GET: a path below `/api/v1/`.
    Listed(&'a str, &'a [(&'a str, &'a str)]),
}

fn http_fault(error: &Error) -> HttpFault {
    match error.source().and_then(|source| source.downcast_ref::<reqwest::Error>()) {
        Some(error) => HttpFault::of(error),
        None => HttpFault::Own(quote(&error.to_string())),
    }
}

/// A stream that Prometheus measures, with what is kept of it from answer to answer.
#[derive(Debug)]
pub struct Meter {
    measured: Measured,
    promql: String,
    reduction: Reduction,
    notes: Vec<String>,
}

/// What asking once has given.
#[derive(Debug)]
pub struct Asked {
    /// What was measured; nothing when the answer only says where counters begin.
    pub reading: Option<Reading>,
    /// Whether Prometheus could be asked at all.
    pub reached: bool,
}

impl Meter {
    /// `None` for a stream that something else measures.
    pub fn new(measured: &Measured) -> Option<Self> {
        let promql = reduce::promql(&measured.query)?;
        let reduction = Reduction::of(&measured.query)?;
        Some(Self { measured: measured.clone(), promql, reduction, notes: Vec::new() })
    }

    /// Asks once.
    pub async fn read(&mut self, server: &Server, clock: &Clock) -> Asked {
        let answer = server.instant(&self.promql).await;
        let at = clock.now();
        let reached = !answer.as_ref().is_err_and(|fault| fault.away);
        let measure = match answer {
            Ok(answer) => {
                self.remark(&answer);
                self.reduction.take(&answer).map_err(|why| server.said(why).to_string())
            }
            Err(fault) => Err(fault.to_string()),
        };
        let measure = measure.unwrap_or_else(|why| Some(Measure::Blind(why)));
        Asked { reading: measure.map(|measure| self.reading(at, measure)), reached }
    }

    /// Asks once, for people: what it gives, and nothing is kept of it.
    pub async fn try_out(&self, server: &Server) -> Trial {
        let stream = &self.measured.stream;
        let answer = match server.instant(&self.promql).await {
            Ok(answer) => answer,
            Err(fault) => return Trial::new(stream, Err(self.whose(server, fault).await)),
        };
        if let Err(why) = self.reduction.clone().take(&answer) {
            return Trial::new(stream, Err(server.said(why).to_string()));
        }
        let (said, edges) = self.reduction.found(&answer);
        let mut trial = Trial { edges, ..Trial::new(stream, Ok(said)) };
        trial.remarks.extend(answer.notes.iter().map(|note| format!("Prometheus remarks: {note}")));
        trial.remarks.extend(server.connection.way());
        trial.remarks.extend(reduce::mixed(&self.measured.query));
        trial.remarks.extend(reduce::uncounted(&self.measured.query));
        if let Query::Alerts(_) = &self.measured.query {
            trial.remarks.extend(server.unruled().await);
        }
        trial
    }

    /// A mistake in a query that is asked together with others, as Prometheus tells it of that one alone.
    async fn whose(&self, server: &Server, fault: Fault) -> String {
        if let Query::Requests { errors, requests, .. } = &self.measured.query
            && !fault.away
        {
            for (part, query) in [("errors", errors), ("requests", requests)] {
                if let Err(fault) = server.instant(query).await {
                    return format!("{fault} (the query of {part})");
                }
            }
        }
        let (Query::Value(query) | Query::Seasonal { query, .. }) = &self.measured.query else {
            return fault.to_string();
        };
        // By itself it stands where it was written.
        let alone = if fault.away { None } else { server.instant(query).await.err() };
        alone.unwrap_or(fault).to_string()
    }

    /// Prometheus' own remarks are logged when they change.
    fn remark(&mut self, answer: &Answer) {
        if answer.notes != self.notes {
            self.notes.clone_from(&answer.notes);
            for note in &self.notes {
                tracing::warn!(trigger = self.measured.stream.trigger(), "Prometheus remarks: {note}");
            }
        }
    }

    fn reading(&self, at: Timestamp, measure: Measure) -> Reading {
        Reading { stream: self.measured.stream.clone(), source: Source::Prometheus, at, measure }
    }

    /// The stream as it was, from the answers to one query per stretch of time.
    pub fn recall(measured: &Measured, from: Timestamp, to: Timestamp, step: Duration) -> Option<Recall> {
        Some(Recall::new(Self::new(measured)?, from, to, step))
    }
}

#[cfg(test)]
mod tests;
