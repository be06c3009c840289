//! What a trace looks like through `PromQL`: `increase(…[1m])`, summed over replicas.

use golive_fixtures::counter::window_increase;

use crate::trace::{AFTER, BEFORE, EDGES, Scrape, TICK, Trace};

/// Of the `[1m]`.
const WINDOW: f64 = 60.0;
const WINDOW_TICKS: usize = 4;

/// What the queries answer at one moment. `None` is no data, or 0/0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer {
    /// Seconds since the release.
    pub(crate) at: f64,
    pub(crate) requests: Option<f64>,
    pub(crate) error_rate: Option<f64>,
    pub p95: Option<f64>,
}

/// The answers that the peers go by.
pub(crate) struct Prometheus {
    /// One a minute, an hour before the release and half an hour after it.
    pub(crate) before: Vec<Answer>,
    pub(crate) after: Vec<Answer>,
    /// One a scrape, after the release.
    pub(crate) each_scrape: Vec<Answer>,
}

impl Prometheus {
    pub(crate) fn of(trace: &Trace) -> Self {
        let ask = |ticks: std::ops::Range<usize>, step| {
            ticks.step_by(step).map(|tick| answer(trace, tick)).collect()
        };
        let end = BEFORE + AFTER;
        Self {
            before: ask(WINDOW_TICKS + 3..BEFORE, WINDOW_TICKS),
            after: ask(BEFORE + WINDOW_TICKS..end, WINDOW_TICKS),
            each_scrape: ask(BEFORE + 1..end, 1),
        }
    }
}

fn answer(trace: &Trace, tick: usize) -> Answer {
    let requests = increase(trace, tick, |scrape| scrape.requests);
    let errors = increase(trace, tick, |scrape| scrape.errors);
    let error_rate = errors.zip(requests).map(|(errors, requests)| errors / requests);
    let latency = std::array::from_fn(|edge| increase(trace, tick, |scrape| scrape.latency[edge]));
    Answer {
        at: (tick as f64 - BEFORE as f64) * TICK,
        requests,
        error_rate: error_rate.filter(|rate| !rate.is_nan()),
        p95: quantile(0.95, latency),
    }
}

/// `sum(increase(counter[1m]))`, which is empty when no replica has two samples.
fn increase(trace: &Trace, tick: usize, counter: impl Fn(&Scrape) -> u64) -> Option<f64> {
    let window = tick + 1 - WINDOW_TICKS..=tick;
    let replicas = trace.replicas.iter().filter_map(|scrapes| {
        let held =
            window.clone().filter_map(|at| Some((at as f64 * TICK, counter(scrapes[at].as_ref()?) as f64)));
        window_increase(&held.collect::<Vec<_>>(), tick as f64 * TICK, WINDOW)
    });
    replicas.reduce(|sum, replica| sum + replica)
}

/// `histogram_quantile` of buckets that are no whole numbers.
fn quantile(q: f64, buckets: [Option<f64>; EDGES.len()]) -> Option<f64> {
    let last = EDGES.len() - 1;
    let rank = q * buckets[last].filter(|count| *count > 0.0)?;
    let at = buckets[..last].iter().filter(|count| count.is_none_or(|count| count < rank)).count();
    if at == last {
        return Some(EDGES[last - 1]);
    }
    let (lower, below) = at.checked_sub(1).map_or((0.0, 0.0), |at| (EDGES[at], buckets[at].unwrap_or(0.0)));
    Some(lower + (EDGES[at] - lower) * (rank - below) / (buckets[at]? - below))
}
