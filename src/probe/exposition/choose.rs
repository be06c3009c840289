//! Which series of a page a stream is taken from, by the name that is set or by the usual ones; and where there is
//! none, what is there instead.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::names::{DURATIONS, REQUESTS, STATUS};
use super::text::Sample;
use crate::model::reading::Measure;
use crate::probe::histogram;

/// So many other names are shown to people.
const OTHERS_MAX: usize = 5;

/// What a stream takes of a page.
#[derive(Debug, Clone)]
pub(super) enum Want {
    Requests { metric: Option<String>, label: Option<String> },
    Durations { metric: Option<String> },
    Value { metric: String, rate: bool },
}

/// A page at hand.
#[derive(Debug, Default)]
pub(super) struct Shown<'a> {
    /// The series that anybody wants, by name.
    pub(super) series: BTreeMap<Cow<'a, str>, Vec<Sample<'a>>>,
    /// Names of other counters with a status.
    counters: BTreeSet<String>,
    /// Names of other histograms.
    histograms: BTreeSet<String>,
}

/// The series that a stream is taken from.
pub(super) struct Chosen<'a> {
    pub(super) samples: &'a [Sample<'a>],
    /// The label of the status.
    pub(super) label: Option<String>,
    /// In words.
    pub(super) found: String,
    /// The edges of its buckets.
    pub(super) edges: Vec<f64>,
}

impl<'a> Shown<'a> {
    pub(super) fn at(&self, name: &str) -> Option<&[Sample<'a>]> {
        self.series.get(name).map(Vec::as_slice)
    }

    /// Notes a series that nobody wants, whose name may be what is missing.
    pub(super) fn note(&mut self, sample: &Sample<'_>) {
        let name = sample.name.as_ref();
        let (names, name) = match name.strip_suffix("_bucket") {
            Some(histogram) => (&mut self.histograms, histogram),
            None => (&mut self.counters, name),
        };
        let counts = || name.ends_with("_total") || name.ends_with("_count");
        let has_status = || STATUS.iter().any(|label| sample.label(label).is_some());
        let fits = |histogram: bool| histogram || counts() && has_status();
        if names.len() < OTHERS_MAX && fits(name.len() < sample.name.len()) && !names.contains(name) {
            names.insert(name.to_owned());
        }
    }
}

impl Want {
    /// Names that are not thrown away at once.
    pub(super) fn names(&self) -> Vec<String> {
        match self {
            Self::Requests { metric, .. } => candidates(metric.as_deref(), &REQUESTS),
            Self::Durations { metric } => {
                let names = candidates(metric.as_deref(), &DURATIONS).into_iter();
                names.flat_map(|name| [format!("{name}_bucket"), format!("{name}_count")]).collect()
            }
            Self::Value { metric, .. } => vec![metric.clone(), format!("{metric}_total")],
        }
    }

    /// The first of the names that are there; else what is to be said instead.
    pub(super) fn choose<'a>(&self, page: &'a Shown<'a>) -> Result<Chosen<'a>, Measure> {
        match self {
            Self::Requests { metric, label } => requests(page, metric.as_deref(), label.as_deref()),
            Self::Durations { metric } => durations(page, metric.as_deref()),
            Self::Value { metric, .. } => {
                let total = format!("{metric}_total");
                let there = [metric, &total].into_iter().find_map(|name| Some((name, page.at(name)?)));
                let (name, samples) = there.ok_or_else(|| not_exposed(metric))?;
                let found = format!("{name}, {} series", samples.len());
                Ok(Chosen { samples, label: None, found, edges: Vec::new() })
            }
        }
    }
}

fn requests<'a>(
    page: &'a Shown<'a>,
    metric: Option<&str>,
    label: Option<&str>,
) -> Result<Chosen<'a>, Measure> {
    let (names, labels) = (candidates(metric, &REQUESTS), candidates(label, &STATUS));
    let there: Vec<_> = names.iter().filter_map(|name| Some((name, page.at(name)?))).collect();
    let labelled = there.iter().find_map(|(name, samples)| {
        let has = |label: &&String| samples.iter().any(|sample| sample.label(label).is_some());
        Some((name, samples, labels.iter().find(has)?))
    });
    if let Some((name, samples, label)) = labelled {
        let found = format!("{name} by {label}, {} series", samples.len());
        return Ok(Chosen { samples, label: Some(label.clone()), found, edges: Vec::new() });
    }
    let set = metric.is_some() || label.is_some();
    match (metric, there.first()) {
        (_, Some((name, _))) => {
            let why = format!("{name} has no label of the status (looked for {})", labels.join(", "));
            Err(if set { Measure::Blind(why) } else { Measure::Absent(why) })
        }
        (Some(metric), None) => Err(not_exposed(metric)),
        (None, None) => {
            let why = format!(
                "no counter of requests is exposed under a usual name ({}, …)",
                names[..2].join(", ")
            );
            Err(Measure::Absent(why + &hint("error-rate", &page.counters)))
        }
    }
}

fn durations<'a>(page: &'a Shown<'a>, metric: Option<&str>) -> Result<Chosen<'a>, Measure> {
    let names = candidates(metric, &DURATIONS);
    let there = names.iter().find_map(|name| Some((name, page.at(&format!("{name}_bucket"))?)));
    if let Some((name, samples)) = there {
        let edges: BTreeSet<_> =
            samples.iter().filter_map(|sample| sample.label("le").and_then(histogram::edge)).collect();
        let found = format!("{name} with {} buckets, {} series", edges.len(), samples.len());
        let edges = edges.into_iter().map(|edge| edge.0).collect();
        return Ok(Chosen { samples, label: None, found, edges });
    }
    let summary = names.iter().find(|name| page.at(&format!("{name}_count")).is_some());
    let why = match (metric, summary) {
        (_, Some(name)) => format!("{name} has no buckets, so nothing says how many requests took how long"),
        (Some(metric), None) => return Err(not_exposed(metric)),
        (None, None) => {
            let usual = names[..2].join(", ");
            format!("no histogram of durations is exposed under a usual name ({usual}, …)")
        }
    };
    if metric.is_some() {
        return Err(Measure::Blind(why));
    }
    let spring = match summary.map(String::as_str) {
        Some("http_server_requests_seconds") => {
            "; Spring Boot has them with management.metrics.distribution.percentiles-histogram.http.server.requests=true"
        }
        Some(_) | None => "",
    };
    Err(Measure::Absent(why + spring + &hint("latency-p95", &page.histograms)))
}

fn not_exposed(metric: &str) -> Measure {
    Measure::Blind(format!("{metric} is not exposed"))
}

/// What can be done about it.
fn hint(trigger: &str, others: &BTreeSet<String>) -> String {
    let names: Vec<&str> = others.iter().map(String::as_str).collect();
    if names.is_empty() {
        return format!("; if that is as it should be, write {trigger} = false");
    }
    format!("; if it is one of {}, write {trigger} = {{ metric = \"NAME\" }}", names.join(", "))
}

fn candidates(set: Option<&str>, usual: &[&str]) -> Vec<String> {
    set.map_or_else(|| usual.iter().map(|name| (*name).to_owned()).collect(), |name| vec![name.to_owned()])
}
