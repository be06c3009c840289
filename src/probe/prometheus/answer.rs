//! What Prometheus answered, taken apart.

use std::sync::Arc;

use prometheus_http_query::response::Data;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::Fault;
use crate::probe::body;
use crate::probe::counters::{Labels, Point, SERIES_MAX};
use crate::probe::seen::quote;

/// Longer bodies are decoded beside the loop.
const LONG: usize = 64 * 1024;

/// More remarks are not kept.
const NOTES_MAX: usize = 4;

/// An answer to a query.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// When it was computed, by the clock of Prometheus, in seconds; nothing when it has no series.
    pub(super) at: Option<f64>,
    /// One per series.
    pub(super) points: Vec<Point>,
    /// What Prometheus remarks on it.
    pub(super) notes: Vec<String>,
}

/// An answer to a query over a range.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Past {
    pub(super) series: Vec<(Arc<Labels>, Track)>,
}

/// A series' values by time in seconds.
type Track = Vec<(f64, f64)>;

/// The frame around each answer.
#[derive(Deserialize)]
struct Envelope<'a> {
    status: String,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(rename = "errorType")]
    kind: Option<String>,
    error: Option<String>,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default)]
    infos: Vec<String>,
}

/// Takes a body apart, off the loop when it is long.
pub(super) async fn decode<D: DeserializeOwned + 'static, T: Send + 'static>(
    status: u16,
    body: Vec<u8>,
    take: fn(D) -> Result<T, String>,
) -> Result<(T, Vec<String>), Fault> {
    let long = body.len() > LONG;
    let decode = move || {
        let (data, notes) = data(status, &body)?;
        Ok((take(data).map_err(Fault::said)?, notes))
    };
    if !long {
        return decode();
    }
    let decoded = tokio::task::spawn_blocking(decode).await;
    decoded.unwrap_or_else(|error| Err(Fault::said(format!("its answer could not be decoded: {error}"))))
}

fn data<D: DeserializeOwned>(status: u16, body: &[u8]) -> Result<(D, Vec<String>), Fault> {
    let gone = matches!(status, 502..=504);
    let Ok(envelope) = serde_json::from_slice::<Envelope<'_>>(body) else {
        let start = body::start(body);
        return Err(match status {
            401 | 403 => Fault::said(format!("status {status}: it does not accept the login")),
            200..=299 => Fault::said(format!("the answer is not the JSON of Prometheus: {start}")),
            _ => Fault { away: gone, ..Fault::said(format!("status {status}: {start}")) },
        });
    };
    if envelope.status != "success" {
        let kind = quote(envelope.kind.as_deref().unwrap_or("error"));
        let said = quote(envelope.error.as_deref().unwrap_or("without a word why"));
        return Err(Fault { away: gone, ..Fault::said(format!("status {status}, {kind}: {said}")) });
    }
    let data = envelope.data.map_or("null", RawValue::get);
    let mut notes: Vec<String> =
        envelope.warnings.iter().chain(&envelope.infos).map(|note| quote(note)).collect();
    notes.truncate(NOTES_MAX);
    match serde_json::from_str(data) {
        Ok(data) => Ok((data, notes)),
        Err(_) if data.contains("\"histogram\":") || data.contains("\"histograms\":") => Err(Fault::said(
            "a native histogram; ask for numbers, with histogram_quantile or its classic buckets",
        )),
        Err(_) => Err(Fault::said(format!("an answer of an unknown kind: {}", quote(data)))),
    }
}

/// One value per series.
pub(super) fn vector(data: Data) -> Result<Answer, String> {
    let (at, points) = match data {
        Data::Scalar(one) => {
            (Some(one.timestamp()), vec![Point { labels: Arc::default(), value: one.value() }])
        }
        Data::Vector(all) if all.len() > SERIES_MAX => return Err(too_many(all.len())),
        Data::Vector(all) => {
            let at = all.first().map(|one| one.sample().timestamp());
            let point = |one: prometheus_http_query::response::InstantVector| {
                let (labels, sample) = one.into_inner();
                Point { labels: Arc::new(labels.into_iter().collect()), value: sample.value() }
            };
            (at, all.into_iter().map(point).collect())
        }
        Data::Matrix(_) => {
            return Err("a range of values; leave out the [...] around the whole query".to_owned());
        }
    };
    Ok(Answer { at, points, notes: Vec::new() })
}

/// A range of values per series.
pub(super) fn matrix(data: Data) -> Result<Past, String> {
    match data {
        Data::Matrix(all) if all.len() > SERIES_MAX => Err(too_many(all.len())),
        Data::Matrix(all) => Ok(Past {
            series: all
                .into_iter()
                .map(|one| {
                    let (labels, samples) = one.into_inner();
                    let samples = samples.iter().map(|sample| (sample.timestamp(), sample.value()));
                    (Arc::new(labels.into_iter().collect()), samples.collect())
                })
                .collect(),
        }),
        Data::Scalar(_) | Data::Vector(_) => Err("single values where a range was asked for".to_owned()),
    }
}

fn too_many(count: usize) -> String {
    format!("{count} series, of which at most {SERIES_MAX} are followed; add them up in the query")
}

/// A series as PromQL writes it, short.
pub(super) fn shown(labels: &Labels) -> String {
    let name = labels.get(NAME).map_or("", String::as_str);
    let pairs = labels.iter().filter(|(label, _)| *label != NAME && *label != PART);
    let pairs: Vec<_> = pairs.map(|(label, value)| format!("{label}={value:?}")).collect();
    quote(&format!("{name}{{{}}}", pairs.join(", ")))
}

/// The label that tells what of a common answer a series is; golive's own.
pub(super) const PART: &str = "golive_part";

/// The label that holds a metric's name.
pub(super) const NAME: &str = "__name__";
