//! Where a trigger's numbers come from: queries of its own, the service's exposition, or golive's own health checks.

use super::Query;
use super::promql::Expression;
use super::table::Section;
use crate::decide::policy::Autonomy;
use crate::decide::reading::Source;

/// A query is sent whole with each step.
const QUERY_MAX: usize = 16 << 10;

/// What is asked of Prometheus.
const QUERIES: [&str; 4] = ["query", "errors-query", "requests-query", "buckets-query"];

/// What of a service its triggers depend on.
pub(super) struct Setting {
    /// The service's own, which a trigger without one does not exceed.
    pub(super) autonomy: Autonomy,
    /// It runs by commands, and has no containers.
    pub(super) command: bool,
    /// There is a Prometheus to ask.
    pub(super) prometheus: bool,
    /// The URL of its exposition.
    pub(super) metrics: Option<String>,
    /// Names of its health checks by `url`.
    pub(super) urls: Vec<String>,
}

/// Where a trigger's numbers come from.
pub(super) struct Origin {
    pub(super) source: Source,
    /// What is asked; nothing when golive's own health checks are the source.
    pub(super) query: Option<Query>,
}

/// Requests, and how many of them failed. `None` when nobody counts them, which is told if the trigger is written.
pub(super) fn requests(section: &mut Section<'_>, setting: &Setting, written: bool) -> Option<Origin> {
    only_one(section, &["query", "errors-query", "metric"]);
    let query = promql(section, "query", setting);
    let errors = promql(section, "errors-query", setting);
    let requests = promql(section, "requests-query", setting);
    let version_label = name(section, "version-label", "a label");
    let (metric, label) = (name(section, "metric", "a metric"), name(section, "label", "a label"));
    if section.has("errors-query") != section.has("requests-query") {
        let hint = "give both `errors-query` and `requests-query`, or a `query` that gives the ratio";
        section.missing("has only one of `errors-query` and `requests-query`", hint);
    }
    if section.has("version-label") && !section.has("errors-query") {
        let hint = "leave it out, or write `errors-query` and `requests-query`";
        section.wrong_key(&["version-label"], "is only for `errors-query` and `requests-query`", hint);
    }
    if section.has("label") && !section.given(&QUERIES).is_empty() {
        section.wrong_key(&["label"], "is only for the service's own exposition", "leave it out");
    }
    needs_metrics(section, setting, &["metric", "label"]);
    if section.has("query") {
        let query = query?;
        return Some(Origin::prometheus(match query.division() {
            Some((errors, requests)) => Query::Requests { errors, requests, version_label: None },
            None => Query::Value(query.plain()),
        }));
    }
    if !section.given(&["errors-query", "requests-query"]).is_empty() {
        let (errors, requests) = (errors?.plain(), requests?.plain());
        return Some(Origin::prometheus(Query::Requests { errors, requests, version_label }));
    }
    otherwise(section, setting, written, |url| Query::ExposedRequests { url, metric, label })
}

/// Requests by duration, in the same way.
pub(super) fn durations(section: &mut Section<'_>, setting: &Setting, written: bool) -> Option<Origin> {
    only_one(section, &["query", "buckets-query", "metric"]);
    let query = promql(section, "query", setting);
    let buckets = promql(section, "buckets-query", setting);
    let metric = name(section, "metric", "a metric");
    if let Some(histogram) = metric.as_deref().and_then(|metric| metric.strip_suffix("_bucket")) {
        section.wrong("metric", "is a part of a histogram", &format!("write \"{histogram}\""));
    }
    needs_metrics(section, setting, &["metric"]);
    if !section.given(&["query", "buckets-query"]).is_empty() {
        let query = query.map(|query| match query.buckets() {
            Some(buckets) => Query::Buckets(buckets),
            None => Query::Value(query.plain()),
        });
        return query.or(buckets.map(|query| Query::Buckets(query.plain()))).map(Origin::prometheus);
    }
    otherwise(section, setting, written, |url| Query::ExposedDurations { url, metric })
}

impl Origin {
    pub(super) fn prometheus(query: Query) -> Self {
        Self { source: Source::Prometheus, query: Some(query) }
    }
}

/// Without queries: the service's exposition, else golive's own requests.
fn otherwise(
    section: &mut Section<'_>,
    setting: &Setting,
    written: bool,
    exposed: impl FnOnce(String) -> Query,
) -> Option<Origin> {
    if let Some(url) = setting.metrics.clone() {
        return Some(Origin { source: Source::Exposition, query: Some(exposed(url)) });
    }
    if !setting.urls.is_empty() {
        return Some(Origin { source: Source::Probes, query: None });
    }
    if written && !section.has("metric") {
        let hint = "add a query, `metrics` to the service, or a health check by `url`";
        section.missing("has nothing that measures it", hint);
    }
    None
}

/// A query, and what it is made of.
pub(super) fn promql(section: &mut Section<'_>, key: &'static str, setting: &Setting) -> Option<Expression> {
    let text = section.string(key)?;
    if !setting.prometheus {
        let hint = "add [prometheus] with url = \"http://127.0.0.1:9090\"";
        section.missing_in(&[key], "needs a Prometheus that can be asked", hint);
    }
    if text.len() > QUERY_MAX {
        section.wrong(key, "is longer than 16 KiB", "make it a recording rule of Prometheus");
        return None;
    }
    match Expression::of(text) {
        Ok(query) if query.plain().is_empty() => section.wrong(key, "is only a comment", "write a query"),
        Ok(query) => return Some(query),
        Err(why) => section.wrong(key, why, "try the query in Prometheus first"),
    }
    None
}

/// The name of a metric or of a label.
pub(super) fn name(section: &mut Section<'_>, key: &'static str, of: &str) -> Option<String> {
    let name = section.string(key)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':' && of == "a metric";
    if name.starts_with(|first: char| first.is_ascii_digit()) || !name.bytes().all(plain) {
        section.wrong(
            key,
            format!("\"{name}\" is not the name of {of}"),
            "write the bare name, without braces",
        );
        return None;
    }
    Some(name)
}

/// Metrics of the service's own exposition need one. Beside a query they are wrong anyway.
pub(super) fn needs_metrics(section: &mut Section<'_>, setting: &Setting, keys: &[&str]) {
    if setting.metrics.is_none() && section.given(&QUERIES).is_empty() {
        for key in section.given(keys) {
            let hint = "add metrics = \"http://127.0.0.1:8080/metrics\" to the service";
            section.missing_in(&[key], "needs the `metrics` of the service", hint);
        }
    }
}

/// Keys of which each says where the numbers come from.
pub(super) fn only_one(section: &mut Section<'_>, keys: &[&str]) {
    let given = section.given(keys);
    for key in given.iter().skip(1) {
        let message = format!("is a second source beside `{}`", given[0]);
        section.wrong_key(&[key], message, "keep one of them");
    }
}
