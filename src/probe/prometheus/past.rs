//! What Prometheus remembers: a stream as it was, piece by piece, so that a month of it takes no more memory than an
//! hour.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::answer::{Answer, Past};
use super::{Fault, Meter, Server};
use crate::config::{Measured, Query};
use crate::model::reading::{Measure, Reading, Stream};
use crate::probe::counters::Point;

/// Prometheus answers at most so many points of a series.
const POINTS_MAX: u32 = 11_000;

/// So many points are handled before others on the loop have their turn.
const TURN: usize = 4096;

const MINUTE: Duration = Duration::from_mins(1);

/// A stream's past, to be taken piece by piece.
#[derive(Debug)]
pub struct Recall {
    meter: Meter,
    from: i64,
    /// The next point, in seconds.
    next: i64,
    to: i64,
    step: i64,
    /// Points asked for at a time; fewer once an answer was too long.
    points: u32,
}

impl Recall {
    pub(super) fn new(meter: Meter, from: Timestamp, to: Timestamp, step: Duration) -> Self {
        let step = i64::try_from(step.as_secs()).unwrap_or(i64::MAX).max(1);
        let (from, to) = (from.as_second(), to.as_second());
        Self { meter, from, next: from, to, step, points: POINTS_MAX }
    }

    /// How much of the time is done, from 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    pub fn done(&self) -> f64 {
        let whole = self.to.saturating_sub(self.from).max(1);
        (self.next.saturating_sub(self.from) as f64 / whole as f64).clamp(0.0, 1.0)
    }

    /// The next readings, oldest first, each at its step's end; `None` at the end. After an error, the same piece is
    /// asked for again.
    pub async fn next(&mut self, server: &Server) -> Option<Result<Vec<Reading>, Fault>> {
        if self.next > self.to {
            return None;
        }
        loop {
            let steps = i64::from(self.points - 1);
            let end = self.next.saturating_add(self.step.saturating_mul(steps)).min(self.to);
            let step = Duration::from_secs(self.step.unsigned_abs());
            match server.range(&self.meter.promql, self.next, end, step).await {
                // Half the points are half the answer.
                Err(fault) if fault.too_long && self.points > 1 => self.points /= 2,
                Err(fault) => return Some(Err(fault)),
                Ok(past) => return Some(Ok(self.readings(server, past, end).await)),
            }
        }
    }

    /// Time by time, in turns with everybody else on the loop.
    async fn readings(&mut self, server: &Server, past: Past, end: i64) -> Vec<Reading> {
        let mut series: Vec<_> =
            past.series.into_iter().map(|(labels, values)| (labels, values.into_iter().peekable())).collect();
        let (mut readings, mut handled) = (Vec::new(), 0);
        while self.next <= end {
            let at = float(self.next);
            let mut points = Vec::new();
            for (labels, values) in &mut series {
                while values.next_if(|(time, _)| *time < at - 0.5).is_some() {}
                if let Some((_, value)) = values.next_if(|(time, _)| *time < at + 0.5) {
                    points.push(Point { labels: Arc::clone(labels), value });
                }
            }
            handled += points.len();
            let answer = Answer { at: Some(at), points, notes: Vec::new() };
            let measure = self.meter.reduction.take(&answer);
            let measure = measure.unwrap_or_else(|why| Some(Measure::Blind(server.said(why).to_string())));
            let at = Timestamp::from_second(self.next).unwrap_or(Timestamp::MAX);
            readings.extend(measure.map(|measure| self.meter.reading(at, measure)));
            self.next = self.next.saturating_add(self.step);
            if handled > TURN {
                handled = 0;
                tokio::task::yield_now().await;
            }
        }
        readings
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^53")]
fn float(second: i64) -> f64 {
    second as f64
}

impl Server {
    /// What a query gave each minute of a time. It is an error when it gave nothing at all.
    pub async fn history(&self, query: &str, from: Timestamp, to: Timestamp) -> Result<Vec<f64>, Fault> {
        let measured = Measured::new(Stream::Business(String::new()), Query::Value(query.to_owned()));
        let meter = Meter::new(&measured).ok_or_else(|| Fault::said("no query"))?;
        // Of a month by minute, nobody asks when each was sampled.
        let meter = Meter { promql: query.to_owned(), ..meter };
        let mut recall = Recall::new(meter, from, to, MINUTE);
        let (mut values, mut wrong) = (Vec::new(), None);
        while let Some(piece) = recall.next(self).await {
            for reading in piece? {
                values.push(match reading.measure {
                    Measure::Value(value) | Measure::Again(value) => value,
                    Measure::Blind(why) | Measure::Absent(why) => {
                        wrong = Some(why);
                        f64::NAN
                    }
                    Measure::Requests(_) | Measure::Durations(_) | Measure::Use(_) | Measure::Alerts(_) => {
                        f64::NAN
                    }
                });
            }
        }
        match wrong {
            Some(why) if values.iter().all(|value| value.is_nan()) => {
                let why = why.split_once(": ").map_or(why.as_str(), |(_, why)| why);
                Err(self.said(why))
            }
            Some(_) | None => Ok(values),
        }
    }
}
