//! What the watch has measured of a release anyway, held against acceptance limits (guide G3.2).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Found;
use crate::config::acceptance::Limits;
use crate::model::acceptance::{Group, Item, Verdict};
use crate::model::event::ServiceEvent;
use crate::model::figure::Figure;
use crate::model::policy::Resources;
use crate::model::reading::{Counts, Measure, Stream};
use crate::model::sample::Outcome;
use crate::stats::histogram::Histogram;
use crate::stats::robust::median;

/// A P95 of fewer requests is that of one of them.
const P95_OF: u64 = 20;

/// All of a watch, summed up.
#[derive(Default)]
struct Watched {
    /// Checks since each passed first.
    checks: Counts,
    started: BTreeSet<String>,
    requests: Counts,
    durations: Histogram,
    /// What a source gave as one number, by stream.
    error_rates: Vec<f64>,
    p95s: Vec<f64>,
    /// The host's use by resource: the sum, and of how many readings.
    used: BTreeMap<String, (f64, u32)>,
}

/// One item for each limit, by what was recorded of the release. Of the host those resources count that the trigger looks at.
pub fn all(
    limits: &BTreeMap<String, Limits>,
    resources: Option<&Resources>,
    recorded: &[ServiceEvent],
) -> Vec<Item> {
    let mut watched = Watched::default();
    for what in recorded {
        watched.take(what);
    }
    watched.used.retain(|resource, _| resources.is_none_or(|resources| resources.is_of(resource)));
    limits.iter().flat_map(|(name, limits)| judged(name, limits, &watched)).collect()
}

fn judged(name: &str, limits: &Limits, watched: &Watched) -> Vec<Item> {
    let all = [
        ("availability", limits.availability.map(|limit| watched.availability(limit))),
        ("error-rate", limits.error_rate.map(|limit| watched.error_rate(limit))),
        ("p95", limits.p95.map(|limit| watched.p95(limit))),
        ("resources", limits.resources.map(|limit| watched.resources(limit))),
    ];
    let group = limits.group.unwrap_or(Group::Performance);
    let item = |(what, found): (&str, Option<Found>)| {
        Some(found?.item(format!("{name}-{what}"), "watch", group, Duration::ZERO))
    };
    all.into_iter().filter_map(item).collect()
}

/// A value that was held against its limit.
fn held(passes: bool, figure: Figure, message: String) -> Found {
    let verdict = if passes { Verdict::Pass } else { Verdict::Fail };
    Found { figure: Some(figure), ..Found::new(verdict, message) }
}

fn untold(message: impl Into<String>) -> Found {
    Found::new(Verdict::NoData, message)
}

impl Watched {
    fn take(&mut self, what: &ServiceEvent) {
        if let ServiceEvent::Sampled(sample) = what {
            let passed = match sample.outcome {
                Outcome::Ok => true,
                Outcome::Failed(_) => false,
                Outcome::Blind(_) => return,
            };
            if passed && !self.started.contains(&sample.check) {
                self.started.insert(sample.check.clone());
            }
            if self.started.contains(&sample.check) {
                self.checks += Counts { bad: u64::from(!passed), total: 1 };
            }
        } else if let ServiceEvent::Measured(reading) = what {
            self.measured(&reading.stream, &reading.measure);
        }
    }

    fn measured(&mut self, stream: &Stream, measure: &Measure) {
        match (stream, measure) {
            (Stream::Errors, Measure::Requests(requests)) => {
                self.requests += requests.seen;
                self.requests += requests.newborn;
            }
            (Stream::Latency, Measure::Durations(durations)) => {
                for buckets in [&durations.seen, &durations.newborn] {
                    let buckets = buckets.iter().map(|bucket| (bucket.le, bucket.count));
                    self.durations.add(&Histogram::new(buckets));
                }
            }
            (Stream::Errors, Measure::Value(value) | Measure::Again(value)) => self.error_rates.push(*value),
            (Stream::Latency, Measure::Value(value) | Measure::Again(value)) => self.p95s.push(*value),
            (Stream::Resources, Measure::Use(of)) => {
                for (resource, used) in &of.host {
                    let (sum, readings) = self.used.entry(resource.clone()).or_default();
                    (*sum, *readings) = (*sum + used, *readings + 1);
                }
            }
            (
                Stream::Errors | Stream::Latency | Stream::Resources | Stream::Business(_) | Stream::Alerts,
                _,
            ) => {}
        }
    }

