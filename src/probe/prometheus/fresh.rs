//! Whether a number is a new one. Prometheus answers with the same sample until it has scraped or computed the next,
//! and to be asked three times about one sample is not to have measured three times.

use crate::model::reading::Measure;

/// Where Prometheus does not say when a number was sampled, the same one counts anew after so many seconds: two that
/// are so far apart fit into one of the longest usual intervals, three do not.
const AGED: f64 = 30.0;

/// The newest number.
#[derive(Debug, Clone, Default)]
pub(super) struct Fresh {
    last: Option<Last>,
}

#[derive(Debug, Clone, Copy)]
struct Last {
    value: f64,
    /// When it was sampled, if that is known.
    sampled: Option<f64>,
    at: f64,
}

impl Fresh {
    /// A number that was asked for at `at`.
    pub(super) fn measure(&mut self, value: f64, sampled: Option<f64>, at: f64) -> Measure {
        let again = self.last.is_some_and(|last| match last.sampled.zip(sampled) {
            Some((before, now)) => now <= before,
            None => value.total_cmp(&last.value).is_eq() && at - last.at < AGED,
        });
        if again {
            return Measure::Again(value);
        }
        self.last = Some(Last { value, sampled, at });
        Measure::Value(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By poll: `=` for a number that was there before.
    fn seen(polls: &[(f64, f64, Option<f64>)]) -> String {
        let mut fresh = Fresh::default();
        let kind = |(at, value, sampled): &(f64, f64, Option<f64>)| {
            let measure = fresh.measure(*value, *sampled, *at);
            if measure == Measure::Value(*value) { 'x' } else { '=' }
        };
        polls.iter().map(kind).collect()
    }

    #[test]
    fn one_sample_is_one_number_however_often_it_is_asked_for() {
        // A rule that is computed each 15 s gives 3 s once.
        let polls: Vec<_> = (0..9).map(|poll| f64::from(poll) * 5.0).collect();
        let rule = |at: &f64| (*at, if *at < 15.0 { 3.0 } else { 0.2 }, Some((at / 15.0).floor() * 15.0));
        assert_eq!(seen(&polls.iter().map(rule).collect::<Vec<_>>()), "x==x==x==");
        // The same number sampled anew is a new one.
        let zeros = |at: &f64| (*at, 0.0, Some((at / 15.0).floor() * 15.0));
        assert_eq!(seen(&polls.iter().map(zeros).collect::<Vec<_>>()), "x==x==x==");
        // Nothing newer: what is stale stays one sample.
        let stale = |at: &f64| (*at, 3.0, Some(-200.0));
        assert_eq!(seen(&polls.iter().map(stale).collect::<Vec<_>>()), "x========");
    }

    #[test]
    fn without_its_time_a_number_is_new_when_it_is_another_one() {
        let polls = |values: &[f64]| -> Vec<_> {
            (0..)
                .map(|poll| f64::from(poll) * 5.0)
                .zip(values)
                .map(|(at, value)| (at, *value, None))
                .collect()
        };
        assert_eq!(seen(&polls(&[3.0, 3.0, 3.0, 0.2, 0.2, 0.3])), "x==x=x");
        // What never changes, as a share of 100 % does: three times in a minute, not in one scrape.
        assert_eq!(seen(&polls(&[1.0; 13])), "x=====x=====x");
    }
}
