//! Held against what Prometheus documents of `increase()` and of resets, without its extrapolation.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// `increase()` of one series, of its values in order: from the first to the last, and what each reset took away is put
/// back. "Breaks in monotonicity (such as counter resets due to target restarts) are automatically adjusted for."
fn increase(values: &[f64]) -> f64 {
    let (Some(first), Some(last)) = (values.first(), values.last()) else { return 0.0 };
    let lost: f64 = values.windows(2).filter(|pair| pair[1] < pair[0]).map(|pair| pair[0]).sum();
    last - first + lost
}

/// What may happen to a target between two looks.
#[derive(Debug, Clone)]
enum Step {
    /// Its series count on, each by so many; those that were silent appear.
    Rise(Vec<u16>),
    /// It begins anew, and has counted a few already.
    Restart(Vec<u8>),
    /// One of its series begins anew.
    Anew(usize),
    /// A part of all that it has counted is gone.
    Lose(f64),
    /// It is not there.
    Away,
    /// Some of its series are not there.
    Partly(usize),
}

/// Series of a target at most.
const SERIES: usize = 4;

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => proptest::collection::vec(0_u16..400, SERIES).prop_map(Step::Rise),
        1 => proptest::collection::vec(0_u8..20, SERIES).prop_map(Step::Restart),
        1 => (0..SERIES).prop_map(Step::Anew),
        1 => (0.4..0.95_f64).prop_map(Step::Lose),
        1 => Just(Step::Away),
        1 => (0..SERIES).prop_map(Step::Partly),
    ]
}

/// One target as the world has it.
#[derive(Debug, Clone, Default)]
struct Process {
    values: [f64; SERIES],
    /// Series that were ever shown.
    shown: [bool; SERIES],
}

impl Process {
    /// What it shows after a step.
    fn go(&mut self, step: &Step) -> Vec<usize> {
        match step {
            Step::Rise(by) => {
                for (value, by) in self.values.iter_mut().zip(by) {
                    *value += f64::from(*by);
                }
            }
            Step::Restart(values) => {
                for (value, new) in self.values.iter_mut().zip(values) {
                    *value = f64::from(*new);
                }
            }
            Step::Anew(series) => self.values[*series] = 0.0,
            Step::Lose(part) => {
                for value in &mut self.values {
                    *value = (*value * part).floor();
                }
            }
            Step::Away => return Vec::new(),
            Step::Partly(_) => {}
        }
        for (shown, value) in self.shown.iter_mut().zip(self.values) {
            *shown |= value > 0.0;
        }
        let hidden = |series: &usize| matches!(step, Step::Partly(from) if series >= from);
        (0..SERIES).filter(|series| self.shown[*series] && !hidden(series)).collect()
    }
}

/// What is known of a series from look to look.
#[derive(Debug, Default)]
struct Record {
    /// Its values, cut where a look could not be told.
    pieces: Vec<Vec<f64>>,
    /// Its first value, where it counts: it appeared beside others of its target.
    first: f64,
    grown: f64,
}

impl Record {
    fn last(&self) -> Option<f64> {
        self.pieces.last()?.last().copied()
    }
}

