//! `[service.….business.…]`

use std::collections::BTreeMap;
use std::time::Duration;

use super::origin::{self, Origin, Setting};
use super::table::Section;
use super::triggers::{AUTONOMY, LASTS, measure};
use super::{Measured, Query};
use crate::model::policy::{Anomaly, Autonomy, Business, Direction, Ppm};
use crate::model::reading::Stream;

/// What other triggers are called.
const TAKEN: [&str; 8] =
    ["health", "error-rate", "latency-p95", "resources", "alerts", "relative", "flapping", "crash-loop"];

const DIRECTION: [(&str, Direction); 3] =
    [("drop", Direction::Drop), ("rise", Direction::Rise), ("both", Direction::Both)];

const DAY: Duration = Duration::from_hours(24);
const WEEK: Duration = Duration::from_hours(7 * 24);

/// Every business metric of a service.
pub(super) fn read(
    service: &mut Section<'_>,
    setting: &Setting,
    measured: &mut Vec<Measured>,
) -> BTreeMap<String, Business> {
    let mut all = BTreeMap::new();
    service.named("business", |name, mut section| {
        if TAKEN.contains(&name) {
            section.wrong_here("is what another trigger is called", "give it a name of its own");
        }
        if let Some((business, origin)) = one(section, setting) {
            measure(origin, Stream::Business(name.to_owned()), measured);
            all.insert(name.to_owned(), business);
        }
    });
    all
}

/// One of them; `None` when it cannot be made sense of, which is told.
fn one(mut section: Section<'_>, setting: &Setting) -> Option<(Business, Origin)> {
    let (below, above, rate) = limits(&mut section);
    let lasts = section.duration_within("for", Duration::from_secs(30), LASTS);
    let written = section.optional_word("autonomy", &AUTONOMY);
    let autonomy = written.unwrap_or(setting.autonomy);
    let doubtful = written.unwrap_or(setting.autonomy.min(Autonomy::Ask));
    let (anomaly, history) = section.section("anomaly").map(|section| past(section, doubtful)).unzip();
    if section.given(&["below", "above", "rate-below", "rate-above", "anomaly"]).is_empty() {
        section.missing("has no limit", "add below, above or anomaly = { direction = \"drop\" }");
    }
    let origin = origin(&mut section, setting, rate, history);
    section.end(&[]);
    let origin = origin?;
    Some((Business { below, above, lasts, source: origin.source, autonomy, anomaly }, origin))
}

/// Where it comes from. With a past, one query serves the fixed limits too.
fn origin(
    section: &mut Section<'_>,
    setting: &Setting,
    rate: bool,
    history: Option<Duration>,
) -> Option<Origin> {
    origin::only_one(section, &["query", "metric"]);
    let server = origin::server(section, setting);
    let query =
        origin::promql(section, "query", &setting.servers, server.as_deref()).map(|query| query.plain());
    let metric = origin::name(section, "metric", "a metric");
    origin::needs_metrics(section, setting, &["metric"]);
    match (section.has("query"), section.has("metric")) {
        (false, false) => {
            section.missing("does not say what is measured", "add query = \"…\" or metric = \"…\"");
        }
        (false, true) if section.has("anomaly") => {
            let hint = "write a `query`: Prometheus has its past";
            section.wrong_key(&["anomaly"], "needs a past, which golive keeps of no `metric`", hint);
        }
        (true, false) if rate => {
            for key in section.given(&["rate-below", "rate-above"]) {
                let hint = "write rate(…) into the query, and `below` or `above`";
                section.wrong_key(&[key], "is only for a `metric`", hint);
            }
        }
        (true, _) | (_, true) => {}
    }
    if let Some(query) = query {
        let query = match history {
            Some(history) => Query::Seasonal { query, history },
            None => Query::Value(query),
        };
        return Some(Origin::prometheus(query, server));
    }
    let query = Query::Exposed { from: setting.metrics.clone()?, metric: metric?, rate };
    Some(Origin::exposition(query))
}

/// The fixed limits, and whether they are of a counter's rate.
fn limits(section: &mut Section<'_>) -> (Option<f64>, Option<f64>, bool) {
    let value = (section.number("below"), section.number("above"));
    let rate = (section.number("rate-below"), section.number("rate-above"));
    let (values, rates) = (section.given(&["below", "above"]), section.given(&["rate-below", "rate-above"]));
    for key in rates.iter().filter(|_| !values.is_empty()) {
        let message = format!("is of a counter's rate, and `{}` of its value", values[0]);
        section.wrong_key(&[key], message, "keep one kind");
    }
    let rated = values.is_empty() && !rates.is_empty();
    let (below, above) = if rated { rate } else { value };
    if let (Some(low), Some(high)) = (below, above)
        && low >= high
    {
        let (low, high) = if rated { ("rate-below", "rate-above") } else { ("below", "above") };
        let message = format!("is not less than `{high}`: every value would pass one of the limits");
        section.wrong(low, message, "what is fine lies between the two");
    }
    (below, above, rated)
}

/// Against its own past, and how much of that is asked for.
fn past(mut section: Section<'_>, autonomy: Autonomy) -> (Anomaly, Duration) {
    let direction = section.word("direction", &DIRECTION, Direction::Drop);
    let season = section.duration("season", WEEK);
    let history = section.duration_within("history", 4 * WEEK, ("2d", "8w"));
    let least = section.ratio("least", Ppm(150_000)).ratio();
    if season != DAY && season != WEEK {
        section.wrong("season", "is neither a day nor a week", "write \"1d\" or \"1w\"");
    } else if history < season * 2 {
        section.wrong("history", "is shorter than two seasons", "write \"4w\", say");
    }
    section.end(&[]);
    (Anomaly { direction, least, autonomy }, history)
}
