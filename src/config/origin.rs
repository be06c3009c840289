//! Where a trigger's numbers come from: queries of its own, the service's exposition, or golive's own health checks.

use super::prometheus::Names;
use super::promql::Expression;
use super::table::Section;
use super::{Exposition, Query};
use crate::model::policy::Autonomy;
use crate::model::reading::Source;

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
    /// Each Prometheus that can be asked.
    pub(super) servers: Names,
    /// The one that the service's queries are asked of, where they name none.
    pub(super) server: Option<String>,
    /// Its exposition.
    pub(super) metrics: Option<Exposition>,
    /// golive asks it itself while a release is watched.
    pub(super) traffic: bool,
    /// Names of its health checks by `url`.
    pub(super) urls: Vec<String>,
}

/// Where a trigger's numbers come from.
pub(super) struct Origin {
    pub(super) source: Source,
    /// What is asked; nothing when golive's own health checks are the source.
    pub(super) query: Option<Query>,
    /// The Prometheus that is asked, by its name.
    pub(super) server: String,
}

/// Requests, and how many of them failed. `None` when nobody counts them, which is told if the trigger is written.
pub(super) fn requests(section: &mut Section<'_>, setting: &Setting, written: bool) -> Option<Origin> {
    only_one(section, &["query", "errors-query", "metric"]);
    let server = server(section, setting);
    let query = promql(section, "query", &setting.servers, server.as_deref());
    let errors = promql(section, "errors-query", &setting.servers, server.as_deref());
    let requests = promql(section, "requests-query", &setting.servers, server.as_deref());
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
        let query = match query.division() {
            Some((errors, requests)) => Query::Requests { errors, requests, version_label: None },
            None => Query::Value(query.plain()),
        };
        return Some(Origin::prometheus(query, server));
    }
    if !section.given(&["errors-query", "requests-query"]).is_empty() {
        let (errors, requests) = (errors?.plain(), requests?.plain());
        return Some(Origin::prometheus(Query::Requests { errors, requests, version_label }, server));
    }
    otherwise(section, setting, written, |from| Query::ExposedRequests { from, metric, label })
}

/// Requests by duration, in the same way.
pub(super) fn durations(section: &mut Section<'_>, setting: &Setting, written: bool) -> Option<Origin> {
    only_one(section, &["query", "buckets-query", "metric"]);
    let server = server(section, setting);
    let query = promql(section, "query", &setting.servers, server.as_deref());
    let buckets = promql(section, "buckets-query", &setting.servers, server.as_deref());
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
        let query = query.or(buckets.map(|query| Query::Buckets(query.plain())));
        return query.map(|query| Origin::prometheus(query, server));
    }
    otherwise(section, setting, written, |from| Query::ExposedDurations { from, metric })
}

impl Origin {
    pub(super) fn prometheus(query: Query, server: Option<String>) -> Self {
        Self { source: Source::Prometheus, query: Some(query), server: server.unwrap_or_default() }
    }

    pub(super) fn exposition(query: Query) -> Self {
        Self { source: Source::Exposition, query: Some(query), server: String::new() }
    }
}

/// Without queries: the service's exposition, else golive's own requests, else its health checks.
fn otherwise(
    section: &mut Section<'_>,
    setting: &Setting,
    written: bool,
    exposed: impl FnOnce(Exposition) -> Query,
) -> Option<Origin> {
    if let Some(from) = setting.metrics.clone() {
        return Some(Origin::exposition(exposed(from)));
    }
    let own = |source| Some(Origin { source, query: None, server: String::new() });
    if setting.traffic {
        return own(Source::Traffic);
    }
    if !setting.urls.is_empty() {
        return own(Source::Probes);
    }
    if written && !section.has("metric") {
        let hint = "add a query, `metrics` to the service, or a health check by `url`";
        section.missing("has nothing that measures it", hint);
    }
    None
}

/// The Prometheus that a table's queries are asked of.
pub(super) fn server(section: &mut Section<'_>, setting: &Setting) -> Option<String> {
    let named = setting.servers.named(section);
    if named.is_some() && section.given(&QUERIES).is_empty() {
        section.wrong_key(&["prometheus"], "is only for a query", "leave it out");
    }
    named.or_else(|| setting.server.clone())
}

/// A query, and what it is made of.
pub(super) fn promql(
    section: &mut Section<'_>,
    key: &'static str,
    servers: &Names,
    server: Option<&str>,
) -> Option<Expression> {
    let text = section.string(key)?;
    needs_prometheus(section, key, servers, server);
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

/// What is asked of a Prometheus needs one, and where there are several the name of one.
pub(super) fn needs_prometheus(
    section: &mut Section<'_>,
    key: &'static str,
    servers: &Names,
    server: Option<&str>,
) {
    if !servers.any() {
        let hint = "add [prometheus] with url = \"http://127.0.0.1:9090\"";
        section.missing_in(&[key], "needs a Prometheus that can be asked", hint);
    } else if server.is_none() {
        let hint = "add prometheus = \"NAME\" beside it, or to the service";
        section.missing_in(&[key], "can be asked of several and names none", hint);
    }
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
