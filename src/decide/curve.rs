//! What a notice can draw: the metric that tripped, as it went before and after the release.

#![expect(clippy::cast_precision_loss, reason = "requests are counted in far less than 2^52")]

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::event::ServiceEvent;
use crate::model::notice::{News, Notice};
use crate::model::reading::{Bucket, Counts, Measure, Reading};
use crate::model::reason::{Breach, Reason, Unit};
use crate::model::sample::{Outcome, Sample};
use crate::stats::histogram::Histogram;

/// So far back is drawn at most.
const BACK: Duration = Duration::from_hours(3);

/// So many points at most; of more, neighbours become one, and what is bad among them stays to be seen.
const POINTS: usize = 480;

/// Fewer are no curve.
const POINTS_LEAST: usize = 3;

/// Requests are added up over as long as the trigger did, within these.
const WINDOW: (Duration, Duration) = (Duration::from_secs(15), Duration::from_mins(5));

/// A metric over time, with what happened meanwhile.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// The trigger's name, or the health check's.
    pub of: String,
    /// Oldest first.
    pub points: Vec<Point>,
    /// What the values are in.
    pub unit: Unit,
    /// What they are held against.
    pub limit: Option<f64>,
    /// When the release came, and its version.
    pub released: Option<Mark>,
    /// When it was taken back, and to which version.
    pub rolled_back: Option<Mark>,
}

/// One value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// When.
    pub at: Timestamp,
    /// How much.
    pub value: f64,
    /// Whether it speaks against the service.
    pub bad: bool,
}

/// A moment with a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub at: Timestamp,
    /// Which.
    pub version: String,
}

impl Curve {
    /// Out of what was recorded of the notice's release, oldest first; `None` where nothing can be drawn.
    pub fn of(notice: &Notice, released: Option<Mark>, past: &[(Timestamp, ServiceEvent)]) -> Option<Self> {
        let since = notice.at.checked_sub(BACK).ok()?;
        let cause = notice.reason.as_ref()?.cause();
        let (of, mut points, unit, limit) = if let Reason::Breach(breach) = cause {
            let points = points(breach, &readings(past, breach));
            (breach.trigger.clone(), points, breach.unit, Some(breach.limit))
        } else if let Reason::Health { check, .. } | Reason::Flapping { check, .. } = cause {
            (check.clone(), probed(past, check), Unit::Seconds, None)
        } else {
            return None;
        };
        points.retain(|point| point.value.is_finite() && since <= point.at && point.at <= notice.at);
        let points = thinned(points);
        if points.len() < POINTS_LEAST {
            return None;
        }
        let released = released.filter(|mark| since <= mark.at && mark.at <= notice.at);
        Some(Self { of, points, unit, limit, released, rolled_back: rolled_back(notice, past) })
    }

    /// Whether single values are bad by themselves, and not by how large they are.
    pub fn dots(&self) -> bool {
        self.limit.is_none()
    }

    /// Whether a value lies beyond the limit, on the side where it did harm.
    pub fn beyond(&self, value: f64) -> bool {
        let Some(limit) = self.limit else { return false };
        let worst = self.points.iter().filter(|point| point.bad).map(|point| point.value).next_back();
        if worst.is_some_and(|worst| worst < limit) { value < limit } else { value > limit }
    }
}

fn thinned(points: Vec<Point>) -> Vec<Point> {
    let each = points.len().div_ceil(POINTS);
    if each < 2 {
        return points;
    }
    let one = |some: &[Point]| {
        let mean = some.iter().map(|point| point.value).sum::<f64>() / some.len() as f64;
        let middle = Point { value: mean, ..some[some.len() / 2] };
        some.iter().find(|point| point.bad).copied().unwrap_or(middle)
    };
    points.chunks(each).map(one).collect()
}

