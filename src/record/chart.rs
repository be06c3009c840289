//! What was measured of a release over its watch, each against its limit, as pictures within the page.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use minijinja::context;

use super::sheet::escaped;
use super::verification;
use crate::model::event::{Event, ServiceEvent};
use crate::model::reading::{Bucket, Counts, Measure, Reading};
use crate::model::reason::Unit;
use crate::model::sample::Outcome;
use crate::store::Story;
use crate::text::Texts;

/// So many points of one curve are drawn, and so many curves.
const POINTS: usize = 600;
const CURVES: usize = 16;

/// A share or a P95 is of the requests of so long before: a single reading has few.
const OVER: SignedDuration = SignedDuration::from_secs(60);

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 150.0;
/// Left of the curve stand its values, below it the times.
const LEFT: f64 = 70.0;
const BELOW: f64 = 22.0;

/// One curve.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Chart {
    pub(super) name: String,
    points: Vec<Point>,
    limit: Option<f64>,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    at: Timestamp,
    value: f64,
    failed: bool,
}

/// What one trigger was fed with lately.
#[derive(Default)]
struct Fed {
    counts: VecDeque<(Timestamp, Counts)>,
    buckets: VecDeque<(Timestamp, Vec<Bucket>)>,
}

/// The curves of a release: every health check's answers, then what each trigger went by.
pub(super) fn of(story: &Story) -> Vec<Chart> {
    let (mut checks, mut triggers) = (BTreeMap::new(), BTreeMap::new());
    let mut fed: BTreeMap<String, Fed> = BTreeMap::new();
    for moment in &story.moments {
        let Event::Service { what, .. } = &moment.event else { continue };
        if let ServiceEvent::Sampled(sample) = what {
            let failed = match &sample.outcome {
                Outcome::Ok => false,
                Outcome::Failed(_) => true,
                Outcome::Blind(_) => continue,
            };
            let point = Point { at: sample.began, value: sample.took.as_secs_f64(), failed };
            checks.entry(sample.check.clone()).or_insert_with(Vec::new).push(point);
        } else if let ServiceEvent::Measured(reading) = what {
            let name = reading.stream.trigger().to_owned();
            let value = fed.entry(name.clone()).or_default().value(reading);
            let point = value.filter(|value| value.is_finite());
            let point = point.map(|value| Point { at: reading.at, value, failed: false });
            triggers.entry(name).or_insert_with(Vec::new).extend(point);
        }
    }
    let judged: BTreeMap<String, (Option<f64>, Unit)> = verification::limits(story);
    let check = |(name, points)| Chart { name, points, limit: None, unit: Unit::Seconds };
    let trigger = |(name, points): (String, Vec<Point>)| {
        let (limit, unit) = judged.get(&name).copied().unwrap_or((None, Unit::Plain));
        Chart { name, points, limit, unit }
    };
    let all = checks.into_iter().map(check).chain(triggers.into_iter().map(trigger));
    all.filter(|chart| chart.points.len() > 1).take(CURVES).map(Chart::thinned).collect()
}

impl Fed {
    fn value(&mut self, reading: &Reading) -> Option<f64> {
        let since = reading.at.checked_sub(OVER).unwrap_or(Timestamp::MIN);
        match &reading.measure {
            Measure::Requests(requests) => {
                self.counts.push_back((reading.at, requests.seen));
                self.counts.retain(|(at, _)| *at > since);
                let mut sum = Counts::default();
                self.counts.iter().for_each(|(_, counts)| sum += *counts);
                (sum.total > 0).then(|| float(sum.bad) / float(sum.total))
            }
            Measure::Durations(durations) => {
                self.buckets.push_back((reading.at, durations.seen.clone()));
                self.buckets.retain(|(at, _)| *at > since);
                p95(self.buckets.iter().flat_map(|(_, buckets)| buckets))
            }
            Measure::Value(value) | Measure::Again(value) => Some(*value),
            Measure::Use(of) => of.host.values().copied().reduce(f64::max),
            Measure::Alerts(names) => Some(float(names.len() as u64)),
            Measure::Blind(_) | Measure::Absent(_) => None,
        }
    }
}

