//! Counters that only rise, but begin at 0 again when their process does, as Prometheus reads them.

/// By how much a counter has risen between two looks. A fall is a restart, after which it has risen to what it is now.
///
/// NaN if either is.
pub(crate) fn increase(before: f64, now: f64) -> f64 {
    if now < before { now } else { now - before }
}

/// Prometheus' `increase(counter[window])` at `at`, of (seconds, value) in order of time: extrapolated to the ends of
/// the window, and absent where it holds fewer than two samples.
pub(crate) fn window_increase(samples: &[(f64, f64)], at: f64, window: f64) -> Option<f64> {
    let start = at - window;
    let within = |sample: &&(f64, f64)| sample.0 > start && sample.0 <= at && !sample.1.is_nan();
    let held: Vec<(f64, f64)> = samples.iter().filter(within).copied().collect();
    let (&(first_at, first), &(last_at, _)) = (held.first()?, held.last()?);
    let sampled = last_at - first_at;
    if held.len() < 2 || sampled <= 0.0 {
        return None;
    }
    let risen: f64 = held.windows(2).map(|pair| increase(pair[0].1, pair[1].1)).sum();
    let spacing = sampled / (held.len() - 1) as f64;
    let reach = |gap: f64| if gap >= spacing * 1.1 { spacing / 2.0 } else { gap };
    let mut before = reach(first_at - start);
    if risen > 0.0 && first >= 0.0 {
        // It cannot have been below 0.
        before = before.min(sampled * first / risen);
    }
    Some(risen * (sampled + before + reach(at - last_at)) / sampled)
}
