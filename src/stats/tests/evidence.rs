//! How often evidence misleads, and how soon it tells.

use proptest::prelude::*;

use crate::stats::evidence::Evidence;
use crate::stats::tests::{Binomial, Dice};

const TICKS: u32 = 120;
const WATCHES: u32 = 20_000;

/// The highest evidence in each of so many watches, in which tick `tick` is drawn from `rates(tick)`.
fn highest(seed: u64, p0: f64, requests: u64, rates: impl Fn(u32) -> usize, of: &[Binomial]) -> Vec<f64> {
    let mut dice = Dice(seed);
    let watch = |_| {
        let mut evidence = Evidence::new(p0, 1.0, TICKS);
        let looks = (0..TICKS).map(|tick| {
            evidence.push(of[rates(tick)].draw(&mut dice), requests);
            evidence.log_e()
        });
        looks.fold(0.0, f64::max)
    };
    (0..WATCHES).map(watch).collect()
}

/// Ville: of all watches of a release that is just tolerable, so few ever reach 1/α.
fn misled_within_bounds(highest: &[f64]) {
    for alpha in [0.05_f64, 0.01, 0.001] {
        let misled = highest.iter().filter(|log_e| **log_e >= -alpha.ln()).count() as f64;
        assert!(misled <= alpha * f64::from(WATCHES), "{misled} of {WATCHES} at {alpha}");
    }
}

/// The wager is a real one, or it would never mislead.
fn misled_now_and_then(highest: &[f64]) {
    let misled = highest.iter().filter(|log_e| **log_e >= 5_f64.ln()).count() as f64;
    assert!(misled >= 0.01 * f64::from(WATCHES), "{misled} of {WATCHES} reached 5");
}

#[test]
fn few_requests_seldom_mislead() {
    let highest = highest(1, 0.05, 3, |_| 0, &[Binomial::new(3, 0.05)]);
    misled_within_bounds(&highest);
    misled_now_and_then(&highest);
}

#[test]
fn many_requests_seldom_mislead() {
    let highest = highest(2, 0.01, 150, |_| 0, &[Binomial::new(150, 0.01)]);
    misled_within_bounds(&highest);
    misled_now_and_then(&highest);
}

#[test]
fn a_rate_that_moves_below_the_tolerated_one_seldom_misleads() {
    let rates = [Binomial::new(15, 0.002), Binomial::new(15, 0.05)];
    misled_within_bounds(&highest(3, 0.05, 15, |tick| usize::from(tick / 20 % 2 == 1), &rates));
}

/// Ticks until odds of 2000 to 1, the median of many watches.
fn delay(seed: u64, p0: f64, rate: f64, requests: u32, clean: u32) -> u32 {
    let (good, bad) = (Binomial::new(requests, rate.min(p0 / 2.0)), Binomial::new(requests, rate));
    let mut dice = Dice(seed);
    let watch = |_| {
        let mut evidence = Evidence::new(p0, 1.0, TICKS);
        let fires = |tick: &u32| {
            let drawn = if *tick < clean { &good } else { &bad };
            evidence.push(drawn.draw(&mut dice), u64::from(requests));
            evidence.log_e() >= 2000_f64.ln() && *tick >= clean
        };
        (0..TICKS).find(fires).map_or(TICKS, |tick| tick - clean + 1)
    };
    let mut delays: Vec<u32> = (0..1001).map(watch).collect();
    delays.sort_unstable();
    delays[500]
}

/// A test that knew the true rate would take 6, 9, 13, 25 and 15 ticks.
#[test]
fn it_tells_nearly_as_soon_as_can_be() {
    let cases = [(0.01, 0.2, 3, 8), (0.01, 0.06, 15, 12), (0.01, 0.02, 150, 17), (0.05, 0.1, 15, 32)];
    for (p0, rate, requests, expected) in cases.into_iter().chain([(0.043, 0.2, 3, 19)]) {
        let delay = delay(5, p0, rate, requests, 0);
        assert!(delay.abs_diff(expected) <= 1, "{rate} against {p0}: {delay}");
    }
}

#[test]
fn what_begins_late_is_found_a_few_ticks_later() {
    for (p0, rate, requests, expected) in [(0.01, 0.2, 3, 8), (0.01, 0.06, 15, 12), (0.01, 0.02, 150, 17)] {
        let delay = delay(6, p0, rate, requests, 40);
        assert!((expected + 1..=expected + 9).contains(&delay), "{rate} against {p0}: {delay}");
    }
}

fn fed(ticks: &[(u64, u64)]) -> Evidence {
    let mut evidence = Evidence::new(0.01, 1.0, TICKS);
    for &(bad, total) in ticks {
        evidence.push(bad, total);
    }
    evidence
}

#[test]
fn a_watch_that_is_extended_stakes_nothing_new() {
    let mut evidence = Evidence::new(0.01, 1.0, 4);
    for _ in 0..4 {
        evidence.push(0, 0);
    }
    assert!(evidence.log_e().abs() < 1e-12);
    evidence.push(0, 10_000);
    let lost = evidence.log_e();
    assert!(lost < -10.0);
    evidence.push(0, 0);
    assert!((evidence.log_e() - lost).abs() < 1e-12);
}

#[test]
fn a_watch_of_one_tick_stakes_everything_on_it() {
    let mut evidence = Evidence::new(0.01, 1.0, 1);
    assert!(evidence.log_e().abs() < 1e-12);
    evidence.push(0, 0);
    assert!(evidence.log_e().abs() < 1e-12);
}

#[test]
fn without_requests_nothing_is_learnt() {
    let evidence = fed(&[(0, 0); 200]);
    assert!(evidence.log_e().abs() < 1e-9);
}

proptest! {
    /// However long it lasts and however wild it is.
    #[test]
    fn it_stays_a_number(
        p0 in any::<f64>(), dispersion in any::<f64>(), ticks in any::<u32>(),
        pushes in proptest::collection::vec(any::<(u64, u64)>(), 0..50),
    ) {
        let (p0, dispersion) = (if p0.is_nan() { 0.1 } else { p0 }, if dispersion.is_finite() { dispersion } else { 1.0 });
        let mut evidence = Evidence::new(p0, dispersion, ticks);
        for (bad, total) in pushes {
            evidence.push(bad, total);
            prop_assert!(!evidence.log_e().is_nan() && evidence.log_e() < 400.0);
        }
    }

    #[test]
    fn each_failure_is_evidence(
        ticks in proptest::collection::vec((0_u64..20, 20_u64..40), 1..40), at in any::<proptest::sample::Index>(),
    ) {
        let mut worse = ticks.clone();
        worse[at.index(ticks.len())].0 += 1;
        prop_assert!(fed(&worse).log_e() >= fed(&ticks).log_e());
    }
}
