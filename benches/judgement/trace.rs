//! One release with known truth, as a monitoring system would see it: an hour before it and half an hour after it.

use std::array::from_fn;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Binomial, Distribution, Exp1, Gamma, Poisson, StandardNormal};

use crate::scenario::{Busy, Does, Kin, Other, Scenario};

/// Seconds between two scrapes.
pub(crate) const TICK: f64 = 15.0;
/// Ticks before the release, and after it.
pub(crate) const BEFORE: usize = 240;
pub(crate) const AFTER: usize = 120;
const TICKS: usize = BEFORE + AFTER;
pub(crate) const REPLICAS: usize = 3;
/// Health is known every 5 s.
pub(crate) const HEALTH_TICK: f64 = 5.0;
const LOOKS: usize = 3;
/// The container needs 10 s to start.
const STARTING: usize = 2;
/// Upper edges of the latency histogram in seconds.
pub(crate) const EDGES: [f64; 10] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 2.5, 5.0, 10.0, f64::INFINITY];
/// Of the logarithm of a request's seconds.
const SPREAD: f64 = 0.8;
/// Where counters stand an hour before the release.
const COUNTED: u64 = 100_000;

/// What a scrape of one replica gave: counters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scrape {
    pub(crate) requests: u64,
    pub(crate) errors: u64,
    /// Cumulative, by edge.
    pub(crate) latency: [u64; EDGES.len()],
}

/// One release.
pub(crate) struct Trace {
    pub(crate) scenario: &'static Scenario,
    /// By replica and tick; `None` where the scrape failed.
    pub(crate) replicas: [Vec<Option<Scrape>>; REPLICAS],
    /// Whether a health check fails, every 5 s from the release on.
    pub(crate) unhealthy: Vec<bool>,
    /// The same in the hour before the release.
    pub(crate) unhealthy_before: Vec<bool>,
    /// Another service's (failed, all) requests, by tick.
    pub(crate) control: Vec<(u64, u64)>,
    /// Other services beside these.
    pub(crate) others: Vec<Neighbour>,
    /// How much of the host's processors something else uses, by tick.
    pub(crate) busy: Option<Vec<f64>>,
}

/// Another service.
pub(crate) struct Neighbour {
    pub(crate) kin: Kin,
    /// Its (failed, all) requests, by tick.
    pub(crate) requests: Vec<(u64, u64)>,
    /// Whether a health check of it fails, every 5 s from the hour before the release on.
    pub(crate) unhealthy: Vec<bool>,
}

/// What happens to all replicas in one tick.
struct Tick {
    /// Requests of one replica, on average.
    load: f64,
    errors: [f64; REPLICAS],
    control_errors: f64,
    /// Logarithm of the median seconds.
    ln_median: f64,
    down: bool,
}

impl Trace {
    /// Always the same for the same seed.
    pub(crate) fn new(scenario: &'static Scenario, seed: u64) -> Self {
        let mut dice = SmallRng::seed_from_u64(seed);
        let (course, incident) = course(scenario, &mut dice);
        let gap = dice.random_range(6..=10);
        let replicas = from_fn(|replica| {
            let mut counted = Scrape { requests: COUNTED, errors: COUNTED, latency: [COUNTED; EDGES.len()] };
            let scrapes = course.iter().enumerate().map(|(at, tick)| {
                if at == BEFORE {
                    counted = Scrape { requests: 0, errors: 0, latency: [0; EDGES.len()] };
                }
                counted.serve(tick, replica, &mut dice);
                let lost = dice.random_bool(0.005);
                let missed = scenario.gap && (BEFORE + 1..=BEFORE + gap).contains(&at);
                let silent = scenario.silent && replica == 0 && at >= BEFORE;
                (!lost && !missed && !tick.down && !silent).then_some(counted)
            });
            scrapes.collect()
        });
        let control = course.iter().map(|tick| {
            let requests = poisson(tick.load * REPLICAS as f64, &mut dice);
            (binomial(requests, tick.control_errors, &mut dice), requests)
        });
        let control = control.collect();
        let mut unhealthy = health(scenario, &mut dice);
        let unhealthy_before = blips(scenario, BEFORE * LOOKS, &mut dice);
        if scenario.checks {
            unhealthy[incident * LOOKS..].fill(true);
        }
        let others = scenario.others.iter();
        let others = others.map(|other| neighbour(scenario, *other, &course, incident, &mut dice)).collect();
        let busy = scenario.busy.map(|busy| {
            let taken = |at: usize| busy == Busy::Always || at >= BEFORE + incident;
            (0..TICKS).map(|at| if taken(at) { 0.99 } else { 0.3 }).collect()
        });
        Self { scenario, replicas, unhealthy, unhealthy_before, control, others, busy }
    }

    /// Seconds after the release at which it turns bad.
    pub(crate) fn onset(&self) -> f64 {
        self.scenario.onset as f64 * TICK
    }
}

impl Scrape {
    /// Takes one tick's requests in.
    fn serve(&mut self, tick: &Tick, replica: usize, dice: &mut SmallRng) {
        if tick.down {
            return;
        }
        let requests = poisson(tick.load, dice);
        self.requests += requests;
        self.errors += binomial(requests, tick.errors[replica], dice);
        let bounds = EDGES.map(|edge| (edge.ln() - tick.ln_median) / SPREAD);
        for _ in 0..requests {
            let slow: f64 = StandardNormal.sample(dice);
            let bucket = bounds.iter().position(|bound| slow <= *bound).unwrap_or(EDGES.len() - 1);
            self.latency[bucket..].iter_mut().for_each(|count| *count += 1);
        }
    }
}