    fn availability(&self, limit: f64) -> Found {
        let Counts { bad, total } = self.checks;
        if total == 0 {
            return untold("no health check has passed yet");
        }
        let figure = Figure::ratio(total - bad, total, limit);
        held(figure.value >= limit, figure, format!("{bad} of {total} health checks failed"))
    }

    fn error_rate(&self, limit: f64) -> Found {
        let Counts { bad, total } = self.requests;
        if total > 0 {
            let rate = share(bad, total);
            // Of so few that a single failure is more than is allowed, none that failed shows nothing.
            if bad == 0 && limit * share(total, 1) < 1.0 {
                return untold(format!("none of {total} requests failed, too few to tell"));
            }
            let message = format!("{bad} of {total} requests failed");
            return held(rate <= limit, Figure::share(rate, Some(limit)), message);
        }
        let rates = &self.error_rates;
        let Some(rate) = median(rates) else { return untold("no requests were counted") };
        let message = format!("the middle one of {} readings", rates.len());
        held(rate <= limit, Figure::share(rate, Some(limit)), message)
    }

    fn p95(&self, limit: f64) -> Found {
        let requests = self.durations.count();
        if requests >= P95_OF
            && let Some(p95) = self.durations.quantile(0.95)
        {
            let figure = Figure::seconds(p95.value, Some(limit));
            // The limit is in the same bucket: what is told for sure is on which side of it the bucket's edges are.
            return if p95.undecided(limit) || p95.open() && limit > p95.lower {
                let message =
                    format!("{requests} requests; the histogram's edges are too far from the limit");
                Found { figure: Some(figure), ..untold(message) }
            } else {
                held(p95.value <= limit, figure, format!("{requests} requests"))
            };
        }
        let p95s = &self.p95s;
        let Some(p95) = median(p95s) else {
            return untold(format!("{requests} requests were timed, too few to tell"));
        };
        let message = format!("the middle one of {} readings", p95s.len());
        held(p95 <= limit, Figure::seconds(p95, Some(limit)), message)
    }

    fn resources(&self, limit: f64) -> Found {
        let mean = |(resource, (sum, readings)): (&String, &(f64, u32))| {
            (resource.clone(), sum / f64::from(*readings))
        };
        let most = self.used.iter().map(mean).max_by(|a, b| a.1.total_cmp(&b.1));
        let Some((resource, used)) = most else { return untold("nothing was measured of the host") };
        let message = format!("{resource}, over the watch");
        held(used <= limit, Figure::share(used, Some(limit)), message)
    }
}

