//! From Prometheus' numbers to what was measured since the answer before.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::{Answer, NAME, PART, shown};
use super::fresh::Fresh;
use crate::config::Query;
use crate::config::promql::{Kind, Shape, adds_up, kind_of, selectors, shape_of};
use crate::model::reading::{Durations, Measure, Requests};
use crate::probe::counters::{Count, Counters, Growth, Labels, Pending, Point, SERIES_MAX, Target, identity};
use crate::probe::histogram::{self, Histograms, Waiting};

/// What a series of a common answer is.
const ERRORS: &str = "errors";
const REQUESTS: &str = "requests";
const VALUE: &str = "value";
const SAMPLED: &str = "sampled";

const NOTHING: &str = "no series: the query finds nothing";

/// More alerts are not told.
const ALERTS_MAX: usize = 100;

/// More versions are not told apart.
const VERSIONS_MAX: usize = 16;

/// A rate says nothing about more than its window, though no less than this is believed.
const BELIEVED: f64 = 60.0;

/// What is kept of a stream from answer to answer.
#[derive(Debug, Clone)]
pub(super) enum Reduction {
    Value(Fresh),
    Requests(Box<Parts>),
    Buckets(Box<Edges>),
    Alerts,
}

#[derive(Debug, Clone)]
pub(super) struct Parts {
    errors: Kind,
    requests: Kind,
    version: Option<String>,
    grown: Grown,
    seen: Pending,
    newborn: Pending,
    versions: BTreeMap<String, Pending>,
}

#[derive(Debug, Clone)]
pub(super) struct Edges {
    kind: Kind,
    grown: Grown,
    seen: Waiting,
    newborn: Waiting,
}

/// By how much series grew since the answer before.
#[derive(Debug, Clone, Default)]
struct Grown {
    counters: Counters,
    before: Option<f64>,
}

/// The text that is asked of Prometheus; `None` for what others measure.
///
/// Failed requests and all of them come in one answer: in two, a scrape between them would give failures of requests
/// that are not there yet. So does a number with the times of the newest samples that it is made of.
pub(super) fn promql(query: &Query) -> Option<String> {
    let part = |query: &str, part: &str| {
        // Only vectors have labels and can stand beside others.
        let vector = match shape_of(query) {
            Shape::Scalar => format!("vector(\n{query}\n)"),
            Shape::Vector | Shape::Other => query.to_owned(),
        };
        format!("label_replace(\n{vector}\n, \"{PART}\", \"{part}\", \"\", \"\")")
    };
    match query {
        Query::Value(query) | Query::Seasonal { query, .. } => {
            let sampled = |(number, selector): (usize, &String)| {
                part(&format!("max(timestamp({selector}))"), &format!("{SAMPLED}{number}"))
            };
            let selectors = selectors(query);
            let sampled: Vec<String> = selectors.iter().enumerate().map(sampled).collect();
            // Nothing can stand beside what is no vector.
            if sampled.is_empty() || shape_of(query) == Shape::Other {
                return Some(query.clone());
            }
            Some(format!("{} or {}", part(query, VALUE), sampled.join(" or ")))
        }
        Query::Buckets(query) => Some(query.clone()),
        Query::Alerts(labels) => Some(firing(labels)),
        Query::Requests { errors, requests, .. } => {
            Some(format!("{} or {}", part(errors, ERRORS), part(requests, REQUESTS)))
        }
        Query::ExposedRequests { .. }
        | Query::ExposedDurations { .. }
        | Query::Exposed { .. }
        | Query::Host => None,
    }
}

impl Reduction {
    pub(super) fn of(query: &Query) -> Option<Self> {
        match query {
            Query::Value(_) | Query::Seasonal { .. } => Some(Self::Value(Fresh::default())),
            Query::Requests { errors, requests, version_label } => Some(Self::Requests(Box::new(Parts {
                errors: kind_of(errors),
                requests: kind_of(requests),
                version: version_label.clone(),
                grown: Grown::default(),
                seen: Pending::default(),
                newborn: Pending::default(),
                versions: BTreeMap::new(),
            }))),
            Query::Buckets(query) => Some(Self::Buckets(Box::new(Edges {
                kind: kind_of(query),
                grown: Grown::default(),
                seen: Waiting::default(),
                newborn: Waiting::default(),
            }))),
            Query::Alerts(_) => Some(Self::Alerts),
            Query::ExposedRequests { .. }
            | Query::ExposedDurations { .. }
            | Query::Exposed { .. }
            | Query::Host => None,
        }
    }

