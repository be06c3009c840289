//! What trying a measurement once has shown, for people.

use crate::model::reading::{Measure, Stream};

/// One stream, tried once.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// What is measured.
    pub stream: Stream,
    /// What was found, or why it cannot be used.
    pub result: Result<String, String>,
    /// Edges of its histogram's buckets in seconds.
    pub edges: Vec<f64>,
    /// What is well to know all the same.
    pub remarks: Vec<String>,
}

impl Trial {
    pub(super) fn new(stream: &Stream, result: Result<String, String>) -> Self {
        Self { stream: stream.clone(), result, edges: Vec::new(), remarks: Vec::new() }
    }

    /// The edges around a duration in seconds, when none is just there.
    pub fn missed(&self, limit: f64) -> Option<(Option<f64>, Option<f64>)> {
        let close = |edge: &&f64| (**edge - limit).abs() <= limit * 1e-9;
        if self.edges.is_empty() || self.edges.iter().any(|edge| close(&edge)) {
            return None;
        }
        let below = self.edges.iter().copied().filter(|edge| *edge < limit).max_by(f64::total_cmp);
        let above = self.edges.iter().copied().filter(|edge| *edge > limit && edge.is_finite());
        Some((below, above.min_by(f64::total_cmp)))
    }
}

/// A measure in a few words.
pub(super) fn words(measure: &Measure) -> Result<String, String> {
    let percent = |part: &f64| format!("{:.1} %", part * 100.0);
    match measure {
        Measure::Blind(why) | Measure::Absent(why) => Err(why.clone()),
        Measure::Value(value) | Measure::Again(value) => Ok(value.to_string()),
        Measure::Requests(requests) => Ok(format!("{} of {} failed", requests.seen.bad, requests.seen.total)),
        Measure::Durations(durations) => {
            Ok(format!("{} requests", durations.seen.last().map_or(0, |last| last.count)))
        }
        Measure::Alerts(names) => Ok(format!("{} alerts fire", names.len())),
        Measure::Use(used) => {
            let host = used.host.iter().map(|(what, part)| match what.as_str() {
                "load" => format!("load {part:.2} per processor"),
                what => format!("{what} {}", percent(part)),
            });
            let own = used.own.iter().map(|(what, part)| format!("its own {what} {}", percent(part)));
            Ok(host.chain(own).collect::<Vec<_>>().join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edges_around_a_limit_are_named() {
        let mut trial = Trial::new(&Stream::Latency, Ok(String::new()));
        assert_eq!(trial.missed(2.0), None);
        trial.edges = vec![0.5, 1.0, 2.5, f64::INFINITY];
        assert_eq!(trial.missed(2.0), Some((Some(1.0), Some(2.5))));
        assert_eq!(trial.missed(0.1), Some((None, Some(0.5))));
        assert_eq!(trial.missed(10.0), Some((Some(2.5), None)));
        trial.edges.push(2.0);
        assert_eq!(trial.missed(2.0), None);
    }
}
