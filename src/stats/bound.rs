//! How high a rate can plausibly be, when `bad` of `total` were bad.
//!
//! Counts are real numbers, since they are divided by their dispersion. Of nothing, everything is plausible.

use super::{beta, bisect};

/// With more requests the exact bound takes long, and Chernoff's is as narrow as any.
const EXACT_MAX: f64 = 1e7;

/// One-sided upper bound with confidence 1 − `alpha` (Clopper and Pearson: exact, never too low).
pub fn clopper_pearson_upper(bad: f64, total: f64, alpha: f64) -> f64 {
    if total.is_nan() || total <= bad.max(0.0) {
        return 1.0;
    }
    if total > EXACT_MAX {
        return chernoff_upper(bad, total, alpha);
    }
    if bad <= 0.0 {
        // What is asked for most by far: where none was bad, the equation has its solution in closed form.
        return -(alpha.ln() / total).exp_m1();
    }
    beta::upper_point(alpha, bad + 1.0, total - bad)
}

/// One-sided upper bound with confidence 1 − `alpha` by Chernoff: a little wider than Clopper and Pearson, and cheap.
pub fn chernoff_upper(bad: f64, total: f64, alpha: f64) -> f64 {
    if total.is_nan() || total <= bad.max(0.0) {
        return 1.0;
    }
    let seen = bad.max(0.0) / total;
    let allowed = -alpha.ln() / total;
    bisect(1e-14, |rate| rate < seen || divergence(seen, rate) <= allowed)
}

/// Kullback and Leibler's divergence of a coin of `rate` from one of `seen`.
fn divergence(seen: f64, rate: f64) -> f64 {
    let heads = if seen > 0.0 { seen * (seen / rate).ln() } else { 0.0 };
    heads + (1.0 - seen) * ((-seen).ln_1p() - (-rate).ln_1p())
}