    /// What an answer says; nothing when it only says where to begin, and an error when it cannot be used, which
    /// leaves everything for the next one.
    pub(super) fn take(&mut self, answer: &Answer) -> Result<Option<Measure>, String> {
        let points = &answer.points;
        // No alert that fires is an answer.
        if let Self::Alerts = self {
            return Ok(Some(Measure::Alerts(names(points))));
        }
        let Some(at) = answer.at.filter(|_| !points.is_empty()) else {
            return Err(NOTHING.to_owned());
        };
        if let Self::Value(fresh) = self {
            let (sampled, values): (Vec<&Point>, Vec<&Point>) =
                points.iter().partition(|point| is_time(point));
            let sampled = sampled.iter().map(|point| point.value).max_by(f64::total_cmp);
            if values.is_empty() {
                return Err(NOTHING.to_owned());
            }
            return one(&values).map(|value| Some(fresh.measure(value, sampled, at)));
        }
        if let Some(odd) = points.iter().find(|point| !point.value.is_finite()) {
            return Err(format!("{} for {}", odd.value, shown(&odd.labels)));
        }
        match self {
            Self::Value(_) | Self::Alerts => Ok(None),
            Self::Requests(parts) => parts.take(at, points).map(|some| some.map(Measure::Requests)),
            Self::Buckets(edges) => edges.take(at, points).map(|some| some.map(Measure::Durations)),
        }
    }

    /// What an answer that can be used holds, in words, and the edges of its buckets.
    pub(super) fn found(&self, answer: &Answer) -> (String, Vec<f64>) {
        let count = answer.points.len();
        match self {
            Self::Value(_) => {
                let value = answer.points.iter().find(|point| !is_time(point));
                (value.map_or_else(String::new, |one| one.value.to_string()), Vec::new())
            }
            Self::Requests(parts) => {
                let failed = answer.points.iter().filter(|point| is_failed(point)).count();
                let (errors, requests) = (parts.errors.words(), parts.requests.words());
                let said = format!(
                    "{} series of requests ({requests}), {failed} of errors ({errors})",
                    count - failed
                );
                (said, Vec::new())
            }
            Self::Alerts => {
                let names: Vec<String> = names(&answer.points).into_iter().collect();
                (if names.is_empty() { "no alert fires".to_owned() } else { names.join(", ") }, Vec::new())
            }
            Self::Buckets(edges) => {
                let all = answer.points.iter().filter_map(|point| histogram::edge(point.labels.get("le")?));
                let all: Vec<f64> = all.collect::<BTreeSet<_>>().into_iter().map(|edge| edge.0).collect();
                (format!("{} buckets in {count} series ({})", all.len(), edges.kind.words()), all)
            }
        }
    }
}

/// The alerts that fire, of those that have these labels.
pub(super) fn firing(labels: &BTreeMap<String, String>) -> String {
    let matchers = labels.iter().map(|(name, value)| format!(",{name}={}", quoted(value)));
    format!("ALERTS{{alertstate=\"firing\"{}}}", matchers.collect::<String>())
}

/// As PromQL writes a text.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Each once, and no more than can be told.
pub(super) fn names(points: &[Point]) -> BTreeSet<String> {
    let all = points.iter().filter_map(|point| point.labels.get("alertname").cloned());
    all.take(SERIES_MAX).collect::<BTreeSet<_>>().into_iter().take(ALERTS_MAX).collect()
}

/// What is to be said of counters that are added up before golive sees them.
pub(super) fn mixed(query: &Query) -> Option<String> {
    let texts = match query {
        Query::Requests { errors, requests, .. } => vec![errors, requests],
        Query::Buckets(query) => vec![query],
        Query::Value(_)
        | Query::Seasonal { .. }
        | Query::Alerts(_)
        | Query::ExposedRequests { .. }
        | Query::ExposedDurations { .. }
        | Query::Exposed { .. }
        | Query::Host => Vec::new(),
    };
    let mixed = |text: &&String| kind_of(text) == Kind::Counter && adds_up(text);
    texts.iter().find(|text| mixed(text)).map(|_| {
        "counters are added up in the query, so the first requests after a restart are not seen; ask for the counters \
         themselves, or for rate(…)"
            .to_owned()
    })
}

/// What is to be said of a query that counts nothing, where counts are asked for.
pub(super) fn uncounted(query: &Query) -> Option<String> {
    let Query::Requests { errors, requests, .. } = query else { return None };
    let parts = [(ERRORS, errors), (REQUESTS, requests)];
    let (part, _) = parts.into_iter().find(|(_, query)| kind_of(query) == Kind::Number)?;
    Some(format!(
        "the query of {part} gives no counts, neither counters nor rates of them; a ratio is for `query`"
    ))
}

/// The one number that is expected.
fn one(points: &[&Point]) -> Result<f64, String> {
    match points {
        [one] if one.value.is_finite() => Ok(one.value),
        [one] if one.value.is_nan() => {
            Err("NaN: nothing to compute with, such as no requests at all".to_owned())
        }
        [one] => Err(format!("{}, which is no measurement", if one.value > 0.0 { "+Inf" } else { "-Inf" })),
        many => {
            let first: Vec<String> = many.iter().take(3).map(|point| shown(&point.labels)).collect();
            let first = first.join(", ");
            Err(format!(
                "{} series where one is expected, among them {first}; add them up in the query",
                many.len()
            ))
        }
    }
}

