//! The arithmetic of judging: bounds, sequential evidence, quantiles, seasons. It knows numbers, and nothing of releases.

#![allow(clippy::cast_precision_loss, reason = "counts of requests and minutes are far below 2^53")]

pub mod bound;
pub mod evidence;
pub mod histogram;
pub mod onset;
pub mod robust;
pub mod season;

mod beta;
#[cfg(test)]
mod tests;

use beta::ln_beta;

/// More than this is not noise of the requests but of something else, which a wider bound would hide.
const DISPERSION_MAX: f64 = 25.0;
/// Fewer blocks say nothing about how much they differ.
const BLOCKS_MIN: usize = 5;

/// How many times wider than binomial the failures vary between blocks of (failed, all) requests: 1 to 25.
///
/// Dividing counts by it makes a bound honest where failures come in clusters.
pub fn dispersion(blocks: &[(u64, u64)]) -> f64 {
    index_of_dispersion(blocks).clamp(1.0, DISPERSION_MAX)
}

/// Pearson's chi-square over its degrees of freedom; 1 where it cannot be told.
fn index_of_dispersion(blocks: &[(u64, u64)]) -> f64 {
    let blocks: Vec<(f64, f64)> = blocks
        .iter()
        .filter(|(_, total)| *total > 0)
        .map(|&(bad, total)| (bad.min(total) as f64, total as f64))
        .collect();
    let bad: f64 = blocks.iter().map(|block| block.0).sum();
    let total: f64 = blocks.iter().map(|block| block.1).sum();
    if blocks.len() < BLOCKS_MIN || bad == 0.0 || bad >= total {
        return 1.0;
    }
    let rate = bad / total;
    let square = |&(bad, total): &(f64, f64)| (bad - total * rate).powi(2) / (total * rate * (1.0 - rate));
    blocks.iter().map(square).sum::<f64>() / (blocks.len() - 1) as f64
}

/// How strongly failures prefer the new replicas over the old ones that run beside them: the logarithm of a Bayes
/// factor against "each failure falls on a new replica with chance `share`", the new replicas' share of requests.
///
/// It needs no baseline, and holds at every look (a Beta(1, 1) mixture, Lindon and Malek 2022).
pub fn two_arm(new_bad: u64, old_bad: u64, share: f64) -> f64 {
    let share = share.clamp(1e-9, 1.0 - 1e-9);
    let (new, old) = (new_bad as f64, old_bad as f64);
    ln_beta(1.0 + new, 1.0 + old) - new * share.ln() - old * (-share).ln_1p()
}

/// Where in 0 to 1 `below` turns from true to false, as exactly as asked even for a tiny number.
fn bisect(precision: f64, below: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..200 {
        if high - low <= precision * high {
            break;
        }
        let middle = f64::midpoint(low, high);
        if below(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}
