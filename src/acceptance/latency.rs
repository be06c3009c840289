//! How fast answers come.

use std::time::Duration;

use super::{Found, Spread, Verdict};
use crate::clock::Clock;
use crate::model::figure::{Figure, Unit};
use crate::model::sample::Outcome;
use crate::probe::Probe;

/// Answers before the first that counts: connections are opened and caches filled with them.
const WARM_UP: u32 = 3;

/// Of a service that takes its time, fewer answers are enough.
const ENOUGH: Duration = Duration::from_mins(1);

/// Asks one time after the other. An answer that is wrong, or comes not at all, ends it.
pub(super) async fn measured(probe: &Probe, times: u32, below: Option<f64>, clock: &Clock) -> Found {
    let began = clock.now();
    let mut all = Vec::new();
    for time in 0..WARM_UP + times {
        let (sample, figure) = probe.measure(clock).await;
        match (sample.outcome, figure) {
            (Outcome::Ok, Some(Figure { value, .. })) if time >= WARM_UP => all.push(value),
            (Outcome::Ok, _) => {}
            (outcome, _) => return Found::of(outcome),
        }
        if clock.now().duration_since(began).unsigned_abs() >= ENOUGH && !all.is_empty() {
            break;
        }
    }
    let Some(spread) = spread(all) else {
        return Found::new(Verdict::NoData, "there was no time for an answer");
    };
    let verdict = if below.is_some_and(|below| spread.p95 > below) { Verdict::Fail } else { Verdict::Pass };
    let figure = Figure { value: spread.p95, limit: below, unit: Unit::Seconds };
    let message = format!(
        "P95 of {} answers {}, median {}, slowest {}",
        spread.answered,
        milliseconds(spread.p95),
        milliseconds(spread.median),
        milliseconds(spread.max)
    );
    Found { figure: Some(figure), spread: Some(spread), ..Found::new(verdict, message) }
}

/// By nearest rank: a value that was measured, none in between.
fn spread(mut all: Vec<f64>) -> Option<Spread> {
    all.sort_by(f64::total_cmp);
    let rank = |percent: usize| all.get((all.len() * percent).div_ceil(100).checked_sub(1)?).copied();
    Some(Spread { answered: all.len(), median: rank(50)?, p95: rank(95)?, max: *all.last()? })
}

pub(super) fn milliseconds(seconds: f64) -> String {
    let milliseconds = seconds * 1000.0;
    if milliseconds < 10.0 { format!("{milliseconds:.1} ms") } else { format!("{milliseconds:.0} ms") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_values_that_were_measured() {
        let all: Vec<f64> = (1..=20).map(f64::from).collect();
        let wanted = Spread { answered: 20, median: 10.0, p95: 19.0, max: 20.0 };
        assert_eq!(spread(all), Some(wanted));
        assert_eq!(spread(vec![3.0]), Some(Spread { answered: 1, median: 3.0, p95: 3.0, max: 3.0 }));
        assert_eq!(spread(Vec::new()), None);
    }

    #[test]
    fn milliseconds_have_as_many_places_as_say_something() {
        assert_eq!((milliseconds(0.0004), milliseconds(0.0125)), ("0.4 ms".to_owned(), "12 ms".to_owned()));
    }
}