/// When the rollback began, and to which version it goes. News of what was released and does not run names that instead.
fn rolled_back(notice: &Notice, past: &[(Timestamp, ServiceEvent)]) -> Option<Mark> {
    if matches!(notice.news, News::DriftDetected | News::DriftResolved) {
        return None;
    }
    let at = if let News::RollbackSucceeded { took } = notice.news {
        notice.at.checked_sub(took).ok()
    } else if notice.news == News::RollbackStarted {
        Some(notice.at)
    } else {
        let step = |what: &ServiceEvent| {
            matches!(what, ServiceEvent::StepDone { .. } | ServiceEvent::StepFailed { .. })
        };
        past.iter().find(|(_, what)| step(what)).map(|(at, _)| *at)
    };
    Some(Mark { at: at?, version: notice.to.clone()? })
}

/// The readings that the trigger was fed with.
fn readings<'a>(past: &'a [(Timestamp, ServiceEvent)], breach: &Breach) -> Vec<&'a Reading> {
    let each = past.iter().flat_map(|(_, what)| {
        if let ServiceEvent::Measured(reading) = what {
            std::slice::from_ref(reading)
        } else if let ServiceEvent::Recalled(readings) = what {
            readings.as_slice()
        } else {
            &[]
        }
    });
    let mut readings: Vec<&Reading> = each
        .filter(|reading| reading.stream.trigger() == breach.trigger && reading.source == breach.source)
        .collect();
    readings.sort_by_key(|reading| reading.at);
    readings
}

fn points(breach: &Breach, readings: &[&Reading]) -> Vec<Point> {
    let over = breach.over.clamp(WINDOW.0, WINDOW.1);
    let (mut counts, mut buckets) = (Window::new(over), Window::new(over));
    let value = |reading: &&Reading| {
        let value = match &reading.measure {
            Measure::Value(value) | Measure::Again(value) => Some(*value),
            Measure::Requests(requests) => {
                counts.push(reading.at, requests.seen);
                let mut all = Counts::default();
                counts.held.iter().for_each(|(_, counts)| all += *counts);
                (all.total > 0).then(|| all.bad as f64 / all.total as f64)
            }
            Measure::Durations(durations) => {
                buckets.push(reading.at, histogram(&durations.seen));
                let mut all = Histogram::default();
                buckets.held.iter().for_each(|(_, more)| all.add(more));
                all.quantile(0.95).map(|quantile| quantile.value)
            }
            Measure::Use(used) => used.host.get(breach.of.as_deref()?).copied(),
            Measure::Alerts(names) => Some(names.len() as f64),
            Measure::Blind(_) | Measure::Absent(_) => None,
        };
        let value = value?;
        let bad = if breach.value < breach.limit { value < breach.limit } else { value > breach.limit };
        Some(Point { at: reading.at, value, bad })
    };
    readings.iter().filter_map(value).collect()
}

fn histogram(buckets: &[Bucket]) -> Histogram {
    Histogram::new(buckets.iter().map(|bucket| (bucket.le, bucket.count)))
}

/// What came in lately.
struct Window<T> {
    over: Duration,
    held: VecDeque<(Timestamp, T)>,
}

impl<T> Window<T> {
    fn new(over: Duration) -> Self {
        Self { over, held: VecDeque::new() }
    }

    fn push(&mut self, at: Timestamp, what: T) {
        self.held.push_back((at, what));
        while self.held.front().is_some_and(|(first, _)| super::trigger::span(*first, at) >= self.over) {
            self.held.pop_front();
        }
    }
}

/// How long a health check took, each time.
fn probed(past: &[(Timestamp, ServiceEvent)], check: &str) -> Vec<Point> {
    let point = |sample: &Sample| {
        let bad = match sample.outcome {
            Outcome::Ok => false,
            Outcome::Failed(_) => true,
            Outcome::Blind(_) => return None,
        };
        Some(Point { at: sample.began, value: sample.took.as_secs_f64(), bad })
    };
    let of_check = |what: &'_ ServiceEvent| {
        let ServiceEvent::Sampled(sample) = what else { return None };
        if sample.check == check { point(sample) } else { None }
    };
    past.iter().filter_map(|(_, what)| of_check(what)).collect()
}
