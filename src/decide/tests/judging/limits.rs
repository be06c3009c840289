//! Limits mean what they say, to the last request.

use super::*;

/// The newest minute after a release holds these, and nothing else does.
fn errors_in_a_minute(bad: u64, total: u64, level: Level) -> Case {
    let mut case = Case::new(|service| {
        service.triggers.level = level;
        service.triggers.relative = Autonomy::Off;
    });
    case.deploy("v2");
    case.ticks(11, &[errors(0, 0)]);
    case.tick(vec![errors(bad, total)]);
    case.tick(vec![errors(0, 0)]);
    case
}

#[test]
fn more_than_five_percent_is_more_than_five_percent() {
    for (bad, total, fails) in
        [(5, 100, false), (6, 100, true), (50, 1000, false), (51, 1000, true), (10_000, 200_000, false)]
    {
        let case = errors_in_a_minute(bad, total, Level::Literal);
        let phase = if fails { "rolling-back" } else { "watching" };
        assert_eq!(case.phase(), phase, "{bad} of {total}: {:?}", case.verdict("error-rate"));
    }
}

#[test]
fn a_few_requests_prove_nothing() {
    let case = errors_in_a_minute(1, 12, Level::Literal);
    assert_eq!(case.phase(), "watching");
    let verdict = case.verdict("error-rate");
    assert_eq!(verdict.call, Call::Wait, "{}", sentence(&verdict));
    assert!(sentence(&verdict).contains("1 of 12 requests failed"), "{}", sentence(&verdict));
}

#[test]
fn certain_wants_odds_of_twenty_behind_the_limit() {
    let case = errors_in_a_minute(6, 100, Level::Certain);
    assert_eq!(case.phase(), "watching", "six of a hundred may be chance");
    let case = errors_in_a_minute(20, 100, Level::Certain);
    assert_eq!(case.phase(), "rolling-back");
}

#[test]
fn p95_is_held_against_the_bucket_that_ends_at_the_limit() {
    for (bad, total, fails) in [(50, 1000, false), (51, 1000, true), (20, 199, false), (11, 200, true)] {
        let mut case = Case::new(|service| {
            service.triggers.level = Level::Literal;
            service.triggers.error_rate = None;
        });
        case.deploy("v2");
        case.ticks(11, &[slow(0, 0)]);
        case.ticks(1, &[slow(bad, total)]);
        case.tick(vec![slow(0, 0)]);
        let phase = if fails { "rolling-back" } else { "watching" };
        assert_eq!(case.phase(), phase, "{bad} of {total}: {:?}", case.verdict("latency-p95"));
    }
}

#[test]
fn without_a_bucket_at_the_limit_p95_is_interpolated_and_near_it_nothing_is_said() {
    let seen = |counts: [u64; 4]| {
        let edges = [1.0, 2.5, 5.0, f64::INFINITY];
        let seen = edges.into_iter().zip(counts).map(|(le, count)| Bucket { le, count }).collect();
        vec![(Stream::Latency, Measure::Durations(Durations { seen, newborn: Vec::new() }))]
    };
    for (counts, phase) in [([930, 960, 1000, 1000], "watching"), ([100, 400, 1000, 1000], "rolling-back")] {
        let mut case = Case::new(|service| {
            service.triggers.level = Level::Literal;
            service.triggers.error_rate = None;
        });
        case.deploy("v2");
        case.ticks(12, &seen([0; 4]));
        case.tick(seen(counts));
        assert_eq!(case.phase(), phase, "{:?}", case.verdict("latency-p95"));
    }
}

#[test]
fn ninety_percent_has_to_be_passed_and_to_last() {
    for (cpu, lasts, fails) in [(0.90, 30, false), (0.9001, 20, false), (0.9001, 30, true)] {
        let mut case = Case::released(|_| {});
        case.ticks(lasts, &[host(cpu, 0.8)]);
        let phase = if fails { "rolling-back" } else { "watching" };
        assert_eq!(case.phase(), phase, "{cpu} for {lasts} ticks: {:?}", case.verdict("resources"));
    }
    let mut case = Case::released(|_| {});
    for _ in 0..10 {
        case.ticks(20, &[host(0.99, 0.8)]);
        case.ticks(1, &[host(0.5, 0.2)]);
    }
    assert_ne!(case.phase(), "rolling-back", "a spike is no lasting pressure");
}

