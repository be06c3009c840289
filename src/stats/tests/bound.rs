//! What holds of every bound.

use proptest::prelude::*;

use crate::stats::bound::{chernoff_upper, clopper_pearson_upper};
use crate::stats::evidence::{Baseline, null};
use crate::stats::tests::Binomial;
use crate::stats::{dispersion, two_arm};

/// (bad, total, alpha), with parts of requests.
fn seen() -> impl Strategy<Value = (f64, f64, f64)> {
    (0.0..=1.0, 0.1..1e6, 1e-6..0.5).prop_map(|(rate, total, alpha)| (rate * total, total, alpha))
}

proptest! {
    #[test]
    fn bounds_are_above_what_was_seen((bad, total, alpha) in seen()) {
        let rate = bad / total;
        let upper = clopper_pearson_upper(bad, total, alpha);
        prop_assert!(rate <= upper + 1e-12 && upper <= 1.0);
        prop_assert!(chernoff_upper(bad, total, alpha) >= upper - 1e-9);
    }

    /// As often as that, so many good ones in a row come up with the chance that is left.
    #[test]
    fn where_none_was_bad_the_bound_is_exact((_, total, alpha) in seen()) {
        let upper = clopper_pearson_upper(0.0, total, alpha);
        prop_assert!(((-upper).ln_1p() * total - alpha.ln()).abs() < 1e-9 * alpha.ln().abs());
        let nearly = clopper_pearson_upper(1e-9, total, alpha);
        prop_assert!((nearly - upper).abs() < 1e-6, "{upper} and {nearly}");
    }

    #[test]
    fn more_failures_raise_the_bound((bad, total, alpha) in seen(), more in 0.0..10.0) {
        for bound in [clopper_pearson_upper, chernoff_upper] {
            prop_assert!(bound(bad + more, total, alpha) >= bound(bad, total, alpha) - 1e-12);
        }
    }

    #[test]
    fn more_good_requests_lower_the_bound((bad, total, alpha) in seen(), more in 0.0..1e4) {
        for bound in [clopper_pearson_upper, chernoff_upper] {
            prop_assert!(bound(bad, total + more, alpha) <= bound(bad, total, alpha) + 1e-12);
        }
    }

    #[test]
    fn more_confidence_widens_the_bound((bad, total, alpha) in seen()) {
        for bound in [clopper_pearson_upper, chernoff_upper] {
            prop_assert!(bound(bad, total, alpha / 2.0) >= bound(bad, total, alpha) - 1e-12);
        }
    }

    /// Whatever is handed in, a rate comes out.
    #[test]
    fn every_number_gives_a_rate(bad in any::<f64>(), total in any::<f64>(), alpha in 1e-9..0.5) {
        for bound in [clopper_pearson_upper, chernoff_upper] {
            prop_assert!((0.0..=1.0).contains(&bound(bad, total, alpha)));
        }
    }

    #[test]
    fn dispersion_is_bounded(blocks in proptest::collection::vec(any::<(u64, u64)>(), 0..80)) {
        prop_assert!((1.0..=25.0).contains(&dispersion(&blocks)));
    }

    #[test]
    fn no_release_may_be_worse_than_the_limit(
        blocks in proptest::collection::vec((0_u64..50, 0_u64..1000), 0..80), limit in 0.001..0.5
    ) {
        let baseline = Baseline::of(&blocks, 5e-4);
        let relative = null(limit, baseline, true);
        prop_assert!(relative <= limit);
        prop_assert!(relative >= 0.01_f64.min(limit));
        prop_assert!((null(limit, baseline, false) - limit).abs() < 1e-15);
        prop_assert!((null(limit, None, true) - limit).abs() < 1e-15);
    }

    #[test]
    fn each_new_failure_points_at_the_new_replicas(new in 0_u64..1000, old in 0_u64..1000, share in 0.01..0.99) {
        // Its chance under "new replicas are worse" is (new + 1) / (new + old + 2), under "as bad" it is the share.
        let growth = two_arm(new + 1, old, share) - two_arm(new, old, share);
        let expected = ((new + 1) as f64 / (new + old + 2) as f64 / share).ln();
        prop_assert!((growth - expected).abs() < 1e-9);
    }
}

/// Exact by the binomial distribution itself: at the bound, so few failures have just the chance `alpha`.
#[test]
fn clopper_and_pearson_are_exact() {
    for (bad, total) in [(0_u32, 36_u32), (1, 93), (7, 720), (40, 1000)] {
        for alpha in [0.05, 5e-4] {
            let upper = clopper_pearson_upper(f64::from(bad), f64::from(total), alpha);
            let chance = Binomial::new(total, upper).0[bad as usize];
            assert!((chance / alpha - 1.0).abs() < 1e-6, "{bad} of {total}: {chance} is not {alpha}");
        }
    }
}

#[test]
fn without_requests_everything_is_plausible() {
    assert!(Baseline::of(&[], 5e-4).is_none());
    assert!(Baseline::of(&[(0, 0); 60], 5e-4).is_none());
    for bound in [clopper_pearson_upper, chernoff_upper] {
        assert!(bound(0.0, 0.0, 5e-4) >= 1.0);
    }
}

#[test]
fn a_baseline_above_the_limit_is_tolerated_only_where_asked() {
    let bad = Baseline::of(&[(120, 1500); 60], 5e-4).unwrap();
    assert!((null(0.05, Some(bad), true) - 0.05).abs() < 1e-15);
    assert!((0.12..0.13).contains(&bad.tolerated(0.01)), "{}", bad.tolerated(0.01));
    let hopeless = Baseline::of(&[(1499, 1500); 60], 5e-4).unwrap();
    assert!((hopeless.tolerated(0.01) - 0.9).abs() < 1e-15);
}
