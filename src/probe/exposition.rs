//! A service's own exposition, scraped and reduced without a Prometheus. One scrape feeds every stream that comes from
//! its URL.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use reqwest::{Response, Url};

use super::Tools;
use super::body;
use super::fault::Fault;
use super::http::Connections;
use super::seen::{people, quote};
use super::trial::{Trial, words};
use super::whereabouts::place;
use crate::clock::Clock;
use crate::config::{Exposition, Measured, Query};
use crate::model::reading::{Measure, Reading, Source};

mod choose;
pub(crate) mod names;
mod reduce;
mod text;

use choose::Want;
use reduce::State;

/// So much of an exposition is read.
const BODY_MAX: usize = 8 * 1024 * 1024;
/// From the name's resolution to the last byte.
const DEADLINE: Duration = Duration::from_secs(5);
/// A longer one is taken apart beside the loop.
const LONG: usize = 128 * 1024;

const FORMATS: &str = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

/// One URL, and what is kept from scrape to scrape.
#[derive(Debug)]
pub struct Page {
    from: Exposition,
    tools: Tools,
    deadline: Duration,
    state: State,
}

/// What was read.
struct Scraped {
    body: Vec<u8>,
    openmetrics: bool,
}

impl Page {
    /// One page per URL that the streams come from; streams that something else measures are left out.
    pub fn all(measured: &[Measured], tools: &Tools) -> Vec<Self> {
        let mut pages: BTreeMap<&Exposition, State> = BTreeMap::new();
        for one in measured {
            if let Some((from, want)) = wanted(&one.query) {
                pages.entry(from).or_default().add(one.stream.clone(), want);
            }
        }
        let page = |(from, state): (&Exposition, State)| Self {
            from: from.clone(),
            tools: tools.clone(),
            deadline: DEADLINE,
            state,
        };
        pages.into_iter().map(page).collect()
    }

    /// Scrapes once, for people: what was found by itself. The counters' beginnings are kept.
    pub async fn try_out(&mut self, clock: &Clock) -> Vec<Trial> {
        let readings = self.read(clock).await;
        let trials = self.state.found().into_iter().map(|found| {
            let read = readings.iter().find(|reading| reading.stream == found.stream);
            match read.map(|reading| (&reading.measure, words(&reading.measure))) {
                Some((Measure::Absent(why), _)) => {
                    let result = Ok("its own metrics do not tell it".to_owned());
                    Trial { remarks: vec![why.clone()], ..Trial::new(&found.stream, result) }
                }
                Some((_, Err(why))) => Trial::new(&found.stream, Err(why)),
                Some((_, Ok(value))) => {
                    let result = found.result.map(|said| format!("{value}, from {said}"));
                    Trial { result, ..found }
                }
                None => found,
            }
        });
        trials.collect()
    }

    /// Scrapes once: one reading per stream, apart from those of which only their beginning is known yet.
    pub async fn read(&mut self, clock: &Clock) -> Vec<Reading> {
        let scraped = tokio::time::timeout(self.deadline, self.scrape()).await;
        let scraped = scraped.unwrap_or_else(|_| Err(format!("no answer within {}", people(self.deadline))));
        let at = clock.now();
        let measures = match scraped {
            Ok(scraped) => self.reduce(scraped, at).await,
            Err(why) => Err(why),
        };
        let measures = measures.unwrap_or_else(|why| {
            let why = format!("{}: {why}", place(&self.from.url));
            self.state.streams().map(|_| Some(Measure::Blind(why.clone()))).collect()
        });
        let readings = self.state.streams().zip(measures).filter_map(|(stream, measure)| {
            let stream = stream.clone();
            measure.map(|measure| Reading { stream, source: Source::Exposition, at, measure })
        });
        readings.collect()
    }

    async fn scrape(&self) -> Result<Scraped, String> {
        // A kept connection may be closed just when it is used again.
        let mut answer = self.ask().await;
        if let Err(Fault::Cut(_)) = answer {
            answer = self.ask().await;
        }
        let answer = answer.map_err(Fault::text)?;
        let status = answer.status();
        if let Some(to) = answer.headers().get(LOCATION).filter(|_| status.is_redirection()) {
            let to = quote(&String::from_utf8_lossy(to.as_bytes()));
            return Err(format!("status {}, a redirect to {to}, not followed", status.as_u16()));
        }
        if !status.is_success() {
            return Err(format!("status {}", status.as_u16()));
        }
        let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let openmetrics = kind.starts_with("application/openmetrics-text");
        let body = body::whole(answer, BODY_MAX).await.map_err(|unread| unread.to_string())?;
        Ok(Scraped { body, openmetrics })
    }

    async fn ask(&self) -> Result<Response, Fault> {
        let url = Url::parse(&self.from.url).map_err(|error| Fault::Own(format!("the URL {error}")))?;
        let client = self
            .tools
            .web
            .client(&url, self.from.ca_file.as_deref(), Connections::Kept)
            .map_err(Fault::Own)?;
        client.get(url).header(ACCEPT, FORMATS).send().await.map_err(|error| Fault::of(&error))
    }

    async fn reduce(&mut self, scraped: Scraped, at: Timestamp) -> Result<Vec<Option<Measure>>, String> {
        let long = scraped.body.len() > LONG;
        let mut state = std::mem::take(&mut self.state);
        let reduce = move || {
            let measures = state.take(&scraped.body, scraped.openmetrics, at);
            (state, measures)
        };
        let (state, measures) = if long {
            tokio::task::spawn_blocking(reduce).await.expect("what panics here ends the process")
        } else {
            reduce()
        };
        self.state = state;
        measures
    }
}

fn wanted(query: &Query) -> Option<(&Exposition, Want)> {
    match query {
        Query::ExposedRequests { from, metric, label } => {
            Some((from, Want::Requests { metric: metric.clone(), label: label.clone() }))
        }
        Query::ExposedDurations { from, metric } => Some((from, Want::Durations { metric: metric.clone() })),
        Query::Exposed { from, metric, rate } => {
            Some((from, Want::Value { metric: metric.clone(), rate: *rate }))
        }
        Query::Value(_)
        | Query::Requests { .. }
        | Query::Buckets(_)
        | Query::Seasonal { .. }
        | Query::Alerts(_)
        | Query::Host => None,
    }
}

#[cfg(test)]
mod tests;
