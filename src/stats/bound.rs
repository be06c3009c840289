//! How high or low a rate can plausibly be, when `bad` of `total` were bad.
//!
//! Counts are real numbers, since they are divided by their dispersion. Of nothing, everything is plausible.

use super::{beta, bisect};

/// With more requests the exact bounds take long, and Chernoff's are as narrow as any.
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

/// One-sided lower bound with confidence 1 − `alpha` (Clopper and Pearson).
pub fn clopper_pearson_lower(bad: f64, total: f64, alpha: f64) -> f64 {
    if total.is_nan() || bad.is_nan() || bad <= 0.0 || total <= 0.0 {
        return 0.0;
    }
    if total > EXACT_MAX {
        return 1.0 - chernoff_upper(total - bad, total, alpha);
    }
    let bad = bad.min(total);
    beta::lower_point(alpha, bad, total - bad + 1.0)
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

/// Two-sided interval by Wilson: what to show to people, it is right on average.
pub fn wilson(bad: f64, total: f64, confidence: f64) -> (f64, f64) {
    if total.is_nan() || total <= 0.0 {
        return (0.0, 1.0);
    }
    let z = normal_quantile(f64::midpoint(1.0, confidence));
    let seen = (bad / total).clamp(0.0, 1.0);
    let widened = 1.0 + z * z / total;
    let centre = (seen + z * z / (2.0 * total)) / widened;
    let half = z * (seen * (1.0 - seen) / total + z * z / (4.0 * total * total)).sqrt() / widened;
    let low = if seen <= 0.0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if seen >= 1.0 { 1.0 } else { (centre + half).min(1.0) };
    (low, high)
}

/// Two-sided interval by Jeffreys: a little narrower than Wilson's near 0 and 1.
pub fn jeffreys(bad: f64, total: f64, confidence: f64) -> (f64, f64) {
    if total.is_nan() || total <= 0.0 {
        return (0.0, 1.0);
    }
    let bad = bad.clamp(0.0, total);
    let good = total - bad;
    let tail = (1.0 - confidence) / 2.0;
    let low = if bad > 0.0 { beta::lower_point(tail, bad + 0.5, good + 0.5) } else { 0.0 };
    let high = if good > 0.0 { beta::upper_point(tail, bad + 0.5, good + 0.5) } else { 1.0 };
    (low, high)
}

/// The normal distribution's quantile for 0.5 ≤ `below` < 1 (Acklam's approximation, good to 9 digits).
fn normal_quantile(below: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 6] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
        1.0,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 5] = [
        7.784_695_709_041_462e-3,
        3.224_671_290_700_398e-1,
        2.445_134_137_142_996,
        3.754_408_661_907_416,
        1.0,
    ];
    let polynomial = |of: &[f64], at: f64| of.iter().fold(0.0, |sum, next| sum * at + next);
    let above = 1.0 - below;
    if above < 0.02425 {
        let at = (-2.0 * above.ln()).sqrt();
        return -polynomial(&C, at) / polynomial(&D, at);
    }
    let at = below - 0.5;
    at * polynomial(&A, at * at) / polynomial(&B, at * at)
}
