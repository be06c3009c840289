//! How well releases are judged, by golive and by others: `cargo bench --bench judgement`.
//!
//! Each rule sees the same synthetic releases. `TRACES=100` of each kind make it shorter, `SEED=2` makes others, and
//! `SCENARIO=b1` takes those of that name alone, `SCENARIO=metrics` the business metrics.

#![expect(clippy::print_stdout, reason = "a benchmark says what it found")]
#![expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]

mod golive;
mod metrics;
mod peers;
mod prometheus;
mod scenario;
mod score;
mod step;
mod trace;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ::golive::model::policy::{Autonomy, Level, OnEnvironment};
use golive::Golive;
use peers::{Alert, Argo, Flagger, Kayenta, Sentence, Swarm};
use prometheus::Prometheus;
use scenario::{SCENARIOS, Scenario, Truth};
use score::{Score, Summary};
use trace::Trace;

/// How a bad release is told.
trait Rule: Sync {
    fn name(&self) -> String;

    /// Seconds after the release at which it is rolled back.
    fn judge(&self, trace: &Trace, prometheus: &Prometheus) -> Option<f64>;
}

/// As it is when nothing is configured.
const SHIPPED: Golive = Golive {
    level: Level::Default,
    relative: Autonomy::Ask,
    flapping: Autonomy::Ask,
    on_environment: OnEnvironment::Hold,
};

fn rules() -> Vec<Box<dyn Rule>> {
    vec![
        Box::new(Swarm { monitor: 5.0 }),
        Box::new(Swarm { monitor: 1800.0 }),
        Box::new(Flagger { threshold: 1 }),
        Box::new(Flagger { threshold: 5 }),
        Box::new(Argo { failure_limit: 0, every: 1 }),
        Box::new(Argo { failure_limit: 3, every: 1 }),
        Box::new(Argo { failure_limit: 3, every: 5 }),
        Box::new(Kayenta { at: 5..=30, every: 5 }),
        Box::new(Kayenta { at: 3..=30, every: 1 }),
        Box::new(Kayenta { at: 29..=29, every: 1 }),
        Box::new(Alert),
        Box::new(Sentence),
        Box::new(Golive { level: Level::Literal, ..SHIPPED }),
        Box::new(SHIPPED),
        Box::new(Golive { relative: Autonomy::Auto, on_environment: OnEnvironment::Rollback, ..SHIPPED }),
        Box::new(Golive { relative: Autonomy::Auto, ..SHIPPED }),
        Box::new(Golive { level: Level::Certain, relative: Autonomy::Auto, ..SHIPPED }),
        Box::new(Golive {
            level: Level::Certain,
            relative: Autonomy::Auto,
            flapping: Autonomy::Auto,
            ..SHIPPED
        }),
    ]
}

fn main() {
    // `cargo test --benches` only builds it.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let traces = number("TRACES").unwrap_or(300);
    let seed = number("SEED").unwrap_or(20_260_901);
    let name = std::env::var("SCENARIO").unwrap_or_default();
    let chosen: Vec<&Scenario> =
        SCENARIOS.iter().filter(|scenario| scenario.name.starts_with(&name)).collect();
    if name == "metrics" || name.is_empty() {
        metrics::print(traces, seed);
    }
    if chosen.is_empty() {
        return;
    }
    let rules = rules();
    println!("\n{traces} traces of each of {} scenarios, seed {seed}\n", chosen.len());
    let scores = judge(&rules, &chosen, traces, seed);
    if chosen.len() == SCENARIOS.len() {
        summaries(&rules, &scores);
    }
    faults(&rules, &chosen, &scores);
    golive::steps();
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Scores by scenario and rule.
fn judge(rules: &[Box<dyn Rule>], chosen: &[&'static Scenario], traces: u64, seed: u64) -> Vec<Vec<Score>> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(scenario) = chosen.get(at) else { return };
            let scores = judge_scenario(rules, scenario, traces, seed);
            done.lock().expect("no thread panics while it holds this").push((at, scores));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let mut done = done.into_inner().expect("no thread panics while it holds this");
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, scores)| scores).collect()
}

fn judge_scenario(
    rules: &[Box<dyn Rule>],
    scenario: &'static Scenario,
    traces: u64,
    seed: u64,
) -> Vec<Score> {
    let kind = SCENARIOS.iter().position(|other| other.name == scenario.name).unwrap_or_default() as u64;
    let mut fired: Vec<Vec<Option<f64>>> = rules.iter().map(|_| Vec::new()).collect();
    let mut onset = 0.0;
    for number in 0..traces {
        let trace =
            Trace::new(scenario, seed.wrapping_mul(1_000_003).wrapping_add(kind * 1_000_000 + number));
        let prometheus = Prometheus::of(&trace);
        onset = trace.onset();
        for (rule, fired) in rules.iter().zip(&mut fired) {
            fired.push(rule.judge(&trace, &prometheus));
        }
    }
    fired.iter().map(|fired| Score::of(scenario, onset, fired)).collect()
}

fn summaries(rules: &[Box<dyn Rule>], scores: &[Vec<Score>]) {
    println!(
        "Rollbacks of good releases, of good ones that are hard to tell, and of those in a bad environment;"
    );
    println!("bad releases found, and after what time, a miss counting half an hour.\n");
    println!("{:38} {:>16} {:>6} {:>6} {:>9} {:>7}", "", "false (worst)", "hard", "env", "detected", "delay");
    for (at, rule) in rules.iter().enumerate() {
        let of_rule: Vec<&Score> = scores.iter().map(|scenario| &scenario[at]).collect();
        let sum = Summary::of(&of_rule);
        println!(
            "{:38} {:>6.1} % ({:>5.1}) {:>6.1} {:>6.1} {:>7.1} % {:>5.0} s",
            rule.name(),
            sum.ordinary,
            sum.worst,
            sum.hard,
            sum.environment,
            sum.detected,
            sum.delay
        );
    }
}

/// Percent rolled back, and of bad releases the median delay in seconds.
fn faults(rules: &[Box<dyn Rule>], chosen: &[&Scenario], scores: &[Vec<Score>]) {
    println!();
    for (at, rule) in rules.iter().enumerate() {
        println!("{:>3} {}", at + 1, rule.name());
    }
    print!("\n{:34}", "");
    (1..=rules.len()).for_each(|at| print!("{at:>10}"));
    for (scenario, scores) in chosen.iter().zip(scores) {
        print!("\n{:34}", scenario.name);
        for score in scores {
            let cell = match (scenario.truth, score.delay) {
                (Truth::Bad, Some(delay)) => format!("{:.0}/{delay:.0}", score.detected * 100.0),
                (Truth::Bad, None) => "0".to_owned(),
                (Truth::Good | Truth::Hard | Truth::Environment, _) => format!("{:.1}", score.fired * 100.0),
            };
            print!("{cell:>10}");
        }
    }
    println!();
}