#[test]
fn evidence_finds_what_is_worse_and_stays_silent_on_what_is_not() {
    let mut case = Case::released(|service| service.triggers.relative = Autonomy::Auto);
    case.ticks(12 * 5, &[errors(0, 50), fast(50)]);
    assert_eq!(case.phase(), "watching", "{:?}", case.verdict("error-rate"));
    case.ticks(20, &[errors(2, 50), fast(50)]);
    assert_eq!(case.phase(), "rolling-back", "4 % where it was 0.17 %: {:?}", case.verdict("error-rate"));
    assert!(case.why().starts_with("breach by relative"), "{}", case.why());
}

#[test]
fn slower_than_before_yet_under_the_limit_is_a_question() {
    let durations = |fast: u64, total: u64| {
        let counts =
            [(0.05, 0), (0.25, fast), (1.0, total), (2.0, total), (5.0, total), (f64::INFINITY, total)];
        let seen = counts.map(|(le, count)| Bucket { le, count }).to_vec();
        vec![(Stream::Latency, Measure::Durations(Durations { seen, newborn: Vec::new() }))]
    };
    let mut case = Case::new(|_| {});
    case.ticks(60 * 12, &durations(50, 50));
    case.deploy("v2");
    case.ticks(12 * 9, &durations(10, 50));
    assert_eq!(case.phase(), "watching", "the question waits for the end of the watch");
    let verdict = case.verdict("latency-p95");
    assert_eq!(verdict.call, Call::Wait);
    assert!(
        sentence(&verdict).ends_with("asked about at the end of the watch, if it is still so"),
        "{verdict:?}"
    );
    case.ticks(12 + 1, &durations(10, 50));
    assert_eq!(case.phase(), "held", "{:?}", case.verdict("latency-p95"));
    assert!(case.why().starts_with("ask first, breach by relative"), "{}", case.why());
}

/// Slow for so many ticks after the start, and then as fast as before.
fn slow_for(ticks: u32, relative: Autonomy) -> Case {
    let durations = |fast: u64| {
        let counts = [(0.05, 0), (0.25, fast), (1.0, 50), (2.0, 50), (5.0, 50), (f64::INFINITY, 50)];
        let seen = counts.map(|(le, count)| Bucket { le, count }).to_vec();
        vec![(Stream::Latency, Measure::Durations(Durations { seen, newborn: Vec::new() }))]
    };
    let mut case = Case::new(|service| service.triggers.relative = relative);
    case.ticks(60 * 12, &durations(50));
    case.deploy("v2");
    case.ticks(ticks, &durations(10));
    case.ticks((12 * 10 + 1_u32).saturating_sub(ticks), &durations(50));
    case
}

#[test]
fn a_cold_start_that_is_over_is_no_question() {
    for ticks in [6, 12, 24, 12 * 4] {
        let case = slow_for(ticks, Autonomy::Ask);
        assert_eq!((case.phase(), case.world.facts().accepted.len()), ("idle", 2), "{ticks}: {}", case.why());
    }
    let shadow = slow_for(24, Autonomy::Shadow);
    assert!(!shadow.told.contains(&News::WouldRollBack), "nor is it told as what would have been done");
    let auto = slow_for(24, Autonomy::Auto);
    assert_eq!(auto.phase(), "rolling-back", "where golive may act, it does not wait");
}

#[test]
fn a_business_metric_below_its_limit_for_long_enough_fails() {
    let business = Business {
        below: Some(3.0),
        above: None,
        lasts: secs(30),
        source: Source::Prometheus,
        autonomy: Autonomy::Auto,
        anomaly: None,
    };
    let mut case = Case::released(|service| {
        service.triggers.business = BTreeMap::from([("orders".to_owned(), business)]);
    });
    case.ticks(5, &[orders(0.0)]);
    case.tick(vec![orders(3.0)]);
    case.ticks(6, &[orders(2.9)]);
    assert_eq!(case.phase(), "watching");
    case.tick(vec![orders(2.9)]);
    assert_eq!(case.phase(), "rolling-back");
    assert!(case.why().contains("orders is 2.9 (limit 3) for 30 s"), "{}", case.why());
}