/// The edge below which 95 of 100 lie.
fn p95<'a>(buckets: impl Iterator<Item = &'a Bucket>) -> Option<f64> {
    let mut edges: Vec<(f64, u64)> = Vec::new();
    for bucket in buckets {
        match edges.iter_mut().find(|(le, _)| le.total_cmp(&bucket.le).is_eq()) {
            Some((_, count)) => *count = count.saturating_add(bucket.count),
            None => edges.push((bucket.le, bucket.count)),
        }
    }
    edges.sort_by(|one, other| one.0.total_cmp(&other.0));
    let total = float(edges.last()?.1);
    edges.into_iter().find(|(_, count)| total > 0.0 && float(*count) >= 0.95 * total).map(|(le, _)| le)
}

/// More requests than that draw no other curve.
fn float(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

impl Chart {
    /// Few enough to be drawn; what failed is never left out for what did not.
    fn thinned(mut self) -> Self {
        let every = self.points.len().div_ceil(POINTS).max(1);
        let last = self.points.len() - 1;
        let mut at = 0;
        self.points.retain(|point| {
            let keep = at % every == 0 || at == last || point.failed;
            at += 1;
            keep
        });
        self.points.truncate(2 * POINTS);
        self
    }

    /// As SVG, with a caption that says the same in words.
    pub(super) fn svg(&self, texts: &Texts) -> String {
        let values = self.points.iter().map(|point| point.value).chain(self.limit);
        let top = values.fold(0.0_f64, f64::max).max(f64::MIN_POSITIVE) * 1.1;
        let bottom = self.points.iter().map(|point| point.value).fold(0.0_f64, f64::min);
        let (first, last) = (self.points[0].at, self.points[self.points.len() - 1].at);
        let lasted = last.duration_since(first).as_secs_f64().max(f64::MIN_POSITIVE);
        let x = |at: Timestamp| LEFT + (WIDTH - LEFT) * at.duration_since(first).as_secs_f64() / lasted;
        let y = |value: f64| (HEIGHT - BELOW) * (1.0 - (value - bottom) / (top - bottom));
        let mut svg = format!("<figure>\n<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">\n");
        let mut put = |more: String| writeln!(svg, "{more}").expect("writing to a string cannot fail");
        let axis = y(bottom.max(0.0));
        put(format!("<line class=\"axis\" x1=\"{LEFT}\" y1=\"{axis:.1}\" x2=\"{WIDTH}\" y2=\"{axis:.1}\"/>"));
        let number = |value: f64| escaped(&texts.value(Some(value), self.unit));
        put(format!("<text x=\"0\" y=\"12\">{}</text>", number(top / 1.1)));
        let line: Vec<String> =
            self.points.iter().map(|point| format!("{:.1},{:.1}", x(point.at), y(point.value))).collect();
        put(format!("<polyline class=\"line\" points=\"{}\"/>", line.join(" ")));
        for point in self.points.iter().filter(|point| point.failed) {
            let (x, y) = (x(point.at), y(point.value));
            put(format!("<circle class=\"failed\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>"));
        }
        if let Some(limit) = self.limit {
            let at = y(limit);
            put(format!(
                "<line class=\"limit\" x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{WIDTH}\" y2=\"{at:.1}\"/>"
            ));
            put(format!(
                "<text x=\"0\" y=\"{:.1}\">{}</text>",
                at.clamp(26.0, HEIGHT - BELOW),
                number(limit)
            ));
        }
        for (at, anchor) in [(first, "start"), (last, "end")] {
            let time = escaped(&texts.time(at));
            put(format!(
                "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"{anchor}\">{time}</text>",
                x(at),
                HEIGHT - 4.0
            ));
        }
        let limit = self.limit.map(|limit| texts.value(Some(limit), self.unit));
        let failed = self.points.iter().filter(|point| point.failed).count();
        let caption = texts.phrase("record.chart", context! { name => &self.name, limit, failed });
        svg + &format!("</svg>\n<figcaption>{}</figcaption>\n</figure>\n", escaped(&caption))
    }
}