/// One of the others, as loaded as the release.
fn neighbour(
    scenario: &Scenario,
    other: Other,
    course: &[Tick],
    incident: usize,
    dice: &mut SmallRng,
) -> Neighbour {
    let began = BEFORE + incident;
    let errors = |at: usize| match other.does {
        Does::Well => scenario.errors,
        Does::Suffers(part) => {
            let passed = course[at.saturating_sub(1)].errors.iter().sum::<f64>() / REPLICAS as f64;
            scenario.errors.max(part * passed)
        }
        Does::Shares(lead) if at + lead >= began => scenario.incident.unwrap_or(scenario.errors),
        Does::Shares(_) => scenario.errors,
        Does::Red => 0.3,
    };
    let requests = (0..TICKS).map(|at| {
        let requests = poisson(course[at].load * REPLICAS as f64, dice);
        (binomial(requests, errors(at), dice), requests)
    });
    let requests = requests.collect();
    // Within one interval of its checks, what happens around has taken all of them down.
    let down = began * LOOKS + dice.random_range(0..=2);
    let fails = |look: usize| match other.does {
        Does::Shares(_) => scenario.checks && look >= down,
        Does::Red => true,
        Does::Well | Does::Suffers(_) => false,
    };
    Neighbour { kin: other.kin, requests, unhealthy: (0..TICKS * LOOKS).map(fails).collect() }
}

/// The 90 minutes, tick by tick, and the tick at which something happens around.
fn course(scenario: &Scenario, dice: &mut SmallRng) -> (Vec<Tick>, usize) {
    let mut drift = 0.0;
    let mut burst = false;
    let incident = dice.random_range(8..80);
    let tick = |at: usize| {
        let since = at.checked_sub(BEFORE);
        let active = since.filter(|since| *since >= scenario.onset);
        if at > 0 {
            drift = 0.95 * drift + 0.05 * normal(dice);
        }
        let grown = 1.0 + (scenario.ramp - 1.0) * at as f64 / (TICKS - 1) as f64;
        let load = scenario.rate * TICK / REPLICAS as f64 * f64::exp(drift) * grown;

        let around = scenario.incident.filter(|_| since.is_some_and(|since| since >= incident));
        let before = scenario.errors_before.filter(|_| at >= BEFORE - 120);
        let mut errors = [around.or(before).unwrap_or(scenario.errors); REPLICAS];
        if let (Some(since), Some(after)) = (active, scenario.errors_after) {
            let risen =
                scenario.rising.map_or(1.0, |ticks| ((since - scenario.onset) as f64 / ticks).min(1.0));
            let bad = if scenario.one_replica { 1 } else { REPLICAS };
            errors[..bad].fill(scenario.errors + (after - scenario.errors) * risen);
        }
        if let Some(variance) = scenario.overdispersion {
            let factor = Gamma::new(1.0 / variance, variance).expect("a variance is positive").sample(dice);
            errors = errors.map(|rate| (rate * factor).min(1.0));
        }
        let lasts = burst && dice.random_bool(0.5);
        burst = dice.random_bool(scenario.bursts);
        if burst || lasts {
            errors.fill(0.3);
        }
        let mut median = active.and(scenario.median_after).unwrap_or(scenario.median);
        if scenario.warm_up && since == Some(0) {
            errors.fill(0.1);
        }
        if scenario.warm_up && since.is_some_and(|since| since < 2) {
            median *= 4.0;
        }
        Tick {
            load,
            errors,
            control_errors: around.unwrap_or(scenario.errors),
            ln_median: median.ln() + 0.08 * normal(dice),
            down: scenario.crash && active.is_some(),
        }
    };
    ((0..TICKS).map(tick).collect(), incident)
}

/// The start, failures by chance, and what the release does.
fn health(scenario: &Scenario, dice: &mut SmallRng) -> Vec<bool> {
    let mut unhealthy = blips(scenario, AFTER * LOOKS, dice);
    for (at, unhealthy) in unhealthy.iter_mut().enumerate() {
        let flaps = at >= STARTING && dice.random_bool(scenario.flapping);
        *unhealthy |= at < STARTING || (flaps && at >= scenario.onset * LOOKS);
    }
    if scenario.crash {
        unhealthy[scenario.onset * LOOKS..].fill(true);
    }
    unhealthy
}

/// Failures by chance, and blips of some seconds every 20 minutes.
fn blips(scenario: &Scenario, ticks: usize, dice: &mut SmallRng) -> Vec<bool> {
    let mut unhealthy = vec![false; ticks];
    for at in 0..ticks {
        unhealthy[at] |= dice.random_bool(scenario.health_fails);
        if dice.random_bool(HEALTH_TICK / 1200.0) {
            let mut left: f64 = 4.0 * dice.sample::<f64, _>(Exp1);
            for during in &mut unhealthy[at..] {
                *during = true;
                left -= HEALTH_TICK;
                if left <= 0.0 {
                    break;
                }
            }
        }
    }
    unhealthy
}

fn normal(dice: &mut SmallRng) -> f64 {
    StandardNormal.sample(dice)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a drawn count is a small whole number"
)]
fn poisson(mean: f64, dice: &mut SmallRng) -> u64 {
    Poisson::new(mean).expect("a load is positive").sample(dice) as u64
}

fn binomial(trials: u64, rate: f64, dice: &mut SmallRng) -> u64 {
    Binomial::new(trials, rate).expect("a share is from 0 to 1").sample(dice)
}
