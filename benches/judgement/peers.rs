//! How others decide: their published rules, with the guide's limits. Not their products, which do more than this.

mod kayenta;

use crate::Rule;
use crate::prometheus::{Answer, Prometheus};
use crate::trace::{HEALTH_TICK, Trace};
pub(crate) use kayenta::Kayenta;

const ERROR_RATE: f64 = 0.05;
const P95: f64 = 2.0;

/// Docker Swarm: a task that fails before it ran, or within `monitor` seconds of that. HEALTHCHECK every 30 s, 3 retries.
pub(crate) struct Swarm {
    pub(crate) monitor: f64,
}

/// Flagger: so many failed checks in all, one a minute; no value is a failed check.
pub(crate) struct Flagger {
    pub(crate) threshold: usize,
}

/// Argo Rollouts: more than so many failed measurements of one metric, or more than four errors in a row.
pub(crate) struct Argo {
    pub(crate) failure_limit: usize,
    /// Minutes between two measurements.
    pub(crate) every: usize,
}

/// An alert with `for: 5m` on one-minute rates.
pub(crate) struct Alert;

/// The guide's sentences without any guard: 3 failed checks, more than 5 %, more than 2 s, every 15 s.
pub(crate) struct Sentence;

impl Rule for Swarm {
    fn name(&self) -> String {
        format!("Swarm, monitor {} s", self.monitor)
    }

    fn judge(&self, trace: &Trace, _: &Prometheus) -> Option<f64> {
        const INTERVAL: f64 = 30.0;
        let mut failed = 0;
        let mut running = None;
        let polls = trace.unhealthy.iter().step_by(6).zip(0_u32..);
        for (unhealthy, poll) in polls {
            let at = f64::from(poll) * INTERVAL;
            if running.is_some_and(|since| at > since + self.monitor) {
                return None;
            }
            if *unhealthy {
                failed += 1;
                if failed == 3 {
                    return Some(at);
                }
            } else {
                failed = 0;
                running = running.or(Some(at));
            }
        }
        None
    }
}

impl Rule for Flagger {
    fn name(&self) -> String {
        format!("Flagger, threshold {}", self.threshold)
    }

    fn judge(&self, _: &Trace, prometheus: &Prometheus) -> Option<f64> {
        let fails = |answer: &&Answer| {
            answer.error_rate.is_none_or(|rate| rate > ERROR_RATE) || answer.p95.is_none_or(|p95| p95 > P95)
        };
        prometheus.after.iter().filter(fails).nth(self.threshold - 1).map(|answer| answer.at)
    }
}

impl Rule for Argo {
    fn name(&self) -> String {
        format!("Argo, every {} min, limit {}", self.every, self.failure_limit)
    }

    fn judge(&self, _: &Trace, prometheus: &Prometheus) -> Option<f64> {
        let aborts = |metric: fn(&Answer) -> Option<f64>, limit: f64| {
            let (mut failed, mut errors) = (0, 0);
            let mut measured = prometheus.after.iter().skip(self.every - 1).step_by(self.every);
            let aborting = measured.find(|answer| {
                if answer.requests.is_none() {
                    errors += 1;
                } else {
                    errors = 0;
                    failed += usize::from(metric(answer).is_none_or(|value| value > limit));
                }
                failed > self.failure_limit || errors > 4
            });
            aborting.map(|answer| answer.at)
        };
        earlier(aborts(|answer| answer.error_rate, ERROR_RATE), aborts(|answer| answer.p95, P95))
    }
}

/// Over a limit; no value is not.
fn over(answer: &Answer) -> bool {
    answer.error_rate.is_some_and(|rate| rate > ERROR_RATE) || answer.p95.is_some_and(|p95| p95 > P95)
}

impl Rule for Alert {
    fn name(&self) -> String {
        "PromQL alert, for 5 min".to_owned()
    }

    fn judge(&self, _: &Trace, prometheus: &Prometheus) -> Option<f64> {
        let firing = prometheus.after.windows(5).find(|minutes| minutes.iter().all(over))?;
        firing.last().map(|answer| answer.at)
    }
}

impl Rule for Sentence {
    fn name(&self) -> String {
        "the guide's sentences, no guard".to_owned()
    }

    fn judge(&self, trace: &Trace, prometheus: &Prometheus) -> Option<f64> {
        let over = prometheus.each_scrape.iter().find(|answer| over(answer));
        earlier(over.map(|answer| answer.at), third_failure(trace))
    }
}

/// Three failures in a row, looked at every 10 s; until a check first passes, not counted for a minute.
fn third_failure(trace: &Trace) -> Option<f64> {
    const INTERVAL: f64 = 2.0 * HEALTH_TICK;
    const GRACE: f64 = 60.0;
    let (mut failed, mut healthy) = (0, false);
    let mut polls = trace.unhealthy.iter().step_by(2).zip(0_u32..);
    let third = polls.find(|(unhealthy, poll)| {
        if **unhealthy {
            failed += u32::from(healthy || f64::from(*poll) * INTERVAL >= GRACE);
        } else {
            (failed, healthy) = (0, true);
        }
        failed == 3
    });
    third.map(|(_, poll)| f64::from(poll) * INTERVAL)
}

fn earlier(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