fn is_failed(point: &Point) -> bool {
    is(point, ERRORS)
}

fn is(point: &Point, part: &str) -> bool {
    point.labels.get(PART).is_some_and(|is| is == part)
}

/// The time of a sample, and no number of its own.
fn is_time(point: &Point) -> bool {
    point.labels.get(PART).is_some_and(|is| is.starts_with(SAMPLED))
}

impl Parts {
    fn take(&mut self, at: f64, points: &[Point]) -> Result<Option<Requests>, String> {
        if points.iter().all(is_failed) {
            return Err("no series of requests, so a share of errors cannot be told".to_owned());
        }
        let (errors, requests) = (self.errors, self.requests);
        let kind = |point: &Point| if is_failed(point) { errors } else { requests };
        let Some(growths) = self.grown.since(at, points, kind)? else { return Ok(None) };
        let version = |point: &Point| point.labels.get(self.version.as_ref()?).cloned();
        let present: BTreeSet<String> = points.iter().filter_map(version).collect();
        self.versions.retain(|version, _| present.contains(version));
        for (point, growth) in points.iter().zip(growths) {
            let add = |pending: &mut Pending| {
                if is_failed(point) { pending.add_bad(growth.by) } else { pending.add_total(growth.by) }
            };
            add(if growth.newborn { &mut self.newborn } else { &mut self.seen });
            let version = self.version.as_ref().and_then(|label| point.labels.get(label));
            if let Some(version) = version
                && (self.versions.len() < VERSIONS_MAX || self.versions.contains_key(version))
            {
                add(self.versions.entry(version.clone()).or_default());
            }
        }
        let versions = self.versions.iter_mut().map(|(version, pending)| (version.clone(), pending.take()));
        let versions = versions.filter(|(_, counts)| counts.total > 0).collect();
        Ok(Some(Requests { seen: self.seen.take(), newborn: self.newborn.take(), versions }))
    }
}

impl Edges {
    fn take(&mut self, at: f64, points: &[Point]) -> Result<Option<Durations>, String> {
        let edges: Option<Vec<_>> =
            points.iter().map(|point| point.labels.get("le").and_then(|le| histogram::edge(le))).collect();
        let Some(edges) = edges else {
            return Err("series without the label le; keep it, as in sum by (le) (...)".to_owned());
        };
        let kind = self.kind;
        let Some(growths) = self.grown.since(at, points, |_| kind)? else { return Ok(None) };
        let (mut seen, mut newborn) = (Histograms::default(), Histograms::default());
        for ((point, edge), growth) in points.iter().zip(edges).zip(growths) {
            let to = if growth.newborn { &mut newborn } else { &mut seen };
            to.add(series(&point.labels, Some("le")), edge, growth.by);
        }
        Ok(Some(Durations { seen: self.seen.take(&seen)?, newborn: self.newborn.take(&newborn)? }))
    }
}

impl Grown {
    /// By how much each grew since the answer before; nothing for the first answer.
    fn since(
        &mut self,
        at: f64,
        points: &[Point],
        kind: impl Fn(&Point) -> Kind,
    ) -> Result<Option<Vec<Growth>>, String> {
        let first = self.before.is_none();
        let elapsed = (at - self.before.unwrap_or(at)).max(0.0);
        self.before = Some(at);
        let counted = |point: &&Point| matches!(kind(point), Kind::Counter | Kind::Number);
        let counts: Vec<Count<'_>> = points.iter().filter(counted).map(count).collect();
        let mut counted =
            self.counters.look(&counts, false).map_err(|untold| untold.to_string())?.into_iter();
        let growths = points.iter().map(|point| match kind(point) {
            Kind::Counter | Kind::Number => counted.next().unwrap_or(Growth { by: 0.0, newborn: false }),
            Kind::Rate { per, window } => {
                let by = point.value / per * elapsed.min(window.max(BELIEVED));
                Growth { by, newborn: false }
            }
        });
        let growths = growths.collect();
        Ok((!first).then_some(growths))
    }
}

fn count(point: &Point) -> Count<'_> {
    Count {
        target: Target::of(&point.labels),
        name: point.labels.get(NAME).map_or("a sum of counters", String::as_str),
        series: series(&point.labels, None),
        whole: series(&point.labels, Some("le")),
        value: point.value,
    }
}

/// What tells series apart, but for one label.
fn series(labels: &Labels, without: Option<&str>) -> u64 {
    let labels = labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    identity("", labels.filter(|(name, _)| Some(*name) != without))
}

#[cfg(test)]
mod tests;