#[expect(clippy::cast_precision_loss, reason = "requests of one watch are fewer than 2^52")]
fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::model::policy::{Autonomy, Ppm};
    use crate::model::reading::{Bucket, Durations, Reading, Requests, Source, Use};
    use crate::model::sample::Sample;

    fn limits() -> BTreeMap<String, Limits> {
        let all = Limits {
            group: None,
            availability: Some(0.99),
            p95: Some(0.5),
            error_rate: Some(0.01),
            resources: Some(0.8),
        };
        BTreeMap::from([("watch".to_owned(), all)])
    }

    fn sampled(outcome: Outcome) -> ServiceEvent {
        let (began, took) = (Timestamp::UNIX_EPOCH, Duration::from_millis(10));
        ServiceEvent::Sampled(Sample { check: "web".to_owned(), began, took, outcome })
    }

    fn measured(stream: Stream, measure: Measure) -> ServiceEvent {
        ServiceEvent::Measured(Reading {
            stream,
            source: Source::Prometheus,
            at: Timestamp::UNIX_EPOCH,
            measure,
        })
    }

    fn requests(bad: u64, total: u64) -> ServiceEvent {
        let seen = Counts { bad, total };
        measured(Stream::Errors, Measure::Requests(Requests { seen, ..Requests::default() }))
    }

    fn durations(within_half_a_second: u64, total: u64) -> ServiceEvent {
        let seen = [(0.25, 0), (0.5, within_half_a_second), (1.0, total), (f64::INFINITY, total)];
        let seen = seen.map(|(le, count)| Bucket { le, count }).to_vec();
        measured(Stream::Latency, Measure::Durations(Durations { seen, newborn: Vec::new() }))
    }

    fn used(cpu: f64) -> ServiceEvent {
        let host = [("cpu", cpu), ("memory", 0.3), ("load", 7.0), ("disk /var", 0.4)];
        let host = host.map(|(resource, used)| (resource.to_owned(), used)).into();
        measured(Stream::Resources, Measure::Use(Use { host, ..Use::default() }))
    }

    fn resources() -> Resources {
        Resources {
            above: Ppm(900_000),
            lasts: Duration::from_mins(2),
            of: ["cpu", "memory", "disk"].map(str::to_owned).to_vec(),
            attribute: true,
            autonomy: Autonomy::Auto,
        }
    }

    fn told(recorded: &[ServiceEvent]) -> Vec<(Verdict, String)> {
        all(&limits(), Some(&resources()), recorded)
            .into_iter()
            .map(|item| (item.verdict, item.message))
            .collect()
    }

    #[test]
    fn each_limit_is_an_item_of_its_own() {
        let mut good: Vec<ServiceEvent> = (0..200).map(|_| sampled(Outcome::Ok)).collect();
        good.extend([requests(0, 500), requests(2, 500), durations(400, 400), used(0.9), used(0.5)]);
        let items = all(&limits(), Some(&resources()), &good);
        let names: Vec<&str> = items.iter().map(|item| item.name.as_str()).collect();
        assert_eq!(names, ["watch-availability", "watch-error-rate", "watch-p95", "watch-resources"]);
        assert!(items.iter().all(|item| item.verdict == Verdict::Pass), "{items:#?}");
        assert_eq!(items[3].figure, Some(Figure::share(0.7, Some(0.8))));
    }

    #[test]
    fn what_is_beyond_a_limit_fails_with_what_it_was() {
        let mut bad: Vec<ServiceEvent> = (0..97).map(|_| sampled(Outcome::Ok)).collect();
        bad.extend((0..3).map(|_| sampled(Outcome::Failed("status 500".to_owned()))));
        bad.extend([requests(20, 1000), durations(100, 400), used(0.9)]);
        let wanted = [
            "3 of 100 health checks failed",
            "20 of 1000 requests failed",
            "400 requests",
            "cpu, over the watch",
        ];
        assert_eq!(told(&bad), wanted.map(|message| (Verdict::Fail, message.to_owned())));
    }

    #[test]
    fn too_little_shows_nothing() {
        let none = told(&[]);
        assert!(none.iter().all(|(verdict, _)| *verdict == Verdict::NoData), "{none:?}");
        let few =
            told(&[sampled(Outcome::Failed("starting".to_owned())), requests(0, 99), durations(19, 19)]);
        assert!(few.iter().all(|(verdict, _)| *verdict == Verdict::NoData), "{few:?}");
        assert_eq!(few[1].1, "none of 99 requests failed, too few to tell");
        assert_eq!(told(&[requests(0, 100)])[1].0, Verdict::Pass, "a hundred are what 1 % is told by");
    }

    #[test]
    fn a_source_that_gives_one_number_is_told_by_the_middle_one() {
        let rates = [0.0, 0.002, 0.5].map(|rate| measured(Stream::Errors, Measure::Value(rate)));
        let p95s = [0.4, 0.6, 0.7].map(|p95| measured(Stream::Latency, Measure::Value(p95)));
        let told = told(&[rates, p95s].concat());
        assert_eq!(told[1], (Verdict::Pass, "the middle one of 3 readings".to_owned()));
        assert_eq!(told[2], (Verdict::Fail, "the middle one of 3 readings".to_owned()));
    }

    #[test]
    fn failures_before_the_first_pass_are_its_start() {
        let start = sampled(Outcome::Failed("connection refused".to_owned()));
        let mut recorded = vec![start; 5];
        recorded.extend((0..10).map(|_| sampled(Outcome::Ok)));
        assert_eq!(told(&recorded)[0], (Verdict::Pass, "0 of 10 health checks failed".to_owned()));
    }
}