fn target(of: usize) -> Target {
    Target::Of("job".to_owned(), of.to_string())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// Over any histories of any targets: what is told is what Prometheus would tell, of each series for itself; and a
    /// target of which nothing is told has fallen, not long ago.
    #[test]
    fn growth_is_the_increase_of_prometheus(steps in proptest::collection::vec((step(), step(), any::<bool>()), 2..60)) {
        let mut processes = [Process::default(), Process::default()];
        let mut counters = Counters::default();
        let mut records: BTreeMap<u64, Record> = BTreeMap::new();
        let (mut met, mut fallen) = ([false; 2], [false; 2]);
        for (look, (one, other, reverse)) in steps.iter().enumerate() {
            let mut counts = Vec::new();
            for (of, step) in [one, other].into_iter().enumerate() {
                let shown = processes[of].go(step);
                counts.extend(shown.into_iter().map(|series| (of, series, processes[of].values[series])));
            }
            if *reverse {
                counts.reverse();
            }
            let told: Vec<Count<'_>> = counts.iter().map(|(of, series, value)| {
                let id = (*of * SERIES + *series) as u64;
                Count { target: target(*of), name: "x", series: id, whole: id, value: *value }
            }).collect();
            let growths = counters.look(&told, false).unwrap_or_else(|_| {
                vec![Growth { by: 0.0, newborn: false }; told.len()]
            });
            for of in 0..2 {
                let mine = || counts.iter().zip(&growths).filter(|((target, ..), _)| *target == of);
                let before = |series: usize| records.get(&((of * SERIES + series) as u64)).and_then(Record::last);
                let fell = mine().any(|((_, series, value), _)| before(*series).is_some_and(|before| *value < before));
                fallen[of] |= fell;
                let expected = |series: usize, value: f64| match before(series) {
                    // Never the whole of what did not fall.
                    Some(before) if value >= before => value - before,
                    Some(_) => value,
                    None if look > 0 => value,
                    None => 0.0,
                };
                let exact = mine().all(|((_, series, value), growth)| same(growth.by, expected(*series, *value)));
                let nothing = mine().all(|(_, growth)| growth.by == 0.0);
                prop_assert!(exact || nothing && fallen[of], "{counts:?} {growths:?}");
                let newborn = mine().filter(|(_, growth)| growth.newborn).all(|_| !met[of]);
                prop_assert!(newborn, "a target that was met is not newborn");
                let told: Vec<_> = mine().map(|(count, growth)| (*count, *growth)).collect();
                met[of] |= !told.is_empty();
                for ((_, series, value), growth) in told {
                    let record = records.entry((of * SERIES + series) as u64).or_default();
                    match record.pieces.last_mut() {
                        Some(piece) if exact => piece.push(value),
                        last => {
                            record.first += if last.is_none() { growth.by } else { 0.0 };
                            record.pieces.push(vec![value]);
                        }
                    }
                    record.grown += growth.by;
                }
            }
        }
        for (series, record) in &records {
            let increase: f64 = record.pieces.iter().map(|piece| increase(piece)).sum();
            prop_assert!(same(record.grown, record.first + increase), "{series}: {record:?}");
        }
    }

    /// Nothing is left out that Prometheus would tell, where all there is are restarts.
    #[test]
    fn restarts_are_always_told(steps in proptest::collection::vec((0_u16..400, any::<bool>(), 0_u16..30), 2..60)) {
        let (mut counters, mut values, mut grown) = (Counters::default(), Vec::new(), 0.0);
        let mut value = 1000.0;
        for (by, restart, has) in steps {
            value = if restart && value >= 1000.0 { f64::from(has) } else { value + f64::from(by) };
            values.push(value);
            let told = counters.look(&[Count { target: web(), name: "x", series: 1, whole: 1, value }], false);
            grown += told.expect("a restart is one")[0].by;
        }
        prop_assert!(same(grown, increase(&values)), "{grown} {values:?}");
    }

    #[test]
    fn no_request_is_lost_to_rounding(parts in proptest::collection::vec((0.0..50.0_f64, 0.0..1.0_f64), 1..200)) {
        let (mut pending, mut sum) = (Pending::default(), (0.0, 0.0));
        let mut taken = Counts::default();
        for (total, share) in parts {
            pending.add_total(total);
            pending.add_bad(total * share);
            sum = (sum.0 + total, sum.1 + total * share);
            let counts = pending.take();
            prop_assert!(counts.bad <= counts.total);
            taken += counts;
        }
        prop_assert!((as_float(taken.total) - sum.0).abs() < 1.0 + 1e-3);
        prop_assert!((as_float(taken.bad) - sum.1).abs() < 2.0 + 1e-3);
    }
}

fn same(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-6
}