#[test]
fn memory_that_only_grows_is_said_and_not_acted_on() {
    let memory = |own: f64| {
        let of = |value: f64| BTreeMap::from([("memory".to_owned(), value)]);
        let used = Use { host: of(0.3 + own), own: of(own), pressure: BTreeMap::new() };
        vec![(Stream::Resources, Measure::Use(used))]
    };
    let warned = |case: &Case| {
        let view = case.world.state.view();
        view.services[0].warnings.iter().any(|warning| warning.name == "doubt.leak")
    };
    for (a_minute, leaks) in [(0.012, true), (0.001, false)] {
        let mut case = Case::released(|service| service.window = secs(3600));
        for tick in 0..12 * 11_u8 {
            let noise = if tick % 2 == 0 { 0.0005 } else { 0.0 };
            case.tick(memory(0.1 + noise + a_minute * f64::from(tick) / 12.0));
        }
        assert_eq!(warned(&case), leaks, "{a_minute} a minute");
        assert_eq!(case.phase(), "watching");
    }
}

/// A rule of Prometheus that is computed each 15 seconds and asked for each five: one sample is one reading.
#[test]
fn three_looks_at_one_sample_are_one_sample() {
    let p95 = |value: f64| (Stream::Latency, Measure::Value(value));
    let again = |value: f64| (Stream::Latency, Measure::Again(value));
    let mut case = Case::released(|_| {});
    for value in [0.2, 3.0, 0.2, 3.0, 3.0, 0.2] {
        case.tick(vec![p95(value)]);
        case.ticks(2, &[again(value)]);
        assert_eq!(case.phase(), "watching", "{:?}", case.verdict("latency-p95"));
    }
    for _ in 0..2 {
        case.tick(vec![p95(3.0)]);
        case.ticks(2, &[again(3.0)]);
        assert_eq!(case.phase(), "watching");
    }
    case.tick(vec![p95(3.0)]);
    assert_eq!(case.phase(), "rolling-back", "three samples in a row are three");
}

/// The sample that stands when a release begins is older than the release.
#[test]
fn what_was_sampled_before_the_release_says_nothing_of_it() {
    let share = |measure: Measure| vec![(Stream::Errors, measure)];
    let mut case = Case::new(|_| {});
    case.tick(share(Measure::Value(0.01)));
    case.deploy("v2");
    case.ticks(6, &share(Measure::Again(0.01)));
    assert_eq!(case.verdict("error-rate").call, Call::Wait, "{:?}", case.verdict("error-rate"));
    for _ in 0..2 {
        case.tick(share(Measure::Value(0.2)));
        case.ticks(2, &share(Measure::Again(0.2)));
        assert_eq!(case.phase(), "watching");
    }
    case.tick(share(Measure::Value(0.2)));
    assert_eq!(case.phase(), "rolling-back");
}

#[test]
fn a_fixed_limit_of_a_business_metric_counts_samples_too() {
    let again = (Stream::Business("orders".to_owned()), Measure::Again(1.0));
    let mut case = Case::new(|service| {
        let business = Business {
            below: Some(3.0),
            above: None,
            lasts: secs(30),
            source: Source::Prometheus,
            autonomy: Autonomy::Auto,
            anomaly: None,
        };
        service.triggers.business = BTreeMap::from([("orders".to_owned(), business)]);
    });
    case.deploy("v2");
    // One scrape a minute: the first one below the limit stands for longer than the limit's own time.
    for _ in 0..2 {
        case.tick(vec![orders(1.0)]);
        case.ticks(11, std::slice::from_ref(&again));
        assert_eq!(case.phase(), "watching");
    }
    case.tick(vec![orders(1.0)]);
    assert_eq!(case.phase(), "rolling-back");
}
