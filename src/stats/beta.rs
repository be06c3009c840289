//! The beta distribution, as far as bounds of proportions need it.

use std::f64::consts::PI;

use super::bisect;

/// Lanczos' approximation, g = 7: good to 15 digits for positive arguments.
pub(super) fn ln_gamma(x: f64) -> f64 {
    const COEFFICIENTS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        return (PI / (PI * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let terms = COEFFICIENTS.iter().zip(1_u32..);
    let series: f64 = terms.map(|(coefficient, at)| coefficient / (x + f64::from(at))).sum();
    let base = x + 7.5;
    0.5 * (2.0 * PI).ln() + (x + 0.5) * base.ln() - base + (series + 0.999_999_999_999_809_9).ln()
}

/// The logarithm of the beta function.
pub(super) fn ln_beta(a: f64, b: f64) -> f64 {
    ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)
}

/// The point that a share `tail` of Beta(a, b) lies above.
pub(super) fn upper_point(tail: f64, a: f64, b: f64) -> f64 {
    bisect(1e-14, |x| above(x, a, b) > tail)
}

/// How much of Beta(a, b) lies above `x`; where that is little, it is exact to many digits.
pub(super) fn above(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    if x >= 1.0 {
        return 0.0;
    }
    let front = (a * x.ln() + b * (-x).ln_1p() - ln_beta(a, b)).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        1.0 - front * continued_fraction(x, a, b) / a
    } else {
        front * continued_fraction(1.0 - x, b, a) / b
    }
}

/// Of the incomplete beta function, by Lentz' method. It takes some √(a + b) terms; with more it is less exact.
fn continued_fraction(x: f64, a: f64, b: f64) -> f64 {
    let apart = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let mut over = 1.0;
    let mut under = 1.0 / apart(1.0 - (a + b) * x / (a + 1.0));
    let mut product = under;
    for term in 1..10_000 {
        let m = f64::from(term);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        for part in [even, odd] {
            under = 1.0 / apart(1.0 + part * under);
            over = apart(1.0 + part / over);
            product *= under * over;
        }
        if (under * over - 1.0).abs() < 1e-15 {
            break;
        }
    }
    product
}
