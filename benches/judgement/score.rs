//! How good a rule was.

use crate::scenario::{Scenario, Truth};

/// A fault that is missed counts as if it had been found when the half hour is over.
const MISSED: f64 = 1800.0;

/// What one rule did with many traces of one scenario.
pub(crate) struct Score {
    pub(crate) truth: Truth,
    /// Of all, those that were rolled back.
    pub(crate) fired: f64,
    /// Of all, those that were rolled back once the release was bad.
    pub(crate) detected: f64,
    /// The median of their seconds since then.
    pub(crate) delay: Option<f64>,
}

/// What one rule did with all scenarios.
pub(crate) struct Summary {
    /// Percent of good releases rolled back: on average, and in the worst scenario.
    pub(crate) ordinary: f64,
    pub(crate) worst: f64,
    pub(crate) hard: f64,
    /// Percent of rollbacks that help nobody.
    pub(crate) environment: f64,
    pub(crate) detected: f64,
    /// Mean over scenarios of the median delay, a miss counting half an hour.
    pub(crate) delay: f64,
}

impl Score {
    /// From the seconds after the release at which each trace was rolled back, if it was.
    pub(crate) fn of(scenario: &Scenario, onset: f64, fired: &[Option<f64>]) -> Self {
        let all = fired.len() as f64;
        let mut delays: Vec<f64> =
            fired.iter().flatten().map(|at| at - onset).filter(|delay| *delay >= 0.0).collect();
        delays.sort_by(f64::total_cmp);
        let half = delays.len() / 2;
        let delay = delays.get(half).map(|upper| {
            if delays.len().is_multiple_of(2) { f64::midpoint(delays[half - 1], *upper) } else { *upper }
        });
        Self {
            truth: scenario.truth,
            fired: fired.iter().flatten().count() as f64 / all,
            detected: delays.len() as f64 / all,
            delay,
        }
    }
}

impl Summary {
    pub(crate) fn of(scores: &[&Score]) -> Self {
        let among = |truth: Truth| scores.iter().filter(move |score| score.truth == truth).copied();
        let fired = |truth| mean(among(truth).map(|score| score.fired)) * 100.0;
        let restricted = |score: &Score| {
            score.delay.map_or(MISSED, |delay| score.detected * delay + (1.0 - score.detected) * MISSED)
        };
        Self {
            ordinary: fired(Truth::Good),
            worst: among(Truth::Good).map(|score| score.fired * 100.0).fold(0.0, f64::max),
            hard: fired(Truth::Hard),
            environment: fired(Truth::Environment),
            detected: mean(among(Truth::Bad).map(|score| score.detected)) * 100.0,
            delay: mean(among(Truth::Bad).map(restricted)),
        }
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / count
}
